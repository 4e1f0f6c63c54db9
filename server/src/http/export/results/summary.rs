//! The summary of a workbook: how many rows each sheet has and what stands in them, by formulas
//! that any spreadsheet program can recalculate, with charts of its own making.

use parterre_domain::{
    answer_sheet::{AnswerColumn, AnswerHeading, ColumnContent},
    result_table::RowLabel,
};
use parterre_protocol::Millis;
use rust_xlsxwriter::{
    Chart, ChartType, Format, Formula, Worksheet, XlsxError,
    utility::{column_number_to_name, row_col_to_cell_absolute},
};

use super::{
    super::table::moment,
    counts::{RoundCounts, SheetCounts},
    sheet::{AnswerSheet, heading},
};
use crate::i18n::Locale;

/// Width of the first column, in digits.
const LABELS: u8 = 48;
/// The most rounds in one chart: of more, the last ones.
const CHARTED_ROUNDS: usize = 5;
/// The fewest rows that a chart covers.
const CHART_ROWS: u32 = 12;
/// Height of a row and width of a chart, in pixels.
const ROW_HEIGHT: u32 = 20;
const CHART_WIDTH: u32 = 560;

/// The summary, which is written last.
pub(super) struct Summary {
    event: String,
    now: Millis,
    t: Locale,
    /// The activities, in order.
    pub(super) parts: Vec<SummaryPart>,
    /// The name of the sheet of questions, and how many it has.
    pub(super) questions: (String, u32),
}

/// What is said of one activity.
pub(super) struct SummaryPart {
    /// Its sheet's name.
    sheet: String,
    /// How many rows the sheet has.
    rows: u32,
    /// How many columns stand before those of the answers.
    columns_before: u16,
    /// The rounds, from the first in which somebody answered, each with the counts of the lines.
    rounds: Vec<(u32, RoundCounts)>,
    /// What is counted; nothing of texts.
    groups: Vec<LineGroup>,
}

/// Lines that belong together, and have a chart where they are bars.
struct LineGroup {
    heading: Option<String>,
    lines: Vec<Line>,
    has_chart: bool,
}

/// A line of the summary: one number for each round.
struct Line {
    label: String,
    what: Counted,
}

/// What a line counts, by the sheet's columns.
enum Counted {
    /// All answers.
    Answers,
    /// Cells that hold the text in the line's label: the n-th of the answer column at this place.
    Text(usize, usize),
    /// Picked cells of a column.
    Picked(usize),
    /// Cells of a column with this value, which is the n-th.
    Value(usize, usize, u8),
    /// The mean of a column, whose lowest value is this.
    Mean(usize, u8),
    /// Cells of these columns in which something is written.
    Written(Vec<usize>),
}

impl SummaryPart {
    /// Of an activity to which people gave these answers.
    pub(super) fn answers(sheet: &AnswerSheet, counts: SheetCounts, t: Locale) -> Self {
        let rows = counts.answers();
        let mut rounds: Vec<_> = counts.rounds().iter().map(|(round, counts)| (*round, counts.clone())).collect();
        if rounds.is_empty() {
            rounds.push((sheet.activity.round, RoundCounts::default()));
        }
        let (columns_before, groups) = (sheet.columns_before(), groups(&sheet.answer_columns, t));
        Self { sheet: sheet.name.clone(), rows, columns_before, rounds, groups }
    }

    /// Of an activity to which people sent so many texts.
    pub(super) const fn texts(sheet: String, rows: u32) -> Self {
        Self { sheet, rows, columns_before: 0, rounds: Vec::new(), groups: Vec::new() }
    }
}

/// The lines for these columns.
fn groups(columns: &[AnswerColumn], t: Locale) -> Vec<LineGroup> {
    let answers = Line { label: t.text("export.summary.answers"), what: Counted::Answers };
    let mut groups = vec![LineGroup { heading: None, lines: vec![answers], has_chart: false }];
    // Options are bars of one chart, those that people wrote themselves too.
    let (mut options, mut written, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (at, column) in columns.iter().enumerate() {
        let label = heading(column, t);
        match &column.content {
            ColumnContent::OneOf(texts) => {
                let line =
                    |(place, text): (usize, &String)| Line { label: text.clone(), what: Counted::Text(at, place) };
                options.extend(texts.iter().enumerate().map(line));
            }
            ColumnContent::Picked => options.push(Line { label, what: Counted::Picked(at) }),
            ColumnContent::Written if column.heading == AnswerHeading::Other => {
                options.push(Line { label, what: Counted::Written(vec![at]) });
            }
            ColumnContent::Written => written.push(at),
            ColumnContent::Value(labels) => values.extend(value_groups(at, column, labels, t)),
        }
    }
    if !written.is_empty() {
        options.push(Line { label: t.text("export.summary.words"), what: Counted::Written(written) });
    }
    let has_chart = options.len() > 1;
    groups.push(LineGroup { heading: None, lines: options, has_chart });
    groups.extend(values);
    groups
}

/// The bars of a scale's values, then their mean.
fn value_groups(at: usize, column: &AnswerColumn, labels: &[RowLabel], t: Locale) -> [LineGroup; 2] {
    let known = |label: &RowLabel| match label {
        RowLabel::Value { value, meaning } => Some((*value, meaning.clone())),
        _ => None,
    };
    let values: Vec<_> = labels.iter().filter_map(known).collect();
    let lowest = values.first().map_or(0, |(value, _)| *value);
    let line = |(place, (value, meaning)): (usize, (u8, String))| Line {
        label: if meaning.is_empty() { value.to_string() } else { format!("{value} – {meaning}") },
        what: Counted::Value(at, place, value),
    };
    let heading = matches!(column.heading, AnswerHeading::Part(_)).then(|| heading(column, t));
    let lines = values.into_iter().enumerate().map(line).collect();
    let mean = Line { label: t.text("export.summary.mean"), what: Counted::Mean(at, lowest) };
    [LineGroup { heading, lines, has_chart: true }, LineGroup { heading: None, lines: vec![mean], has_chart: false }]
}

/// The looks of the summary.
struct Looks {
    bold: Format,
    round: Format,
    time: Format,
    mean: Format,
}

impl Summary {
    /// A summary of this event at this moment, to which its parts are yet to come.
    pub(super) const fn new(event: String, now: Millis, t: Locale) -> Self {
        Self { event, now, t, parts: Vec::new(), questions: (String::new(), 0) }
    }

    /// Writes it into an empty sheet.
    pub(super) fn write(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let looks = Looks {
            bold: Format::new().set_bold(),
            // The number of a round is also what formulas go by.
            round: Format::new().set_bold().set_num_format(format!("\"{}\" 0", self.t.text("export.column.round"))),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm"),
            mean: Format::new().set_num_format("0.00"),
        };
        sheet.set_column_width(0, LABELS)?;
        sheet.write_string_with_format(0, 0, &self.event, &looks.bold)?;
        sheet.write_string(1, 0, self.t.text("export.summary.as_of"))?;
        sheet.write_datetime_with_format(1, 1, &moment(self.now)?, &looks.time)?;
        sheet.set_column_width(1, 16)?;
        let mut row = self.overview(sheet, &looks)?;
        for part in self.parts.iter().filter(|part| !part.groups.is_empty()) {
            row = self.part(sheet, row + 2, part, &looks)?;
        }
        Ok(())
    }

    /// How many rows each sheet has, and those of all activities together. The next free row.
    fn overview(&self, sheet: &mut Worksheet, looks: &Looks) -> Result<u32, XlsxError> {
        const FIRST: u32 = 4;
        sheet.write_string_with_format(FIRST - 1, 0, self.t.text("export.column.activity"), &looks.bold)?;
        sheet.write_string_with_format(FIRST - 1, 1, self.t.text("export.summary.answers"), &looks.bold)?;
        let mut row = FIRST;
        for part in &self.parts {
            sheet.write_string(row, 0, &part.sheet)?;
            sheet.write_formula(row, 1, rows_of(&part.sheet, part.rows))?;
            row += 1;
        }
        if row > FIRST {
            let all: u32 = self.parts.iter().map(|part| part.rows).sum();
            let sum = format!("=SUM(B{}:B{row})", FIRST + 1);
            sheet.write_string_with_format(row, 0, self.t.text("export.summary.all"), &looks.bold)?;
            sheet.write_formula_with_format(row, 1, Formula::new(sum).set_result(all.to_string()), &looks.bold)?;
            row += 1;
        }
        let (questions, many) = &self.questions;
        sheet.write_string(row, 0, questions)?;
        sheet.write_formula(row, 1, rows_of(questions, *many))?;
        Ok(row + 1)
    }

    /// Writes what is counted of an activity from this row on. The next free row.
    fn part(&self, sheet: &mut Worksheet, top: u32, part: &SummaryPart, looks: &Looks) -> Result<u32, XlsxError> {
        sheet.write_string_with_format(top, 0, &part.sheet, &looks.bold)?;
        let rounds = || (1..).zip(&part.rounds);
        for (column, (round, _)) in rounds() {
            sheet.write_number_with_format(top, column, *round, &looks.round)?;
        }
        let mut row = top + 1;
        for group in &part.groups {
            let begin = row;
            if let Some(heading) = &group.heading {
                sheet.write_string_with_format(row, 0, heading, &looks.bold)?;
                row += 1;
            }
            let first = row;
            for line in &group.lines {
                sheet.write_string(row, 0, &line.label)?;
                for (column, (_, counts)) in rounds() {
                    let formula = part.formula(line, row, row_col_to_cell_absolute(top, column));
                    let formula = Formula::new(formula).set_result(line.result(counts));
                    match line.what {
                        Counted::Mean(..) => sheet.write_formula_with_format(row, column, formula, &looks.mean)?,
                        _ => sheet.write_formula(row, column, formula)?,
                    };
                }
                row += 1;
            }
            if group.has_chart {
                let height = (row - begin).max(CHART_ROWS);
                // A title that begins with an equals sign would be taken for a reference.
                let title = group.heading.as_ref().map(|heading| format!("{} – {heading}", part.sheet));
                let chart = self.chart(part, title.as_ref().unwrap_or(&part.sheet), (first, row - 1), height);
                let beside = u16::try_from(part.rounds.len()).unwrap_or(u16::MAX).saturating_add(2);
                sheet.insert_chart(begin, beside, &chart)?;
                row = row.max(begin + height + 1);
            }
        }
        Ok(row)
    }

    /// A chart of these lines, the last rounds beside each other.
    fn chart(&self, part: &SummaryPart, title: &str, (first, last): (u32, u32), rows: u32) -> Chart {
        let name = self.t.text("export.summary");
        let name = name.as_str();
        let mut chart = Chart::new(ChartType::Bar);
        let all = part.rounds.len();
        for (column, (round, _)) in (1..).zip(&part.rounds).skip(all.saturating_sub(CHARTED_ROUNDS)) {
            let series = chart.add_series();
            series.set_categories((name, first, 0, last, 0)).set_values((name, first, column, last, column));
            series.set_name(&format!("{} {round}", self.t.text("export.column.round")));
        }
        if all == 1 {
            chart.legend().set_hidden();
        }
        chart.title().set_name(title);
        // The first line is at the top, as in the table beside it.
        chart.x_axis().set_reverse();
        chart.set_width(CHART_WIDTH).set_height(rows * ROW_HEIGHT);
        chart
    }
}

impl SummaryPart {
    /// The formula for a line in this row, for the round in this cell.
    fn formula(&self, line: &Line, row: u32, round: String) -> String {
        let before = self.columns_before;
        let column = |at: usize| range(&self.sheet, self.rows, before + u16::try_from(at).unwrap_or(u16::MAX));
        let rounds = range(&self.sheet, self.rows, 0);
        match &line.what {
            Counted::Answers => format!("=COUNTIF({rounds},{round})"),
            // Not COUNTIF: it takes signs in the label for wildcards and comparisons.
            Counted::Text(at, _) => format!("=SUMPRODUCT(({rounds}={round})*EXACT({},$A{}))", column(*at), row + 1),
            Counted::Picked(at) => format!("=SUMIFS({},{rounds},{round})", column(*at)),
            Counted::Value(at, _, value) => format!("=COUNTIFS({rounds},{round},{},{value})", column(*at)),
            Counted::Mean(at, _) => format!("=IFERROR(AVERAGEIFS({},{rounds},{round}),\"\")", column(*at)),
            Counted::Written(columns) => {
                let term = |at: &usize| format!("SUMPRODUCT(({rounds}={round})*(LEN({})>0))", column(*at));
                format!("={}", columns.iter().map(term).collect::<Vec<_>>().join("+"))
            }
        }
    }
}

impl Line {
    /// What its formula says of a round with these counts.
    fn result(&self, counts: &RoundCounts) -> String {
        let of = |at: usize, place: usize| counts.columns.get(at).and_then(|column| column.get(place)).copied();
        let number = match &self.what {
            Counted::Answers => counts.answers,
            Counted::Text(at, place) | Counted::Value(at, place, _) => of(*at, *place).unwrap_or(0),
            Counted::Picked(at) => of(*at, 0).unwrap_or(0),
            Counted::Written(columns) => columns.iter().filter_map(|at| of(*at, 0)).sum(),
            Counted::Mean(at, lowest) => {
                return counts
                    .columns
                    .get(*at)
                    .and_then(|counts| mean(*lowest, counts))
                    .map_or(String::new(), |mean| mean.to_string());
            }
        };
        number.to_string()
    }
}

/// The mean of values, from the lowest, that were given so often.
fn mean(lowest: u8, counts: &[u32]) -> Option<f64> {
    let all: u32 = counts.iter().sum();
    let sum: f64 = (lowest..).zip(counts).map(|(value, count)| f64::from(value) * f64::from(*count)).sum();
    (all > 0).then(|| sum / f64::from(all))
}

/// The rows of a sheet whose first column has a number in each, counted.
fn rows_of(sheet: &str, rows: u32) -> Formula {
    Formula::new(format!("=COUNT({})", range(sheet, rows, 0))).set_result(rows.to_string())
}

/// All rows of a column below its heading.
fn range(sheet: &str, rows: u32, column: u16) -> String {
    let (name, column) = (sheet.replace('\'', "''"), column_number_to_name(column));
    format!("'{name}'!${column}$2:${column}${}", rows.max(1) + 1)
}
