//! `POST /api/v1/join`: a phone becomes a participant.
//!
//! A participant is a device with a token that this server has issued. Nothing is stored of it
//! before there is something to keep: a name, where the event asks for one, or the first thing that
//! it sends.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Json},
};
use parterre_domain::{
    event::{Event, JoinCode},
    text,
};
use parterre_live::admission::Permit;
use parterre_protocol::{
    EventId, ParticipantId,
    join::{JoinRequest, Joined},
    limits::NAME_CHARS,
    topics::EventState,
};
use parterre_store::Join;
use parterre_system::allowance::ClientNetwork;

use crate::{
    device::DeviceToken,
    http::{auth, codes, errors::Failure, live, origin::Outside},
    state::AppState,
};

/// `POST /api/v1/join`
pub async fn join(
    state: Data<AppState>,
    request: HttpRequest,
    body: Json<JoinRequest>,
) -> Result<HttpResponse, Failure> {
    let Arrival { event, token, participant } = arrive(&state, &request, &body.code, body.name.as_deref()).await?;
    // A page has its cookie, which no script can read; programs, which send no origin, keep the
    // token themselves.
    let is_page = request.headers().contains_key(header::ORIGIN);
    let returned = (!is_page).then(|| token.as_str().to_owned());
    let joined = Joined { event: event.public(), participant, token: returned, live: live_path(event.id) };
    Ok(HttpResponse::Ok().cookie(auth::device_cookie(&token, Outside::of(&request).is_secure())).json(joined))
}

/// `GET /api/v1/live` without an upgrade.
pub async fn upgrade_required() -> HttpResponse {
    let failure = Failure::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", "Connect by WebSocket, version 13.");
    HttpResponse::build(failure.status).insert_header((header::UPGRADE, "websocket")).json(failure.body())
}

/// A device that has joined an event.
#[derive(Debug)]
pub struct Arrival {
    /// The event.
    pub event: Event,
    /// The device, by the token that it has shown or by a fresh one.
    pub token: DeviceToken,
    /// Who it is in the event.
    pub participant: ParticipantId,
}

/// Takes a device in as a participant; the same device is the same participant.
pub async fn arrive(
    state: &AppState,
    request: &HttpRequest,
    code: &str,
    name: Option<&str>,
) -> Result<Arrival, Failure> {
    // Where the database has nothing to say, nobody waits for others.
    let event = match codes::open(state, code).filter(|event| !event.names && event.state != EventState::Ended) {
        Some(event) => event,
        None => {
            let pass = line_up(state, request, code)?;
            let taken_in = take_in(state, request, code, name).await;
            // What was refused took the same time as what was granted; what failed says nothing of
            // what can be done.
            if !taken_in.as_ref().is_err_and(|failure| failure.status.is_server_error()) {
                pass.done();
            }
            return counted(state, taken_in);
        }
    };
    counted(state, Ok(known_as(state, request, event)))
}

fn counted(state: &AppState, arrived: Result<Arrival, Failure>) -> Result<Arrival, Failure> {
    state.hub.context.metrics.joins.inc_by(u64::from(arrived.is_ok()));
    arrived
}

fn known_as(state: &AppState, request: &HttpRequest, event: Event) -> Arrival {
    let token =
        auth::device(&state.devices, request.headers(), &Outside::of(request)).unwrap_or_else(|| state.devices.issue());
    let participant = token.participant(event.id);
    Arrival { event, token, participant }
}

async fn take_in(state: &AppState, request: &HttpRequest, code: &str, name: Option<&str>) -> Result<Arrival, Failure> {
    let event = codes::find(state, request, code).await?;
    if event.state == EventState::Ended {
        return Err(Failure::new(StatusCode::CONFLICT, "ended", "This event has ended."));
    }
    let arrival = known_as(state, request, event);
    if arrival.event.names {
        let kept = kept_name(state, request, &arrival).await?;
        let name = match checked_name(name.unwrap_or_default()) {
            Ok(name) => name,
            // A participant who has given a name need not give it again.
            Err(failure) if failure.code == "name_needed" && kept.is_some() => return Ok(arrival),
            Err(failure) => return Err(failure),
        };
        if kept.as_ref() == Some(&name) {
            return Ok(arrival);
        }
        if finds_in_name(state, &arrival, &name).await? {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let message = "This event's word filter does not allow this name. Choose another.";
            return Err(Failure::new(status, "name_flagged", message));
        }
        let network = Outside::of(request).client().map(ClientNetwork::of);
        let too_many = |wait| {
            Failure::later("Too many people are joining from this network right now. Try again in a moment.", wait)
        };
        state.names.take(network, state.began.elapsed()).map_err(too_many)?;
        let join = Join { id: arrival.participant, event: arrival.event.id, name: Some(name) };
        if !state.hub.committer.join(join).await {
            return Err(Failure::busy("The server cannot admit anyone right now. Try again in a moment.", 2));
        }
    }
    Ok(arrival)
}

/// The device's current name in the event. It stays valid even if the word filter would refuse it
/// now: it was accepted before the filter changed, and its questions go to review.
async fn kept_name(state: &AppState, request: &HttpRequest, arrival: &Arrival) -> Result<Option<String>, Failure> {
    // Of a device that shows no token of ours nothing is known.
    if auth::device(&state.devices, request.headers(), &Outside::of(request)).is_none() {
        return Ok(None);
    }
    Ok(state.hub.lookups.participant(arrival.event.id, arrival.participant).await?.and_then(|known| known.name))
}

/// Whether the word filter finds something in the name, which others read beside questions.
async fn finds_in_name(state: &AppState, arrival: &Arrival, name: &str) -> Result<bool, Failure> {
    Ok(state.hub.rooms.open(arrival.event.id).await?.is_some_and(|room| room.questions().flags(name)))
}

/// A permit to join now, or a retry time, which is given without asking the database. A client that
/// has a retry time shows it in the address.
fn line_up<'a>(state: &'a AppState, request: &HttpRequest, code: &str) -> Result<Permit<'a>, Failure> {
    let hub = &state.hub;
    let Ok(code) = JoinCode::parse(code) else { return Err(Failure::unknown_event()) };
    let room = hub.rooms.by_code(&code);
    let limiter = if room.is_some() { &hub.admission.join } else { &hub.admission.find };
    let place = format!("join {code}");
    let shown = request.query_string().split('&').find_map(|field| field.strip_prefix("retry="));
    let retried = state.redeems_retry(limiter, &place, shown);
    limiter.admit(retried, || room).map_err(|wait| {
        hub.context.metrics.admission_rejected.inc();
        let token = Some(state.retry_token(&place, wait));
        let failure = Failure::later("Many people are joining right now. Try again in a moment.", wait);
        Failure { code: "queued", retry_token: token.map(Into::into), ..failure }
    })
}

fn checked_name(name: &str) -> Result<String, Failure> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let invalid = |problem: parterre_domain::Problem| Failure { code: "name_invalid", ..problem.into() };
    match text::line("name", name, NAME_CHARS).map_err(invalid)? {
        name if name.is_empty() => Err(Failure::new(status, "name_needed", "This event asks for a name.")),
        name => Ok(name),
    }
}

fn live_path(event: EventId) -> String {
    format!("{}?event={event}", live::PATH)
}
