//! A notification as bytes between nodes.
//!
//! A short head of fixed length says from which node it comes, of which event it is and where it
//! leads, so that a node skips its own without decoding. Then comes the seal, without which nothing
//! is believed, and the change, where it is small: as JSON, in which each different answer stands
//! once and a change is a pair of places among them, because many people answer the same. Nodes of
//! different versions run side by side: what cannot be understood means what every notification
//! means, that the event is to be read.

use std::sync::Arc;

use parterre_domain::{
    forum::ForumChange,
    ids::{LinkId, MemberId},
    kinds,
};
use parterre_protocol::{ActivityId, Answer, EventId, Rev};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    CountedAnswer, CountedFor, Hint, Notification,
    seal::{SEAL_BYTES, Seal},
};

/// The format of what is in this file. One that is newer is read as far as its head. The first had
/// no seal: what it says is not believed, and nodes that know no other read the event whenever they
/// hear this one.
const VERSION: u8 = 2;
/// Version, node, event, rev, kind. Every format begins so, and goes on with the seal of all the
/// rest.
const HEAD: usize = 1 + 8 + 16 + 8 + 1;
/// Where the change begins.
const BODY: usize = HEAD + SEAL_BYTES;
/// The longest change that is sent along. A longer one is cheaper to read once per node than to
/// keep in Redis's buffers for each.
pub const MOST_BYTES: usize = 64 * 1024;
/// Among so many different answers before it one is looked for: those of a poll are fewer, words
/// are hardly ever the same.
const REMEMBERED: usize = 24;

/// What a notification is, in its head.
mod kind {
    pub(super) const REREAD: u8 = 0;
    pub(super) const CHANGES: u8 = 1;
    pub(super) const JOINED: u8 = 2;
    pub(super) const LINK_ENDED: u8 = 3;
    pub(super) const OUTLINE: u8 = 4;
    pub(super) const MEMBER: u8 = 5;
}

/// A node, for as long as its process lives: random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(pub u64);

/// The changes of a notification.
#[derive(Debug, Serialize, Deserialize)]
struct Body<A, F> {
    from: Rev,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    answers: Vec<Answers<A>>,
    #[serde(default)]
    forum: F,
}

/// Answers to one activity that follow each other.
#[derive(Debug, Serialize, Deserialize)]
struct Answers<A> {
    activity: ActivityId,
    round: u32,
    /// The different ones.
    said: Vec<A>,
    /// For each change the place of the answer before, from 1, or 0 for none; and that of the one
    /// after, from 0.
    changes: Vec<(usize, usize)>,
    /// For each change whose it is, of kinds that count people.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    by: Vec<CountedFor>,
}

/// The notification as bytes, from this node and for this channel. Too long a change is left out.
pub fn encode(seal: &Seal, channel: &[u8], node: NodeId, notification: &Notification) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    let kind = match &notification.hint {
        Hint::Resync => kind::REREAD,
        Hint::Changes { .. } => kind::CHANGES,
        Hint::Joined(_) => kind::JOINED,
        Hint::LinkEnded(_) => kind::LINK_ENDED,
        Hint::Member(_) => kind::MEMBER,
        Hint::MetadataChanged => kind::OUTLINE,
    };
    bytes.push(VERSION);
    bytes.extend(node.0.to_be_bytes());
    bytes.extend(notification.event.uuid().as_bytes());
    bytes.extend(notification.rev.to_be_bytes());
    bytes.push(kind);
    bytes.extend([0; SEAL_BYTES]);
    match &notification.hint {
        Hint::Resync | Hint::MetadataChanged => {}
        Hint::Joined(joined) => bytes.extend(joined.to_be_bytes()),
        Hint::LinkEnded(link) => bytes.extend(link.uuid().as_bytes()),
        Hint::Member(member) => bytes.extend(member.uuid().as_bytes()),
        Hint::Changes { from, answers, forum } => {
            let body = Body { from: *from, answers: gather(answers), forum: &**forum };
            serde_json::to_writer(&mut bytes, &body).expect("changes have text keys and go to memory");
            if bytes.len() - BODY > MOST_BYTES {
                bytes.truncate(BODY);
                bytes[HEAD - 1] = kind::REREAD;
            }
        }
    }
    let seal = seal.put(channel, [&bytes[..HEAD], &bytes[BODY..]]);
    bytes[HEAD..BODY].copy_from_slice(&seal);
    bytes
}

fn gather(answers: &[CountedAnswer]) -> Vec<Answers<&Answer>> {
    let of_one = answers.chunk_by(|one, next| one.activity == next.activity && one.round == next.round);
    let gathered = of_one.map(|answers| {
        let mut said = Vec::new();
        let changes = answers.iter().map(|change| {
            let before = change.before.as_ref().map_or(0, |before| place(&mut said, before) + 1);
            (before, place(&mut said, &change.after))
        });
        let changes = changes.collect();
        let CountedAnswer { activity, round, after, .. } = &answers[0];
        let by = match kinds::counts_people(after.kind()) {
            true => answers.iter().filter_map(|change| change.by).collect(),
            false => Vec::new(),
        };
        Answers { activity: *activity, round: *round, said, changes, by }
    });
    gathered.collect()
}

/// The answer's place among those that were said; it is put there if it is not among the last.
fn place<'a>(said: &mut Vec<&'a Answer>, answer: &'a Answer) -> usize {
    let known = said.iter().rev().take(REMEMBERED).position(|known| *known == answer);
    known.map(|back| said.len() - 1 - back).unwrap_or_else(|| {
        said.push(answer);
        said.len() - 1
    })
}

/// The node that sent these bytes; none where they are no notification.
pub fn sender(bytes: &[u8]) -> Option<NodeId> {
    let node = bytes.get(1..9).filter(|_| bytes.len() >= HEAD)?;
    Some(NodeId(u64::from_be_bytes(node.try_into().expect("eight bytes were taken"))))
}

/// The notification in these bytes, heard on this channel; none where no node of this database has
/// said it there.
pub fn decode(sealed: &Seal, channel: &[u8], bytes: &[u8]) -> Option<Notification> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let (seal, body) = rest.split_at_checked(SEAL_BYTES)?;
    if !sealed.is_on(channel, [head, body], seal) {
        return None;
    }
    let event = EventId::new(Uuid::from_slice(&head[9..25]).expect("16 bytes were taken"));
    let rev = Rev::from_be_bytes(head[25..33].try_into().expect("eight bytes were taken"));
    let hint = (head[0] == VERSION).then(|| hint(head[HEAD - 1], body)).flatten();
    Some(Notification { event, rev, hint: hint.unwrap_or(Hint::Resync) })
}

fn hint(kind: u8, body: &[u8]) -> Option<Hint> {
    Some(match kind {
        kind::REREAD => Hint::Resync,
        kind::OUTLINE => Hint::MetadataChanged,
        kind::JOINED => Hint::Joined(u32::from_be_bytes(body.try_into().ok()?)),
        kind::LINK_ENDED => Hint::LinkEnded(LinkId::new(Uuid::from_slice(body).ok()?)),
        kind::MEMBER => Hint::Member(MemberId::new(Uuid::from_slice(body).ok()?)),
        kind::CHANGES => {
            let body: Body<Answer, Vec<ForumChange>> = serde_json::from_slice(body).ok()?;
            let answers: Option<Arc<[_]>> = body.answers.iter().flat_map(spread).collect();
            Hint::Changes { from: body.from, answers: answers?, forum: body.forum.into() }
        }
        _ => return None,
    })
}

/// The changes one by one; none in place of one that names an answer that is not there, or that
/// lacks whose it is where that counts.
fn spread(answers: &Answers<Answer>) -> impl Iterator<Item = Option<CountedAnswer>> {
    let said = |place: usize| answers.said.get(place).cloned();
    answers.changes.iter().enumerate().map(move |(n, (before, after))| {
        let before = match before.checked_sub(1) {
            Some(place) => Some(said(place)?),
            None => None,
        };
        let after = said(*after)?;
        let by = match kinds::counts_people(after.kind()) {
            true => Some(*answers.by.get(n)?),
            false => None,
        };
        Some(CountedAnswer { activity: answers.activity, round: answers.round, before, after, by })
    })
}

#[cfg(test)]
mod tests;
