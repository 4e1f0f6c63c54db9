//! A choice poll on a phone.

use askama::Template;
use parterre_domain::{kinds::choice::Rules, result_table::percent, text};
use parterre_protocol::{Choice, ChoicePoll, ChoiceTally, OptionId, kinds::ByKind, limits::OPTION_CHARS};

use super::{AnswerForm, FormContext, KindPage, Unreadable};
use crate::i18n::Locale;

impl KindPage for Rules {
    const TEXTS: &[(&str, usize)] = &[("other", OPTION_CHARS)];

    fn hint(t: Locale, poll: &ChoicePoll) -> String {
        hint(t, poll)
    }

    fn form(context: &FormContext<'_, Self>) -> String {
        ChoiceView::new(context).render().expect("text is written to memory")
    }

    fn from_form(form: AnswerForm<'_>) -> Result<Choice, Unreadable> {
        from_form(form.values("option").collect(), form.values("other").next())
    }
}

/// A poll as one participant sees it.
#[derive(Template)]
#[template(path = "choice/phone.html")]
struct ChoiceView<'a> {
    t: Locale,
    title: &'a str,
    hint: &'a str,
    open: bool,
    /// Whether several may be picked.
    multiple: bool,
    /// The options in order.
    options: Vec<OptionView>,
    /// The write-in, if the poll allows one.
    other: Option<OtherView>,
}

/// One option.
#[derive(Debug)]
struct OptionView {
    /// Its id.
    id: OptionId,
    /// A for the first.
    letter: char,
    /// Which colour, from 1: each place has its own.
    colour: usize,
    /// Its text.
    text: String,
    /// Whether it is part of the own answer.
    chosen: bool,
    /// Its count, where results are visible.
    result: Option<ResultView>,
}

/// The write-in.
#[derive(Debug)]
struct OtherView {
    /// What was sent.
    text: String,
    /// Whether it is part of the own answer.
    chosen: bool,
    /// How many sent one, where results are visible.
    result: Option<ResultView>,
}

/// A count as it is shown.
#[derive(Debug)]
struct ResultView {
    /// Of all who answered, from 0 to 100.
    percent: u32,
    /// The same in words, such as `44%`.
    share: String,
    /// How many, in words.
    count: String,
}

impl<'a> ChoiceView<'a> {
    fn new(context: &FormContext<'a, Rules>) -> Self {
        let FormContext { t, prompt: poll, hint, open, own, tally, respondents, .. } = *context;
        let tally = tally.and_then(ChoiceTally::of);
        let (counts, others) = (tally.map(|tally| &tally.counts), tally.and_then(|tally| tally.other));
        let options = poll.options.iter().zip('A'..='Z').enumerate().map(|(place, (option, letter))| OptionView {
            id: option.id,
            letter,
            colour: place + 1,
            text: option.text.clone(),
            chosen: own.is_some_and(|own| own.options.contains(&option.id)),
            result: counts
                .map(|counts| ResultView::new(t, counts.get(&option.id).copied().unwrap_or_default(), respondents)),
        });
        let text = own.and_then(|own| own.other.clone());
        let other = poll.other.then(|| OtherView {
            chosen: text.is_some(),
            text: text.unwrap_or_default(),
            result: others.map(|count| ResultView::new(t, count, respondents)),
        });
        Self { t, title: &poll.title, hint, open, multiple: poll.max > 1, options: options.collect(), other }
    }
}

impl ResultView {
    fn new(t: Locale, count: u32, respondents: u32) -> Self {
        let percent = percent(count, respondents);
        Self { percent, share: t.format("common.percent", &[("n", &percent)]), count: t.number(count) }
    }
}

/// How many to pick, and whether one may change one's mind.
fn hint(t: Locale, poll: &ChoicePoll) -> String {
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

/// The value of the field that picks an option of one's own.
const OTHER: &str = "other";

/// The picked options of a form. The text of a write-in counts where that option is picked, or
/// where nothing is: so one may type it without ticking, and what was typed before another option
/// was picked instead does no harm.
fn from_form(picked: Vec<&str>, other: Option<&str>) -> Result<Choice, Unreadable> {
    let takes_other = picked.is_empty() || picked.contains(&OTHER);
    let listed = picked.into_iter().filter(|value| *value != OTHER);
    Ok(Choice {
        options: listed.map(|value| Unreadable::or("option", value)).collect::<Result<_, _>>()?,
        other: other.filter(|text| takes_other && !text::is_empty(text)).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_option_counts_only_where_it_was_meant() {
        let other = |picked: &[&str]| from_form(picked.to_vec(), Some("By train")).expect("a form that can be read");
        assert_eq!(other(&["2"]), Choice { options: vec![2], other: None });
        assert_eq!(other(&["2", "other"]), Choice { options: vec![2], other: Some("By train".to_owned()) });
        assert_eq!(other(&[]).other.as_deref(), Some("By train"));
        assert_eq!(from_form(vec!["other"], Some("  ")), Ok(Choice::default()));
        assert_eq!(from_form(vec![], Some("\u{2800}\u{ad}")), Ok(Choice::default()));
    }
}
