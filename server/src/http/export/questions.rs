//! All questions of an event but those that their authors took back.

use parterre_domain::{event::Event, forum::Forum, post::Post};
use parterre_protocol::{
    Millis, PostId,
    posts::{PostState, Reason},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Cell, Column, Export, Table, moment, wire_word};
use crate::i18n::Locale;

/// The columns' keys in the catalogues, and their widths.
const COLUMNS: [(&str, u8); 17] = [
    ("number", 8),
    ("state", 12),
    ("text", 60),
    ("original", 40),
    ("name", 20),
    ("votes", 8),
    ("down", 8),
    ("labels", 20),
    ("reply", 40),
    ("reason", 30),
    ("part_of", 8),
    ("flagged", 8),
    ("starred", 8),
    ("pinned", 8),
    ("asked", 20),
    ("published", 20),
    ("answered", 20),
];

/// The questions of an event.
#[derive(Debug)]
pub struct Questions {
    event: String,
    code: String,
    rows: Vec<Row>,
}

/// One question. What is not in here does not leave the server.
#[derive(Debug, Serialize)]
struct Row {
    number: PostId,
    state: PostState,
    text: String,
    original: Option<String>,
    /// Empty where it was asked anonymously.
    name: String,
    votes: u32,
    down: u32,
    labels: Vec<String>,
    reply: Option<String>,
    reason: Option<Reason>,
    part_of: Option<PostId>,
    flagged: bool,
    starred: bool,
    pinned: bool,
    #[serde(serialize_with = "moment")]
    asked_at: Option<Millis>,
    #[serde(serialize_with = "moment")]
    published_at: Option<Millis>,
    #[serde(serialize_with = "moment")]
    answered_at: Option<Millis>,
}

impl Questions {
    /// The questions for programs.
    pub(super) fn rows(&self) -> &[impl Serialize + use<>] {
        &self.rows
    }

    /// The questions of this event, by number.
    pub fn new(event: &Event, forum: &Forum) -> Self {
        let exported = forum.questions().filter(|post| post.fields.state != PostState::Withdrawn);
        Self {
            event: event.name.clone(),
            code: event.code.to_string(),
            rows: exported.map(|post| row(forum, post)).collect(),
        }
    }
}

fn row(forum: &Forum, post: &Post) -> Row {
    let fields = post.fields.clone();
    let labels = forum.settings.labels.iter().filter(|label| fields.labels.contains(&label.id));
    Row {
        number: post.id,
        state: fields.state,
        text: fields.text,
        original: fields.original,
        name: post.name.clone().unwrap_or_default(),
        votes: post.votes.up,
        down: post.votes.down,
        labels: labels.map(|label| label.name.clone()).collect(),
        reply: fields.reply,
        reason: fields.reason,
        part_of: fields.merged_into,
        flagged: post.flagged,
        starred: fields.starred,
        pinned: fields.pinned,
        asked_at: Some(post.at),
        published_at: fields.published_at,
        answered_at: fields.answered_at,
    }
}

impl Export for Questions {
    fn table(&self, t: Locale) -> Table {
        let columns = COLUMNS.map(|(key, width)| Column { heading: t.text(&format!("export.column.{key}")), width });
        let cells = |row: &Row| {
            vec![
                Cell::Number(row.number.number()),
                Cell::Text(t.text(&format!("export.state.{}", wire_word(&row.state)))),
                Cell::text(Some(&row.text)),
                Cell::text(row.original.as_deref()),
                Cell::text(Some(&row.name)),
                Cell::Number(row.votes),
                Cell::Number(row.down),
                Cell::text(Some(&row.labels.join(", "))),
                Cell::text(row.reply.as_deref()),
                Cell::text(row.reason.as_ref().map(|reason| reason_words(t, reason)).as_deref()),
                row.part_of.map_or(Cell::Empty, |whole| Cell::Number(whole.number())),
                Cell::Yes(row.flagged),
                Cell::Yes(row.starred),
                Cell::Yes(row.pinned),
                Cell::time(row.asked_at),
                Cell::time(row.published_at),
                Cell::time(row.answered_at),
            ]
        };
        Table { name: t.text("export.questions"), columns: columns.into(), rows: self.rows.iter().map(cells).collect() }
    }

    fn json(&self) -> Value {
        json!({"event": self.event, "code": self.code, "questions": self.rows})
    }
}

/// A reason to decline, in words.
pub(super) fn reason_words(t: Locale, reason: &Reason) -> String {
    let kind = t.text(&format!("export.reason.{}", wire_word(&reason.code)));
    match &reason.text {
        Some(text) => t.format("export.reason_text", &[("reason", &kind), ("text", text)]),
        None => kind,
    }
}
