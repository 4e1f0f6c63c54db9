//! The choice poll: pick one or several of the options.

use std::collections::{BTreeSet, HashMap};

use parterre_protocol::{
    Choice, ChoicePoll,
    activity::PollOption,
    limits::{OPTION_CHARS, OPTIONS, TITLE_CHARS},
};

use crate::domain::{Problem, text};

/// Checks a poll and cleans its texts. Options need different texts and different ids.
pub fn check(poll: ChoicePoll) -> Result<ChoicePoll, Problem> {
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

/// Checks an answer: options of the poll, each once, as many as asked, an own option only where allowed.
pub fn check_answer(poll: &ChoicePoll, choice: Choice) -> Result<Choice, Problem> {
    within("options", choice.options.len(), 0, poll.options.len())?;
    let other = choice
        .other
        .map(|other| text::line("other", &other, OPTION_CHARS))
        .transpose()?
        .filter(|other| !other.is_empty());
    if other.is_some() && !poll.other {
        return Err(Problem::NoOther);
    }
    let picked: BTreeSet<_> = choice.options.into_iter().collect();
    if let Some(&option) = picked.iter().find(|id| !poll.options.iter().any(|option| option.id == **id)) {
        return Err(Problem::UnknownOption { option });
    }
    within("options", picked.len() + usize::from(other.is_some()), poll.min.into(), poll.max.into())?;
    Ok(Choice { options: picked.into_iter().collect(), other })
}

fn within(field: &'static str, value: usize, min: usize, max: usize) -> Result<(), Problem> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(Problem::OutOfRange { field, min, max, value }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(min: u8, max: u8, other: bool) -> ChoicePoll {
        let options =
            ["Sea", "Mountains", "City"].iter().zip(1..).map(|(text, id)| PollOption { id, text: (*text).to_owned() });
        ChoicePoll { title: "Where?".to_owned(), options: options.collect(), min, max, other, changeable: true }
    }

    fn choice(options: &[u16], other: Option<&str>) -> Choice {
        Choice { options: options.to_vec(), other: other.map(str::to_owned) }
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
    fn an_answer_holds_as_many_known_options_as_asked() {
        let two = poll(2, 2, true);
        assert_eq!(check_answer(&two, choice(&[3, 1, 3], None)).unwrap().options, [1, 3]);
        assert!(check_answer(&two, choice(&[1], Some(" by  train "))).is_ok());
        assert!(check_answer(&two, choice(&[1], Some("  "))).is_err());
        assert_eq!(check_answer(&two, choice(&[1, 9], None)), Err(Problem::UnknownOption { option: 9 }));
        assert_eq!(check_answer(&poll(1, 1, false), choice(&[], Some("x"))), Err(Problem::NoOther));
    }
}
