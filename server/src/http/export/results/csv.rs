//! Text tables in one archive: a file of each sheet.

use std::{
    fs::File,
    io::{BufWriter, Write},
};

use parterre_domain::{activity::Activity, kinds};
use parterre_store::AnswerRecord;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    super::{Export, ExportError, Table, questions::Questions, texts::Texts},
    ResultsWriter,
    sheet::{AnswerSheet, sheet_name},
};
use crate::i18n::Locale;

/// Signs that some system's files cannot have in their names, besides those that sheets cannot.
const FORBIDDEN: [char; 4] = ['"', '<', '>', '|'];

/// An archive of text tables.
pub(super) struct ZippedCsv<'a> {
    zip: ZipWriter<BufWriter<&'a mut File>>,
    t: Locale,
}

impl<'a> ZippedCsv<'a> {
    /// An archive in this file, in this language.
    pub(super) fn new(file: &'a mut File, t: Locale) -> Self {
        Self { zip: ZipWriter::new(BufWriter::new(file)), t }
    }

    /// Begins with a file of the archive.
    fn start(&mut self, name: &str) -> Result<(), ExportError> {
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).unix_permissions(0o600);
        let name: String = name.chars().map(|sign| if FORBIDDEN.contains(&sign) { ' ' } else { sign }).collect();
        let name = name.trim_end_matches(['.', ' ']);
        self.zip.start_file(format!("{name}.csv"), options)?;
        Ok(())
    }

    /// Writes a whole table.
    fn table(&mut self, name: &str, export: &impl Export) -> Result<(), ExportError> {
        self.start(name)?;
        Ok(self.zip.write_all(&export.table(self.t).csv(self.t)?)?)
    }
}

impl ResultsWriter for ZippedCsv<'_> {
    fn begin(&mut self, sheet: &AnswerSheet) -> Result<(), ExportError> {
        self.start(&sheet.name)?;
        let heading = Table { name: String::new(), columns: sheet.columns(), rows: Vec::new() };
        Ok(self.zip.write_all(&heading.csv(self.t)?)?)
    }

    fn add(&mut self, sheet: &AnswerSheet, records: &[AnswerRecord]) -> Result<(), ExportError> {
        for record in records {
            let line = Table::csv_lines(&[sheet.row(record, sheet.cells(record))], self.t)?;
            for _ in 0..record.count {
                self.zip.write_all(&line)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, _sheet: &AnswerSheet) -> Result<(), ExportError> {
        Ok(())
    }

    fn texts(&mut self, place: u32, activity: &Activity, texts: &Texts) -> Result<(), ExportError> {
        self.table(&sheet_name(place, kinds::title(&activity.settings)), texts)
    }

    fn finish(mut self: Box<Self>, questions: &Questions) -> Result<(), ExportError> {
        self.table(&self.t.text("export.questions"), questions)?;
        Ok(self.zip.finish()?.flush()?)
    }
}
