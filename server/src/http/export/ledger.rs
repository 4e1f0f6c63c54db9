//! The moderation ledger: who did what when.

use std::collections::BTreeMap;

use parterre_domain::forum::Forum;
use parterre_protocol::{
    Act, PostId,
    posts::{Label, PostState, Queue, Reason},
};
use parterre_store::LedgerEntry;
use serde_json::{Value, json};

use super::{Cell, Column, Export, Table, iso, questions::reason_words, wire_word};
use crate::i18n::Locale;

/// The columns' keys in the catalogues, and their widths.
const COLUMNS: [(&str, u8); 7] =
    [("at", 20), ("who", 20), ("what", 40), ("questions", 20), ("text", 60), ("reason", 30), ("written", 60)];

/// The ledger of an event.
#[derive(Debug)]
pub struct Ledger {
    code: String,
    labels: Vec<Label>,
    /// What the questions and texts say now, but those that their authors took back.
    texts: BTreeMap<PostId, String>,
    acts: Vec<LedgerEntry>,
}

impl Ledger {
    /// These acts, of an event that now has this forum.
    pub fn new(code: String, forum: &Forum, acts: Vec<LedgerEntry>) -> Self {
        let kept = forum.posts().filter(|post| post.fields.state != PostState::Withdrawn);
        let texts = kept.map(|post| (post.id, post.fields.text.clone())).collect();
        Self { code, labels: forum.settings.labels.clone(), texts, acts }
    }

    /// What an act did, in words.
    fn words(&self, t: Locale, act: &Act) -> String {
        let say = |key: &str| t.text(&format!("export.act.{key}"));
        let on = |key: &str, on: bool| say(&format!("{key}.{}", if on { "on" } else { "off" }));
        match act {
            Act::Move { to, .. } => say(&format!("move.{}", queue(*to))),
            Act::Decline { .. } => say("decline"),
            Act::Hide { .. } => say("hide"),
            Act::Restore { .. } => say("restore"),
            Act::Edit { .. } => say("edit"),
            Act::Merge { into, .. } => t.format("export.act.merge", &[("into", &into.post)]),
            Act::Unmerge { .. } => say("unmerge"),
            Act::Label { label, on, .. } => {
                let known = self.labels.iter().find(|known| known.id == *label);
                let name = known.map_or_else(|| label.to_string(), |label| label.name.clone());
                let key = if *on { "export.act.label.on" } else { "export.act.label.off" };
                t.format(key, &[("label", &name)])
            }
            Act::Star { on: yes, .. } => on("star", *yes),
            Act::Pin { on: yes, .. } => on("pin", *yes),
            Act::Answered { on: yes, .. } => on("answered", *yes),
            Act::Reply { text, .. } => on("reply", !text.is_empty()),
            Act::Block { on: yes, .. } => on("block", *yes),
            Act::Highlight { post } => on("highlight", post.is_some()),
            Act::Show { on: yes } => on("show", *yes),
            Act::Configure { .. } => say("configure"),
            Act::HideWord { word, .. } => t.format("export.act.hide_word", &[("word", word)]),
            Act::MergeWord { word, into, .. } => t.format("export.act.merge_word", &[("word", word), ("into", into)]),
            Act::RestoreWord { word, .. } => t.format("export.act.restore_word", &[("word", word)]),
            Act::Undo { .. } => say("undo"),
        }
    }
}

impl Export for Ledger {
    fn table(&self, t: Locale) -> Table {
        let columns = COLUMNS.map(|(key, width)| Column { heading: t.text(&format!("export.ledger.{key}")), width });
        let cells = |entry: &LedgerEntry| {
            let posts = entry.act.posts();
            let numbers: Vec<_> = posts.iter().map(PostId::to_string).collect();
            let texts: Vec<_> = posts.iter().filter_map(|post| self.texts.get(post)).map(String::as_str).collect();
            vec![
                Cell::Time(entry.at),
                Cell::text(Some(&entry.actor)),
                Cell::Text(self.words(t, &entry.act)),
                Cell::text(Some(&numbers.join(", "))),
                Cell::text(Some(&texts.join(" / "))),
                Cell::text(reason(&entry.act).map(|reason| reason_words(t, reason)).as_deref()),
                Cell::text(written(&entry.act)),
            ]
        };
        Table { name: t.text("export.ledger"), columns: columns.into(), rows: self.acts.iter().map(cells).collect() }
    }

    fn json(&self) -> Value {
        let entry_json = |entry: &LedgerEntry| {
            json!({
                "at": iso(entry.at),
                "who": entry.actor,
                "what": serde_json::to_value(&entry.act).map(|act| act["do"].clone()).unwrap_or_default(),
                "questions": entry.act.posts(),
                "reason": reason(&entry.act),
                "act": entry.act,
            })
        };
        json!({"code": self.code, "acts": self.acts.iter().map(entry_json).collect::<Vec<_>>()})
    }
}

fn queue(queue: Queue) -> String {
    wire_word(&queue)
}

fn reason(act: &Act) -> Option<&Reason> {
    if let Act::Decline { reason, .. } = act { reason.as_ref() } else { None }
}

/// What was written in the act.
fn written(act: &Act) -> Option<&str> {
    match act {
        Act::Edit { text, .. } | Act::Reply { text, .. } => Some(text),
        _ => None,
    }
}
