//! The rating: one or several statements, each on the same scale.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    iter,
    ops::RangeInclusive,
};

use parterre_protocol::{
    OptionId, PromptVersion, Rating, RatingTally, Ratings, Tally,
    kinds::{choice::PollOption, rating::Scale},
    limits::{OPTION_CHARS, SCALE_LABEL_CHARS, SCALE_POINTS, STATEMENTS, TITLE_CHARS},
};

use super::{Aggregate, Entry, Kind, ResultLimits, Reveal, versions::Versions};
use crate::{
    Problem,
    answer_sheet::{AnswerCell, AnswerColumn, AnswerHeading, ColumnContent},
    result_table::{GroupHeading, ResultGroup, ResultRow, ResultTable, RowLabel, Statistic},
    text,
};

/// The rules of ratings.
#[derive(Debug)]
pub enum Rules {}

impl Kind for Rules {
    type Answer = Ratings;
    type Counts = RatingCounts;
    type Prompt = Rating;
    type Settings = Rating;
    type Tally = RatingTally;

    fn check(rating: Rating) -> Result<Rating, Problem> {
        let title = text::filled_line("title", &rating.title, TITLE_CHARS)?;
        let (statements, scale) = (statements(rating.statements)?, scale(rating.scale)?);
        Ok(Rating { title, statements, scale, ..rating })
    }

    fn prompt(rating: &Rating, _: Reveal) -> Rating {
        rating.clone()
    }

    fn title(rating: &Rating) -> &str {
        &rating.title
    }

    fn check_answer(rating: &Rating, answer: Ratings) -> Result<Ratings, Problem> {
        within("ratings", answer.ratings.len(), 1..=rating.statements.len())?;
        for (&option, &value) in &answer.ratings {
            if !rating.statements.iter().any(|statement| statement.id == option) {
                return Err(Problem::UnknownOption { option });
            }
            let (lowest, highest) = (rating.scale.lowest().into(), rating.scale.highest().into());
            within("rating", value.into(), lowest..=highest)?;
        }
        Ok(answer)
    }

    fn is_changeable(rating: &Rating) -> bool {
        rating.changeable
    }

    fn result_table(rating: &Rating, tally: &RatingTally, _: u32) -> ResultTable {
        let groups = rating.statements.iter().map(|statement| {
            let counts = tally.counts.get(&statement.id).map_or(&[][..], Vec::as_slice);
            let rows = iter::zip(value_labels(&rating.scale), counts.iter().copied().chain(iter::repeat(0)));
            let mut statistics = ResultGroup::summed_up(rating.scale.lowest(), counts);
            statistics.extend(nps(&rating.scale, counts).map(Statistic::Nps));
            ResultGroup {
                heading: match statement.text.as_str() {
                    "" => GroupHeading::Title,
                    text => GroupHeading::Part(text.to_owned()),
                },
                rows: rows.map(|(label, count)| ResultRow { label, count }).collect(),
                of: Some(counts.iter().sum()),
                left_out: 0,
                statistics,
            }
        });
        ResultTable { groups: groups.collect() }
    }

    fn segments(rating: &Rating) -> Option<Vec<RowLabel>> {
        (rating.statements.len() == 1).then(|| value_labels(&rating.scale).collect())
    }

    fn segment_of(rating: &Rating, answer: &Ratings) -> Option<usize> {
        let [statement] = rating.statements.as_slice() else { return None };
        let values = rating.scale.lowest()..=rating.scale.highest();
        let value = answer.ratings.get(&statement.id).filter(|value| values.contains(value))?;
        Some(usize::from(value - rating.scale.lowest()))
    }

    fn answer_columns(rating: &Rating) -> Vec<AnswerColumn> {
        let heading = |text: &str| match text {
            "" => AnswerHeading::Answer,
            text => AnswerHeading::Part(text.to_owned()),
        };
        let values = || ColumnContent::Value(value_labels(&rating.scale).collect());
        let column = |statement: &PollOption| AnswerColumn::new(heading(&statement.text), values());
        rating.statements.iter().map(column).collect()
    }

    fn answer_cells(rating: &Rating, answer: &Ratings) -> Vec<AnswerCell> {
        let values = rating.scale.lowest()..=rating.scale.highest();
        let value = |statement: &PollOption| answer.ratings.get(&statement.id).filter(|value| values.contains(value));
        let cell = |statement| value(statement).map_or(AnswerCell::Empty, |value| AnswerCell::Value(*value));
        rating.statements.iter().map(cell).collect()
    }

    fn note_change(versions: &mut Versions, before: &Rating, after: &mut Rating) {
        if values(&before.scale) == values(&after.scale) {
            versions.change_options(&before.statements, &mut after.statements);
            if before.scale != after.scale {
                versions.restate(after.statements.iter().map(|statement| statement.id));
            }
        } else {
            // A value of one scale means nothing on another: the statements are others, which
            // nobody has rated yet.
            versions.change_options(&before.statements, &mut []);
            versions.change_options(&[], &mut after.statements);
        }
    }

    fn parts_are_the_same(versions: &Versions, seen: PromptVersion, answer: &Ratings) -> bool {
        answer.ratings.keys().all(|statement| versions.option_is_the_same(*statement, seen))
    }
}

/// How often each statement was given each value, from the lowest of the scale.
#[derive(Clone, Debug, PartialEq)]
pub struct RatingCounts {
    values: RangeInclusive<u8>,
    statements: BTreeMap<OptionId, Vec<u32>>,
}

impl RatingCounts {
    /// The counts that an answer changes. A statement that was deleted since is not counted.
    fn counted(&mut self, answer: &Ratings, change: impl Fn(&mut u32)) {
        for (statement, value) in answer.ratings.iter().filter(|(_, value)| self.values.contains(value)) {
            let place = usize::from(value - self.values.start());
            let count = self.statements.get_mut(statement).and_then(|counts| counts.get_mut(place));
            count.into_iter().for_each(&change);
        }
    }
}

impl Aggregate<Rules> for RatingCounts {
    fn empty(rating: &Rating) -> Self {
        let values = rating.scale.lowest()..=rating.scale.highest();
        let none = vec![0; values.len()];
        let statements = rating.statements.iter().map(|statement| (statement.id, none.clone())).collect();
        Self { values, statements }
    }

    fn fits(&self, rating: &Rating) -> bool {
        self.values == (rating.scale.lowest()..=rating.scale.highest())
            && self.statements.len() == rating.statements.len()
            && rating.statements.iter().all(|statement| self.statements.contains_key(&statement.id))
    }

    fn add(&mut self, entry: Entry<'_, Ratings>) {
        self.counted(entry.answer, |count| *count += 1);
    }

    fn remove(&mut self, entry: Entry<'_, Ratings>) {
        self.counted(entry.answer, |count| *count = count.saturating_sub(1));
    }

    fn tally(&self, _: ResultLimits, _: Reveal) -> Tally {
        Tally::Rating(RatingTally { counts: self.statements.clone() })
    }
}

/// Checks statements and cleans their texts: different texts and different ids. The only one may be
/// without a text.
fn statements(statements: Vec<PollOption>) -> Result<Vec<PollOption>, Problem> {
    within("statements", statements.len(), STATEMENTS)?;
    let is_only_one = statements.len() == 1;
    let (mut ids, mut texts) = (BTreeSet::new(), HashMap::<_, String>::new());
    let mut checked = Vec::with_capacity(statements.len());
    for PollOption { id, text } in statements {
        let text = if is_only_one {
            text::line("statement", &text, OPTION_CHARS)?
        } else {
            text::filled_line("statement", &text, OPTION_CHARS)?
        };
        if !ids.insert(id) {
            return Err(Problem::Duplicate { field: "statements", value: text });
        }
        if let Some(first) = texts.insert(text::look_key(&text), text.clone()) {
            return Err(Problem::twice("statements", &first, text));
        }
        checked.push(PollOption { id, text });
    }
    Ok(checked)
}

fn scale(scale: Scale) -> Result<Scale, Problem> {
    if !matches!(scale, Scale::Nps) {
        let (fewest, most) = (*SCALE_POINTS.start(), *SCALE_POINTS.end());
        within("points", scale.highest().into(), fewest.into()..=most.into())?;
    }
    Ok(match scale {
        Scale::Labels { points, low, high } => Scale::Labels {
            points,
            low: text::line("low", &low, SCALE_LABEL_CHARS)?,
            high: text::line("high", &high, SCALE_LABEL_CHARS)?,
        },
        Scale::Stars { .. } | Scale::Nps => scale,
    })
}

/// Every value of the scale, from the lowest, with what is said of its ends.
fn value_labels(scale: &Scale) -> impl Iterator<Item = RowLabel> {
    let (lowest, highest) = (scale.lowest(), scale.highest());
    (lowest..=highest).map(move |value| {
        let meaning = match scale {
            Scale::Labels { low, .. } if value == lowest => low.clone(),
            Scale::Labels { high, .. } if value == highest => high.clone(),
            Scale::Labels { .. } | Scale::Stars { .. } | Scale::Nps => String::new(),
        };
        RowLabel::Value { value, meaning }
    })
}

/// The Net Promoter Score of these counts, on the scale that has one, where anybody has answered.
fn nps(scale: &Scale, counts: &[u32]) -> Option<f64> {
    const PROMOTERS: RangeInclusive<usize> = 9..=10;
    const DETRACTORS: RangeInclusive<usize> = 0..=6;
    let within = |values: &RangeInclusive<usize>| -> f64 {
        let counts = counts.iter().enumerate().filter(|(value, _)| values.contains(value));
        counts.map(|(_, count)| f64::from(*count)).sum()
    };
    let all: f64 = counts.iter().copied().map(f64::from).sum();
    let has_score = matches!(scale, Scale::Nps) && all > 0.0;
    has_score.then(|| 100.0 * (within(&PROMOTERS) - within(&DETRACTORS)) / all)
}

/// What tells a value of one scale from the same number on another.
fn values(scale: &Scale) -> (std::mem::Discriminant<Scale>, u8) {
    (std::mem::discriminant(scale), scale.highest())
}

fn within(field: &'static str, value: usize, range: RangeInclusive<usize>) -> Result<(), Problem> {
    let (min, max) = (*range.start(), *range.end());
    if range.contains(&value) { Ok(()) } else { Err(Problem::OutOfRange { field, min, max, value }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kinds::tests::Sample;

    impl Sample for Rules {
        fn settings() -> Rating {
            rating(&["Clear", "Fair", "Short"], Scale::Nps)
        }

        fn answer() -> BoxedStrategy<Ratings> {
            prop::collection::btree_map(1..=4u16, 0..=11u8, 0..4).prop_map(|ratings| Ratings { ratings }).boxed()
        }
    }

    fn rating(statements: &[&str], scale: Scale) -> Rating {
        let statements = (1..).zip(statements).map(|(id, text)| PollOption { id, text: (*text).to_owned() }).collect();
        Rating { title: "The statutes".to_owned(), statements, scale, changeable: true }
    }

    fn stars(points: u8) -> Scale {
        Scale::Stars { points }
    }

    fn labels(low: &str) -> Scale {
        Scale::Labels { points: 5, low: low.to_owned(), high: "Agree".to_owned() }
    }

    fn answer(ratings: &[(OptionId, u8)]) -> Ratings {
        Ratings { ratings: ratings.iter().copied().collect() }
    }

    #[test]
    fn the_only_statement_divides_people_and_is_summed_up() {
        let only = rating(&["Recommend us?"], Scale::Nps);
        assert_eq!(Rules::segments(&only).map(|groups| groups.len()), Some(11));
        assert_eq!(Rules::segment_of(&only, &answer(&[(1, 10)])), Some(10));
        assert_eq!(Rules::segments(&rating(&["Clear", "Fair"], stars(5))), None);
        let counts = BTreeMap::from([(1, vec![0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 2])]);
        let table = Rules::result_table(&only, &RatingTally { counts }, 4);
        assert_eq!(table.groups[0].of, Some(4));
        let expected = [Statistic::Answers(4), Statistic::Mean(8.25), Statistic::Median(9.0), Statistic::Nps(25.0)];
        assert_eq!(table.groups[0].statistics, expected);
    }

    #[test]
    fn statements_and_scales_have_limits() {
        assert_eq!(Rules::check(rating(&["  "], stars(5))).expect("only one").statements[0].text, "");
        let refused = |rating| Rules::check(rating).expect_err("not allowed").key();
        assert_eq!(refused(rating(&["Clear", " "], stars(5))), "problem.empty");
        assert_eq!(refused(rating(&["Clear", "clear"], stars(5))), "problem.alike");
        assert_eq!(refused(rating(&[], stars(5))), "problem.out_of_range");
        assert_eq!(refused(rating(&["Clear"; 11], stars(5))), "problem.out_of_range");
        for points in [0, 1, 11] {
            assert_eq!(refused(rating(&["Clear"], stars(points))), "problem.out_of_range");
        }
        assert_eq!(refused(rating(&["Clear"], labels(&"x".repeat(41)))), "problem.too_long");
    }

    #[test]
    fn an_answer_rates_statements_that_there_are_with_values_of_the_scale() {
        let rating = rating(&["Clear", "Fair"], stars(5));
        assert!(Rules::check_answer(&rating, answer(&[(2, 5)])).is_ok());
        assert!(matches!(Rules::check_answer(&rating, answer(&[])), Err(Problem::OutOfRange { field: "ratings", .. })));
        for value in [0, 6] {
            let refused = Problem::OutOfRange { field: "rating", min: 1, max: 5, value: value.into() };
            assert_eq!(Rules::check_answer(&rating, answer(&[(1, value)])), Err(refused));
        }
        let unknown = Rules::check_answer(&rating, answer(&[(3, 1)]));
        assert_eq!(unknown, Err(Problem::UnknownOption { option: 3 }));
    }

    #[test]
    fn another_scale_begins_at_nothing_and_other_words_for_its_ends_keep_what_was_rated() {
        let (before, versions) = (rating(&["Clear", "Fair"], labels("Disagree")), Versions::default());
        let ids = |rating: &Rating| rating.statements.iter().map(|statement| statement.id).collect::<Vec<_>>();
        let changed = |mut after: Rating| {
            let (versions, settings) = versions.with(&before.clone().into(), after.clone().into()).expect("a change");
            let parterre_protocol::Settings::Rating(kept) = settings else { panic!("a rating") };
            after = kept;
            (versions, ids(&after))
        };
        assert_eq!(changed(rating(&["Clear", "Fair"], stars(5))).1, [3, 4]);
        let (versions, kept) = changed(rating(&["Clear", "Fair"], labels("Strongly disagree")));
        assert_eq!(kept, [1, 2]);
        let sent = answer(&[(1, 1)]);
        assert!(!versions.still_says_the_same(PromptVersion::FIRST, &sent.into()), "meant by other words");
    }
}
