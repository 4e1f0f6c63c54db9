//! Posts and votes as rows: reading them, counting them, writing them.

use std::collections::{BTreeMap, BTreeSet};

use parterre_domain::{
    forum::Forum,
    post::{Post, PostFields, VoteCount},
};
use parterre_protocol::{ActivityId, EventId, LabelId, Millis, ParticipantId, PostId, Rev, Vote, posts::ActivityRound};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    StoreError, columns,
    sql::{Tx, batch, query, rows},
};

row! {
    /// A row of `posts`.
    struct PostRow {
        event_id: Uuid,
        number: i64,
        activity_id: Option<Uuid>,
        round: Option<i64>,
        participant_id: Uuid,
        name: Option<String>,
        text: String,
        original: Option<String>,
        state: String,
        binned_from: Option<String>,
        reason: Option<String>,
        flagged: bool,
        starred: bool,
        pinned: bool,
        labels: String,
        reply: Option<String>,
        merged_into: Option<i64>,
        at: Millis,
        published_at: Option<Millis>,
        answered_at: Option<Millis>,
        version: Rev,
    }
}

impl TryFrom<PostRow> for (EventId, Post) {
    type Error = StoreError;

    fn try_from(row: PostRow) -> Result<Self, StoreError> {
        // Nearly all posts have none, and reading JSON costs more than the rest of the row.
        let labels: Vec<LabelId> = if row.labels == "[]" { Vec::new() } else { columns::labels(&row.labels)? };
        let fields = PostFields {
            text: row.text,
            original: row.original,
            state: columns::post_state(&row.state)?,
            binned_from: row.binned_from.as_deref().map(columns::queue).transpose()?,
            reason: row.reason.as_deref().map(columns::reason).transpose()?,
            starred: row.starred,
            pinned: row.pinned,
            labels,
            reply: row.reply,
            merged_into: row.merged_into.map(columns::post),
            published_at: row.published_at,
            answered_at: row.answered_at,
        };
        let to = row.activity_id.zip(row.round).map(|(activity, round)| ActivityRound {
            activity: ActivityId::new(activity),
            round: columns::count(round),
        });
        let post = Post {
            id: columns::post(row.number),
            to,
            author: ParticipantId::new(row.participant_id),
            name: row.name,
            at: row.at,
            flagged: row.flagged,
            version: row.version,
            fields,
            votes: VoteCount::default(),
        };
        Ok((EventId::new(row.event_id), post))
    }
}

/// A post by its event and its number.
pub(super) type PostKey = (EventId, PostId);

/// A post by its place, as statements take it.
#[derive(Serialize)]
struct PlaceRow {
    event_id: EventId,
    number: PostId,
}

fn place_rows<'a>(places: impl IntoIterator<Item = &'a PostKey>) -> String {
    let row = |(event_id, number): &PostKey| PlaceRow { event_id: *event_id, number: *number };
    rows(&places.into_iter().map(row).collect::<Vec<_>>())
}

/// All posts of an event by number, not counted.
pub(super) async fn all(tx: &mut Tx, event: EventId) -> Result<Vec<Post>, StoreError> {
    let found = query!(tx.fetch_all::<PostRow>(
        "SELECT event_id, number, activity_id, round, participant_id, name, text, original, state, binned_from, reason,
             flagged, starred, pinned, labels, reply, merged_into, at, published_at, answered_at, version
         FROM posts WHERE event_id = $1 ORDER BY number",
        event.uuid(),
    ))?;
    found.into_iter().map(|row| Ok(<(EventId, Post)>::try_from(row)?.1)).collect()
}

/// All texts that were sent to an activity in a round, by number, not counted.
pub(super) async fn of_round(tx: &mut Tx, to: ActivityRound) -> Result<Vec<Post>, StoreError> {
    let found = query!(tx.fetch_all::<PostRow>(
        "SELECT event_id, number, activity_id, round, participant_id, name, text, original, state, binned_from, reason,
             flagged, starred, pinned, labels, reply, merged_into, at, published_at, answered_at, version
         FROM posts WHERE activity_id = $1 AND round = $2 ORDER BY number",
        to.activity.uuid(),
        i64::from(to.round),
    ))?;
    found.into_iter().map(|row| Ok(<(EventId, Post)>::try_from(row)?.1)).collect()
}

/// Some posts of an event after this one by number, not counted.
pub(crate) async fn posts_after(
    tx: &mut Tx,
    event: EventId,
    after: Option<PostId>,
    most: i64,
) -> Result<Vec<Post>, StoreError> {
    let found = query!(tx.fetch_all::<PostRow>(
        "SELECT event_id, number, activity_id, round, participant_id, name, text, original, state, binned_from, reason,
             flagged, starred, pinned, labels, reply, merged_into, at, published_at, answered_at, version
         FROM posts WHERE event_id = $1 AND number > $2 ORDER BY number LIMIT $3",
        event.uuid(),
        after.map_or(0, |post| i64::from(post.number())),
        most,
    ))?;
    found.into_iter().map(|row| Ok(<(EventId, Post)>::try_from(row)?.1)).collect()
}

/// These posts with all of their groups, not counted.
pub(super) async fn groups(tx: &mut Tx, places: &BTreeSet<PostKey>) -> Result<Vec<(EventId, Post)>, StoreError> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let found = batch!(tx.fetch_all::<PostRow>(
        [event_id uuid, number bigint]
        ", roots AS (
             SELECT DISTINCT posts.event_id, posts.root
             FROM batch JOIN posts ON posts.event_id = batch.event_id AND posts.number = batch.number)
         SELECT posts.event_id, number, activity_id, round, participant_id, name, text, original, state, binned_from, reason, flagged,
             starred, pinned, labels, reply, merged_into, at, published_at, answered_at, version
         FROM roots JOIN posts ON posts.event_id = roots.event_id AND posts.root = roots.root",
        place_rows(places),
    ))?;
    found.into_iter().map(TryFrom::try_from).collect()
}

row! {
    struct CountRow {
        event_id: Uuid,
        number: i64,
        up: i64,
        down: i64,
    }
}

fn counts(found: Vec<CountRow>) -> BTreeMap<PostKey, VoteCount> {
    let count = |row: CountRow| {
        let votes = VoteCount { up: columns::count(row.up), down: columns::count(row.down) };
        ((EventId::new(row.event_id), columns::post(row.number)), votes)
    };
    found.into_iter().map(count).collect()
}

/// The votes for and against each of these posts, which have no parts: every row is another
/// person's.
pub(super) async fn count_alone(
    tx: &mut Tx,
    posts: &BTreeSet<PostKey>,
) -> Result<BTreeMap<PostKey, VoteCount>, StoreError> {
    if posts.is_empty() {
        return Ok(BTreeMap::new());
    }
    Ok(counts(batch!(tx.fetch_all::<CountRow>(
        [event_id uuid, number bigint]
        "SELECT votes.event_id, post AS number, COUNT(*) FILTER (WHERE vote = 1) AS up,
             COUNT(*) FILTER (WHERE vote = -1) AS down
         FROM batch JOIN votes ON votes.event_id = batch.event_id AND votes.post = batch.number
         GROUP BY votes.event_id, post",
        place_rows(posts),
    ))?))
}

/// The same for all posts of an event, if they have to be counted anyway.
pub(super) async fn count_all(tx: &mut Tx, event: EventId) -> Result<BTreeMap<PostKey, VoteCount>, StoreError> {
    Ok(counts(query!(tx.fetch_all::<CountRow>(
        "SELECT event_id, post AS number, COUNT(*) FILTER (WHERE vote = 1) AS up,
             COUNT(*) FILTER (WHERE vote = -1) AS down
         FROM votes WHERE event_id = $1 GROUP BY event_id, post",
        event.uuid(),
    ))?))
}

/// The votes for and against each of these posts and all that is part of it. Each person once: for
/// it where any of their votes is, else against it where any is.
pub(super) async fn count_together(
    tx: &mut Tx,
    roots: &BTreeSet<PostKey>,
) -> Result<BTreeMap<PostKey, VoteCount>, StoreError> {
    if roots.is_empty() {
        return Ok(BTreeMap::new());
    }
    Ok(counts(batch!(tx.fetch_all::<CountRow>(
        [event_id uuid, number bigint]
        "SELECT event_id, number, COUNT(*) FILTER (WHERE best = 1) AS up,
             COUNT(*) FILTER (WHERE best < 1 AND worst = -1) AS down
         FROM (
             SELECT batch.event_id, batch.number, MAX(vote) AS best, MIN(vote) AS worst
             FROM batch JOIN posts ON posts.event_id = batch.event_id AND posts.root = batch.number
                 JOIN votes ON votes.event_id = posts.event_id AND votes.post = posts.number
             GROUP BY batch.event_id, batch.number, votes.participant_id
         ) AS people GROUP BY event_id, number",
        place_rows(roots),
    ))?))
}

/// Counts these posts of a forum that holds their groups: a part has none.
pub(super) async fn count(
    tx: &mut Tx,
    event: EventId,
    forum: &Forum,
    posts: impl IntoIterator<Item = PostId>,
) -> Result<BTreeMap<PostId, VoteCount>, StoreError> {
    let roots = posts.into_iter().filter(|post| forum.root(*post) == *post).map(|post| (event, post));
    let (together, alone): (BTreeSet<_>, _) = roots.partition(|(_, root)| !forum.parts(*root).is_empty());
    let mut counts = count_alone(tx, &alone).await?;
    counts.append(&mut count_together(tx, &together).await?);
    Ok(counts.into_iter().map(|((_, post), votes)| (post, votes)).collect())
}

/// A post to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written<'a> {
    pub(super) event: EventId,
    pub(super) post: &'a Post,
    pub(super) root: PostId,
}

/// Writes posts, new ones and others.
pub(super) async fn write(tx: &mut Tx, posts: &[Written<'_>]) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row<'a> {
        event_id: EventId,
        number: PostId,
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
        merged_into: Option<PostId>,
        root: PostId,
        at: Millis,
        published_at: Option<Millis>,
        answered_at: Option<Millis>,
        version: Rev,
    }
    if posts.is_empty() {
        return Ok(());
    }
    let row = |Written { event, post, root }| -> Row<'_> {
        let fields = &post.fields;
        Row {
            event_id: event,
            number: post.id,
            activity_id: post.to.map(|to| to.activity),
            round: post.to.map(|to| to.round),
            participant_id: post.author,
            name: post.name.as_deref(),
            text: &fields.text,
            original: fields.original.as_deref(),
            state: columns::post_state_name(fields.state),
            binned_from: fields.binned_from.map(columns::queue_name),
            reason: fields.reason.as_ref().map(columns::json),
            flagged: post.flagged,
            starred: fields.starred,
            pinned: fields.pinned,
            labels: columns::json(&fields.labels),
            reply: fields.reply.as_deref(),
            merged_into: fields.merged_into,
            root,
            at: post.at,
            published_at: fields.published_at,
            answered_at: fields.answered_at,
            version: post.version,
        }
    };
    let batch: Vec<_> = posts.iter().copied().map(row).collect();
    batch!(tx.execute(
        [event_id uuid, number bigint, activity_id uuid, round bigint, participant_id uuid, name text, text text,
            original text, state text, binned_from text, reason text, flagged boolean, starred boolean, pinned boolean, labels text, reply text,
            merged_into bigint, root bigint, at bigint, published_at bigint, answered_at bigint, version bigint]
        "INSERT INTO posts (event_id, number, activity_id, round, participant_id, name, text, original, state,
             binned_from, reason, flagged, starred, pinned, labels, reply, merged_into, root, at, published_at,
             answered_at, version)
         SELECT event_id, number, activity_id, round, participant_id, name, text, original, state, binned_from, reason,
             flagged, starred, pinned, labels, reply, merged_into, root, at, published_at, answered_at, version FROM batch WHERE TRUE
         ON CONFLICT (event_id, number) DO UPDATE SET text = excluded.text, original = excluded.original,
             state = excluded.state, binned_from = excluded.binned_from, reason = excluded.reason,
             flagged = excluded.flagged, starred = excluded.starred, pinned = excluded.pinned,
             labels = excluded.labels, reply = excluded.reply, merged_into = excluded.merged_into,
             root = excluded.root, published_at = excluded.published_at, answered_at = excluded.answered_at,
             version = excluded.version",
        rows(&batch),
    ))?;
    Ok(())
}

/// One person's votes on what belongs to this root are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub(super) struct Voter {
    pub(super) participant_id: ParticipantId,
    pub(super) event_id: EventId,
    pub(super) root: PostId,
}

/// Those people's last votes on the posts of those groups.
pub(super) async fn votes(
    tx: &mut Tx,
    voters: &BTreeSet<Voter>,
) -> Result<Vec<(ParticipantId, PostId, Vote)>, StoreError> {
    if voters.is_empty() {
        return Ok(Vec::new());
    }
    let found = batch!(tx.fetch_all::<(Uuid, i64, i64)>(
        [participant_id uuid, event_id uuid, root bigint]
        "SELECT votes.participant_id, votes.post, votes.vote
         FROM batch JOIN posts ON posts.event_id = batch.event_id AND posts.root = batch.root
             JOIN votes ON votes.participant_id = batch.participant_id AND votes.post = posts.number",
        rows(&voters.iter().collect::<Vec<_>>()),
    ))?;
    let read =
        |(participant, post, vote)| Ok((ParticipantId::new(participant), columns::post(post), columns::vote(vote)?));
    found.into_iter().map(read).collect()
}

/// One person's vote on one post.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct VoteRow {
    pub(super) participant_id: ParticipantId,
    pub(super) post: PostId,
    pub(super) event_id: EventId,
    pub(super) vote: i64,
    pub(super) rev: Rev,
}

/// Stores votes in place of former ones.
pub(super) async fn vote(tx: &mut Tx, votes: &[VoteRow]) -> Result<(), StoreError> {
    if votes.is_empty() {
        return Ok(());
    }
    batch!(tx.execute(
        [participant_id uuid, post bigint, event_id uuid, vote bigint, rev bigint]
        "INSERT INTO votes (participant_id, post, event_id, vote, rev)
         SELECT participant_id, post, event_id, vote, rev FROM batch WHERE TRUE
         ON CONFLICT (participant_id, post) DO UPDATE SET vote = excluded.vote, rev = excluded.rev",
        rows(votes),
    ))?;
    Ok(())
}
