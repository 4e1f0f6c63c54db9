//! What an act must be like, whatever the posts are.

use std::collections::{BTreeSet, HashMap};

use parterre_protocol::{
    Act, FilterChange, QaChange,
    limits::{
        FILTER_WORDS, LABEL_CHARS, LABEL_COLOURS, LABELS, POST_CHARS, POSTS_PER_ACT, REASON_CHARS, REPLY_CHARS,
        WORD_CHARS,
    },
    posts::{Label, PostRef, Reason},
};

use super::{invalid, word::check_word};
use crate::{Problem, Refusal, filter, text};

/// Cleans the texts of an act and checks it as far as that goes without the posts.
pub fn check_act(act: Act) -> Result<Act, Refusal> {
    if let Some(posts) = act.listed() {
        check_posts(posts)?;
    }
    Ok(match act {
        Act::Decline { posts, reason } => Act::Decline { posts, reason: reason.map(check_reason).transpose()? },
        Act::Edit { post, text } => Act::Edit { post, text: text::filled_line("text", &text, POST_CHARS)? },
        Act::Reply { post, text } => Act::Reply { post, text: text::seen_line("reply", &text, REPLY_CHARS)? },
        Act::Configure { version, settings } => Act::Configure { version, settings: check_settings(settings)? },
        Act::HideWord { activity, word } => Act::HideWord { activity, word: check_word(&word)? },
        Act::RestoreWord { activity, word } => Act::RestoreWord { activity, word: check_word(&word)? },
        Act::MergeWord { activity, word, into } => {
            Act::MergeWord { activity, word: check_word(&word)?, into: check_word(&into)? }
        }
        act => act,
    })
}

fn check_posts(posts: &[PostRef]) -> Result<(), Refusal> {
    if !(1..=POSTS_PER_ACT).contains(&posts.len()) {
        let (field, min, max, value) = ("posts", 1, POSTS_PER_ACT, posts.len());
        return Err(Problem::OutOfRange { field, min, max, value }.into());
    }
    let mut seen = BTreeSet::new();
    match posts.iter().find(|post| !seen.insert(post.post)) {
        Some(twice) => Err(Problem::Duplicate { field: "posts", value: twice.post.to_string() }.into()),
        None => Ok(()),
    }
}

fn check_reason(reason: Reason) -> Result<Reason, Problem> {
    let text = reason.text.map(|text| text::seen_line("reason", &text, REASON_CHARS)).transpose()?;
    Ok(Reason { text: text.filter(|text| !text.is_empty()), ..reason })
}

fn check_settings(settings: QaChange) -> Result<QaChange, Refusal> {
    let labels = settings.labels.map(check_labels).transpose()?;
    let filter = settings.filter.map(check_filter).transpose()?;
    Ok(QaChange { labels, filter, ..settings })
}

fn check_labels(labels: Vec<Label>) -> Result<Vec<Label>, Problem> {
    if labels.len() > LABELS {
        return Err(Problem::OutOfRange { field: "labels", min: 0, max: LABELS, value: labels.len() });
    }
    let (mut ids, mut names) = (BTreeSet::new(), HashMap::<_, String>::new());
    let check = |label: Label| {
        let name = text::filled_line("label", &label.name, LABEL_CHARS)?;
        if !LABEL_COLOURS.contains(&label.colour) {
            let (min, max) = (usize::from(*LABEL_COLOURS.start()), usize::from(*LABEL_COLOURS.end()));
            return Err(Problem::OutOfRange { field: "colour", min, max, value: label.colour.into() });
        }
        if !ids.insert(label.id) {
            return Err(Problem::Duplicate { field: "labels", value: name });
        }
        if let Some(first) = names.insert(text::look_key(&name), name.clone()) {
            return Err(Problem::twice("labels", &first, name));
        }
        Ok(Label { name, ..label })
    };
    labels.into_iter().map(check).collect()
}

fn check_filter(filter: FilterChange) -> Result<FilterChange, Refusal> {
    let languages = filter.languages.map(check_languages).transpose()?;
    let words = filter.words.map(check_words).transpose()?;
    Ok(FilterChange { languages, words, ..filter })
}

fn check_languages(languages: Vec<String>) -> Result<Vec<String>, Refusal> {
    let languages: BTreeSet<_> = languages.into_iter().collect();
    if languages.iter().any(|language| !filter::languages().contains(&language.as_str())) {
        return Err(invalid("There is no word list for this language."));
    }
    Ok(languages.into_iter().collect())
}

fn check_words(typed: Vec<String>) -> Result<Vec<String>, Problem> {
    if typed.len() > FILTER_WORDS {
        let (field, min, max, value) = ("words", 0, FILTER_WORDS, typed.len());
        return Err(Problem::OutOfRange { field, min, max, value });
    }
    let mut keys = BTreeSet::new();
    let mut words = Vec::with_capacity(typed.len());
    for typed in &typed {
        let word = text::line("word", typed, WORD_CHARS)?;
        if !word.is_empty() && keys.insert(text::key(&word)) {
            words.push(word);
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use parterre_protocol::{PostId, QaSettings, RefusalCode, posts::ReasonCode};

    use super::*;

    fn seen(posts: impl IntoIterator<Item = u32>) -> Vec<PostRef> {
        posts.into_iter().map(|post| PostRef { post: PostId::new(post), version: 1 }).collect()
    }

    fn configured(change: impl FnOnce(&mut QaSettings)) -> Result<QaSettings, RefusalCode> {
        let mut settings = QaSettings::default();
        change(&mut settings);
        match check_act(Act::Configure { version: 1, settings: settings.into() }) {
            Ok(Act::Configure { settings, .. }) => Ok(settings.of(QaSettings::default())),
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => Err(refusal.code),
        }
    }

    #[test]
    fn an_act_is_about_some_posts_each_once_and_not_about_too_many() {
        let most = POSTS_PER_ACT as u32;
        assert!(check_act(Act::Hide { posts: seen(0..most) }).is_ok());
        for posts in [seen(0..=most), seen([]), seen([1, 2, 1])] {
            assert_eq!(check_act(Act::Hide { posts }).unwrap_err().code, RefusalCode::Invalid);
        }
    }

    #[test]
    fn texts_are_cleaned_and_have_limits() {
        let post = seen([1])[0];
        let edit = |text: &str| check_act(Act::Edit { post, text: text.to_owned() });
        assert_eq!(edit("  how \n now ").unwrap(), Act::Edit { post, text: "how now".to_owned() });
        assert!(edit(" ").is_err() && edit(&"a".repeat(POST_CHARS + 1)).is_err());
        let reply = |text: &str| check_act(Act::Reply { post, text: text.to_owned() });
        assert_eq!(reply("  ").unwrap(), Act::Reply { post, text: String::new() });
        assert!(reply(&"a".repeat(REPLY_CHARS)).is_ok() && reply(&"a".repeat(REPLY_CHARS + 1)).is_err());
        assert!(reply("\u{3164}").is_err(), "whoever sends that believes to have written something");
        let decline = |text: &str| {
            let reason = Some(Reason { code: ReasonCode::Other, text: Some(text.to_owned()) });
            check_act(Act::Decline { posts: seen([1]), reason })
        };
        let reason = Some(Reason { code: ReasonCode::Other, text: None });
        assert_eq!(decline(" ").unwrap(), Act::Decline { posts: seen([1]), reason });
        assert!(decline(&"a".repeat(REASON_CHARS + 1)).is_err());
    }

    #[test]
    fn labels_have_names_numbers_and_colours_of_their_own() {
        let label = |id, name: &str, colour| Label { id, name: name.to_owned(), colour, public: true };
        let with = |labels: &[Label]| configured(|settings| settings.labels = labels.to_vec());
        assert_eq!(with(&[label(1, "  Travel ", 8)]).unwrap().labels, [label(1, "Travel", 8)]);
        for labels in [
            vec![label(1, "Travel", 0)],
            vec![label(1, "Travel", 9)],
            vec![label(1, " ", 1)],
            vec![label(1, "Travel", 1), label(1, "Money", 1)],
            vec![label(1, "Travel", 1), label(2, "TRAVEL", 2)],
            vec![label(1, "Travel", 1), label(2, "Tra\u{ad}vel", 2)],
            vec![label(1, "\u{3164}", 1)],
            (0..=LABELS as u16).map(|id| label(id, &format!("label {id}"), 1)).collect(),
        ] {
            assert_eq!(with(&labels), Err(RefusalCode::Invalid), "{labels:?}");
        }
    }

    #[test]
    fn a_filter_has_lists_that_there_are_and_each_word_once() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let settings = configured(|settings| {
            settings.filter.languages = texts(&["fr", "en", "fr"]);
            settings.filter.words = texts(&["Zorg", " zorg ", "", "\u{3164}", "ＺＯＲＧ", "C3PO"]);
        });
        let settings = settings.unwrap();
        assert_eq!(settings.filter.languages, ["en", "fr"]);
        assert_eq!(settings.filter.words, ["Zorg", "C3PO"]);
        assert!(configured(|settings| settings.filter.languages = texts(&["tlh"])).is_err());
        assert!(configured(|settings| settings.filter.words = vec!["a".to_owned(); FILTER_WORDS + 1]).is_err());
        assert!(configured(|settings| settings.filter.words = vec!["a".repeat(WORD_CHARS + 1)]).is_err());
    }
}
