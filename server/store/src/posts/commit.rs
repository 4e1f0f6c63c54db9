//! The part of a commit that is about posts: read what is needed to judge it, have `domain::post`
//! judge it in order, write what was accepted. Each step is one statement for the whole batch.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    iter,
    sync::Arc,
};

use parterre_domain::{
    Refusal,
    activity::Activity,
    forum::Forum,
    post::{self, AuthorHistory, Now, PostWrite, SentPosts},
};
use parterre_protocol::{
    ActivityId, CommandId, EventId, Millis, Outcome, ParticipantId, PostCommand, PostId, RefusalCode, Vote,
    posts::ActivityRound,
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    NewPostCommand,
    rows::{self, PostKey, VoteRow, Voter, Written},
};
use crate::{
    CommittedChange, StoreError,
    activities::activities_by_id,
    columns,
    participants::Visit,
    sql::{Tx, batch, rows as json_rows},
    version::Locked,
};

/// For how long a question counts towards those of the last minute.
const MINUTE: Millis = 60_000;

/// The changes that commands about posts make, ready to be written.
pub(crate) struct Judged<'a> {
    outcomes: Vec<Outcome>,
    /// `None` if there were no commands.
    judge: Option<Judge<'a>>,
}

impl Judged<'_> {
    /// Participants for whom this is the first thing stored.
    pub(crate) fn newcomers(&self) -> impl Iterator<Item = Visit> {
        self.judge.iter().flat_map(|judge| judge.newcomers.iter().copied())
    }

    /// Writes what was accepted, for participants who are stored. Returns the outcome of each
    /// command, in order.
    pub(crate) async fn write(self, tx: &mut Tx) -> Result<Vec<Outcome>, StoreError> {
        if let Some(judge) = &self.judge {
            judge.write(tx).await?;
        }
        Ok(self.outcomes)
    }
}

/// Judges what participants want with posts, in order, in events that are locked. `commands` are
/// those that this transaction stores already; to `changes`, and to the events in which something
/// was stored before, is added.
pub(crate) async fn judge_all<'a>(
    tx: &mut Tx,
    posts: &'a [NewPostCommand],
    events: &BTreeMap<EventId, Locked>,
    commands: HashSet<(ParticipantId, CommandId)>,
    (changes, repeated): (&'a mut BTreeMap<EventId, CommittedChange>, &mut BTreeSet<EventId>),
    now: Millis,
) -> Result<Judged<'a>, StoreError> {
    if posts.is_empty() {
        return Ok(Judged { outcomes: Vec::new(), judge: None });
    }
    let senders = senders(tx, posts).await?;
    let desks = desks(tx, posts, &senders, events).await?;
    let targets = posts.iter().filter_map(|command| target(command, &desks)).map(|to| to.activity);
    let activities = activities_by_id(tx, targets.collect()).await?;
    let askers = askers(tx, posts, &desks, now).await?;
    let (receipts, newcomers, changed, votes) = (Vec::new(), BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    let mut judge = Judge { desks, activities, askers, commands, changes, now, receipts, newcomers, changed, votes };
    let judged = iter::zip(posts, &senders).map(|(command, sender)| judge.judge(command, sender));
    let outcomes = judged.map(|judged| judged.unwrap_or_else(Outcome::from)).collect();
    let known = iter::zip(posts, &senders).filter(|(_, sender)| sender.stored_at.is_some());
    repeated.extend(known.map(|(command, _)| command.event));
    Ok(Judged { outcomes, judge: Some(judge) })
}

/// What the database holds about the sender of a command.
#[derive(Clone, Copy, Debug, Default)]
struct Sender {
    /// In which event it is stored; none before the first thing that was sent.
    stored_in: Option<EventId>,
    /// Whether its device may not ask.
    blocked: bool,
    /// When the command was stored, if it was.
    stored_at: Option<Millis>,
}

row! {
    struct SenderRow {
        n: i64,
        stored_in: Option<Uuid>,
        blocked: bool,
        stored_at: Option<Millis>,
    }
}

/// The sender of each command, in their order.
async fn senders(tx: &mut Tx, posts: &[NewPostCommand]) -> Result<Vec<Sender>, StoreError> {
    #[derive(Serialize)]
    struct Row {
        n: usize,
        cid: CommandId,
        event_id: EventId,
        participant_id: ParticipantId,
    }
    let row = |(n, command): (usize, &NewPostCommand)| {
        let NewPostCommand { cid, event, participant, .. } = *command;
        Row { n, cid, event_id: event, participant_id: participant }
    };
    let batch: Vec<_> = posts.iter().enumerate().map(row).collect();
    let found = batch!(tx.fetch_all::<SenderRow>(
        [n bigint, cid uuid, event_id uuid, participant_id uuid]
        "SELECT n, participants.event_id AS stored_in, participants.blocked_at IS NOT NULL AS blocked,
             COALESCE(receipts.at, responses.at) AS stored_at
         FROM batch
         LEFT JOIN participants ON participants.id = batch.participant_id
         LEFT JOIN receipts ON receipts.participant_id = batch.participant_id AND receipts.cid = batch.cid
         LEFT JOIN responses ON responses.participant_id = batch.participant_id AND responses.cid = batch.cid",
        json_rows(&batch),
    ))?;
    let mut senders = vec![Sender::default(); posts.len()];
    for SenderRow { n, stored_in, blocked, stored_at } in found {
        let place = usize::try_from(n).ok().and_then(|n| senders.get_mut(n)).expect("n comes from the batch");
        *place = Sender { stored_in: stored_in.map(EventId::new), blocked, stored_at };
    }
    Ok(senders)
}

/// What the commands of one event are judged by.
struct Desk {
    event: Locked,
    /// The settings, who of the senders is blocked, and the posts of the commands with their
    /// groups. Votes are counted only of what its author would change.
    forum: Forum,
    /// The last number given to a post.
    last: PostId,
}

async fn desks(
    tx: &mut Tx,
    posts: &[NewPostCommand],
    senders: &[Sender],
    events: &BTreeMap<EventId, Locked>,
) -> Result<BTreeMap<EventId, Desk>, StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: EventId,
    }
    let ids: BTreeSet<_> = posts.iter().map(|command| command.event).filter(|id| events.contains_key(id)).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let batch: Vec<_> = ids.into_iter().map(|id| Row { id }).collect();
    let found = batch!(tx.fetch_all::<(Uuid, String, i64, i64)>(
        [id uuid]
        "SELECT id, qa, (SELECT COALESCE(MAX(number), 0) FROM posts WHERE event_id = events.id), posts_cleared
         FROM events WHERE id IN (SELECT id FROM batch)",
        json_rows(&batch),
    ))?;
    let places: BTreeSet<_> =
        posts.iter().filter_map(|command| Some((command.event, addressed(&command.command)?))).collect();
    let own = posts.iter().filter(|command| !matches!(command.command, PostCommand::Vote { .. }));
    let own: BTreeSet<_> = own.filter_map(|command| Some((command.event, addressed(&command.command)?))).collect();
    let counts = rows::count_alone(tx, &own).await?;
    let mut groups: BTreeMap<EventId, Vec<_>> = BTreeMap::new();
    for (event, mut post) in rows::groups(tx, &places).await? {
        post.votes = counts.get(&(event, post.id)).copied().unwrap_or_default();
        groups.entry(event).or_default().push(Arc::new(post));
    }
    let mut desks = BTreeMap::new();
    for (id, qa, newest, cleared) in found {
        let id = EventId::new(id);
        let settings = Arc::new(columns::qa_settings(&qa)?);
        let forum = Forum::new(settings, groups.remove(&id).unwrap_or_default());
        desks.insert(id, Desk { event: events[&id], forum, last: columns::post(newest.max(cleared)) });
    }
    for (command, sender) in iter::zip(posts, senders).filter(|(_, sender)| sender.blocked) {
        if let Some(desk) = desks.get_mut(&command.event).filter(|_| sender.stored_in == Some(command.event)) {
            desk.forum.blocked.insert(command.participant);
        }
    }
    Ok(desks)
}

/// The post that a command is about; `None` if it makes one.
const fn addressed(command: &PostCommand) -> Option<PostId> {
    match command {
        PostCommand::Ask { .. } | PostCommand::Send { .. } => None,
        PostCommand::Edit { post, .. } | PostCommand::Withdraw { post } | PostCommand::Vote { post, .. } => Some(*post),
    }
}

/// To which activity the command sends a text, or the post was sent that it is about; none of a
/// question.
fn target(command: &NewPostCommand, desks: &BTreeMap<EventId, Desk>) -> Option<ActivityRound> {
    match &command.command {
        PostCommand::Send { to, .. } => Some(*to),
        other => desks.get(&command.event)?.forum.post(addressed(other)?)?.to,
    }
}

/// All who send commands, with what is known of those who ask and of those who vote.
async fn askers(
    tx: &mut Tx,
    posts: &[NewPostCommand],
    desks: &BTreeMap<EventId, Desk>,
    now: Millis,
) -> Result<HashMap<ParticipantId, AuthorHistory>, StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: ParticipantId,
    }
    let all = posts.iter().map(|command| (command.participant, AuthorHistory::new(command.participant)));
    let mut askers: HashMap<_, _> = all.collect();
    let voter = |command: &NewPostCommand| match command.command {
        PostCommand::Vote { post, .. } => {
            let root = desks.get(&command.event)?.forum.root(post);
            Some(Voter { participant_id: command.participant, event_id: command.event, root })
        }
        _ => None,
    };
    for (participant, post, vote) in rows::votes(tx, &posts.iter().filter_map(voter).collect()).await? {
        if let Some(asker) = askers.get_mut(&participant) {
            asker.votes.insert(post, vote);
        }
    }
    let asks =
        posts.iter().filter(|command| matches!(command.command, PostCommand::Ask { .. } | PostCommand::Send { .. }));
    let ids: BTreeSet<_> = asks.map(|command| command.participant).collect();
    if ids.is_empty() {
        return Ok(askers);
    }
    let batch: Vec<_> = ids.into_iter().map(|id| Row { id }).collect();
    let sent = batch!(tx.fetch_all::<SentRow>(
        [id uuid]
        "SELECT participant_id, activity_id, round, COUNT(*) FILTER (WHERE at > $2) AS lately,
             COUNT(*) FILTER (WHERE state = 'review') AS waiting, COUNT(*) FILTER (WHERE state <> 'withdrawn') AS alive
         FROM batch JOIN posts ON participant_id = batch.id GROUP BY participant_id, activity_id, round",
        json_rows(&batch),
        now - MINUTE,
    ))?;
    for row in sent {
        if let Some(asker) = askers.get_mut(&ParticipantId::new(row.participant_id)) {
            let to = row.activity_id.zip(row.round).map(|(activity, round)| ActivityRound {
                activity: ActivityId::new(activity),
                round: columns::count(round),
            });
            let [lately, waiting, all] =
                [row.lately, row.waiting, row.alive].map(|number| columns::count(number) as usize);
            asker.sent.insert(to, SentPosts { lately, waiting, all });
        }
    }
    Ok(askers)
}

row! {
    /// How much somebody has sent to one place.
    struct SentRow {
        participant_id: Uuid,
        activity_id: Option<Uuid>,
        round: Option<i64>,
        lately: i64,
        waiting: i64,
        alive: i64,
    }
}

struct Judge<'a> {
    desks: BTreeMap<EventId, Desk>,
    /// The activities that the commands are about.
    activities: HashMap<ActivityId, Activity>,
    askers: HashMap<ParticipantId, AuthorHistory>,
    /// The commands that the transaction stores.
    commands: HashSet<(ParticipantId, CommandId)>,
    changes: &'a mut BTreeMap<EventId, CommittedChange>,
    now: Millis,
    /// The accepted commands that need a receipt.
    receipts: Vec<&'a NewPostCommand>,
    /// Participants for whom this is the first thing stored.
    newcomers: BTreeSet<Visit>,
    /// The posts that are new or others than before.
    changed: BTreeSet<PostKey>,
    /// The votes that are others than before.
    votes: BTreeMap<(ParticipantId, PostId), (EventId, Vote)>,
}

impl<'a> Judge<'a> {
    /// Judges one command as if those before it were stored.
    fn judge(&mut self, command: &'a NewPostCommand, sender: &Sender) -> Result<Outcome, Refusal> {
        // A command that was stored has its receipt, whatever has become of the post since.
        if let Some(at) = sender.stored_at {
            return Ok(Outcome::Stored { at });
        }
        let key = (command.participant, command.cid);
        if !self.commands.contains(&key) {
            self.accept(command, sender.stored_in)?;
            self.commands.insert(key);
            if sender.stored_in.is_none() {
                let NewPostCommand { event, participant, .. } = *command;
                self.newcomers.insert(Visit { event, participant });
            }
            // Also of what was so already: sent again later, it must not undo what came between.
            self.receipts.push(command);
        }
        Ok(Outcome::Stored { at: self.now })
    }

    fn accept(&mut self, command: &NewPostCommand, stored_in: Option<EventId>) -> Result<(), Refusal> {
        let to = target(command, &self.desks);
        let NewPostCommand { event, participant, ref command, flagged, .. } = *command;
        let activity = to.and_then(|to| self.activities.get(&to.activity)).filter(|activity| activity.event == event);
        let Some(desk) = self.desks.get_mut(&event) else {
            return Err(Refusal::new(RefusalCode::Unknown, "There is no such event."));
        };
        if stored_in.is_some_and(|stored_in| stored_in != event) {
            return Err(Refusal::new(RefusalCode::Forbidden, "This participant belongs to another event."));
        }
        let (from, rev) = (desk.event.rev, desk.event.rev + 1);
        let next = PostId::new(desk.last.number() + 1);
        let moment = Now { event: desk.event.state, now: self.now, rev, next };
        let asker = self.askers.get_mut(&participant).expect("everybody who sends a command is among them");
        let Some(deed) = post::judge(&desk.forum, activity, asker, command, flagged, moment)? else { return Ok(()) };
        asker.note(&desk.forum, &deed);
        match &deed {
            PostWrite::Ask(post) => {
                desk.last = post.id;
                self.changed.insert((event, post.id));
                self.votes.insert((participant, post.id), (event, Vote::Up));
            }
            PostWrite::Change(post) => {
                self.changed.insert((event, post.id));
            }
            PostWrite::Vote { rows, after, .. } => {
                self.votes.extend(rows.iter().map(|post| ((participant, *post), (event, *after))));
            }
        }
        let change = deed.change();
        desk.forum.apply(&change);
        let changed = CommittedChange { event, from, rev, answers: Vec::new(), forum: Vec::new() };
        self.changes.entry(event).or_insert(changed).forum.push(change);
        Ok(())
    }

    async fn write(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let written = self.changed.iter().filter_map(|&(event, post)| {
            let forum = &self.desks[&event].forum;
            Some(Written { event, post: forum.post(post)?, root: forum.root(post) })
        });
        rows::write(tx, &written.collect::<Vec<_>>()).await?;
        let vote = |(&(participant_id, post), &(event_id, vote)): (&(ParticipantId, PostId), &(EventId, Vote))| {
            let rev = self.desks[&event_id].event.rev + 1;
            VoteRow { participant_id, post, event_id, vote: columns::vote_number(vote), rev }
        };
        rows::vote(tx, &self.votes.iter().map(vote).collect::<Vec<_>>()).await?;
        self.remember(tx).await
    }

    async fn remember(&self, tx: &mut Tx) -> Result<(), StoreError> {
        #[derive(Serialize)]
        struct Row {
            participant_id: ParticipantId,
            cid: CommandId,
            event_id: EventId,
        }
        if self.receipts.is_empty() {
            return Ok(());
        }
        let row = |command: &&NewPostCommand| {
            let NewPostCommand { cid, event, participant, .. } = **command;
            Row { participant_id: participant, cid, event_id: event }
        };
        let batch: Vec<_> = self.receipts.iter().map(row).collect();
        batch!(tx.execute(
            [participant_id uuid, cid uuid, event_id uuid]
            "INSERT INTO receipts (participant_id, cid, event_id, at)
             SELECT participant_id, cid, event_id, $2 FROM batch",
            json_rows(&batch),
            self.now,
        ))?;
        Ok(())
    }
}
