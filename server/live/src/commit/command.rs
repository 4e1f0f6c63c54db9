//! Carries out a client's commands: who may, by what rules, and what the receipt says.

use std::{cell::Cell, future::ready, rc::Rc, sync::Arc, time::Duration};

use futures_util::future::LocalBoxFuture;
use parterre_domain::{Refusal, moderation::check_act};
use parterre_protocol::{
    Act, ClientMessage, CommandId, Control, Outcome, ParticipantId, PostCommand, RefusalCode, ServerMessage,
};

use super::{
    steer,
    submit::{SentAnswer, Source, Submission},
};
use crate::{
    admission::principal::{Principal, Sender},
    hub::Hub,
    room::Room,
};

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
    context.hub.allow(context.room, sender)
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
            respond(context, cid, SentAnswer { activity, round, version, answer })
        }
        ClientMessage::Control { cid, control } => control_stage(context, cid, control),
        ClientMessage::Post { cid, post: command } => post(context, cid, command),
        ClientMessage::Moderate { cid, act } => moderate(context, cid, act),
    }
}

/// Answers an activity for the sender.
fn respond(context: CommandContext<'_>, cid: CommandId, sent: SentAnswer) -> LocalBoxFuture<'static, ServerMessage> {
    let Sender::Participant(participant) = context.principal.sender() else {
        return refused(cid, Refusal::new(RefusalCode::Forbidden, "Only a participant can answer."));
    };
    let outcome = submission(context, participant, cid).answer(sent);
    Box::pin(async move { receipt(cid, outcome.await) })
}

/// Asks or supports a question, or sends a text to an activity, for the sender.
fn post(context: CommandContext<'_>, cid: CommandId, post: PostCommand) -> LocalBoxFuture<'static, ServerMessage> {
    let Principal::Participant(participant, name) = context.principal else {
        return refused(cid, Refusal::new(RefusalCode::Forbidden, "Only a participant can send posts."));
    };
    let outcome = submission(context, *participant, cid).post(name.as_deref().map(str::to_owned), post);
    Box::pin(async move { receipt(cid, outcome.await) })
}

fn submission(context: CommandContext<'_>, participant: ParticipantId, cid: CommandId) -> Submission {
    let source = Source::Connection { delayed: Rc::clone(context.delayed) };
    Submission::new(Arc::clone(context.hub), Arc::clone(context.room), participant, cid, source)
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

fn refused(cid: CommandId, refusal: Refusal) -> LocalBoxFuture<'static, ServerMessage> {
    Box::pin(async move { receipt(cid, refusal.into()) })
}

const fn receipt(cid: CommandId, outcome: Outcome) -> ServerMessage {
    ServerMessage::Receipt { cid, outcome }
}
