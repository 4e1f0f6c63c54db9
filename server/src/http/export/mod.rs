//! Exports: the questions, the texts of activities and the ledger as a workbook, as text, and for
//! programs.
//!
//! Nothing in them tells who sent a question but the name that was given with it: no participant,
//! no device, and nothing by which two questions could be known to come from one.

pub mod ledger;
pub mod questions;
pub mod results;
mod table;
pub mod texts;
pub use parterre_system::utc as time;

use parterre_protocol::Millis;
use serde::Serialize;
use serde_json::Value;

use crate::i18n::Locale;

pub use self::{
    table::{Cell, Column, Table},
    time::{day, iso},
};

/// The forms in which something is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A workbook of one sheet.
    Xlsx,
    /// Values one after another, a row a line, with the separator of the reader's language between
    /// them.
    Csv,
    /// For programs.
    Json,
}

impl Format {
    /// The form whose files end so.
    pub fn parse(ending: &str) -> Option<Self> {
        match ending {
            "xlsx" => Some(Self::Xlsx),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

/// What can be exported, in whatever form.
pub trait Export {
    /// The table that people read, in their language.
    fn table(&self, t: Locale) -> Table;

    /// The same for programs, in no language.
    fn json(&self) -> Value;

    /// The file.
    fn file(&self, format: Format, t: Locale) -> Result<Vec<u8>, ExportError> {
        match format {
            Format::Xlsx => self.table(t).xlsx(),
            Format::Csv => self.table(t).csv(t),
            Format::Json => Ok(serde_json::to_vec_pretty(&self.json()).expect("plain data")),
        }
    }
}

/// A file that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The workbook.
    #[error("a workbook could not be written: {0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// The text.
    #[error("a text table could not be written: {0}")]
    Csv(#[from] csv::Error),
    /// The archive.
    #[error("an archive could not be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The JSON.
    #[error("JSON could not be written: {0}")]
    Json(#[from] serde_json::Error),
    /// The file itself.
    #[error("a file could not be written: {0}")]
    File(#[from] std::io::Error),
    /// What was to be written did not come.
    #[error("nobody waits for the file, or its contents could not be read")]
    Abandoned,
}

/// A file's name: what is in it, of which event, on which day.
pub fn file_name(code: &str, what: &str, now: Millis, ending: &str) -> String {
    format!("{code}-{what}-{}.{ending}", day(now))
}

/// A moment as programs read it.
#[expect(clippy::ref_option, reason = "serde asks for a reference to the field")]
fn moment<S: serde::Serializer>(at: &Option<Millis>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(iso).serialize(serializer)
}

/// A word of the protocol, such as `off_topic`, as it stands on the wire.
fn wire_word(word: &impl serde::Serialize) -> String {
    serde_json::to_value(word).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
