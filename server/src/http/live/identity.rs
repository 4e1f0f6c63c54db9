//! Who requests a live connection, and whether they can be this audience.

use actix_web::http::header::HeaderMap;
use parterre_domain::{
    member::Member,
    private_link::{LinkKind, PrivateLink},
};
use parterre_live::principal::{LinkGrant, Principal, Sender};
use parterre_protocol::{EventId, ParticipantId, topics::Audience};
use parterre_store::{Actor, ParticipantRecord, Right, SessionHash};

use crate::{
    http::{
        auth::{self, Facilitator, Moderation, Moderator, Speaker},
        errors::Failure,
        origin::Outside,
        reply::join_first,
    },
    state::AppState,
};

/// The client that requests a connection.
pub(super) enum Identity {
    /// A participant, with all that is its own.
    Participant {
        /// Who.
        known: ParticipantRecord,
        /// Whether nothing is stored of them yet.
        is_new: bool,
    },
    /// Somebody with a right that can end.
    Holder(LinkGrant),
    /// Somebody who looks on.
    Guest,
}

impl Identity {
    /// As the room sees them.
    pub(super) fn principal(&self) -> Principal {
        match self {
            Self::Participant { known, .. } => Principal::Participant(known.id, known.name.as_deref().map(Box::from)),
            Self::Holder(holder) => Principal::Holder(Box::new(*holder)),
            Self::Guest => Principal::Other,
        }
    }

    /// The participant.
    pub(super) const fn known(&self) -> Option<&ParticipantRecord> {
        if let Self::Participant { known, .. } = self { Some(known) } else { None }
    }

    /// The participant, if nothing is stored of them yet.
    pub(super) const fn newcomer(&self) -> Option<ParticipantId> {
        if let Self::Participant { known, is_new: true } = self { Some(known.id) } else { None }
    }
}

/// A member who is signed in by this session.
fn signed_in(member: &Member, session: SessionHash) -> Identity {
    let (actor, controls) = (Actor::Session(member.id, session), member.role.runs_events());
    let sender = if controls { Sender::Facilitator(actor) } else { Sender::Moderator(actor) };
    Identity::Holder(LinkGrant { right: Right::Session { member: member.id, session, controls }, sender, label: None })
}

/// Somebody who came by this private link.
const fn linked(link: &PrivateLink) -> Identity {
    let (sender, label) = match link.kind {
        LinkKind::Moderator { .. } => (Sender::Moderator(Actor::Link(link.id)), None),
        LinkKind::Speaker { label } => (Sender::Guest, label),
    };
    Identity::Holder(LinkGrant { right: Right::Link(link.id), sender, label })
}

/// Identifies the client, and checks whether it can be this audience.
pub(super) async fn identify(
    state: &AppState,
    headers: &HeaderMap,
    outside: &Outside,
    event: EventId,
    audience: Audience,
) -> Result<Identity, Failure> {
    let session = auth::session_token(headers, outside).map(|token| SessionHash::new(&token));
    let sign_in = || Failure::unauthorised("Sign in first.");
    let facilitator = async || {
        let facilitator = Facilitator::from_headers(state, headers, outside).await?;
        facilitator.event(state.store(), event).await?;
        Ok::<_, Failure>(signed_in(&facilitator.0, session.ok_or_else(sign_in)?))
    };
    match audience {
        Audience::Phone => {
            let token = auth::device(&state.devices, headers, outside).ok_or_else(join_first)?;
            let room = state.hub.rooms.open(event).await?.ok_or_else(Failure::unknown_event)?;
            let id = token.participant(event);
            let stored = state.hub.lookups.participant(event, id).await?;
            let is_new = stored.is_none();
            // If the event asks for names, a participant without one has not joined.
            if is_new && room.state().event.names {
                return Err(join_first());
            }
            Ok(Identity::Participant { known: stored.unwrap_or_else(|| ParticipantRecord::newcomer(id)), is_new })
        }
        // Anyone can watch the screen; a facilitator of the event can also control it from there.
        Audience::Screen if session.is_some() => Ok(facilitator().await.unwrap_or(Identity::Guest)),
        Audience::Screen => Ok(Identity::Guest),
        Audience::Studio => facilitator().await,
        Audience::Moderator => match &Moderation::from_headers(state, headers, outside, event).await?.moderator {
            Moderator::Member(member) => Ok(signed_in(member, session.ok_or_else(sign_in)?)),
            Moderator::Link(link) => Ok(linked(link)),
        },
        Audience::Speaker => Ok(linked(&Speaker::from_headers(state, headers, outside, event).await?.link)),
    }
}
