//! All texts that were sent to the activities of an event, of every round, but those that their
//! authors took back.

use std::collections::BTreeMap;

use parterre_domain::{activity::Activity, event::Event, forum::Forum, kinds, post::Post};
use parterre_protocol::{
    Millis, PostId,
    posts::{PostState, Reason},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Cell, Column, Export, Table, moment, questions::reason_words, wire_word};
use crate::i18n::Locale;

/// The columns' keys in the catalogues, and their widths.
const COLUMNS: [(&str, u8); 14] = [
    ("number", 8),
    ("activity", 40),
    ("round", 8),
    ("state", 12),
    ("written", 60),
    ("original", 40),
    ("name", 20),
    ("people", 8),
    ("reason", 30),
    ("part_of_text", 8),
    ("flagged", 8),
    ("pinned_text", 8),
    ("sent", 20),
    ("published_text", 20),
];

/// The texts of an event's activities.
#[derive(Debug)]
pub struct Texts {
    event: String,
    code: String,
    rows: Vec<Row>,
}

/// One text. What is not in here does not leave the server.
#[derive(Debug, Serialize)]
struct Row {
    number: PostId,
    /// What was asked.
    activity: String,
    round: u32,
    state: PostState,
    text: String,
    original: Option<String>,
    /// Empty where it was sent anonymously.
    name: String,
    /// How many people have sent it, or what is part of it; none have sent a part.
    people: u32,
    reason: Option<Reason>,
    part_of: Option<PostId>,
    flagged: bool,
    pinned: bool,
    #[serde(serialize_with = "moment")]
    sent_at: Option<Millis>,
    #[serde(serialize_with = "moment")]
    published_at: Option<Millis>,
}

impl Texts {
    /// The texts for programs.
    pub(super) fn rows(&self) -> &[impl Serialize + use<>] {
        &self.rows
    }

    /// The texts of these activities, in the order of the rundown and then by number.
    pub fn new(event: &Event, activities: &[Activity], forum: &Forum) -> Self {
        let places: BTreeMap<_, _> =
            activities.iter().zip(1..).map(|(activity, place)| (activity.id, (place, activity))).collect();
        let sent = forum.posts().filter(|post| post.fields.state != PostState::Withdrawn);
        let mut rows: Vec<_> = sent
            .filter_map(|post| {
                let to = post.to?;
                let (place, activity) = places.get(&to.activity)?;
                Some(((*place, to.round, post.id), row(activity, to.round, post)))
            })
            .collect();
        rows.sort_unstable_by_key(|(order, _): &((i32, u32, PostId), Row)| *order);
        let rows = rows.into_iter().map(|(_, row)| row).collect();
        Self { event: event.name.clone(), code: event.code.to_string(), rows }
    }
}

fn row(activity: &Activity, round: u32, post: &Post) -> Row {
    let fields = post.fields.clone();
    Row {
        number: post.id,
        activity: kinds::title(&activity.settings).to_owned(),
        round,
        state: fields.state,
        text: fields.text,
        original: fields.original,
        name: post.name.clone().unwrap_or_default(),
        people: post.votes.up,
        reason: fields.reason,
        part_of: fields.merged_into,
        flagged: post.flagged,
        pinned: fields.pinned,
        sent_at: Some(post.at),
        published_at: fields.published_at,
    }
}

impl Export for Texts {
    fn table(&self, t: Locale) -> Table {
        let columns = COLUMNS.map(|(key, width)| Column { heading: t.text(&format!("export.column.{key}")), width });
        let cells = |row: &Row| {
            vec![
                Cell::Number(row.number.number()),
                Cell::text(Some(&row.activity)),
                Cell::Number(row.round),
                Cell::Text(t.text(&format!("export.state_of_text.{}", wire_word(&row.state)))),
                Cell::text(Some(&row.text)),
                Cell::text(row.original.as_deref()),
                Cell::text(Some(&row.name)),
                Cell::Number(row.people),
                Cell::text(row.reason.as_ref().map(|reason| reason_words(t, reason)).as_deref()),
                row.part_of.map_or(Cell::Empty, |whole| Cell::Number(whole.number())),
                Cell::Yes(row.flagged),
                Cell::Yes(row.pinned),
                Cell::time(row.sent_at),
                Cell::time(row.published_at),
            ]
        };
        Table { name: t.text("export.texts"), columns: columns.into(), rows: self.rows.iter().map(cells).collect() }
    }

    fn json(&self) -> Value {
        json!({"event": self.event, "code": self.code, "texts": self.rows})
    }
}
