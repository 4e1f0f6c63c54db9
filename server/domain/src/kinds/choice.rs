//! The choice poll: pick one or several of the options.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    iter,
};

use parterre_protocol::{
    Choice, ChoicePoll, ChoiceTally, OptionId, PromptVersion, Tally,
    kinds::choice::PollOption,
    limits::{OPTION_CHARS, OPTIONS, TITLE_CHARS},
};

use super::{Aggregate, Entry, Kind, ResultLimits, Reveal, versions::Versions};
use crate::{
    Problem,
    answer_sheet::{AnswerCell, AnswerColumn, AnswerHeading, ColumnContent},
    result_table::{GroupHeading, ResultGroup, ResultRow, ResultTable, RowLabel, most_frequent},
    text,
    word_counts::WordCounts,
};

/// The rules of choice polls.
#[derive(Debug)]
pub enum Rules {}

impl Kind for Rules {
    type Answer = Choice;
    type Counts = ChoiceCounts;
    type Prompt = ChoicePoll;
    type Settings = ChoicePoll;
    type Tally = ChoiceTally;

    fn check(poll: ChoicePoll) -> Result<ChoicePoll, Problem> {
        check(poll)
    }

    fn prompt(poll: &ChoicePoll, _: Reveal) -> ChoicePoll {
        poll.clone()
    }

    fn title(poll: &ChoicePoll) -> &str {
        &poll.title
    }

    fn check_answer(poll: &ChoicePoll, choice: Choice) -> Result<Choice, Problem> {
        check_answer(poll, choice)
    }

    fn is_changeable(poll: &ChoicePoll) -> bool {
        poll.changeable
    }

    fn takes_words(poll: &ChoicePoll) -> bool {
        poll.other
    }

    fn option_said<'a>(poll: &'a ChoicePoll, text: &str) -> Option<&'a str> {
        let id = listed(poll, text)?;
        poll.options.iter().find(|option| option.id == id).map(|option| option.text.as_str())
    }

    fn result_table(poll: &ChoicePoll, tally: &ChoiceTally, respondents: u32) -> ResultTable {
        let count = |option: &PollOption| tally.counts.get(&option.id).copied().unwrap_or(0);
        let picked = iter::zip(options(poll), poll.options.iter().map(count));
        let other = tally.other.map(|count| (RowLabel::Other, count));
        let rows = picked.chain(other).map(|(label, count)| ResultRow { label, count }).collect();
        let of_options = ResultGroup { rows, of: Some(respondents), ..ResultGroup::default() };
        let write_ins = tally.texts.as_ref().filter(|texts| !texts.is_empty()).map(|texts| ResultGroup {
            heading: GroupHeading::WriteIns,
            rows: most_frequent(texts),
            ..ResultGroup::default()
        });
        ResultTable { groups: iter::once(of_options).chain(write_ins).collect() }
    }

    fn segments(poll: &ChoicePoll) -> Option<Vec<RowLabel>> {
        let other = poll.other.then_some(RowLabel::Other);
        (poll.max == 1).then(|| options(poll).chain(other).collect())
    }

    fn segment_of(poll: &ChoicePoll, answer: &Choice) -> Option<usize> {
        match answer.options.as_slice() {
            [] if poll.other && answer.other.is_some() => Some(poll.options.len()),
            [picked] => poll.options.iter().position(|option| option.id == *picked),
            _ => None,
        }
    }

    fn answer_columns(poll: &ChoicePoll) -> Vec<AnswerColumn> {
        let texts = poll.options.iter().map(|option| option.text.clone());
        let mut columns = match poll.max {
            1 => vec![AnswerColumn::new(AnswerHeading::Answer, ColumnContent::OneOf(texts.collect()))],
            _ => texts.map(|text| AnswerColumn::new(AnswerHeading::Part(text), ColumnContent::Picked)).collect(),
        };
        columns.extend(poll.other.then(|| AnswerColumn::new(AnswerHeading::Other, ColumnContent::Written)));
        columns
    }

    fn answer_cells(poll: &ChoicePoll, answer: &Choice) -> Vec<AnswerCell> {
        let is_picked = |option: &PollOption| answer.options.contains(&option.id);
        let mut cells = match poll.max {
            1 => vec![poll.options.iter().position(is_picked).map_or(AnswerCell::Empty, AnswerCell::OneOf)],
            _ => {
                let cell = |option| if is_picked(option) { AnswerCell::Picked } else { AnswerCell::Empty };
                poll.options.iter().map(cell).collect()
            }
        };
        cells.extend(poll.other.then(|| AnswerCell::written(answer.other.as_deref())));
        cells
    }

    fn note_change(versions: &mut Versions, before: &ChoicePoll, after: &mut ChoicePoll) {
        versions.change_options(&before.options, &mut after.options);
    }

    fn parts_are_the_same(versions: &Versions, seen: PromptVersion, choice: &Choice) -> bool {
        choice.options.iter().all(|option| versions.option_is_the_same(*option, seen))
    }
}

/// How often each option of a poll was picked, and what was written in place of one.
#[derive(Clone, Debug, PartialEq)]
pub struct ChoiceCounts {
    options: BTreeMap<OptionId, u32>,
    allows_other: bool,
    others: u32,
    texts: WordCounts,
}

impl Aggregate<Rules> for ChoiceCounts {
    fn empty(poll: &ChoicePoll) -> Self {
        Self {
            options: poll.options.iter().map(|option| (option.id, 0)).collect(),
            allows_other: poll.other,
            others: 0,
            texts: WordCounts::default(),
        }
    }

    fn fits(&self, poll: &ChoicePoll) -> bool {
        self.allows_other == poll.other
            && self.options.len() == poll.options.len()
            && poll.options.iter().all(|option| self.options.contains_key(&option.id))
    }

    fn add(&mut self, entry: Entry<'_, Choice>) {
        let choice = entry.answer;
        // An option that was deleted since is not counted.
        choice.options.iter().for_each(|id| self.options.get_mut(id).into_iter().for_each(|count| *count += 1));
        choice.other.iter().for_each(|other| self.texts.add(other));
        self.others += u32::from(choice.other.is_some());
    }

    fn remove(&mut self, entry: Entry<'_, Choice>) {
        let choice = entry.answer;
        let less = |count: &mut u32| *count = count.saturating_sub(1);
        choice.options.iter().for_each(|id| self.options.get_mut(id).into_iter().for_each(less));
        if let Some(other) = &choice.other {
            self.texts.remove(other);
            less(&mut self.others);
        }
    }

    fn words(&self) -> Option<&WordCounts> {
        self.allows_other.then_some(&self.texts)
    }

    fn words_mut(&mut self) -> Option<&mut WordCounts> {
        self.allows_other.then_some(&mut self.texts)
    }

    fn tally(&self, limits: ResultLimits, _: Reveal) -> Tally {
        Tally::Choice(ChoiceTally {
            counts: self.options.clone(),
            other: self.allows_other.then_some(self.others),
            texts: (self.allows_other && limits.others > 0).then(|| self.texts.most_frequent(limits.others)),
        })
    }
}

fn options(poll: &ChoicePoll) -> impl Iterator<Item = RowLabel> {
    poll.options.iter().enumerate().map(|(place, option)| RowLabel::Option { place, text: option.text.clone() })
}

/// Checks a poll and cleans its texts. Options need different texts and different ids.
fn check(poll: ChoicePoll) -> Result<ChoicePoll, Problem> {
    let title = text::filled_line("title", &poll.title, TITLE_CHARS)?;
    let (fewest, most) = (*OPTIONS.start(), *OPTIONS.end());
    within("options", poll.options.len(), fewest, most)?;
    let (mut ids, mut texts) = (BTreeSet::new(), HashMap::<_, String>::new());
    let mut options = Vec::with_capacity(poll.options.len());
    for option in poll.options {
        let text = text::filled_line("option", &option.text, OPTION_CHARS)?;
        if !ids.insert(option.id) {
            return Err(Problem::Duplicate { field: "options", value: text });
        }
        if let Some(first) = texts.insert(text::look_key(&text), text.clone()) {
            return Err(Problem::twice("options", &first, text));
        }
        options.push(PollOption { id: option.id, text });
    }
    let pickable = options.len() + usize::from(poll.other);
    within("max", poll.max.into(), 1, pickable)?;
    within("min", poll.min.into(), 1, poll.max.into())?;
    Ok(ChoicePoll { title, options, ..poll })
}

/// Checks an answer: options of the poll, each once, as many as allowed, and a write-in only if
/// allowed. A write-in that equals an option counts as that option.
fn check_answer(poll: &ChoicePoll, choice: Choice) -> Result<Choice, Problem> {
    within("options", choice.options.len(), 0, poll.options.len())?;
    let other = choice
        .other
        .map(|other| text::line("other", &other, OPTION_CHARS))
        .transpose()?
        .filter(|other| !other.is_empty());
    if other.is_some() && !poll.other {
        return Err(Problem::NoOther);
    }
    let mut picked: BTreeSet<_> = choice.options.into_iter().collect();
    let other = other.filter(|other| match listed(poll, other) {
        Some(option) => {
            picked.insert(option);
            false
        }
        None => true,
    });
    if let Some(&option) = picked.iter().find(|id| !poll.options.iter().any(|option| option.id == **id)) {
        return Err(Problem::UnknownOption { option });
    }
    within("options", picked.len() + usize::from(other.is_some()), poll.min.into(), poll.max.into())?;
    Ok(Choice { options: picked.into_iter().collect(), other })
}

/// The option that equals a write-in: the write-in then counts for that option. Punctuation around
/// a write-in is ignored, unless it distinguishes two options.
fn listed(poll: &ChoicePoll, own: &str) -> Option<OptionId> {
    let keys: Vec<_> = poll.options.iter().map(|option| (option.id, text::look_key(&option.text))).collect();
    let key = text::look_key(own);
    let whole = keys.iter().find(|(_, option)| *option == key);
    let mut bare = keys.iter().filter(|(_, option)| text::bare_word(option) == text::bare_word(&key));
    whole.or_else(|| bare.next().filter(|_| bare.next().is_none())).map(|(id, _)| *id)
}

fn within(field: &'static str, value: usize, min: usize, max: usize) -> Result<(), Problem> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(Problem::OutOfRange { field, min, max, value }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kinds::tests::Sample;

    impl Sample for Rules {
        fn settings() -> ChoicePoll {
            poll(1, 4, true)
        }

        fn answer() -> BoxedStrategy<Choice> {
            (prop::collection::btree_set(1..=4u16, 0..4), prop::option::of("[ab]{1,2}"))
                .prop_map(|(options, other)| Choice { options: options.into_iter().collect(), other })
                .boxed()
        }
    }

    fn poll(min: u8, max: u8, other: bool) -> ChoicePoll {
        let options =
            ["Sea", "Mountains", "City"].iter().zip(1..).map(|(text, id)| PollOption { id, text: (*text).to_owned() });
        ChoicePoll { title: "Where?".to_owned(), options: options.collect(), min, max, other, changeable: true }
    }

    fn choice(options: &[u16], other: Option<&str>) -> Choice {
        Choice { options: options.to_vec(), other: other.map(str::to_owned) }
    }

    #[test]
    fn one_pick_divides_people_as_the_table_counts_them_and_several_do_not() {
        let one = poll(1, 1, true);
        let labels = Rules::segments(&one).expect("groups");
        let table = Rules::result_table(&one, &ChoiceTally { counts: BTreeMap::new(), other: Some(0), texts: None }, 0);
        assert_eq!(labels, table.groups[0].rows.iter().map(|row| row.label.clone()).collect::<Vec<_>>());
        let of = |answer: &Choice| Rules::segment_of(&one, answer);
        assert_eq!(
            [of(&choice(&[1], None)), of(&choice(&[3], None)), of(&choice(&[], Some("Space")))],
            [Some(0), Some(2), Some(3)]
        );
        assert_eq!(of(&choice(&[9], None)), None, "an option that is gone");
        assert_eq!(Rules::segments(&poll(1, 2, false)), None);
    }

    #[test]
    fn a_poll_needs_two_different_options_and_a_range_that_can_be_met() {
        assert!(check(poll(1, 1, false)).is_ok());
        assert!(check(poll(1, 4, true)).is_ok());
        for (min, max) in [(0, 1), (2, 1), (1, 4), (1, 0)] {
            assert!(check(poll(min, max, false)).is_err(), "{min} to {max}");
        }
        let mut twice = poll(1, 1, false);
        twice.options[1].text = " sea ".to_owned();
        assert!(matches!(check(twice), Err(Problem::Alike { .. })));
    }

    #[test]
    fn options_that_look_the_same_are_refused_by_both_of_their_names() {
        for (first, second) in [("Don’t know", "Don't know"), ("é", "E\u{301}"), ("❤\u{fe0f}", "❤"), ("Ｙｅｓ", "Yes")]
        {
            let mut alike = poll(1, 1, false);
            (alike.options[0].text, alike.options[1].text) = (first.to_owned(), second.to_owned());
            let (first, value) = (text::clean(first), text::clean(second));
            assert_eq!(check(alike), Err(Problem::Alike { field: "options", first, value }));
        }
        let mut same = poll(1, 1, false);
        same.options[1].text = "Sea\u{3164}".to_owned();
        assert_eq!(check(same), Err(Problem::Duplicate { field: "options", value: "Sea".to_owned() }));
        let mut powers = poll(1, 1, false);
        (powers.options[0].text, powers.options[1].text) = ("2²".to_owned(), "22".to_owned());
        assert!(check(powers).is_ok());
    }

    #[test]
    fn an_own_option_that_is_listed_counts_as_the_listed_one() {
        let answered = |options: &[u16], other| check_answer(&poll(1, 2, true), choice(options, Some(other)));
        for other in ["City", " city ", "ＣＩＴＹ", "Ci\u{200b}ty", "« City ! »"] {
            assert_eq!(answered(&[], other), Ok(choice(&[3], None)), "{other}");
            assert_eq!(answered(&[1], other), Ok(choice(&[1, 3], None)), "{other}");
            assert_eq!(answered(&[3], other), Ok(choice(&[3], None)), "{other}");
        }
        assert_eq!(answered(&[], "The city"), Ok(choice(&[], Some("The city"))));
        let mut told_apart = poll(1, 1, true);
        (told_apart.options[0].text, told_apart.options[1].text) = ("Now".to_owned(), "Now?".to_owned());
        for (other, counts) in
            [("now", choice(&[1], None)), ("now?", choice(&[2], None)), ("now!", choice(&[], Some("now!")))]
        {
            assert_eq!(check_answer(&told_apart, choice(&[], Some(other))), Ok(counts), "{other}");
        }
        let mut powers = poll(1, 1, true);
        powers.options[0].text = "2²".to_owned();
        assert_eq!(check_answer(&powers, choice(&[], Some("22"))), Ok(choice(&[], Some("22"))));
        assert_eq!(check_answer(&powers, choice(&[], Some("2²"))), Ok(choice(&[1], None)));
        // If two must be picked, the same option twice counts as one.
        assert!(check_answer(&poll(2, 2, true), choice(&[1], Some("sea"))).is_err());
    }

    #[test]
    fn an_answer_holds_as_many_known_options_as_asked() {
        let two = poll(2, 2, true);
        assert_eq!(check_answer(&two, choice(&[3, 1, 3], None)).unwrap().options, [1, 3]);
        assert!(check_answer(&two, choice(&[1], Some(" by  train "))).is_ok());
        assert!(check_answer(&two, choice(&[1], Some("  "))).is_err());
        assert_eq!(check_answer(&two, choice(&[1, 9], None)), Err(Problem::UnknownOption { option: 9 }));
        assert_eq!(check_answer(&poll(1, 1, false), choice(&[], Some("x"))), Err(Problem::NoOther));
    }
}
