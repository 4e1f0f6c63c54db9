//! Participants: joining, and what is known about one who returns.

use std::collections::{BTreeMap, BTreeSet};

use parterre_domain::post::together;
use parterre_protocol::{ActivityId, CommandId, EventId, Millis, ParticipantId, PostId, Rev, Vote, topics::Response};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Store, StoreError, columns,
    sql::{Tx, batch, postgres_batch, query, rows, sqlite_batch},
};

/// Somebody gives a name, which is kept although nothing was sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Who; see [`crate::device::DeviceToken::participant`].
    pub id: ParticipantId,
    /// The event, which must exist.
    pub event: EventId,
    /// The name, where one is given; it replaces the one given before.
    pub name: Option<String>,
}

/// Somebody is in an event, but nothing else about them needs storing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Visit {
    /// The event.
    #[serde(rename = "event_id")]
    pub event: EventId,
    /// Who.
    #[serde(rename = "participant_id")]
    pub participant: ParticipantId,
}

/// A participant, with all that is stored of them.
#[derive(Clone, Debug, PartialEq)]
pub struct ParticipantRecord {
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

impl ParticipantRecord {
    /// A participant who is not stored.
    pub fn newcomer(id: ParticipantId) -> Self {
        Self { id, name: None, responses: BTreeMap::new(), votes: BTreeMap::new(), blocked: false, rev: 0 }
    }
}

row! {
    /// A participant with one of the current answers, or with one vote, or with none of both.
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
}

/// The participant with an id, with answers and votes: one statement, since a whole room may come
/// back at once, and since all of it must be of one moment. A vote on what is part of another post
/// is one on that, once all see that one. The posts are looked up vote by vote: joined, Postgres
/// reads all of the event as long as it has not counted the table.
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

/// The same for a batch of devices. Postgres is made to look up each device separately: it expects
/// a hundred in every batch, even in a batch of one, and would read whole tables. SQLite has no
/// such construct and always looks them up one by one.
macro_rules! known_among {
    ($found:literal, $responses:literal, $votes:literal) => {
        concat!(
            "SELECT found.event_id, found.id, name, blocked_at, blocked_rev, activity_id, round, answer,
                 at, rev, NULL AS post, FALSE AS own, NULL AS vote
             FROM batch JOIN ",
            $found,
            " LEFT JOIN ",
            $responses,
            " UNION ALL
             SELECT found.event_id, found.id, name, blocked_at, blocked_rev, NULL, NULL, NULL, NULL, rev,
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

/// A participant to be looked up.
#[derive(Serialize)]
struct DeviceKey {
    event_id: EventId,
    id: ParticipantId,
}

row! {
    struct FoundRow {
        ..known: KnownRow,
        event_id: Uuid,
    }
}

impl Store {
    /// The participant with this id in the event; `None` if not stored.
    pub async fn participant(
        &self,
        event: EventId,
        id: ParticipantId,
    ) -> Result<Option<ParticipantRecord>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_all::<KnownRow>(
            {sqlite known_by!("participants.id = $2"), postgres known_by!("participants.id = $2")},
            event.uuid(),
            id.uuid(),
        ))?;
        known(found)
    }

    /// The same for many with one statement, in their order.
    pub async fn participants(
        &self,
        who: &[(EventId, ParticipantId)],
    ) -> Result<Vec<Option<ParticipantRecord>>, StoreError> {
        let once: BTreeSet<_> = who.iter().copied().collect();
        let batch: Vec<_> = once.into_iter().map(|(event_id, id)| DeviceKey { event_id, id }).collect();
        let mut db = self.reader().await?;
        let rows_found = query!(db.fetch_all::<FoundRow>(
            {
                sqlite concat!(
                    sqlite_batch!(event_id uuid, id uuid),
                    known_among!(
                        "participants AS found ON found.id = batch.id AND found.event_id = batch.event_id",
                        "responses ON participant_id = found.id AND replaced_at IS NULL",
                        "votes ON votes.participant_id = found.id"
                    )
                ),
                postgres concat!(
                    postgres_batch!(event_id uuid, id uuid),
                    known_among!(
                        "LATERAL (SELECT * FROM participants
                             WHERE id = batch.id AND event_id = batch.event_id LIMIT 1) AS found ON TRUE",
                        "LATERAL (SELECT activity_id, round, answer, at, rev FROM responses
                             WHERE participant_id = found.id AND replaced_at IS NULL OFFSET 0) AS current ON TRUE",
                        "LATERAL (SELECT * FROM votes WHERE participant_id = found.id OFFSET 0) AS votes ON TRUE"
                    )
                )
            },
            rows(&batch),
        ))?;
        let mut found = BTreeMap::<_, Vec<_>>::new();
        for FoundRow { event_id, known } in rows_found {
            found.entry((EventId::new(event_id), ParticipantId::new(known.id))).or_default().push(known);
        }
        let found: BTreeMap<_, _> =
            found.into_iter().map(|(key, rows)| Ok((key, known(rows)?))).collect::<Result<_, StoreError>>()?;
        Ok(who.iter().map(|key| found.get(key).cloned().flatten()).collect())
    }

    /// When the participant's command was stored, whatever it was about; none if it was not.
    pub async fn stored_at(&self, participant: ParticipantId, cid: CommandId) -> Result<Option<Millis>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<(Millis,)>(
            "SELECT at FROM responses WHERE participant_id = $1 AND cid = $2
             UNION ALL SELECT at FROM receipts WHERE participant_id = $1 AND cid = $2 LIMIT 1",
            participant.uuid(),
            cid.uuid(),
        ))?;
        Ok(found.map(|(at,)| at))
    }
}

/// One participant from their rows, which come with later rounds last.
fn known(found: Vec<KnownRow>) -> Result<Option<ParticipantRecord>, StoreError> {
    let mut known: Option<ParticipantRecord> = None;
    let (mut votes, mut own) = (BTreeMap::<PostId, Vec<Vote>>::new(), BTreeSet::new());
    for row in found {
        let known = known.get_or_insert(ParticipantRecord {
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

/// A participant as the statements take one.
#[derive(Serialize)]
struct Row<'a> {
    id: ParticipantId,
    event_id: EventId,
    /// What devices were found by before; it must be another for each.
    token_hash: String,
    name: Option<&'a str>,
}

/// Stores the participants about whom something must be kept, if they are not stored yet, and their
/// names; of several names of one participant, the last.
pub(super) async fn enrol(
    tx: &mut Tx,
    joins: &[Join],
    senders: BTreeSet<Visit>,
    now: Millis,
) -> Result<BTreeSet<Visit>, StoreError> {
    let mut names: BTreeMap<Visit, Option<&str>> = senders.into_iter().map(|sender| (sender, None)).collect();
    for Join { id, event, name } in joins {
        let given = names.entry(Visit { event: *event, participant: *id }).or_default();
        *given = name.as_deref().or(*given);
    }
    if names.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut batch: Vec<_> = names
        .iter()
        .map(|(visit, name)| Row {
            id: visit.participant,
            event_id: visit.event,
            token_hash: visit.participant.to_string(),
            name: *name,
        })
        .collect();
    // In one order on all nodes, so that two with the same participants never wait for each other.
    batch.sort_unstable_by_key(|row| row.id);
    batch!(tx.execute(
        [id uuid, event_id uuid, token_hash text, name text]
        "INSERT INTO participants (id, event_id, token_hash, name, joined_at)
         SELECT id, event_id, token_hash, name, $2 FROM batch WHERE TRUE ORDER BY id ON CONFLICT DO NOTHING",
        rows(&batch),
        now,
    ))?;
    batch.retain(|row| row.name.is_some());
    if !batch.is_empty() {
        // Locked in the same order. A file has one writer.
        query!(tx.execute(
            {
                sqlite concat!(
                    sqlite_batch!(id uuid, event_id uuid, name text),
                    "UPDATE participants SET name = batch.name FROM batch
                     WHERE participants.id = batch.id AND participants.event_id = batch.event_id
                         AND participants.name IS DISTINCT FROM batch.name"
                ),
                postgres concat!(
                    postgres_batch!(id uuid, event_id uuid, name text),
                    ", others AS MATERIALIZED (
                         SELECT participants.id, batch.name FROM participants JOIN batch
                             ON participants.id = batch.id AND participants.event_id = batch.event_id
                         WHERE participants.name IS DISTINCT FROM batch.name
                         ORDER BY participants.id FOR UPDATE OF participants
                     )
                     UPDATE participants SET name = others.name FROM others WHERE participants.id = others.id"
                )
            },
            rows(&batch),
        ))?;
    }
    Ok(names.into_keys().collect())
}

/// Records who is in an event. Returns, by event, how many of them are new.
pub(super) async fn attend(tx: &mut Tx, visits: &BTreeSet<Visit>) -> Result<BTreeMap<EventId, u32>, StoreError> {
    let mut fresh = BTreeMap::new();
    if visits.is_empty() {
        return Ok(fresh);
    }
    let batch: Vec<_> = visits.iter().collect();
    let noted = batch!(tx.fetch_all::<(Uuid,)>(
        [event_id uuid, participant_id uuid]
        "INSERT INTO attendance (event_id, participant_id)
         SELECT event_id, participant_id FROM batch WHERE TRUE ORDER BY event_id, participant_id
         ON CONFLICT DO NOTHING RETURNING event_id",
        rows(&batch),
    ))?;
    for (event,) in noted {
        *fresh.entry(EventId::new(event)).or_default() += 1;
    }
    Ok(fresh)
}
