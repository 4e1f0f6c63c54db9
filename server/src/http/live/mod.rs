//! The entrance to the live path: who connects, whether now, and with what. The rest is the
//! transport's.

mod identity;
pub mod socket;
pub mod stream;

use std::{rc::Rc, time::Duration};

use actix_web::http::header::HeaderMap;
use bytes::Bytes;
use parterre_live::{
    admission::Permit,
    disconnect::Disconnect,
    feed::{Feed, Held},
    me::me_frame,
    places::{Newcomer, Rank},
    principal::LinkGrant,
    room::Room,
    sync::{self, SyncOutcome},
    worker::Worker,
};
use parterre_protocol::{CloseCode, EventId, Rev, topics::Audience};
use parterre_store::{ParticipantRecord, Right};
use serde::Deserialize;

use self::identity::{Identity, identify};
use super::{auth, errors::Failure, forms::unreadable_query, origin::Outside, reply::join_first};
use crate::state::AppState;

/// The path of the live connection.
pub const PATH: &str = "/api/v1/live";
/// When to come again to a node that could not read in time what the client has seen elsewhere.
const CATCHING_UP: Duration = Duration::from_secs(1);

/// What the address of a live connection says.
#[derive(Debug, Deserialize)]
pub struct Query {
    event: EventId,
    #[serde(rename = "as", default = "phone")]
    audience: Audience,
    #[serde(default)]
    stage: Rev,
    #[serde(default)]
    results: Rev,
    #[serde(default)]
    posts: Rev,
    #[serde(default)]
    moderation: Rev,
    me: Option<Rev>,
    /// Of those alone who ask again and again: every other connection begins with it.
    #[serde(default)]
    presence: Rev,
    /// 1 from a client that has had an answer and waits for the next.
    #[serde(default)]
    again: u8,
    /// The retry token of a client that was told to return at this time.
    #[serde(default)]
    retry: String,
}

const fn phone() -> Audience {
    Audience::Phone
}

impl Query {
    /// Of an address.
    fn of(query: &str) -> Result<Self, Failure> {
        let query = actix_web::web::Query::<Self>::from_query(query);
        Ok(query.map_err(|error| unreadable_query(&error))?.into_inner())
    }

    fn held(&self) -> Held {
        Held { topics: [self.stage, self.results, self.posts, self.moderation, self.presence], me: self.me }
    }
}

/// Why a client is not admitted.
enum Refusal {
    /// It may not come in, which plain HTTP says.
    Never(Failure),
    /// It can retry later. Browsers hide the status and headers of a failed upgrade or stream from
    /// the page, so the retry time is sent in the protocol that the client requested.
    Later(Disconnect),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        failure.retry.map_or(Self::Never(failure), |wait| busy(wait).into())
    }
}

impl From<Disconnect> for Refusal {
    fn from(ending: Disconnect) -> Self {
        Self::Later(ending)
    }
}

/// A client that is in.
struct Entered {
    feed: Feed,
    /// The participant's answers.
    me: Option<(Rev, Bytes)>,
}

/// Admits the client if it has the right to connect and there is room now.
async fn authorise(
    state: &AppState,
    worker: &Rc<Worker>,
    headers: &HeaderMap,
    outside: &Outside,
    query: Query,
) -> Result<Entered, Refusal> {
    // Before the database is asked anything.
    let best = best_rank(headers, outside, query.audience);
    state.hub.capacity.check_open(query.event, best)?;
    let turn = if best == Rank::Invited { state.hub.capacity.turn(query.event).await? } else { None };
    let pass = match query.audience {
        Audience::Phone => Some(line_up(state, headers, outside, &query)?),
        _ => None,
    };
    let entered = enter(state, worker, headers, outside, query).await;
    drop(turn);
    // What was refused for good took the same time as what was granted; what failed says nothing of
    // what can be done.
    if let Some(pass) = pass.filter(|_| !matches!(entered, Err(Refusal::Later(_)))) {
        pass.done();
    }
    entered
}

/// Leave for a phone to come in now; or when to come. Only phones come by the thousand. No place is
/// taken by who shows no token of ours.
fn line_up<'a>(
    state: &'a AppState,
    headers: &HeaderMap,
    outside: &Outside,
    query: &Query,
) -> Result<Permit<'a>, Refusal> {
    let hub = &state.hub;
    if auth::device(&state.devices, headers, outside).is_none() {
        return Err(join_first().into());
    }
    let limiter = &hub.admission.connect;
    let place = format!("connect {}", query.event);
    let retried = state.redeems_retry(limiter, &place, Some(&query.retry));
    let later = |wait| busy(wait).retry_token(state.retry_token(&place, wait)).into();
    limiter.admit(retried, || hub.rooms.get(query.event)).map_err(later)
}

async fn enter(
    state: &AppState,
    worker: &Rc<Worker>,
    headers: &HeaderMap,
    outside: &Outside,
    query: Query,
) -> Result<Entered, Refusal> {
    let hub = &state.hub;
    let identity = identify(state, headers, outside, query.event, query.audience).await?;
    let room = hub.rooms.open(query.event).await.map_err(Failure::from)?.ok_or_else(Failure::unknown_event)?;
    let held = query.held();
    match sync::ensure_at_least(&hub.context, &room, held.newest()).await.map_err(Failure::from)? {
        SyncOutcome::UpToDate => {}
        SyncOutcome::Unknown => {
            let message = "Your topics are newer than this server's. Connect again without them.";
            return Err(Disconnect::new(CloseCode::Resync, message).into());
        }
        SyncOutcome::TimedOut => return Err(busy(CATCHING_UP).into()),
    }
    let newcomer = newcomer(&identity, &room);
    let guard = worker.enter(room, query.audience, identity.principal(), newcomer)?;
    let me = match identity.known() {
        // Made once it is seated: what is learnt from now on is sent to it.
        Some(known) => Some(current_me(known, &guard.subscription.room).await),
        None => None,
    };
    if let Some(newcomer) = identity.newcomer() {
        guard.subscription.room.note_visit(&hub.committer, newcomer);
    }
    Ok(Entered { feed: Feed::new(guard, held), me })
}

/// The frame of topic `me` for a participant who has just been seated.
///
/// The rev of what was just stored is sent only once the room has it: a client that holds the
/// previous rev would otherwise get nothing.
async fn current_me(known: &ParticipantRecord, room: &Room) -> (Rev, Bytes) {
    sync::catch_up_to(room, known.rev).await;
    me_frame(known, room)
}

/// What a client may turn out to be at best, from what it brings along.
fn best_rank(headers: &HeaderMap, outside: &Outside, audience: Audience) -> Rank {
    match audience {
        Audience::Phone => Rank::Active,
        Audience::Screen if auth::session_token(headers, outside).is_none() => Rank::Onlooker,
        Audience::Screen | Audience::Studio | Audience::Moderator | Audience::Speaker => Rank::Invited,
    }
}

/// What is known about the client.
fn newcomer(identity: &Identity, room: &Room) -> Newcomer {
    match identity {
        Identity::Participant { known, .. } => {
            let is_active = !known.responses.is_empty()
                || !known.votes.is_empty()
                || room.questions().forum.posts_by(known.id).next().is_some();
            Newcomer::Other(if is_active { Rank::Active } else { Rank::Joined })
        }
        Identity::Holder(LinkGrant { right: Right::Session { member, .. }, .. }) => Newcomer::Invited(member.uuid()),
        Identity::Holder(LinkGrant { right: Right::Link(link), .. }) => Newcomer::Invited(link.uuid()),
        Identity::Guest => Newcomer::Other(Rank::Onlooker),
    }
}

/// Refuses pages that are not ours.
fn check_origin(state: &AppState, outside: &Outside) -> Result<(), Failure> {
    if outside.is_ours() == Some(false) { Err(outside.refusal(state)) } else { Ok(()) }
}

fn busy(wait: Duration) -> Disconnect {
    Disconnect::new(CloseCode::TryLater, "The server is busy right now.").retry(wait)
}
