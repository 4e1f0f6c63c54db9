//! What an act must be like, whatever the posts are.

use std::collections::BTreeSet;

use parterre_protocol::{
    Act, QaSettings,
    limits::{
        FILTER_WORDS, LABEL_CHARS, LABEL_COLOURS, LABELS, POST_CHARS, POSTS_PER_ACT, REASON_CHARS, REPLY_CHARS,
        WORD_CHARS,
    },
    posts::{Label, Reason, Seen, WordFilter},
};

use super::invalid;
use crate::domain::{Problem, Refusal, filter, text};

/// Cleans the texts of an act and checks it as far as that goes without the posts.
pub fn check_act(act: Act) -> Result<Act, Refusal> {
    match &act {
        Act::Move { posts, .. }
        | Act::Decline { posts, .. }
        | Act::Hide { posts }
        | Act::Restore { posts }
        | Act::Merge { posts, .. }
        | Act::Unmerge { posts }
        | Act::Label { posts, .. }
        | Act::Star { posts, .. }
        | Act::Pin { posts, .. }
        | Act::Answered { posts, .. } => check_posts(posts)?,
        _ => {}
    }
    Ok(match act {
        Act::Decline { posts, reason } => Act::Decline { posts, reason: reason.map(check_reason).transpose()? },
        Act::Edit { post, text } => Act::Edit { post, text: text::filled_line("text", &text, POST_CHARS)? },
        Act::Reply { post, text } => Act::Reply { post, text: text::line("reply", &text, REPLY_CHARS)? },
        Act::Configure { version, settings } => Act::Configure { version, settings: check_settings(settings)? },
        act => act,
    })
}

fn check_posts(posts: &[Seen]) -> Result<(), Refusal> {
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
    let text = reason.text.map(|text| text::line("reason", &text, REASON_CHARS)).transpose()?;
    Ok(Reason { text: text.filter(|text| !text.is_empty()), ..reason })
}

fn check_settings(settings: QaSettings) -> Result<QaSettings, Refusal> {
    let labels = check_labels(settings.labels)?;
    let filter = check_filter(settings.filter)?;
    // Their version is given when they are changed.
    Ok(QaSettings { labels, filter, version: 0, ..settings })
}

fn check_labels(labels: Vec<Label>) -> Result<Vec<Label>, Problem> {
    if labels.len() > LABELS {
        return Err(Problem::OutOfRange { field: "labels", min: 0, max: LABELS, value: labels.len() });
    }
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    let check = |label: Label| {
        let name = text::filled_line("label", &label.name, LABEL_CHARS)?;
        if !LABEL_COLOURS.contains(&label.colour) {
            let (min, max) = (usize::from(*LABEL_COLOURS.start()), usize::from(*LABEL_COLOURS.end()));
            return Err(Problem::OutOfRange { field: "colour", min, max, value: label.colour.into() });
        }
        if !ids.insert(label.id) || !names.insert(text::word_key(&name)) {
            return Err(Problem::Duplicate { field: "labels", value: name });
        }
        Ok(Label { name, ..label })
    };
    labels.into_iter().map(check).collect()
}

fn check_filter(filter: WordFilter) -> Result<WordFilter, Refusal> {
    if filter.words.len() > FILTER_WORDS {
        let (field, min, max, value) = ("words", 0, FILTER_WORDS, filter.words.len());
        return Err(Problem::OutOfRange { field, min, max, value }.into());
    }
    let languages: BTreeSet<_> = filter.languages.into_iter().collect();
    if languages.iter().any(|language| !filter::languages().contains(&language.as_str())) {
        return Err(invalid("There is no word list for this language."));
    }
    let mut keys = BTreeSet::new();
    let mut words = Vec::with_capacity(filter.words.len());
    for typed in &filter.words {
        let word = text::line("word", typed, WORD_CHARS)?;
        if !word.is_empty() && keys.insert(text::word_key(&word)) {
            words.push(word);
        }
    }
    Ok(WordFilter { languages: languages.into_iter().collect(), words, ..filter })
}
