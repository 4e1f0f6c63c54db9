//! The rating: one or several statements, each on the same scale.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::RangeInclusive,
};

use parterre_protocol::{
    OptionId, PromptVersion, Rating, RatingTally, Ratings, Tally,
    kinds::{choice::PollOption, rating::Scale},
    limits::{OPTION_CHARS, SCALE_LABEL_CHARS, SCALE_POINTS, STATEMENTS, TITLE_CHARS},
};

use super::{Aggregate, Entry, Kind, ResultLimits, Reveal, versions::Versions};
use crate::{Problem, text};

/// The rules of ratings.
#[derive(Debug)]
pub enum Rules {}

impl Kind for Rules {
    type Answer = Ratings;
    type Counts = RatingCounts;
    type Prompt = Rating;
    type Settings = Rating;

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
