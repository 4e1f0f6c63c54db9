//! What the database holds at the end of the run: the truth that everything else is compared with.
//! It is read without the server, by Postgres' own client, as one JSON object per line.

use std::{collections::HashMap, process::Stdio};

use anyhow::{Context, Result, ensure};
use parterre_protocol::{
    ActivityId, Answer, ClientMessage, CommandId, EventId, Millis, ParticipantId, PostId, Rev,
    posts::PostState,
    topics::{ActivityState, EventState},
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::process::Command;
use uuid::Uuid;

use super::history::History;

/// An answer as stored.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct StoredAnswer {
    /// By whom.
    pub participant_id: ParticipantId,
    /// The command that sent it.
    pub cid: CommandId,
    /// In which event.
    pub event_id: EventId,
    /// To which activity.
    pub activity_id: ActivityId,
    /// In which round.
    pub round: u32,
    /// The answer. The database does not keep replaced answers; these are filled in from what was
    /// sent.
    #[serde(deserialize_with = "nested")]
    pub answer: Option<Answer>,
    /// When it was committed.
    pub at: Millis,
    /// The version of the event that it led to.
    pub rev: Rev,
    /// When it was replaced.
    pub replaced_at: Option<Millis>,
}

/// A receipt as stored: of a participant's command about posts, a facilitator's command, or a
/// moderator's act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct StoredReceipt {
    /// Whose.
    pub sender: Uuid,
    /// The command.
    pub cid: CommandId,
    /// In which event.
    pub event_id: EventId,
    /// When it was committed.
    pub at: Millis,
}

/// A question or a text of an activity as stored.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct StoredPost {
    /// In which event.
    pub event_id: EventId,
    /// Its number there.
    pub number: PostId,
    /// The activity that it belongs to; `None` for a question.
    pub activity_id: Option<ActivityId>,
    /// The round of that activity.
    pub round: Option<u32>,
    /// By whom.
    pub participant_id: ParticipantId,
    /// The wording.
    pub text: String,
    /// Its state.
    pub state: PostState,
    /// The question that it was merged into.
    pub merged_into: Option<PostId>,
    /// The question that counts its votes.
    pub root: PostId,
    /// When it was committed.
    pub at: Millis,
    /// When it was answered.
    pub answered_at: Option<Millis>,
    /// The event's version when it last changed.
    pub version: Rev,
}

/// A vote as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct StoredVote {
    /// Whose.
    pub participant_id: ParticipantId,
    /// In which event.
    pub event_id: EventId,
    /// On which question.
    pub post: PostId,
    /// 1 for, -1 against, 0 withdrawn.
    pub vote: i64,
    /// The version of the event that it led to.
    pub rev: Rev,
}

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct StoredAct {
    /// In which event.
    pub event_id: EventId,
    /// The version of the event that it led to.
    pub rev: Rev,
    /// What it changed: for each post its state and its group, before and after.
    #[serde(deserialize_with = "changes")]
    pub changes: Vec<PostChange>,
}

/// What an act did to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct PostChange {
    /// Which.
    pub post: PostId,
    /// What it was.
    pub before: PostPlace,
    /// What it is.
    pub after: PostPlace,
}

/// The place of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct PostPlace {
    /// In which list.
    pub state: PostState,
    /// What it is a part of.
    #[serde(default)]
    pub merged_into: Option<PostId>,
}

/// An event as stored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct StoredEvent {
    /// Which.
    pub id: EventId,
    /// Its version.
    pub rev: Rev,
    /// Its state.
    pub state: EventState,
    /// What is on stage.
    pub staged: Option<ActivityId>,
    /// How many have joined.
    pub joined: u32,
}

/// An activity as stored.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct StoredActivity {
    /// Which.
    pub id: ActivityId,
    /// Of which event.
    pub event_id: EventId,
    /// Its state.
    pub state: ActivityState,
    /// Its round.
    pub round: u32,
    /// Whether all see the results.
    pub results: bool,
    /// For how many milliseconds an automatic change has been due, by the clock that the nodes use.
    pub overdue: Option<Millis>,
}

/// Everything that the database holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DbSnapshot {
    /// Every answer ever stored.
    pub answers: Vec<StoredAnswer>,
    /// Every receipt.
    pub receipts: Vec<StoredReceipt>,
    /// Every question, and every text of an activity.
    pub posts: Vec<StoredPost>,
    /// Every vote.
    pub votes: Vec<StoredVote>,
    /// The ledger, by version.
    pub acts: Vec<StoredAct>,
    /// The events.
    pub events: HashMap<EventId, StoredEvent>,
    /// The activities.
    pub activities: HashMap<ActivityId, StoredActivity>,
}

const EVENTS: &str = "
    SELECT id, rev, state, staged, (SELECT COUNT(*) FROM attendance WHERE event_id = events.id) AS joined
    FROM events";

const ACTIVITIES: &str = "
    SELECT id, event_id, state, round, results,
        CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) - (SELECT ahead_ms FROM clock)
            - COALESCE(opens_at, closes_at) AS overdue
    FROM activities";

const ANSWERS: &str = "
    SELECT participant_id, cid, event_id, activity_id, round, answer, at, rev, replaced_at
    FROM responses ORDER BY rev";

const RECEIPTS: &str = "
    SELECT participant_id AS sender, cid, event_id, at FROM receipts
    UNION ALL SELECT member_id, cid, event_id, at FROM commands
    UNION ALL SELECT actor_id, cid, event_id, at FROM acts";

const POSTS: &str = "
    SELECT event_id, number, activity_id, round, participant_id, text, state, merged_into, root, at, answered_at, version
    FROM posts ORDER BY event_id, number";

const VOTES: &str = "SELECT participant_id, event_id, post, vote, rev FROM votes";

const ACTS: &str = "SELECT event_id, rev, changes FROM acts WHERE changes IS NOT NULL ORDER BY rev";

impl DbSnapshot {
    /// The texts of activities with their round and version. The version is that of the author's
    /// own vote, which cannot change.
    pub fn texts(&self) -> impl Iterator<Item = ((ActivityId, u32), Rev, &StoredPost)> {
        let key = |event, post, participant| (event, post, participant);
        let votes = self.votes.iter().map(|vote| (key(vote.event_id, vote.post, vote.participant_id), vote.rev));
        let votes: HashMap<_, _> = votes.collect();
        self.posts.iter().filter_map(move |post| {
            let came = votes.get(&key(post.event_id, post.number, post.participant_id)).copied();
            Some((post.activity_id.zip(post.round)?, came.unwrap_or(Rev::MIN), post))
        })
    }

    /// Reads everything from the database at this address, with this program (`psql`).
    pub async fn read(psql: &str, url: &str) -> Result<Self> {
        let events: Vec<StoredEvent> = rows(psql, url, EVENTS).await?;
        let activities: Vec<StoredActivity> = rows(psql, url, ACTIVITIES).await?;
        Ok(Self {
            answers: rows(psql, url, ANSWERS).await?,
            receipts: rows(psql, url, RECEIPTS).await?,
            posts: rows(psql, url, POSTS).await?,
            votes: rows(psql, url, VOTES).await?,
            acts: rows(psql, url, ACTS).await?,
            events: events.into_iter().map(|event| (event.id, event)).collect(),
            activities: activities.into_iter().map(|activity| (activity.id, activity)).collect(),
        })
    }

    /// Fills in replaced answers from what clients sent.
    pub fn recall(&mut self, history: &History) {
        let sent = history.commands.iter().filter_map(|command| match &command.message {
            ClientMessage::Respond { cid, answer, .. } => Some((*cid, answer)),
            _ => None,
        });
        let sent: HashMap<_, _> = sent.collect();
        for stored in self.answers.iter_mut().filter(|stored| stored.replaced_at.is_some()) {
            stored.answer = sent.get(&stored.cid).map(|&answer| answer.clone());
        }
    }
}

async fn rows<T: DeserializeOwned>(psql: &str, url: &str, statement: &str) -> Result<Vec<T>> {
    let statement = format!(
        "COPY (SELECT row_to_json(found) FROM ({statement}) found) TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
    );
    let output = Command::new(psql).args(["-X", "-q", "-d", url, "-c", &statement]).stdin(Stdio::null()).output();
    let output = output.await.with_context(|| format!("starting {psql}"))?;
    ensure!(output.status.success(), "{psql}: {}", String::from_utf8_lossy(&output.stderr));
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let read = |line: &[u8]| {
        serde_json::from_slice(line)
            .with_context(|| format!("not what was expected: {}", String::from_utf8_lossy(line)))
    };
    lines.map(read).collect()
}

/// JSON within text.
fn nested<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    serde_json::from_str(&text).map_err(serde::de::Error::custom)
}

fn changes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PostChange>, D::Error> {
    let changes: Vec<Value> = nested(deserializer)?;
    let posts = changes.into_iter().filter(|change| change["of"] == "post");
    posts.map(|change| serde_json::from_value(change).map_err(serde::de::Error::custom)).collect()
}
