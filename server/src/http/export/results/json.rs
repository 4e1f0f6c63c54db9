//! The results for programs: `docs/export.md` has the schema.

use std::{
    fs::File,
    io::{BufWriter, Write},
};

use parterre_domain::activity::Activity;
use parterre_protocol::{ActivityId, Answer, Settings};
use parterre_store::AnswerRecord;
use serde::Serialize;
use serde_json::json;

use super::{
    super::{ExportError, iso, questions::Questions, texts::Texts},
    ResultsWriter, Subject,
    sheet::{AnswerSheet, minute},
};

/// The name of the form, by which programs know it.
const FORMAT: &str = "parterre-results";
/// Its version: it grows where a program that knows the former one could be misled.
const VERSION: u32 = 1;

/// A JSON file that is written as its contents come.
pub(super) struct JsonFile<'a> {
    file: BufWriter<&'a mut File>,
    /// Whether the list that is being written has an element.
    has_element: bool,
    /// Whether the list of activities has one.
    has_activity: bool,
}

/// What is said of an activity before its answers.
#[derive(Serialize)]
struct ActivityHead<'a> {
    id: ActivityId,
    place: u32,
    round: u32,
    settings: &'a Settings,
}

/// An answer.
#[derive(Serialize)]
struct AnswerJson<'a> {
    round: u32,
    answer: &'a Answer,
    count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

impl<'a> JsonFile<'a> {
    /// Begins with the event.
    pub(super) fn new(file: &'a mut File, subject: &Subject) -> Result<Self, ExportError> {
        let mut file = BufWriter::new(file);
        let event = &subject.event;
        let about = json!({
            "id": event.id,
            "name": event.name,
            "code": event.code.as_str(),
            "state": event.state,
            "names": event.names,
            "created_at": iso(event.created_at),
        });
        write!(file, r#"{{"format":"{FORMAT}","version":{VERSION},"exported_at":"{}","event":"#, iso(subject.now))?;
        serde_json::to_writer(&mut file, &about)?;
        file.write_all(b",\"activities\":[")?;
        Ok(Self { file, has_element: false, has_activity: false })
    }

    /// Begins with an activity and its list of this name.
    fn open(&mut self, place: u32, activity: &Activity, list: &str) -> Result<(), ExportError> {
        let head = ActivityHead { id: activity.id, place, round: activity.round, settings: &activity.settings };
        let head = serde_json::to_string(&head)?;
        let fields = head.strip_suffix('}').expect("a struct is an object");
        let comma = if std::mem::replace(&mut self.has_activity, true) { "," } else { "" };
        self.has_element = false;
        Ok(write!(self.file, "{comma}\n{fields},\"{list}\":[")?)
    }

    /// Adds an element to the list that is open.
    fn element(&mut self, element: &impl Serialize) -> Result<(), ExportError> {
        let comma = if std::mem::replace(&mut self.has_element, true) { ",\n" } else { "\n" };
        self.file.write_all(comma.as_bytes())?;
        Ok(serde_json::to_writer(&mut self.file, element)?)
    }
}

impl ResultsWriter for JsonFile<'_> {
    fn begin(&mut self, sheet: &AnswerSheet) -> Result<(), ExportError> {
        self.open(sheet.place, &sheet.activity, "answers")
    }

    fn add(&mut self, _sheet: &AnswerSheet, records: &[AnswerRecord]) -> Result<(), ExportError> {
        for AnswerRecord { round, answer, by, count } in records {
            let (name, at) = by.as_ref().map(|(name, at)| (name.as_str(), iso(minute(*at)))).unzip();
            self.element(&AnswerJson { round: *round, answer, count: *count, name, at })?;
        }
        Ok(())
    }

    fn end(&mut self, _sheet: &AnswerSheet) -> Result<(), ExportError> {
        Ok(self.file.write_all(b"]}")?)
    }

    fn texts(&mut self, place: u32, activity: &Activity, texts: &Texts) -> Result<(), ExportError> {
        self.open(place, activity, "texts")?;
        texts.rows().iter().try_for_each(|text| self.element(text))?;
        Ok(self.file.write_all(b"]}")?)
    }

    fn finish(mut self: Box<Self>, questions: &Questions) -> Result<(), ExportError> {
        self.file.write_all(b"],\n\"questions\":[")?;
        self.has_element = false;
        questions.rows().iter().try_for_each(|question| self.element(question))?;
        self.file.write_all(b"]}\n")?;
        Ok(self.file.flush()?)
    }
}
