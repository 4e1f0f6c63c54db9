//! An event that comes from an archive, stored in small transactions so that no room waits for it.
//!
//! Until it is complete nobody sees it: `events.deleted_at` is then the negative time at which the
//! import began, which is neither there nor in the bin. What is not finished within a day is
//! deleted like what was deleted long ago (`retention`).

use parterre_domain::{
    archive::{ActivityLine, ArchiveLine, EventRecord, ParticipantLine, PostLine, ResponseLine, VotesLine},
    event::JoinCode,
    ids::WorkspaceId,
    kinds,
};
use parterre_protocol::{Act, ActivityId, EventId, Millis, ParticipantId, Rev, Vote};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Store, StoreError,
    columns::{self, json},
    event_rows::{CodeTaken, code_taken},
    retry::Idempotency,
    sql::{Tx, batch, query, rows},
};

/// What the state of an answer's, a post's or an act's version is: nobody has seen an earlier one.
const FIRST: Rev = 1;
/// What remains of an act's changes: it is in the ledger, and undoing it changes nothing.
const NO_CHANGES: &str = "[]";

/// An event that is being imported.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Its id.
    pub event: EventId,
    /// Whose it will be.
    pub workspace: WorkspaceId,
    /// When the import began.
    pub now: Millis,
    /// The ids of its activities, by number.
    pub activities: Vec<ActivityId>,
    /// The first half of the ids of its participants; the other half are their numbers, so that
    /// their order stays the same. An id leads to no device: that would need the token that it is a
    /// hash of.
    pub participants: u64,
}

impl Import {
    /// The participant with this number.
    fn participant(&self, number: u32) -> ParticipantId {
        ParticipantId::new(Uuid::from_u64_pair(self.participants, number.into()))
    }

    /// The activity with this number, which was checked.
    fn activity(&self, number: u32) -> ActivityId {
        self.activities[number as usize - 1]
    }
}

impl Store {
    /// Begins an import: the event's row, which nobody sees. `acts` is how many acts will come.
    pub async fn begin_import(
        &self,
        import: &Import,
        event: &EventRecord,
        code: &JoinCode,
        acts: u32,
    ) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            query!(tx.execute(
                "INSERT INTO events (id, workspace_id, name, code, kind, state, names, language, staged, rev, created_at,
                     deleted_at, qa, qa_on_screen, highlight)
                 VALUES ($1, $2, $3, $4, 'gathering', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                import.event.uuid(),
                import.workspace.uuid(),
                &event.name,
                code.as_str(),
                columns::event_state_name(event.state),
                event.names,
                event.language.as_deref(),
                event.staged.map(|staged| import.activity(staged).uuid()),
                Rev::from(acts) + FIRST,
                import.now,
                -import.now,
                json(&event.questions),
                event.questions_on_screen,
                event.highlight.map(|post| i64::from(post.number())),
            ))?;
            tx.commit().await
        })
        .await
    }

    /// Stores lines of one kind. `roots` gives for each post the one at the end of the chain of
    /// those that it is a part of.
    pub async fn import_lines(
        &self,
        import: &Import,
        lines: &[ArchiveLine],
        root: &(impl Fn(u32) -> u32 + Sync),
    ) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            activities(&mut tx, import, lines).await?;
            participants(&mut tx, import, lines).await?;
            responses(&mut tx, import, lines).await?;
            posts(&mut tx, import, lines, root).await?;
            votes(&mut tx, import, lines).await?;
            acts(&mut tx, import, lines).await?;
            tx.commit().await
        })
        .await
    }

    /// Stores those of these participants of whom no line told, and who of them has been there.
    pub async fn import_people(
        &self,
        import: &Import,
        stored: std::ops::Range<u32>,
        joined: std::ops::Range<u32>,
        joined_at: Millis,
    ) -> Result<(), StoreError> {
        #[derive(Serialize)]
        struct Row {
            id: ParticipantId,
            event_id: EventId,
            token_hash: String,
        }
        let row = |number| {
            let id = import.participant(number);
            Row { id, event_id: import.event, token_hash: id.to_string() }
        };
        let (stored, joined): (Vec<_>, Vec<_>) = (stored.map(row).collect(), joined.map(row).collect());
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            batch!(tx.execute(
                [id uuid, event_id uuid, token_hash text]
                "INSERT INTO participants (id, event_id, token_hash, joined_at)
                 SELECT id, event_id, token_hash, $2 FROM batch WHERE TRUE ON CONFLICT DO NOTHING",
                rows(&stored),
                joined_at,
            ))?;
            batch!(tx.execute(
                [id uuid, event_id uuid]
                "INSERT INTO attendance (event_id, participant_id) SELECT event_id, id FROM batch WHERE TRUE
                 ON CONFLICT DO NOTHING",
                rows(&joined),
            ))?;
            tx.commit().await
        })
        .await
    }

    /// Lets the event be seen, under this code.
    pub async fn finish_import(&self, import: &Import, code: &JoinCode) -> Result<Result<bool, CodeTaken>, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            let finished = query!(tx.execute(
                "UPDATE events SET deleted_at = NULL, code = $2 WHERE id = $1 AND deleted_at = $3",
                import.event.uuid(),
                code.as_str(),
                -import.now,
            ));
            let Ok(finished) = code_taken(finished)? else { return Ok(Err(CodeTaken)) };
            tx.commit().await?;
            Ok(Ok(finished > 0))
        })
        .await
    }

    /// Gives an import up: what was stored of it goes for good, as what was deleted long ago does.
    pub async fn abandon_import(&self, import: &Import) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            query!(tx.execute(
                "UPDATE events SET deleted_at = 0 WHERE id = $1 AND deleted_at = $2",
                import.event.uuid(),
                -import.now,
            ))?;
            tx.commit().await
        })
        .await
    }
}

async fn activities(tx: &mut Tx, import: &Import, lines: &[ArchiveLine]) -> Result<(), StoreError> {
    for line in lines {
        let ArchiveLine::Activity(line) = line else { continue };
        let ActivityLine { activity, settings, versions, state, round, round_opened_at, results, words } = line;
        query!(tx.execute(
            "INSERT INTO activities
                 (id, event_id, place, kind, question, versions, state, round, round_opened_at, results, words)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
            import.activity(*activity).uuid(),
            import.event.uuid(),
            i64::from(*activity) - 1,
            settings.kind().as_str(),
            json(settings),
            json(versions),
            columns::activity_state_name(*state),
            i64::from(*round),
            *round_opened_at,
            *results,
            json(words),
        ))?;
    }
    Ok(())
}

async fn participants(tx: &mut Tx, import: &Import, lines: &[ArchiveLine]) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row<'a> {
        id: ParticipantId,
        event_id: EventId,
        token_hash: String,
        name: Option<&'a str>,
        joined_at: Millis,
        blocked_at: Option<Millis>,
    }
    let rows_of = lines.iter().filter_map(|line| {
        let ArchiveLine::Participant(ParticipantLine { participant, name, joined_at, blocked_at }) = line else {
            return None;
        };
        let id = import.participant(*participant);
        let (joined_at, blocked_at, token_hash) = (*joined_at, *blocked_at, id.to_string());
        Some(Row { id, event_id: import.event, token_hash, name: name.as_deref(), joined_at, blocked_at })
    });
    let batch: Vec<_> = rows_of.collect();
    if batch.is_empty() {
        return Ok(());
    }
    batch!(tx.execute(
        [id uuid, event_id uuid, token_hash text, name text, joined_at bigint, blocked_at bigint]
        "INSERT INTO participants (id, event_id, token_hash, name, joined_at, blocked_at)
         SELECT id, event_id, token_hash, name, joined_at, blocked_at FROM batch WHERE TRUE ON CONFLICT DO NOTHING",
        rows(&batch),
    ))?;
    Ok(())
}

async fn responses(tx: &mut Tx, import: &Import, lines: &[ArchiveLine]) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row {
        participant_id: ParticipantId,
        cid: Uuid,
        event_id: EventId,
        activity_id: ActivityId,
        round: u32,
        answer: String,
        given: bool,
        at: Millis,
    }
    let rows_of = lines.iter().filter_map(|line| {
        let ArchiveLine::Response(ResponseLine { activity, round, participant, at, answer }) = line else {
            return None;
        };
        Some(Row {
            participant_id: import.participant(*participant),
            // No phone sends again what was imported: all that it must be is another for each.
            cid: Uuid::from_u64_pair((*activity).into(), (*round).into()),
            event_id: import.event,
            activity_id: import.activity(*activity),
            round: *round,
            answer: json(answer),
            given: !kinds::is_blank(answer),
            at: *at,
        })
    });
    let batch: Vec<_> = rows_of.collect();
    if batch.is_empty() {
        return Ok(());
    }
    batch!(tx.execute(
        [participant_id uuid, cid uuid, event_id uuid, activity_id uuid, round bigint, answer text, given boolean,
            at bigint]
        "INSERT INTO responses (participant_id, cid, event_id, activity_id, round, answer, given, rev, at)
         SELECT participant_id, cid, event_id, activity_id, round, answer, given, $2, at FROM batch WHERE TRUE
         ON CONFLICT DO NOTHING",
        rows(&batch),
        FIRST,
    ))?;
    Ok(())
}

#[derive(Serialize)]
struct PostRow<'a> {
    event_id: EventId,
    number: u32,
    activity_id: Option<ActivityId>,
    round: Option<u32>,
    participant_id: ParticipantId,
    name: Option<&'a str>,
    text: &'a str,
    original: Option<&'a str>,
    state: &'static str,
    binned_from: Option<&'static str>,
    reason: Option<String>,
    flagged: bool,
    starred: bool,
    pinned: bool,
    labels: String,
    reply: Option<&'a str>,
    merged_into: Option<u32>,
    root: u32,
    at: Millis,
    published_at: Option<Millis>,
    answered_at: Option<Millis>,
}

async fn posts(
    tx: &mut Tx,
    import: &Import,
    lines: &[ArchiveLine],
    root: &impl Fn(u32) -> u32,
) -> Result<(), StoreError> {
    let rows_of = lines.iter().filter_map(|line| {
        let ArchiveLine::Post(PostLine { post, activity, round, participant, name, at, flagged, fields }) = line else {
            return None;
        };
        Some(PostRow {
            event_id: import.event,
            number: post.number(),
            activity_id: activity.map(|activity| import.activity(activity)),
            round: *round,
            participant_id: import.participant(*participant),
            name: name.as_deref(),
            text: &fields.text,
            original: fields.original.as_deref(),
            state: columns::post_state_name(fields.state),
            binned_from: fields.binned_from.map(columns::queue_name),
            reason: fields.reason.as_ref().map(json),
            flagged: *flagged,
            starred: fields.starred,
            pinned: fields.pinned,
            labels: json(&fields.labels),
            reply: fields.reply.as_deref(),
            merged_into: fields.merged_into.map(|whole| whole.number()),
            root: root(post.number()),
            at: *at,
            published_at: fields.published_at,
            answered_at: fields.answered_at,
        })
    });
    let batch: Vec<_> = rows_of.collect();
    if batch.is_empty() {
        return Ok(());
    }
    batch!(tx.execute(
        [event_id uuid, number bigint, activity_id uuid, round bigint, participant_id uuid, name text, text text,
            original text, state text, binned_from text, reason text, flagged boolean, starred boolean, pinned boolean,
            labels text, reply text, merged_into bigint, root bigint, at bigint, published_at bigint,
            answered_at bigint]
        "INSERT INTO posts (event_id, number, activity_id, round, participant_id, name, text, original, state,
             binned_from, reason, flagged, starred, pinned, labels, reply, merged_into, root, at, published_at,
             answered_at, version)
         SELECT event_id, number, activity_id, round, participant_id, name, text, original, state, binned_from, reason,
             flagged, starred, pinned, labels, reply, merged_into, root, at, published_at, answered_at, $2
         FROM batch WHERE TRUE ON CONFLICT DO NOTHING",
        rows(&batch),
        FIRST,
    ))?;
    Ok(())
}

async fn votes(tx: &mut Tx, import: &Import, lines: &[ArchiveLine]) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row {
        participant_id: ParticipantId,
        post: u32,
        event_id: EventId,
        vote: i64,
    }
    let row = |(voter, post, vote)| Row {
        participant_id: import.participant(voter),
        post,
        event_id: import.event,
        vote: columns::vote_number(vote),
    };
    let of = |line: &ArchiveLine| {
        let ArchiveLine::Votes(VotesLine { post, up, down }) = line else { return Vec::new() };
        let up = up.iter().map(|voter| (*voter, post.number(), Vote::Up));
        up.chain(down.iter().map(|voter| (*voter, post.number(), Vote::Down))).map(row).collect::<Vec<_>>()
    };
    for line in lines {
        for some in of(line).chunks(VOTES) {
            batch!(tx.execute(
                [participant_id uuid, post bigint, event_id uuid, vote bigint]
                "INSERT INTO votes (participant_id, post, event_id, vote, rev)
                 SELECT participant_id, post, event_id, vote, $2 FROM batch WHERE TRUE ON CONFLICT DO NOTHING",
                rows(some),
                FIRST,
            ))?;
        }
    }
    Ok(())
}

/// Votes of one statement.
const VOTES: usize = 1_000;

async fn acts(tx: &mut Tx, import: &Import, lines: &[ArchiveLine]) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row<'a> {
        actor_id: EventId,
        cid: Uuid,
        event_id: EventId,
        actor: &'a str,
        act: String,
        at: Millis,
        rev: u32,
    }
    let rows_of = lines.iter().filter_map(|line| {
        let ArchiveLine::Act { place, by, at, act, activity } = line else { return None };
        Some(Row {
            // Nobody's id: whoever acted has none here.
            actor_id: import.event,
            cid: Uuid::from_u64_pair(0, (*place).into()),
            event_id: import.event,
            actor: by,
            act: json(&about(act.clone(), activity.map(|activity| import.activity(activity)))),
            at: *at,
            rev: *place,
        })
    });
    let batch: Vec<_> = rows_of.collect();
    if batch.is_empty() {
        return Ok(());
    }
    batch!(tx.execute(
        [actor_id uuid, cid uuid, event_id uuid, actor text, act text, at bigint, rev bigint]
        "INSERT INTO acts (actor_id, cid, event_id, actor, act, changes, at, rev)
         SELECT actor_id, cid, event_id, actor, act, $2, at, rev FROM batch WHERE TRUE ON CONFLICT DO NOTHING",
        rows(&batch),
        NO_CHANGES,
    ))?;
    Ok(())
}

/// The act with the activity that it is about here.
fn about(act: Act, here: Option<ActivityId>) -> Act {
    match (act, here) {
        (Act::HideWord { word, .. }, Some(activity)) => Act::HideWord { activity, word },
        (Act::MergeWord { word, into, .. }, Some(activity)) => Act::MergeWord { activity, word, into },
        (Act::RestoreWord { word, .. }, Some(activity)) => Act::RestoreWord { activity, word },
        (act, _) => act,
    }
}
