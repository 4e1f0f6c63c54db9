//! All results of an event in one file: every answer in a row of its own, the questions, and in
//! workbooks a summary that recalculates.
//!
//! Answers are read from the database a page at a time and written to a temporary file on a thread
//! that gives way, so a file costs the same memory whatever the number of answers. The file has no
//! name and goes with its last reader, also where the server is killed.

mod counts;
mod csv;
mod json;
mod sheet;
mod summary;
mod workbook;

use std::{
    fs::File,
    io::Seek,
    path::{Path, PathBuf},
};

use parterre_domain::{activity::Activity, event::Event, forum::Forum};
use parterre_protocol::Millis;
use parterre_store::{AnswerCursor, AnswerRecord, EventAnswers, StoreError};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{ExportError, questions::Questions, texts::Texts};
use crate::{app::archive::passing_file, background, i18n::Locale};

use self::{csv::ZippedCsv, json::JsonFile, sheet::AnswerSheet, workbook::SummedWorkbook};

/// Pages of answers that wait to be written, besides the one that is being read.
const PAGES: usize = 2;

/// The forms in which results are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultsFormat {
    /// A workbook.
    Xlsx,
    /// Text tables in one archive.
    Zip,
    /// For programs.
    Json,
}

impl ResultsFormat {
    /// The form whose files end so.
    pub fn parse(ending: &str) -> Option<Self> {
        match ending {
            "xlsx" => Some(Self::Xlsx),
            "zip" => Some(Self::Zip),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => super::Format::Xlsx.media_type(),
            Self::Zip => "application/zip",
            Self::Json => super::Format::Json.media_type(),
        }
    }
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The answers could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They could not be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// Nothing wrote them.
    #[error(transparent)]
    NotDone(#[from] background::NotDone),
}

/// What the files tell of the event besides its answers.
struct Subject {
    event: Event,
    forum: Forum,
    now: Millis,
    t: Locale,
}

/// A piece of what is written, in order.
enum Piece {
    /// The activity of which the answers come next, by its place from 1.
    Activity(u32, Box<Activity>),
    /// Some of its answers.
    Answers(Vec<AnswerRecord>),
    /// There is no more. Without this, the reading has failed, or nobody waits for the file.
    End,
}

/// Writes the results in one form.
trait ResultsWriter {
    /// Begins with an activity to which people give answers.
    fn begin(&mut self, sheet: &AnswerSheet) -> Result<(), ExportError>;

    /// Adds answers to it.
    fn add(&mut self, sheet: &AnswerSheet, records: &[AnswerRecord]) -> Result<(), ExportError>;

    /// Ends the activity.
    fn end(&mut self, sheet: &AnswerSheet) -> Result<(), ExportError>;

    /// Writes an activity to which people send texts.
    fn texts(&mut self, place: u32, activity: &Activity, texts: &Texts) -> Result<(), ExportError>;

    /// Writes the questions and all that is left.
    fn finish(self: Box<Self>, questions: &Questions) -> Result<(), ExportError>;
}

/// The file with the results of an event, from its beginning.
pub async fn file(
    answers: EventAnswers,
    format: ResultsFormat,
    folder: PathBuf,
    now: Millis,
    t: Locale,
) -> Result<File, ResultsError> {
    let EventAnswers { outline, forum, reader } = answers;
    let (pieces, written) = channel(PAGES);
    let subject = Subject { event: outline.event, forum, now, t };
    let writing = background::run(move || write(format, &folder, &subject, written));
    let reading = async move {
        // A writer that has failed says why: that it reads no more is no error of the reader's.
        let _ = read(&pieces, outline.activities, reader).await?;
        Ok::<_, StoreError>(())
    };
    let (read, written) = tokio::join!(reading, writing);
    read?;
    Ok(written??)
}

/// Passes on all answers; `None` once nobody wants them any more.
async fn read(
    pieces: &Sender<Piece>,
    activities: Vec<Activity>,
    mut reader: parterre_store::AnswerReader,
) -> Result<Option<()>, StoreError> {
    for (place, activity) in (1..).zip(activities) {
        if pieces.send(Piece::Activity(place, Box::new(activity.clone()))).await.is_err() {
            return Ok(None);
        }
        if activity.post_rules().is_some() {
            continue;
        }
        let mut cursor = AnswerCursor::default();
        loop {
            let page = reader.page(&activity, &mut cursor).await?;
            if page.is_empty() {
                break;
            }
            if pieces.send(Piece::Answers(page)).await.is_err() {
                return Ok(None);
            }
        }
    }
    drop(reader);
    Ok(pieces.send(Piece::End).await.ok())
}

/// Writes what comes until the end of it.
fn write(
    format: ResultsFormat,
    folder: &Path,
    subject: &Subject,
    mut pieces: Receiver<Piece>,
) -> Result<File, ExportError> {
    let mut file = passing_file(folder)?;
    {
        let mut writer: Box<dyn ResultsWriter + '_> = match format {
            ResultsFormat::Xlsx => Box::new(SummedWorkbook::new(&mut file, folder, subject)?),
            ResultsFormat::Zip => Box::new(ZippedCsv::new(&mut file, subject.t)),
            ResultsFormat::Json => Box::new(JsonFile::new(&mut file, subject)?),
        };
        let mut current: Option<AnswerSheet> = None;
        loop {
            let piece = pieces.blocking_recv().ok_or(ExportError::Abandoned)?;
            if let Piece::Answers(records) = &piece {
                let sheet = current.as_ref().expect("answers follow their activity");
                writer.add(sheet, records)?;
                continue;
            }
            if let Some(sheet) = current.take() {
                writer.end(&sheet)?;
            }
            match piece {
                Piece::Activity(place, activity) if activity.post_rules().is_some() => {
                    let texts = Texts::new(&subject.event, std::slice::from_ref(&*activity), &subject.forum);
                    writer.texts(place, &activity, &texts)?;
                }
                Piece::Activity(place, activity) => {
                    let sheet = AnswerSheet::new(place, *activity, &subject.event, subject.t);
                    writer.begin(&sheet)?;
                    current = Some(sheet);
                }
                Piece::End => break,
                Piece::Answers(_) => unreachable!("they were added above"),
            }
        }
        writer.finish(&Questions::new(&subject.event, &subject.forum))?;
    }
    file.rewind()?;
    Ok(file)
}
