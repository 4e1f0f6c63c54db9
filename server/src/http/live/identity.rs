//! Who asks for a live connection, and whether they may be this audience.

use actix_web::http::header::HeaderMap;
use parterre_protocol::{EventId, topics::Audience};

use crate::{
    domain::link::{Link, LinkKind},
    http::{
        auth::{self, Facilitator, Moderation, Moderator, Speaker},
        errors::Failure,
        origin::Outside,
    },
    live::{
        command::Sender,
        worker::{Pass, Visitor},
    },
    state::State,
    store::{Known, TokenHash},
};

/// Who asks to come in.
pub(super) struct Identity {
    /// What they may do.
    pub(super) sender: Sender,
    /// The participant, with all that is its own.
    pub(super) known: Option<Known>,
    pass: Option<Pass>,
}

impl Identity {
    /// As the room sees them.
    pub(super) fn visitor(&self) -> Visitor {
        match (&self.known, self.pass) {
            (Some(known), _) => Visitor::Participant(known.id, known.name.as_deref().map(Box::from)),
            (None, Some(pass)) => Visitor::Holder(pass),
            (None, None) => Visitor::Other,
        }
    }

    /// Somebody who is no participant and has no private link.
    const fn of(sender: Sender) -> Self {
        Self { sender, known: None, pass: None }
    }
}

/// Finds out who is asking, and whether they may be this audience.
pub(super) async fn identify(
    state: &State,
    headers: &HeaderMap,
    outside: &Outside,
    event: EventId,
    audience: Audience,
) -> Result<Identity, Failure> {
    let facilitator = async || {
        let facilitator = Facilitator::from_headers(state, headers, outside).await?;
        facilitator.event(state.store(), event).await?;
        Ok::<_, Failure>(Sender::Facilitator(facilitator.0.id))
    };
    match audience {
        Audience::Phone => {
            let join_first = || Failure::unauthorised("Join the event first.");
            let token = auth::device_token(headers, outside).ok_or_else(join_first)?;
            let known = state.hub.participant(event, TokenHash::new(event, &token)).await?;
            let known = known.ok_or_else(join_first)?;
            Ok(Identity { sender: Sender::Participant(known.id), known: Some(known), pass: None })
        }
        // Anyone may look at the screen; a facilitator of the event may also steer from there.
        Audience::Screen if auth::session_token(headers, outside).is_some() => {
            Ok(Identity::of(facilitator().await.unwrap_or(Sender::Guest)))
        }
        Audience::Screen => Ok(Identity::of(Sender::Guest)),
        Audience::Studio => Ok(Identity::of(facilitator().await?)),
        Audience::Moderator => {
            let moderator = Moderation::from_headers(state, headers, outside, event).await?.moderator;
            Ok(match &moderator {
                Moderator::Member(member) if moderator.is_facilitator() => Identity::of(Sender::Facilitator(member.id)),
                Moderator::Member(_) => Identity::of(Sender::Moderator(moderator.actor())),
                Moderator::Link(link) => {
                    Identity { pass: Some(pass(link)), ..Identity::of(Sender::Moderator(moderator.actor())) }
                }
            })
        }
        Audience::Speaker => {
            let link = Speaker::from_headers(state, headers, outside, event).await?.link;
            Ok(Identity { pass: Some(pass(&link)), ..Identity::of(Sender::Guest) })
        }
    }
}

fn pass(link: &Link) -> Pass {
    let label = match link.kind {
        LinkKind::Moderator => None,
        LinkKind::Speaker { label } => label,
    };
    Pass { link: link.id, expires_at: link.expires_at, label }
}
