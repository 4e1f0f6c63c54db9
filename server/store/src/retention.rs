//! Retention: one list of what is deleted, and after how long.
//!
//! Each is the work of a job of its own, in small batches so that nobody's answer waits for it. A
//! batch is a transaction that also renews the job's lease, or finishes the job where that was all.

use parterre_protocol::{EventId, Millis, Rev};
use uuid::Uuid;

use super::{
    JobStep, Progress, Store, StoreError,
    jobs::settle,
    members::SETUP_KEY,
    retry::Idempotency,
    room_tests::forget_readings,
    sql::{Tx, query},
};

/// Rows of one batch.
const BATCH: i64 = 500;
/// Room tests of one batch: each goes with all its readings.
const ROOM_TESTS: i64 = 5;
/// A command that comes again within this time is known; a phone that was off for longer has seen
/// the event end.
const COMMANDS: Millis = 30 * 24 * 60 * 60 * 1000;
/// For how long an import may go on; see `imports`.
const UNFINISHED: Millis = 24 * 60 * 60 * 1000;
/// How long a job that failed is there to be seen. Its payload may be about people.
const FAILED_JOBS: Millis = 30 * 24 * 60 * 60 * 1000;

/// Until when what was made goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The time.
    pub now: Millis,
    /// Room tests that were made before.
    pub room_tests: Millis,
    /// Failures to sign in that were last repeated before.
    pub login_failures: Millis,
    /// Entries of the security log from before.
    pub security_events: Millis,
    /// What was deleted before and can no longer be brought back.
    pub deleted: Millis,
}

/// Rows that expire by their own age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aging {
    /// Sessions, keys, links and failures to sign in.
    SignIns,
    /// Receipts of commands.
    Receipts,
    /// The security log.
    SecurityEvents,
    /// Jobs that failed.
    FailedJobs,
}

/// Rows of one table.
struct AgingRows {
    /// Deletes some of those that are older than a moment.
    statement: &'static str,
    /// That moment.
    before: fn(&Terms) -> Millis,
}

const SIGN_INS: [AgingRows; 4] = [
    AgingRows {
        statement: "DELETE FROM sessions WHERE token_hash IN
             (SELECT token_hash FROM sessions WHERE expires_at <= $1 LIMIT $2)",
        before: |terms| terms.now,
    },
    AgingRows {
        statement: "DELETE FROM setup_keys WHERE key_hash IN
             (SELECT key_hash FROM setup_keys WHERE made_at < $1 LIMIT $2)",
        before: |terms| terms.now - SETUP_KEY,
    },
    AgingRows {
        statement: "DELETE FROM sign_in_links WHERE token_hash IN
             (SELECT token_hash FROM sign_in_links WHERE expires_at <= $1 LIMIT $2)",
        before: |terms| terms.now,
    },
    AgingRows {
        statement: "DELETE FROM login_failures WHERE key IN
             (SELECT key FROM login_failures WHERE last_at < $1 LIMIT $2)",
        before: |terms| terms.login_failures,
    },
];

const RECEIPTS: [AgingRows; 2] = [
    AgingRows {
        statement: "DELETE FROM commands WHERE (member_id, cid) IN
             (SELECT member_id, cid FROM commands WHERE at < $1 LIMIT $2)",
        before: |terms| terms.now - COMMANDS,
    },
    AgingRows {
        statement: "DELETE FROM receipts WHERE (participant_id, cid) IN
             (SELECT participant_id, cid FROM receipts WHERE at < $1 LIMIT $2)",
        before: |terms| terms.now - COMMANDS,
    },
];

const SECURITY_EVENTS: [AgingRows; 1] = [AgingRows {
    statement: "DELETE FROM security_events WHERE id IN (SELECT id FROM security_events WHERE at < $1 LIMIT $2)",
    before: |terms| terms.security_events,
}];

const JOBS: [AgingRows; 1] = [AgingRows {
    statement: "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE failed_at < $1 LIMIT $2)",
    before: |terms| terms.now - FAILED_JOBS,
}];

impl Aging {
    const fn rows(self) -> &'static [AgingRows] {
        match self {
            Self::SignIns => &SIGN_INS,
            Self::Receipts => &RECEIPTS,
            Self::SecurityEvents => &SECURITY_EVENTS,
            Self::FailedJobs => &JOBS,
        }
    }
}

/// Deletes some of what there is of an event, in an order in which nothing is left that refers to
/// what is gone. The tables without an index by event are read through its participants.
const OF_EVENT: [&str; 14] = [
    "DELETE FROM votes WHERE (participant_id, post) IN
         (SELECT votes.participant_id, votes.post FROM participants JOIN votes ON votes.participant_id = participants.id
          WHERE participants.event_id = $1 LIMIT $2)",
    "DELETE FROM receipts WHERE (participant_id, cid) IN
         (SELECT receipts.participant_id, receipts.cid
          FROM participants JOIN receipts ON receipts.participant_id = participants.id
          WHERE participants.event_id = $1 LIMIT $2)",
    "DELETE FROM responses WHERE (participant_id, cid) IN
         (SELECT responses.participant_id, responses.cid
          FROM participants JOIN responses ON responses.participant_id = participants.id
          WHERE participants.event_id = $1 LIMIT $2)",
    "DELETE FROM seats WHERE (event_id, participant_id, node_id) IN
         (SELECT event_id, participant_id, node_id FROM seats WHERE event_id = $1 LIMIT $2)",
    "DELETE FROM attendance WHERE (event_id, participant_id) IN
         (SELECT event_id, participant_id FROM attendance WHERE event_id = $1 LIMIT $2)",
    "DELETE FROM arrivals WHERE (event_id, node_id) IN
         (SELECT event_id, node_id FROM arrivals WHERE event_id = $1 LIMIT $2)",
    "DELETE FROM posts WHERE (event_id, number) IN
         (SELECT event_id, number FROM posts WHERE event_id = $1 LIMIT $2)",
    "DELETE FROM acts WHERE (actor_id, cid) IN (SELECT actor_id, cid FROM acts WHERE event_id = $1 LIMIT $2)",
    "DELETE FROM commands WHERE (member_id, cid) IN
         (SELECT member_id, cid FROM commands WHERE event_id = $1 LIMIT $2)",
    "DELETE FROM links WHERE id IN (SELECT id FROM links WHERE event_id = $1 LIMIT $2)",
    "DELETE FROM shared_results WHERE event_id IN (SELECT event_id FROM shared_results WHERE event_id = $1 LIMIT $2)",
    "DELETE FROM participants WHERE id IN (SELECT id FROM participants WHERE event_id = $1 LIMIT $2)",
    "DELETE FROM activities WHERE id IN (SELECT id FROM activities WHERE event_id = $1 LIMIT $2)",
    "DELETE FROM former_codes WHERE code IN (SELECT code FROM former_codes WHERE event_id = $1 LIMIT $2)",
];

impl Store {
    /// Deletes one batch of what has been kept for long enough.
    pub async fn forget_aged(&self, what: Aging, terms: &Terms, step: &JobStep) -> Result<Progress, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let mut more = false;
            for AgingRows { statement, before } in what.rows() {
                let before = before(terms);
                let gone = query!(tx.execute({sqlite *statement, postgres *statement}, before, BATCH))?;
                more |= gone >= BATCH as u64;
            }
            settle(tx, step, more).await
        })
        .await
    }

    /// Deletes some room tests that are too old; these, with their versions, where it lasts. What
    /// phones have read goes for good at once.
    pub async fn forget_room_tests(
        &self,
        terms: &Terms,
        step: &JobStep,
    ) -> Result<(Progress, Vec<(EventId, Rev)>), StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let gone = query!(tx.fetch_all::<(Uuid, Rev)>(
                "UPDATE events SET deleted_at = $2, rev = rev + 1 WHERE id IN
                     (SELECT id FROM events WHERE kind = 'room_test' AND deleted_at IS NULL AND created_at < $1 LIMIT $3)
                 RETURNING id, rev",
                terms.room_tests,
                terms.now,
                ROOM_TESTS,
            ))?;
            let gone: Vec<_> = gone.into_iter().map(|(id, rev)| (EventId::new(id), rev)).collect();
            for (event, _) in &gone {
                forget_readings(&mut tx, *event).await?;
            }
            let progress = settle(tx, step, !gone.is_empty()).await?;
            Ok((progress, gone))
        })
        .await
    }

    /// Deletes a batch of what there is of an event that was deleted long ago.
    pub async fn forget_deleted(&self, terms: &Terms, step: &JobStep) -> Result<Progress, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let more = forget_one_deleted(&mut tx, terms).await?;
            settle(tx, step, more).await
        })
        .await
    }
}

/// Deletes a batch of the first of them. Whether there was one.
async fn forget_one_deleted(tx: &mut Tx, terms: &Terms) -> Result<bool, StoreError> {
    // One at a time. From its first batch on, which this says of it, nobody can bring it back.
    let found = query!(tx.fetch_optional::<(Uuid,)>(
        "UPDATE events SET deleted_at = 0 WHERE id =
             (SELECT id FROM events WHERE deleted_at < $1 AND (deleted_at >= 0 OR deleted_at > $2)
              ORDER BY deleted_at, id LIMIT 1)
         RETURNING id",
        terms.deleted,
        UNFINISHED - terms.now,
    ))?;
    let Some((event,)) = found else { return Ok(false) };
    for statement in OF_EVENT {
        if query!(tx.execute({sqlite statement, postgres statement}, event, BATCH))? > 0 {
            return Ok(true);
        }
    }
    query!(tx.execute("DELETE FROM events WHERE id = $1", event))?;
    Ok(true)
}
