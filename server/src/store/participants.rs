//! Participants: joining, and what is known of one who comes back.

use std::collections::{BTreeMap, BTreeSet};

use parterre_protocol::{ActivityId, CommandId, EventId, Millis, ParticipantId, PostId, Rev, Vote, topics::Response};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Store, StoreError, columns,
    sql::{Tx, each, on, postgres_batch, rows, sqlite_batch},
};
use crate::domain::post::together;

/// What the store keeps of a device token: its SHA-256 together with the event's id, in hexadecimal. So nobody who reads
/// the database can be a participant, or tell that two of them in different events are one device.
///
/// A token is random, so one round of hashing is enough.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash of a device's token in this event.
    pub fn new(event: EventId, token: &str) -> Self {
        let digest = Sha256::new().chain_update(event.uuid().as_bytes()).chain_update(token).finalize();
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Someone joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The participant's id, if this device has not joined the event before.
    pub id: ParticipantId,
    /// The event, which must exist.
    pub event: EventId,
    /// The device.
    pub token: TokenHash,
    /// The name, where one is given; it replaces the one given before.
    pub name: Option<String>,
}

/// Someone has joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Who they are in the event.
    pub id: ParticipantId,
    /// The name they have now.
    pub name: Option<String>,
    /// Whether they have not been in the event before.
    pub fresh: bool,
}

/// A participant who comes back.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Who.
    pub id: ParticipantId,
    /// The name.
    pub name: Option<String>,
    /// The current answer to each activity that was answered, in the last round in which it was.
    pub responses: BTreeMap<ActivityId, Response>,
    /// The last vote on each post that is not one's own, where it is not taken back.
    pub votes: BTreeMap<PostId, Vote>,
    /// Whether the device may not ask.
    pub blocked: bool,
    /// The version of the event in which the last of all this was stored; 0 if there is nothing.
    pub rev: Rev,
}

/// A participant with one of the current answers, or with one vote, or with none of both.
#[derive(sqlx::FromRow)]
struct KnownRow {
    id: Uuid,
    name: Option<String>,
    blocked_at: Option<Millis>,
    blocked_rev: Rev,
    activity_id: Option<Uuid>,
    round: Option<i64>,
    answer: Option<String>,
    at: Option<Millis>,
    rev: Option<Rev>,
    post: Option<i64>,
    own: bool,
    vote: Option<i64>,
}

/// The participant that is found so, with answers and votes: one statement, since a whole room may come back at once, and
/// since all of it must be of one moment. A vote on what is part of another post is one on that, once all see that one.
/// The posts are looked up vote by vote: joined, Postgres reads all of the event as long as it has not counted the table.
macro_rules! known_by {
    ($found:literal) => {
        concat!(
            "SELECT participants.id, name, blocked_at, blocked_rev, activity_id, round, answer, at, rev, NULL AS post,
                 FALSE AS own, NULL AS vote
             FROM participants LEFT JOIN responses ON participant_id = participants.id AND replaced_at IS NULL
             WHERE participants.event_id = $1 AND ",
            $found,
            " UNION ALL
             SELECT participants.id, name, blocked_at, blocked_rev, NULL, NULL, NULL, NULL, rev,
                 (SELECT CASE WHEN roots.state = 'published' THEN roots.number ELSE votes.post END
                  FROM posts JOIN posts AS roots ON roots.event_id = posts.event_id AND roots.number = posts.root
                  WHERE posts.event_id = votes.event_id AND posts.number = votes.post),
                 (SELECT posts.participant_id = votes.participant_id FROM posts
                  WHERE posts.event_id = votes.event_id AND posts.number = votes.post),
                 vote
             FROM participants JOIN votes ON votes.participant_id = participants.id
             WHERE participants.event_id = $1 AND ",
            $found,
            " ORDER BY round"
        )
    };
}

/// The same of a whole batch of devices. Postgres is told to look up each by itself: it guesses a hundred in every batch
/// and would read whole tables for them, also for a batch of one. SQLite, which cannot be told so, does nothing else.
macro_rules! known_among {
    ($found:literal, $responses:literal, $votes:literal) => {
        concat!(
            "SELECT found.event_id, found.token_hash, found.id, name, blocked_at, blocked_rev, activity_id, round, answer,
                 at, rev, NULL AS post, FALSE AS own, NULL AS vote
             FROM batch JOIN ",
            $found,
            " LEFT JOIN ",
            $responses,
            " UNION ALL
             SELECT found.event_id, found.token_hash, found.id, name, blocked_at, blocked_rev, NULL, NULL, NULL, NULL, rev,
                 (SELECT CASE WHEN roots.state = 'published' THEN roots.number ELSE votes.post END
                  FROM posts JOIN posts AS roots ON roots.event_id = posts.event_id AND roots.number = posts.root
                  WHERE posts.event_id = votes.event_id AND posts.number = votes.post),
                 (SELECT posts.participant_id = votes.participant_id FROM posts
                  WHERE posts.event_id = votes.event_id AND posts.number = votes.post),
                 vote
             FROM batch JOIN ",
            $found,
            " JOIN ",
            $votes,
            " ORDER BY round"
        )
    };
}

/// A device to be looked up.
#[derive(Serialize)]
struct Sought<'a> {
    event_id: EventId,
    token_hash: &'a str,
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    event_id: Uuid,
    token_hash: String,
    #[sqlx(flatten)]
    known: KnownRow,
}

#[derive(sqlx::FromRow)]
struct JoinedRow {
    id: Uuid,
    event_id: Uuid,
    token_hash: String,
    name: Option<String>,
}

impl Store {
    /// The participant that this device is in the event.
    pub async fn participant(&self, event: EventId, token: &TokenHash) -> Result<Option<Known>, StoreError> {
        let mut db = self.reader().await?;
        let found = on!(db.fetch_all::<KnownRow>(
            {
                sqlite known_by!("participants.token_hash = $2"),
                postgres known_by!("participants.token_hash = $2")
            },
            event.uuid(),
            &token.0,
        ))?;
        known(found)
    }

    /// The same for many devices with one statement, in their order.
    pub async fn participants(&self, devices: &[(EventId, TokenHash)]) -> Result<Vec<Option<Known>>, StoreError> {
        let once: BTreeSet<_> = devices.iter().map(|(event, token)| (*event, token.0.as_str())).collect();
        let batch: Vec<_> = once.into_iter().map(|(event_id, token_hash)| Sought { event_id, token_hash }).collect();
        let mut db = self.reader().await?;
        let rows_found = on!(db.fetch_all::<FoundRow>(
            {
                sqlite concat!(
                    sqlite_batch!(event_id uuid, token_hash text),
                    known_among!(
                        "participants AS found
                             ON found.event_id = batch.event_id AND found.token_hash = batch.token_hash",
                        "responses ON participant_id = found.id AND replaced_at IS NULL",
                        "votes ON votes.participant_id = found.id"
                    )
                ),
                postgres concat!(
                    postgres_batch!(event_id uuid, token_hash text),
                    known_among!(
                        "LATERAL (SELECT * FROM participants
                             WHERE event_id = batch.event_id AND token_hash = batch.token_hash LIMIT 1) AS found ON TRUE",
                        "LATERAL (SELECT activity_id, round, answer, at, rev FROM responses
                             WHERE participant_id = found.id AND replaced_at IS NULL OFFSET 0) AS current ON TRUE",
                        "LATERAL (SELECT * FROM votes WHERE participant_id = found.id OFFSET 0) AS votes ON TRUE"
                    )
                )
            },
            rows(&batch),
        ))?;
        let mut found = BTreeMap::<_, Vec<_>>::new();
        for FoundRow { event_id, token_hash, known } in rows_found {
            found.entry((EventId::new(event_id), TokenHash(token_hash))).or_default().push(known);
        }
        let found: BTreeMap<_, _> =
            found.into_iter().map(|(device, rows)| Ok((device, known(rows)?))).collect::<Result<_, StoreError>>()?;
        Ok(devices.iter().map(|device| found.get(device).cloned().flatten()).collect())
    }

    /// The participant with this id in the event.
    pub async fn participant_by_id(&self, event: EventId, id: ParticipantId) -> Result<Option<Known>, StoreError> {
        let mut db = self.reader().await?;
        let found = on!(db.fetch_all::<KnownRow>(
            {sqlite known_by!("participants.id = $2"), postgres known_by!("participants.id = $2")},
            event.uuid(),
            id.uuid(),
        ))?;
        known(found)
    }

    /// When the participant's command was stored, whatever it was about; none if it was not.
    pub async fn stored_at(&self, participant: ParticipantId, cid: CommandId) -> Result<Option<Millis>, StoreError> {
        let mut db = self.reader().await?;
        let found = on!(db.fetch_optional::<(Millis,)>(
            "SELECT at FROM responses WHERE participant_id = $1 AND cid = $2
             UNION ALL SELECT at FROM receipts WHERE participant_id = $1 AND cid = $2 LIMIT 1",
            participant.uuid(),
            cid.uuid(),
        ))?;
        Ok(found.map(|(at,)| at))
    }
}

/// One participant from their rows, which come with later rounds last.
fn known(found: Vec<KnownRow>) -> Result<Option<Known>, StoreError> {
    let mut known: Option<Known> = None;
    let (mut votes, mut own) = (BTreeMap::<PostId, Vec<Vote>>::new(), BTreeSet::new());
    for row in found {
        let known = known.get_or_insert(Known {
            id: ParticipantId::new(row.id),
            name: row.name,
            responses: BTreeMap::new(),
            votes: BTreeMap::new(),
            blocked: row.blocked_at.is_some(),
            rev: row.blocked_rev,
        });
        if let (Some(activity), Some(round), Some(text), Some(at)) = (row.activity_id, row.round, row.answer, row.at) {
            let response = Response { round: columns::count(round), answer: columns::answer(&text)?, at };
            known.responses.insert(ActivityId::new(activity), response);
        }
        if let (Some(post), Some(vote)) = (row.post.map(columns::post), row.vote) {
            votes.entry(post).or_default().push(columns::vote(vote)?);
            own.extend(row.own.then_some(post));
        }
        known.rev = known.rev.max(row.rev.unwrap_or(0));
    }
    if let Some(known) = &mut known {
        let others = votes.into_iter().filter(|(post, _)| !own.contains(post));
        known.votes = others.map(|(post, votes)| (post, together(votes))).collect();
        known.votes.retain(|_, vote| *vote != Vote::None);
    }
    Ok(known)
}

/// A device that joins, as the statement takes it.
#[derive(Serialize)]
struct Device<'a> {
    id: ParticipantId,
    event_id: EventId,
    token_hash: &'a str,
    name: Option<&'a str>,
}

/// Stores all who join; the same device twice is one participant.
pub(super) async fn join_all(tx: &mut Tx, joins: &[Join], now: Millis) -> Result<Vec<Joined>, StoreError> {
    if joins.is_empty() {
        return Ok(Vec::new());
    }
    let batch: Vec<_> = devices(joins).into_values().collect();
    // Sorted by what is unique, so that two nodes with the same devices never wait for each other.
    let stored = each!(tx.fetch_all::<JoinedRow>(
        [id uuid, event_id uuid, token_hash text, name text]
        "INSERT INTO participants (id, event_id, token_hash, name, joined_at)
         SELECT id, event_id, token_hash, name, $2 FROM batch WHERE TRUE ORDER BY event_id, token_hash
         ON CONFLICT (event_id, token_hash) DO UPDATE SET name = COALESCE(excluded.name, participants.name)
         RETURNING id, event_id, token_hash, name",
        rows(&batch),
        now,
    ))?;
    let stored: BTreeMap<_, _> = stored
        .into_iter()
        .map(|row| ((EventId::new(row.event_id), TokenHash(row.token_hash)), (ParticipantId::new(row.id), row.name)))
        .collect();
    let mut seen = BTreeSet::new();
    let joined = joins.iter().map(|join| {
        let device = (join.event, join.token.clone());
        let (id, name) = stored.get(&device).cloned().expect("the statement returns every device of the batch");
        Joined { id, name, fresh: id == join.id && seen.insert(id) }
    });
    Ok(joined.collect())
}

/// Each device once, under the first id and with the last name of the batch.
fn devices(joins: &[Join]) -> BTreeMap<(EventId, &TokenHash), Device<'_>> {
    let mut devices = BTreeMap::new();
    for Join { id, event, token, name } in joins {
        let new = Device { id: *id, event_id: *event, token_hash: &token.0, name: None };
        let device = devices.entry((*event, token)).or_insert(new);
        device.name = name.as_deref().or(device.name);
    }
    devices
}
