//! A table, as a workbook and as text.

use parterre_domain::text;
use parterre_protocol::Millis;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use unicode_normalization::UnicodeNormalization;

use super::{ExportError, iso};
use crate::i18n::Locale;

/// By this spreadsheet programs know that text is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A table with headings.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// What stands above it.
    pub heading: String,
    /// How wide it is, in digits.
    pub width: u8,
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text, which is never read as a formula.
    Text(String),
    /// A count or a number.
    Number(u32),
    /// Yes or no.
    Yes(bool),
    /// A moment.
    Time(Millis),
}

impl Cell {
    /// Text, or nothing.
    pub fn text(text: Option<&str>) -> Self {
        text.filter(|text| !text.is_empty()).map_or(Self::Empty, |text| Self::Text(text.to_owned()))
    }

    /// A moment, or nothing.
    pub fn time(at: Option<Millis>) -> Self {
        at.map_or(Self::Empty, Self::Time)
    }
}

impl Table {
    /// The table as a workbook of one sheet, whose headings stay in sight and filter.
    pub(super) fn xlsx(&self) -> Result<Vec<u8>, ExportError> {
        let mut book = Workbook::new();
        self.write(book.add_worksheet(), &CellFormats::default())?;
        Ok(book.save_to_buffer()?)
    }

    /// Writes the table into an empty sheet.
    pub(super) fn write(&self, sheet: &mut Worksheet, formats: &CellFormats) -> Result<(), XlsxError> {
        begin_sheet(sheet, &self.name, &self.columns, formats)?;
        for (row, cells) in (1..).zip(&self.rows) {
            write_cells(sheet, row, cells, formats)?;
        }
        end_sheet(sheet, u32::try_from(self.rows.len()).unwrap_or(u32::MAX), &self.columns)
    }

    /// The table as text that spreadsheet programs read with its accents, in columns, and without
    /// taking anything for a formula. The separator is that of the reader's language and nothing
    /// says so in the file: a line `sep=;` would help Excel alone, which then no longer looks at
    /// the byte order mark.
    pub(super) fn csv(&self, t: Locale) -> Result<Vec<u8>, ExportError> {
        let headings: Vec<_> = self.columns.iter().map(|column| Cell::Text(column.heading.clone())).collect();
        let mut file = BYTE_ORDER_MARK.to_vec();
        file.extend(Self::csv_lines(&[headings], t)?);
        file.extend(Self::csv_lines(&self.rows, t)?);
        Ok(file)
    }

    /// Rows as lines of such a text.
    pub(super) fn csv_lines(rows: &[Vec<Cell>], t: Locale) -> Result<Vec<u8>, ExportError> {
        let terminator = csv::Terminator::CRLF;
        let mut text =
            csv::WriterBuilder::new().delimiter(t.cell_separator()).terminator(terminator).from_writer(Vec::new());
        for row in rows {
            text.write_record(row.iter().map(|cell| cell.as_text(t)))?;
        }
        Ok(text.into_inner().map_err(|error| csv::Error::from(error.into_error()))?)
    }
}

/// How cells look in a workbook.
#[derive(Debug)]
pub(super) struct CellFormats {
    /// Above a column.
    pub(super) heading: Format,
    text: Format,
    top: Format,
    time: Format,
}

impl Default for CellFormats {
    fn default() -> Self {
        let top = || Format::new().set_align(FormatAlign::Top);
        Self {
            heading: top().set_bold().set_text_wrap(),
            text: top().set_text_wrap(),
            top: top(),
            time: top().set_num_format("yyyy-mm-dd hh:mm:ss"),
        }
    }
}

/// Names a sheet and writes its headings, which stay in sight.
pub(super) fn begin_sheet(
    sheet: &mut Worksheet,
    name: &str,
    columns: &[Column],
    formats: &CellFormats,
) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    for (at, column) in (0..).zip(columns) {
        sheet.set_column_width(at, column.width)?;
        sheet.write_string_with_format(0, at, &column.heading, &formats.heading)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// Writes a row.
pub(super) fn write_cells(
    sheet: &mut Worksheet,
    row: u32,
    cells: &[Cell],
    formats: &CellFormats,
) -> Result<(), XlsxError> {
    for (column, cell) in (0..).zip(cells) {
        match cell {
            Cell::Empty => continue,
            Cell::Text(words) => sheet.write_string_with_format(row, column, words, &formats.text)?,
            Cell::Number(number) => sheet.write_number_with_format(row, column, *number, &formats.top)?,
            Cell::Yes(yes) => sheet.write_boolean_with_format(row, column, *yes, &formats.top)?,
            Cell::Time(at) => sheet.write_datetime_with_format(row, column, &moment(*at)?, &formats.time)?,
        };
    }
    Ok(())
}

/// Has the headings filter so many rows.
pub(super) fn end_sheet(sheet: &mut Worksheet, rows: u32, columns: &[Column]) -> Result<(), XlsxError> {
    let last = u16::try_from(columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    sheet.autofilter(0, 0, rows, last)?;
    Ok(())
}

impl Cell {
    fn as_text(&self, t: Locale) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => harmless(text),
            Self::Number(number) => number.to_string(),
            Self::Yes(yes) => t.text(if *yes { "export.yes" } else { "export.no" }),
            Self::Time(at) => iso(*at),
        }
    }
}

/// The text with an apostrophe, which is what people type for the same end, before every sign by
/// which a spreadsheet program would begin a formula. Which sign ends a cell depends on the
/// reader's language and habits, so all of them are thought to.
fn harmless(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut begins = true;
    for (at, sign) in text.char_indices() {
        if begins && (begins_formula(sign) || at == 0 && sign.is_control()) {
            written.push('\'');
            begins = false;
        }
        written.push(sign);
        begins = ends_cell(sign) || begins && is_passed_over(sign);
    }
    written
}

/// The signs that begin a formula, and those that are taken for them: wide ones, small ones, raised
/// ones.
fn begins_formula(sign: char) -> bool {
    sign.nfkc().next().is_some_and(|plain| matches!(plain, '=' | '+' | '-' | '@'))
}

fn ends_cell(sign: char) -> bool {
    matches!(sign, ',' | ';' | '|' | '"' | '\u{2028}' | '\u{2029}') || sign.is_control()
}

/// What some programs take away at the beginning of a cell: blanks, and signs that nobody sees.
fn is_passed_over(sign: char) -> bool {
    text::is_space(sign) || text::is_invisible(sign)
}

/// The moment in UTC. Workbooks know no time zones.
pub(super) fn moment(at: Millis) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_timestamp(at.div_euclid(1000))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::i18n::LOCALES;

    /// The cells of a file, as a program reads it that goes by this sign and minds quotes or does
    /// not.
    fn cells(file: &[u8], delimiter: u8, quoting: bool) -> Vec<String> {
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.delimiter(delimiter).quoting(quoting).flexible(true).has_headers(false);
        let records = reader.from_reader(file).into_records();
        records.flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    proptest! {
        #[test]
        fn no_reader_finds_a_formula(texts in prop::collection::vec("([=+@;,|\"'\t\r\n a1＝﹢⁼\u{200b}\u{feff}\u{2060}-]|.){0,12}", 1..6)) {
            let columns = vec![Column { heading: "Text".to_owned(), width: 9 }, Column { heading: texts[0].clone(), width: 9 }];
            let rows = texts.iter().map(|text| vec![Cell::Text(text.clone()), Cell::Number(7)]).collect();
            let table = Table { name: "x".to_owned(), columns, rows };
            for file in LOCALES.map(|locale| table.csv(locale).unwrap()) {
                for (delimiter, quoting) in b",;\t|".iter().flat_map(|sign| [(*sign, true), (*sign, false)]) {
                    for cell in cells(&file, delimiter, quoting) {
                        let seen = cell.trim_start_matches(|sign| sign == '"' || is_passed_over(sign));
                        prop_assert!(!seen.starts_with(begins_formula), "{cell:?} of {texts:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn cells_are_told_apart_by_the_separator_of_the_language() {
        let columns = ["No.", "Question"].map(|heading| Column { heading: heading.to_owned(), width: 10 }).into();
        let texts = ["Tea, coffee", "Thé ; café", "2,5 €", "a\"b\nc"];
        let rows = texts.map(|text| vec![Cell::Number(1848), Cell::Text(text.to_owned())]).into();
        let table = Table { name: "x".to_owned(), columns, rows };
        for (tag, separator) in [("en", b','), ("fr", b';')] {
            let file = table.csv(LOCALES.into_iter().find(|locale| locale.code() == tag).unwrap()).unwrap();
            assert!(file.starts_with(BYTE_ORDER_MARK), "by this alone programs know the accents");
            let read = cells(&file[BYTE_ORDER_MARK.len()..], separator, true);
            let expected = ["No.", "Question"].into_iter().chain(texts.iter().flat_map(|text| ["1848", text]));
            assert_eq!(read, expected.collect::<Vec<_>>(), "{tag}");
        }
    }

    #[test]
    fn signs_within_a_text_stay_as_they_are() {
        for text in ["1+1=2", "a-b", "me@example.org", "C++, then; more", "'=1", "5 - 3 | 2"] {
            assert_eq!(harmless(text), text);
        }
        assert_eq!(harmless("Coffee;=1+1; \u{200b}@tea"), "Coffee;'=1+1; \u{200b}'@tea");
    }

    #[test]
    fn text_is_never_a_formula_and_keeps_its_accents() {
        let columns = ["Frage", "Größe"].map(|heading| Column { heading: heading.to_owned(), width: 10 });
        let hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "＝1", "1+1", "a,\"b\"\nc"];
        let rows = hostile.map(|text| vec![Cell::Text(text.to_owned()), Cell::Number(7)]);
        let table = Table { name: "x".to_owned(), columns: columns.into(), rows: rows.into() };
        let text = String::from_utf8(table.csv(LOCALES[0]).unwrap()).unwrap();
        assert!(
            text.starts_with("\u{feff}Frage,Größe\r\n'=1+1,7\r\n'+1,7\r\n'-1,7\r\n'@SUM(A1),7\r\n'\tx,7\r\n'＝1,7\r\n")
        );
        assert!(text.ends_with("1+1,7\r\n\"a,\"\"b\"\"\nc\",7\r\n"));
    }
}
