//! An archive becomes an event of a workspace: all of it or nothing.
//!
//! The archive is checked from end to end before anything is stored. Then its lines are stored a
//! few at a time, in an event that nobody sees before it is complete.

use std::{
    fs::File,
    io::{self, Read, Seek},
};

use parterre_domain::{
    archive::{ArchiveLine, Part},
    event::{Event, JoinCode},
    ids::WorkspaceId,
};
use parterre_protocol::{ActivityId, EventId, Millis, PostId};
use parterre_store::{Import, StoreError};
use parterre_system::random;
use tokio::sync::mpsc;

use super::{
    section::Section,
    unpack::{self, Fault, Unpacked},
};
use crate::{app::codes, background, state::AppState};

/// Lines that are stored in one transaction. A vote that comes meanwhile waits for no more.
const LINES: usize = 500;
/// Batches that may wait to be stored.
const WAITING: usize = 2;

/// Why an archive was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// What is wrong with it.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be read.
    #[error("an archive could not be read: {0}")]
    File(#[from] io::Error),
    /// Its thread ended.
    #[error("an archive could not be unpacked: {0}")]
    Background(#[from] background::NotDone),
    /// It took so long that it was given up.
    #[error("an import was given up before it was complete")]
    GivenUp,
}

/// What the unpacking thread has read.
enum Batch {
    Lines(Vec<ArchiveLine>),
    /// There are no more of this file.
    Done(Part),
}

/// Imports the archive in this part of a file. With `keep_code`, the event has its former join code
/// if no other has it.
pub async fn import(
    state: &AppState,
    workspace: WorkspaceId,
    file: Section<File>,
    keep_code: bool,
) -> Result<Event, ImportError> {
    let bytes = file.len();
    let unpacked = background::run(move || unpack::check(file, bytes)).await??;
    let now = state.clock().now();
    let import = Import {
        event: EventId::new(random::ordered_id(now)),
        workspace,
        now,
        activities: (0..lines(&unpacked, Part::Activities)).map(|_| ActivityId::new(random::ordered_id(now))).collect(),
        participants: random::number(),
    };
    let kept = keep_code.then(|| JoinCode::parse(&unpacked.manifest.event.code).ok()).flatten();
    match store(state, &import, unpacked, kept).await {
        Ok(event) => Ok(event),
        Err(error) => {
            // Should this fail too, nobody sees what there is of it, and it is deleted in a day.
            if let Err(error) = state.store().abandon_import(&import).await {
                tracing::warn!(%error, "an import that failed could not be given up at once");
            }
            Err(error)
        }
    }
}

fn lines<R>(unpacked: &Unpacked<R>, part: Part) -> u64 {
    unpacked.manifest.lines.get(&part).copied().unwrap_or_default()
}

async fn store(
    state: &AppState,
    import: &Import,
    mut unpacked: Unpacked<Section<File>>,
    kept: Option<JoinCode>,
) -> Result<Event, ImportError> {
    let event = unpacked.manifest.event.clone();
    let acts = lines(&unpacked, Part::Acts);
    let codes: Vec<_> = kept.into_iter().chain(codes::proposals()).collect();
    state.store().begin_import(import, &event, &codes[0], u32::try_from(acts).unwrap_or(u32::MAX)).await?;
    let roots = std::mem::take(&mut unpacked.roots);
    let root = |post: u32| roots.get(&PostId::new(post)).map_or(post, |root| root.number());
    let (batches, mut waiting) = mpsc::channel(WAITING);
    let reading = background::run(move || read(&mut unpacked, &batches));
    // Gone with its last batch, or where storing fails, which ends the reading too.
    let storing = async move {
        while let Some(batch) = waiting.recv().await {
            match batch {
                Batch::Lines(lines) => state.store().import_lines(import, &lines, &root).await?,
                Batch::Done(Part::Participants) => {
                    people(state, import, event.participants, event.joined, event.created_at).await?;
                }
                Batch::Done(_) => {}
            }
        }
        Ok::<_, StoreError>(())
    };
    let (read, stored) = futures_util::join!(reading, storing);
    stored?;
    read??;
    for code in codes {
        match state.store().finish_import(import, &code).await? {
            Ok(true) => return state.store().event(import.event).await?.ok_or(ImportError::GivenUp),
            Ok(false) => break,
            Err(_) => {}
        }
    }
    Err(ImportError::GivenUp)
}

/// Stores participants of whom no line told, and who has been there: those of whom something is
/// stored before all others.
async fn people(
    state: &AppState,
    import: &Import,
    stored: u32,
    joined: u32,
    joined_at: Millis,
) -> Result<(), StoreError> {
    let step = LINES as u32;
    for start in (1..=stored.max(joined)).step_by(LINES) {
        let upto = |last: u32| start..(start + step).min(last + 1).max(start);
        state.store().import_people(import, upto(stored), upto(joined), joined_at).await?;
    }
    Ok(())
}

fn read<R: Read + Seek>(unpacked: &mut Unpacked<R>, batches: &mpsc::Sender<Batch>) -> Result<(), Fault> {
    let mut lines = Vec::with_capacity(LINES);
    unpacked.each(|part, line| match line {
        Some(line) => {
            lines.push(line);
            lines.len() < LINES || send(batches, Batch::Lines(std::mem::take(&mut lines)))
        }
        None => send(batches, Batch::Lines(std::mem::take(&mut lines))) && send(batches, Batch::Done(part)),
    })
}

fn send(batches: &mpsc::Sender<Batch>, batch: Batch) -> bool {
    batches.blocking_send(batch).is_ok()
}
