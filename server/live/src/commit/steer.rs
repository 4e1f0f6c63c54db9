//! What facilitators and moderators do: each command is judged and stored by itself, and told to
//! every node.

use parterre_protocol::{Act, CommandId, Control, EventId, Outcome};
use parterre_store::{Actor, ModerationOutcome};

use super::Committer;
use crate::context::Context;

/// Carries out a facilitator's command.
pub async fn control(
    context: &Context,
    committer: &Committer,
    event: EventId,
    actor: impl Into<Actor>,
    cid: CommandId,
    control: &Control,
) -> Outcome {
    match context.store.control(event, actor, cid, control, context.clock.now()).await {
        Ok(controlled) => {
            if let Some(rev) = controlled.rev {
                context.changed(event, rev);
            }
            if let Some(rev) = controlled.repeated {
                context.reread(event, rev);
            }
            controlled.outcome
        }
        Err(error) => {
            tracing::error!(%event, %error, "a command could not be stored");
            committer.later()
        }
    }
}

/// Carries out a moderator's act.
pub async fn moderate(
    context: &Context,
    committer: &Committer,
    event: EventId,
    actor: Actor,
    cid: CommandId,
    act: &Act,
) -> Outcome {
    let outcome = match context.store.moderate(event, actor, cid, act, context.clock.now()).await {
        Ok(ModerationOutcome { outcome, change, outline, repeated }) => {
            if let Some(change) = change {
                context.publish(change.into());
            }
            if let Some(rev) = outline {
                context.changed(event, rev);
            }
            if let Some(rev) = repeated {
                context.reread(event, rev);
            }
            outcome
        }
        Err(error) => {
            tracing::error!(%event, %error, "an act could not be stored");
            committer.later()
        }
    };
    context.metrics.acts.at(&outcome).inc();
    outcome
}
