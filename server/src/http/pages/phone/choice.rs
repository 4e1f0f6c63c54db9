//! A choice poll on a phone.

use parterre_protocol::{
    Answer, Choice, ChoicePoll, ChoiceTally, OptionId, Tally,
    topics::{Response, Results},
};

use crate::{domain::text, i18n::Locale};

/// A poll as one participant sees it.
#[derive(Debug)]
pub(super) struct ChoiceView {
    /// Whether several may be picked.
    pub(super) multiple: bool,
    /// The options in order.
    pub(super) options: Vec<OptionView>,
    /// The own option, where there may be one.
    pub(super) other: Option<OtherView>,
}

/// One option.
#[derive(Debug)]
pub(super) struct OptionView {
    /// Its id.
    pub(super) id: OptionId,
    /// A for the first.
    pub(super) letter: char,
    /// Which colour, from 1: each place has its own.
    pub(super) colour: usize,
    /// Its text.
    pub(super) text: String,
    /// Whether it is part of the own answer.
    pub(super) chosen: bool,
    /// Its count, where results are visible.
    pub(super) result: Option<ResultView>,
}

/// The own option.
#[derive(Debug)]
pub(super) struct OtherView {
    /// What was sent.
    pub(super) text: String,
    /// Whether it is part of the own answer.
    pub(super) chosen: bool,
    /// How many sent one, where results are visible.
    pub(super) result: Option<ResultView>,
}

/// A count as it is shown.
#[derive(Debug)]
pub(super) struct ResultView {
    /// Of all who answered, from 0 to 100.
    pub(super) percent: u32,
    /// The same in words, such as `44%`.
    pub(super) share: String,
    /// How many, in words.
    pub(super) count: String,
}

impl ChoiceView {
    pub(super) fn new(t: Locale, poll: &ChoicePoll, own: Option<&Response>, results: Option<&Results>) -> Self {
        let own = own.and_then(|own| match &own.answer {
            Answer::Choice(choice) => Some(choice),
            Answer::Words(_) | Answer::Readings(_) => None,
        });
        let (counts, others) = match results.and_then(|results| results.tally.as_ref()) {
            Some(Tally::Choice(ChoiceTally { counts, other, .. })) => (Some(counts), *other),
            _ => (None, None),
        };
        let answered = results.and_then(|results| results.answered).unwrap_or_default();
        let options = poll.options.iter().zip('A'..='Z').enumerate().map(|(place, (option, letter))| OptionView {
            id: option.id,
            letter,
            colour: place + 1,
            text: option.text.clone(),
            chosen: own.is_some_and(|own| own.options.contains(&option.id)),
            result: counts
                .map(|counts| ResultView::new(t, counts.get(&option.id).copied().unwrap_or_default(), answered)),
        });
        let text = own.and_then(|own| own.other.clone());
        let other = poll.other.then(|| OtherView {
            chosen: text.is_some(),
            text: text.unwrap_or_default(),
            result: others.map(|count| ResultView::new(t, count, answered)),
        });
        Self { multiple: poll.max > 1, options: options.collect(), other }
    }
}

impl ResultView {
    fn new(t: Locale, count: u32, answered: u32) -> Self {
        let percent = percent(count, answered);
        Self { percent, share: t.format("common.percent", &[("n", &percent)]), count: t.number(count) }
    }
}

/// The nearest whole percent, and all only of all; 0 of nothing.
fn percent(count: u32, of: u32) -> u32 {
    let (count, of) = (u64::from(count), u64::from(of));
    let most = if count < of { 99 } else { 100 };
    u32::try_from((200 * count + of).checked_div(2 * of).unwrap_or_default().min(most)).unwrap_or(100)
}

/// How many to pick, and whether one may change one's mind.
pub(super) fn hint(t: Locale, poll: &ChoicePoll) -> String {
    let pickable = poll.options.len() + usize::from(poll.other);
    let (min, max) = (poll.min, u32::from(poll.max));
    let how_many = match (poll.min, poll.max) {
        (_, 1) => t.text("phone.choose_one"),
        (min, max) if min == max => t.count("phone.choose_exactly", max.into()),
        (1, max) if usize::from(max) == pickable => t.text("phone.choose_any"),
        (1, max) => t.count("phone.choose_up_to", max.into()),
        _ => t.format("phone.choose_between", &[("min", &min), ("n", &max)]),
    };
    let change = if poll.changeable { "phone.changeable" } else { "phone.unchangeable" };
    format!("{how_many} {}", t.text(change))
}

/// The picked options of a form. The text of an own option counts where that option is picked, or where nothing is: so
/// one may type it without ticking, and what was typed before another option was picked instead does no harm.
pub(super) fn from_form(picked: Vec<&str>, other: Option<&str>) -> Choice {
    let takes_other = picked.is_empty() || picked.contains(&"other");
    Choice {
        options: picked.iter().filter_map(|value| value.parse().ok()).collect(),
        other: other.filter(|text| takes_other && !text::is_empty(text)).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_and_safe() {
        assert_eq!(percent(1302, 4200), 31);
        assert_eq!(percent(1, 8), 13);
        assert_eq!(percent(0, 0), 0);
        assert_eq!(percent(399, 400), 99, "not all");
        assert_eq!(percent(u32::MAX, u32::MAX), 100);
    }

    #[test]
    fn an_own_option_counts_only_where_it_was_meant() {
        let other = |picked: &[&str]| from_form(picked.to_vec(), Some("By train"));
        assert_eq!(other(&["2"]), Choice { options: vec![2], other: None });
        assert_eq!(other(&["2", "other"]), Choice { options: vec![2], other: Some("By train".to_owned()) });
        assert_eq!(other(&[]).other.as_deref(), Some("By train"));
        assert_eq!(from_form(vec!["other"], Some("  ")), Choice::default());
        assert_eq!(from_form(vec![], Some("\u{2800}\u{ad}")), Choice::default());
    }
}
