//! The text wall: what people send are posts of the activity, which `domain::post` judges and
//! moderators look after.

use std::cmp::Reverse;

use parterre_protocol::{
    Tally, TextWall,
    kinds::open::NoAnswer,
    limits::{TEXTS_PER_PERSON, TITLE_CHARS},
    texts::{ShownText, Texts},
};

use super::{Aggregate, Entry, Kind, ResultLimits, Reveal};
use crate::{
    Problem,
    post_rules::PostRules,
    result_table::{ResultGroup, ResultRow, ResultTable, RowLabel},
    text,
};

/// The rules of text walls.
#[derive(Debug)]
pub enum Rules {}

impl Kind for Rules {
    type Answer = NoAnswer;
    type Counts = NoCounts;
    type Prompt = TextWall;
    type Settings = TextWall;
    type Tally = Texts;

    fn check(wall: TextWall) -> Result<TextWall, Problem> {
        let title = text::filled_line("title", &wall.title, TITLE_CHARS)?;
        if let Some(most) = wall.texts_per_person
            && !TEXTS_PER_PERSON.contains(&most)
        {
            let (min, max) = (usize::from(*TEXTS_PER_PERSON.start()), usize::from(*TEXTS_PER_PERSON.end()));
            return Err(Problem::OutOfRange { field: "texts_per_person", min, max, value: most.into() });
        }
        Ok(TextWall { title, ..wall })
    }

    fn prompt(wall: &TextWall, _: Reveal) -> TextWall {
        wall.clone()
    }

    fn title(wall: &TextWall) -> &str {
        &wall.title
    }

    fn check_answer(_wall: &TextWall, _answer: NoAnswer) -> Result<NoAnswer, Problem> {
        Err(Problem::WrongKind)
    }

    fn is_blank(_answer: &NoAnswer) -> bool {
        true
    }

    /// In the order in which they stand on the wall, with how many people sent each.
    fn result_table(_: &TextWall, texts: &Texts, _: u32) -> ResultTable {
        let mut shown: Vec<_> = texts.texts.iter().collect();
        shown.sort_by_key(|(id, text)| (!text.pinned, Reverse(**id)));
        let written = |text: &ShownText| ResultRow { label: RowLabel::Written(text.text.clone()), count: text.people };
        let rows: Vec<_> = shown.into_iter().map(|(_, text)| written(text)).collect();
        let left_out = texts.shown.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        ResultTable { groups: vec![ResultGroup { rows, left_out, ..ResultGroup::default() }] }
    }

    fn post_rules(wall: &TextWall) -> Option<PostRules> {
        Some(PostRules { review: wall.review, names: wall.names, most: wall.texts_per_person })
    }

    fn tally_of(texts: Texts) -> Option<Tally> {
        Some(texts.into())
    }
}

/// The counts of no answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoCounts;

impl Aggregate<Rules> for NoCounts {
    fn empty(_wall: &TextWall) -> Self {
        Self
    }

    fn add(&mut self, _entry: Entry<'_, NoAnswer>) {}

    fn remove(&mut self, _entry: Entry<'_, NoAnswer>) {}

    fn tally(&self, _limits: ResultLimits, _reveal: Reveal) -> Tally {
        Texts::default().into()
    }
}

#[cfg(test)]
mod tests {
    use parterre_protocol::posts::NamePolicy;
    use proptest::prelude::*;

    use super::*;
    use crate::kinds::tests::Sample;

    impl Sample for Rules {
        fn settings() -> TextWall {
            let title = "What should we stop doing?".to_owned();
            TextWall { title, texts_per_person: Some(10), review: true, names: NamePolicy::Either }
        }

        fn answer() -> BoxedStrategy<NoAnswer> {
            Just(NoAnswer {}).boxed()
        }
    }

    #[test]
    fn a_wall_has_a_title_and_takes_some_texts_of_each_or_any_number() {
        let wall = |texts_per_person| TextWall { texts_per_person, ..Rules::settings() };
        for allowed in [None, Some(1), Some(10)] {
            assert_eq!(Rules::check(wall(allowed)), Ok(wall(allowed)));
        }
        for refused in [0, 11] {
            assert_eq!(Rules::check(wall(Some(refused))).unwrap_err().key(), "problem.out_of_range");
        }
        let blank = TextWall { title: " ".to_owned(), ..wall(None) };
        assert_eq!(Rules::check(blank).unwrap_err().key(), "problem.empty");
    }

    #[test]
    fn nothing_is_an_answer_to_it() {
        assert_eq!(Rules::check_answer(&Rules::settings(), NoAnswer {}), Err(Problem::WrongKind));
    }
}
