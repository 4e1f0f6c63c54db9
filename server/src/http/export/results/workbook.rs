//! A workbook: the summary, then a sheet of each activity, then the questions.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use parterre_domain::{activity::Activity, kinds};
use parterre_store::AnswerRecord;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::{
    super::{
        Export, ExportError, Table,
        questions::Questions,
        table::{CellFormats, begin_sheet, end_sheet, write_cells},
        texts::Texts,
    },
    ResultsWriter, Subject,
    counts::SheetCounts,
    sheet::{AnswerSheet, sheet_name},
    summary::{Summary, SummaryPart},
};
use crate::i18n::Locale;

/// A workbook that is written row by row. Only the summary is in memory.
pub(super) struct SummedWorkbook<'a> {
    file: &'a mut File,
    book: Workbook,
    formats: CellFormats,
    summary: Summary,
    /// What was counted of the sheet that is being written.
    counts: SheetCounts,
    t: Locale,
}

impl<'a> SummedWorkbook<'a> {
    /// A workbook in this file, whose parts wait in temporary files of this folder.
    pub(super) fn new(file: &'a mut File, folder: &Path, subject: &Subject) -> Result<Self, ExportError> {
        let mut book = Workbook::new();
        book.set_tempdir(folder)?;
        book.add_worksheet().set_name(subject.t.text("export.summary"))?;
        Ok(Self {
            file,
            book,
            formats: CellFormats::default(),
            summary: Summary::new(subject.event.name.clone(), subject.now, subject.t),
            counts: SheetCounts::default(),
            t: subject.t,
        })
    }

    /// The sheet that was added last.
    fn last(&mut self) -> Result<&mut Worksheet, XlsxError> {
        let last = self.book.worksheets().len() - 1;
        self.book.worksheet_from_index(last)
    }

    /// Writes a sheet with a table whose first column has a number in every row.
    fn list(&mut self, name: String, export: &impl Export) -> Result<(String, u32), ExportError> {
        let table = Table { name, ..export.table(self.t) };
        table.write(self.book.add_worksheet_with_constant_memory()?, &self.formats)?;
        Ok((table.name, u32::try_from(table.rows.len()).unwrap_or(u32::MAX)))
    }
}

impl ResultsWriter for SummedWorkbook<'_> {
    fn begin(&mut self, sheet: &AnswerSheet) -> Result<(), ExportError> {
        self.counts = SheetCounts::default();
        let written = self.book.add_worksheet_with_constant_memory()?;
        Ok(begin_sheet(written, &sheet.name, &sheet.columns(), &self.formats)?)
    }

    fn add(&mut self, sheet: &AnswerSheet, records: &[AnswerRecord]) -> Result<(), ExportError> {
        let mut row = self.counts.answers();
        for record in records {
            let cells = sheet.cells(record);
            self.counts.add(&sheet.answer_columns, record.round, &cells, record.count);
            let cells = sheet.row(record, cells);
            let last = self.book.worksheets().len() - 1;
            let written = self.book.worksheet_from_index(last)?;
            for _ in 0..record.count {
                row += 1;
                write_cells(written, row, &cells, &self.formats)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, sheet: &AnswerSheet) -> Result<(), ExportError> {
        let counts = std::mem::take(&mut self.counts);
        end_sheet(self.last()?, counts.answers(), &sheet.columns())?;
        self.summary.parts.push(SummaryPart::answers(sheet, counts, self.t));
        Ok(())
    }

    fn texts(&mut self, place: u32, activity: &Activity, texts: &Texts) -> Result<(), ExportError> {
        let (sheet, rows) = self.list(sheet_name(place, kinds::title(&activity.settings)), texts)?;
        self.summary.parts.push(SummaryPart::texts(sheet, rows));
        Ok(())
    }

    fn finish(mut self: Box<Self>, questions: &Questions) -> Result<(), ExportError> {
        self.summary.questions = self.list(self.t.text("export.questions"), questions)?;
        self.summary.write(self.book.worksheet_from_index(0)?)?;
        let mut file = BufWriter::new(&mut *self.file);
        self.book.save_to_writer(&mut file)?;
        Ok(file.flush()?)
    }
}
