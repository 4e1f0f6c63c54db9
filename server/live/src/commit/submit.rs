//! A participant's command, whatever way it comes: judged by what the room holds, committed, and
//! shown to the participant's pages.
//!
//! Connections and the forms of pages without JavaScript all go through here, so that the same
//! command has the same outcome by each of them.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use futures_util::future::LocalBoxFuture;
use parterre_domain::{Refusal, post::check_command};
use parterre_protocol::{
    ActivityId, Answer, CommandId, Outcome, ParticipantId, PostCommand, PromptVersion, RefusalCode,
};
use parterre_store::{NewPostCommand, NewResponse};
use parterre_system::mutants::{self, Mutant};

use super::Committer;
use crate::{
    cluster::sync,
    hub::Hub,
    room::{Room, me},
};

/// A participant's command on its way to the database.
#[derive(Clone, Debug)]
pub struct Submission {
    hub: Arc<Hub>,
    room: Arc<Room>,
    participant: ParticipantId,
    cid: CommandId,
    source: Source,
}

/// Where a command comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A connection of the participant's, whose page knows what it has sent.
    Connection {
        /// How many of the connection's commands wait for the room to catch up.
        delayed: Rc<Cell<usize>>,
    },
    /// A request: all of the participant's connections are those of other pages.
    Request,
}

/// An answer as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct SentAnswer {
    /// The activity.
    pub activity: ActivityId,
    /// Its round.
    pub round: u32,
    /// The version of the activity that the page had shown.
    pub version: PromptVersion,
    /// What was answered.
    pub answer: Answer,
}

/// A command against which the room has found nothing.
#[derive(Clone, Debug)]
pub struct Judged<C> {
    /// The command, cleaned.
    pub command: C,
    /// Whether it is to be stored as it was sent. Where it is not, the page that sent it knows only
    /// from `me` what counts.
    pub as_sent: bool,
}

impl Submission {
    /// A participant's command to this room.
    pub const fn new(
        hub: Arc<Hub>,
        room: Arc<Room>,
        participant: ParticipantId,
        cid: CommandId,
        source: Source,
    ) -> Self {
        Self { hub, room, participant, cid, source }
    }

    /// A participant's command to this room that a request brings.
    pub fn of_request(hub: &Arc<Hub>, room: &Arc<Room>, participant: ParticipantId, cid: CommandId) -> Self {
        Self::new(Arc::clone(hub), Arc::clone(room), participant, cid, Source::Request)
    }

    /// Takes one more command of the participant, or says after how long to send it again.
    /// Connections ask this before they read what kind of command it is.
    pub fn admit(&self) -> Result<(), Duration> {
        self.hub.allow(&self.room, self.participant.uuid())
    }

    /// Answers an activity.
    pub fn answer(self, sent: SentAnswer) -> LocalBoxFuture<'static, Outcome> {
        let (participant, cid, now) = (self.participant, self.cid, self.hub.context.clock.now());
        let judge = move |room: &Room| {
            let SentAnswer { activity, round, version, answer } = &sent;
            let checked = check_answer(room, *activity, *version, answer.clone())?;
            let as_sent = checked == *answer;
            if mutants::is(Mutant::CloseByRoom) {
                room.activity(*activity).map_or(Ok(()), |activity| activity.accepts(*round, now))?;
            }
            let (event, activity, round, version) = (room.event, *activity, *round, *version);
            let command = NewResponse { cid, event, activity, round, version, participant, answer: checked };
            Ok(Judged { command, as_sent })
        };
        self.submit(judge, Committer::respond)
    }

    /// Answers an activity with what the server itself makes of what was sent.
    pub fn made_answer(
        self,
        make: impl Fn(&Room) -> Result<NewResponse, Refusal> + 'static,
    ) -> LocalBoxFuture<'static, Outcome> {
        self.submit(move |room| Ok(Judged { command: make(room)?, as_sent: false }), Committer::respond)
    }

    /// Asks or supports a question, or sends a text to an activity. The name is the participant's
    /// in the event.
    pub fn post(self, name: Option<String>, post: PostCommand) -> LocalBoxFuture<'static, Outcome> {
        let judge = self.post_judge(name, post);
        self.submit(judge, Committer::post)
    }

    /// Judges the same without having it committed.
    pub async fn judge_post(&self, name: Option<String>, post: PostCommand) -> Result<Judged<NewPostCommand>, Outcome> {
        self.judge(self.post_judge(name, post)).await
    }

    /// Has it committed after that.
    pub fn commit_post(self, judged: Judged<NewPostCommand>) -> impl Future<Output = Outcome> + use<> {
        self.commit(judged, Committer::post)
    }

    fn post_judge(
        &self,
        name: Option<String>,
        post: PostCommand,
    ) -> impl Fn(&Room) -> Result<Judged<NewPostCommand>, Refusal> + use<> {
        let (participant, cid) = (self.participant, self.cid);
        move |room| {
            let command = check_post(room, participant, name.as_deref(), cid, post.clone())?;
            // A changed question of one's own is told by the room, whoever changes it.
            Ok(Judged { command, as_sent: true })
        }
    }

    /// Has a command committed once the room has found nothing against it.
    fn submit<C: 'static, F: Future<Output = Outcome> + 'static>(
        self,
        judge: impl Fn(&Room) -> Result<Judged<C>, Refusal> + 'static,
        commit: impl FnOnce(&Committer, C) -> F + 'static,
    ) -> LocalBoxFuture<'static, Outcome> {
        let delayed = match &self.source {
            Source::Connection { delayed } => Some(Rc::clone(delayed)),
            Source::Request => None,
        };
        if delayed.as_ref().is_none_or(|delayed| delayed.get() == 0)
            && let Ok(judged) = judge(&self.room)
        {
            return Box::pin(self.commit(judged, commit));
        }
        // Commands that wait for receipts are taken up one after the other: those behind this one
        // wait for their turn too.
        let delayed = delayed.map(Delayed::new);
        Box::pin(async move {
            let _delayed = delayed;
            match self.judge(judge).await {
                Ok(judged) => self.commit(judged, commit).await,
                Err(outcome) => outcome,
            }
        })
    }

    /// Judges by what the room holds. That may be out of date: then the room catches up and judges
    /// again, so that nothing is refused that another node would take. What comes in place of a
    /// command to commit is its outcome.
    async fn judge<C>(&self, judge: impl Fn(&Room) -> Result<Judged<C>, Refusal>) -> Result<Judged<C>, Outcome> {
        let refusal = match judge(&self.room) {
            Ok(judged) => return Ok(judged),
            Err(_) if sync::catch_up(&self.hub.context, &self.room).await.is_ok_and(|in_time| in_time) => {
                match judge(&self.room) {
                    Ok(judged) => return Ok(judged),
                    Err(refusal) => Some(refusal),
                }
            }
            Err(_) => None,
        };
        let outcome = self.unless_stored(refusal).await;
        self.settle(&outcome, false);
        Err(outcome)
    }

    /// Queues a command here and now, so that commands are committed in the order in which this is
    /// called.
    fn commit<C, F: Future<Output = Outcome>>(
        self,
        Judged { command, as_sent }: Judged<C>,
        commit: impl FnOnce(&Committer, C) -> F,
    ) -> impl Future<Output = Outcome> {
        let committed = commit(&self.hub.committer, command);
        async move {
            let outcome = committed.await;
            self.settle(&outcome, as_sent);
            outcome
        }
    }

    /// The receipt of a command that was stored before.
    pub async fn receipt(&self) -> Option<Outcome> {
        match self.hub.context.store.stored_at(self.participant, self.cid).await {
            Ok(at) => at.map(|at| Outcome::Stored { at }),
            Err(error) => {
                tracing::error!(%error, "a receipt could not be read");
                Some(self.hub.committer.later())
            }
        }
    }

    /// A command that no longer fits may be one that was stored before its activity was edited:
    /// then it has its receipt. Without a refusal it could not be judged.
    async fn unless_stored(&self, refusal: Option<Refusal>) -> Outcome {
        let outcome = match self.receipt().await {
            Some(outcome) => outcome,
            None => refusal.map_or_else(|| self.hub.committer.later(), Outcome::from),
        };
        self.hub.context.metrics.commands.at(&outcome).inc();
        outcome
    }

    /// Tells the participant's pages what is their own now, except the one that knows it because it
    /// has sent it. A connection keeps its place by what it has sent; a request speaks for those of
    /// its participant.
    fn settle(&self, outcome: &Outcome, as_sent: bool) {
        let (room, participant) = (&self.room, self.participant);
        if !matches!(outcome, Outcome::Stored { .. }) {
            return;
        }
        let is_known = match self.source {
            Source::Connection { .. } => as_sent && !room.has_other_connection(participant),
            Source::Request => {
                self.hub.capacity.promote_all(room, participant);
                false
            }
        };
        if !is_known {
            me::refresh(&self.hub.context, room, participant);
        }
    }
}

/// Counts a command that waits.
struct Delayed(Rc<Cell<usize>>);

impl Delayed {
    fn new(waiting: Rc<Cell<usize>>) -> Self {
        waiting.set(waiting.get() + 1);
        Self(waiting)
    }
}

impl Drop for Delayed {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Checks an answer against what its activity asks, and cleans it.
fn check_answer(room: &Room, activity: ActivityId, version: PromptVersion, answer: Answer) -> Result<Answer, Refusal> {
    let state = room.state();
    let asked = state.activities.iter().find(|asked| asked.id == activity);
    let asked = asked.ok_or_else(|| Refusal::new(RefusalCode::Unknown, "This event has no such activity."))?;
    asked.understands(version, answer)
}

/// Checks and cleans what a participant does with posts, and looks for words of the filter in it.
fn check_post(
    room: &Room,
    participant: ParticipantId,
    name: Option<&str>,
    cid: CommandId,
    command: PostCommand,
) -> Result<NewPostCommand, Refusal> {
    let questions = room.questions();
    let activity = match &command {
        PostCommand::Send { to, .. } => room.activity(to.activity),
        _ => None,
    };
    let command = check_command(&questions.forum.settings, activity.as_ref(), name, command)?;
    let flags_name = |name: Option<&str>| name.is_some_and(|name| questions.flags(name));
    let flagged = match &command {
        PostCommand::Ask { text, name } | PostCommand::Send { text, name, .. } => {
            questions.flags(text) || flags_name(name.as_deref())
        }
        PostCommand::Edit { post, text } => {
            let name = questions.forum.post(*post).and_then(|post| post.name.as_deref());
            questions.flags(text) || flags_name(name)
        }
        PostCommand::Withdraw { .. } | PostCommand::Vote { .. } => false,
    };
    Ok(NewPostCommand { cid, event: room.event, participant, command, flagged })
}
