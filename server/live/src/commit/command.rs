//! Carries out a client's commands: who may, by what rules, and what the receipt says.

use std::{cell::Cell, future::ready, rc::Rc, sync::Arc, time::Duration};

use futures_util::future::LocalBoxFuture;
use parterre_domain::{Refusal, moderation::check_act, post::check_command};
use parterre_protocol::{
    Act, ActivityId, Answer, ClientMessage, CommandId, Control, Outcome, ParticipantId, PostCommand, PromptVersion,
    RefusalCode, ServerMessage,
};
use parterre_store::{NewPostCommand, NewResponse};
use parterre_system::mutants::{self, Mutant};

use super::{Committer, steer};
use crate::{
    admission::principal::{Principal, Sender},
    cluster::sync,
    hub::Hub,
    room::{Room, me},
};

/// The shortest time after which a command is sent again that came too soon after others.
const SHORTEST_RETRY: Duration = Duration::from_millis(100);

/// What a command is judged by: from whom it comes, and to which room.
#[derive(Clone, Copy, Debug)]
pub struct CommandContext<'a> {
    /// The node.
    pub hub: &'a Arc<Hub>,
    /// The room.
    pub room: &'a Arc<Room>,
    /// Who the sender is.
    pub principal: &'a Principal,
    /// How many of the sender's commands wait for the room to catch up.
    pub delayed: &'a Rc<Cell<usize>>,
}

/// Takes one more message of the sender, or says after how long to send it again. Of somebody whose
/// commands are all refused, any is taken.
pub fn admit(context: CommandContext<'_>) -> Result<(), Duration> {
    let Some(sender) = context.principal.sender().paced() else { return Ok(()) };
    context.hub.allow(context.room, sender).map_err(|wait| wait.max(SHORTEST_RETRY))
}

/// Carries out what a client asks for. What it is answered comes when that is committed.
pub fn carry_out(context: CommandContext<'_>, message: ClientMessage) -> LocalBoxFuture<'static, ServerMessage> {
    if let Some(cid) = message.cid()
        && let Err(wait) = admit(context)
    {
        let retry_ms = wait.as_millis() as u32;
        return Box::pin(ready(receipt(cid, Outcome::Later { retry_ms })));
    }
    match message {
        ClientMessage::Ping => Box::pin(ready(ServerMessage::Pong)),
        ClientMessage::Respond { cid, activity, round, version, answer } => {
            respond(context, cid, (activity, round, version), answer)
        }
        ClientMessage::Control { cid, control } => control_stage(context, cid, control),
        ClientMessage::Post { cid, post: command } => post(context, cid, command),
        ClientMessage::Moderate { cid, act } => moderate(context, cid, act),
    }
}

/// Answers an activity for the sender.
fn respond(
    context: CommandContext<'_>,
    cid: CommandId,
    (activity, round, version): (ActivityId, u32, PromptVersion),
    answer: Answer,
) -> LocalBoxFuture<'static, ServerMessage> {
    let Sender::Participant(participant) = context.principal.sender() else {
        return refused(cid, Refusal::new(RefusalCode::Forbidden, "Only a participant can answer."));
    };
    let now = context.hub.context.clock.now();
    let judge = move |room: &Room| {
        let checked = check(room, activity, version, answer.clone())?;
        let as_sent = checked == answer;
        if mutants::is(Mutant::CloseByRoom) {
            room.activity(activity).map_or(Ok(()), |activity| activity.accepts(round, now))?;
        }
        let response = NewResponse { cid, event: room.event, activity, round, version, participant, answer: checked };
        Ok(Judged { command: response, as_sent })
    };
    store(context, participant, cid, judge, Committer::respond)
}

/// Asks or supports a question, or sends a text to an activity, for the sender.
fn post(context: CommandContext<'_>, cid: CommandId, post: PostCommand) -> LocalBoxFuture<'static, ServerMessage> {
    let Principal::Participant(participant, name) = context.principal else {
        return refused(cid, Refusal::new(RefusalCode::Forbidden, "Only a participant can send posts."));
    };
    let (participant, name) = (*participant, name.clone());
    let judge = move |room: &Room| {
        let command = check_post(room, participant, name.as_deref(), cid, post.clone())?;
        // A changed question of one's own is told by the room, whoever changes it.
        Ok(Judged { command, as_sent: true })
    };
    store(context, participant, cid, judge, Committer::post)
}

/// A command of a participant's that may be committed.
struct Judged<C> {
    command: C,
    /// Whether it is to be stored as it was sent. Where it is not, the sender's pages know only
    /// from `me` what counts.
    as_sent: bool,
}

/// Has a participant's command committed once the room has found nothing against it. What it finds
/// may be out of date: then the room catches up and judges again, so that nothing is refused that
/// another node would take.
fn store<C: 'static, F: Future<Output = Outcome> + 'static>(
    context: CommandContext<'_>,
    participant: ParticipantId,
    cid: CommandId,
    judge: impl Fn(&Room) -> Result<Judged<C>, Refusal> + 'static,
    commit: impl FnOnce(&Committer, C) -> F + 'static,
) -> LocalBoxFuture<'static, ServerMessage> {
    let (hub, room) = (Arc::clone(context.hub), Arc::clone(context.room));
    let stored = move |hub: &Arc<Hub>, room: &Arc<Room>, outcome: &Outcome, as_sent: bool| {
        if matches!(outcome, Outcome::Stored { .. }) && (!as_sent || room.has_other_connection(participant)) {
            me::refresh(&hub.context, room, participant);
        }
    };
    if context.delayed.get() == 0
        && let Ok(Judged { command, as_sent }) = judge(&room)
    {
        // Queued here and now, so that commands are committed in the order in which they came.
        let committed = commit(&hub.committer, command);
        return Box::pin(async move {
            let outcome = committed.await;
            stored(&hub, &room, &outcome, as_sent);
            receipt(cid, outcome)
        });
    }
    // Commands that wait for receipts are taken up one after the other: those behind this one wait
    // for their turn too.
    let delayed = Delayed::new(context.delayed);
    Box::pin(async move {
        let _delayed = delayed;
        let judged = match judge(&room) {
            Err(_) if sync::catch_up(&hub.context, &room).await.is_ok_and(|in_time| in_time) => {
                judge(&room).map_err(Some)
            }
            Err(_) => Err(None),
            Ok(judged) => Ok(judged),
        };
        let (outcome, as_sent) = match judged {
            Ok(Judged { command, as_sent }) => (commit(&hub.committer, command).await, as_sent),
            Err(refusal) => (unless_stored(&hub, participant, cid, refusal).await, false),
        };
        stored(&hub, &room, &outcome, as_sent);
        receipt(cid, outcome)
    })
}

/// Counts a command that waits.
struct Delayed(Rc<Cell<usize>>);

impl Delayed {
    fn new(waiting: &Rc<Cell<usize>>) -> Self {
        waiting.set(waiting.get() + 1);
        Self(Rc::clone(waiting))
    }
}

impl Drop for Delayed {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Moderates questions for the sender.
fn moderate(context: CommandContext<'_>, cid: CommandId, act: Act) -> LocalBoxFuture<'static, ServerMessage> {
    let actor = match context.principal.sender() {
        Sender::Facilitator(actor) | Sender::Moderator(actor) => actor,
        Sender::Participant(_) | Sender::Guest => {
            return refused(cid, Refusal::new(RefusalCode::Forbidden, "Only a moderator of this event can do this."));
        }
    };
    let (hub, event) = (Arc::clone(context.hub), context.room.event);
    match check_act(act) {
        Ok(act) => Box::pin(async move {
            receipt(cid, steer::moderate(&hub.context, &hub.committer, event, actor, cid, &act).await)
        }),
        Err(refusal) => refused(cid, refusal),
    }
}

/// Steers the event for the sender.
fn control_stage(
    context: CommandContext<'_>,
    cid: CommandId,
    control: Control,
) -> LocalBoxFuture<'static, ServerMessage> {
    let Sender::Facilitator(actor) = context.principal.sender() else {
        return refused(cid, Refusal::new(RefusalCode::Forbidden, "Only a facilitator of this event can do this."));
    };
    let (hub, event) = (Arc::clone(context.hub), context.room.event);
    Box::pin(
        async move { receipt(cid, steer::control(&hub.context, &hub.committer, event, actor, cid, &control).await) },
    )
}

/// Checks an answer against what its activity asks, and cleans it.
pub fn check(room: &Room, activity: ActivityId, version: PromptVersion, answer: Answer) -> Result<Answer, Refusal> {
    let state = room.state();
    let asked = state.activities.iter().find(|asked| asked.id == activity);
    let asked = asked.ok_or_else(|| Refusal::new(RefusalCode::Unknown, "This event has no such activity."))?;
    asked.understands(version, answer)
}

/// Checks and cleans what a participant does with posts, and looks for words of the filter in it.
pub fn check_post(
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

/// An answer that no longer fits may be one that was stored before its question was edited: then it
/// has its receipt. Without a refusal it could not be judged.
async fn unless_stored(hub: &Hub, participant: ParticipantId, cid: CommandId, refusal: Option<Refusal>) -> Outcome {
    let later = hub.committer.later();
    let outcome = match hub.context.store.stored_at(participant, cid).await {
        Ok(Some(at)) => Outcome::Stored { at },
        Ok(None) => refusal.map_or(later, Outcome::from),
        Err(error) => {
            tracing::error!(%error, "a receipt could not be read");
            later
        }
    };
    hub.context.metrics.commands.at(&outcome).inc();
    outcome
}

fn refused(cid: CommandId, refusal: Refusal) -> LocalBoxFuture<'static, ServerMessage> {
    Box::pin(async move { receipt(cid, refusal.into()) })
}

const fn receipt(cid: CommandId, outcome: Outcome) -> ServerMessage {
    ServerMessage::Receipt { cid, outcome }
}
