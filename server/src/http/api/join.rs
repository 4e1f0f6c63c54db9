//! `POST /api/v1/join`: a phone becomes a participant.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Json},
};
use parterre_protocol::{
    EventId, ParticipantId,
    join::{JoinRequest, Joined},
    limits::NAME_CHARS,
    topics::EventState,
};

use crate::{
    domain::{
        event::{Event, JoinCode},
        text,
    },
    http::{auth, errors::Failure, live, origin::Outside},
    live::admission::Pass,
    random,
    state::State,
    store::{Join, Joined as Arrived, TokenHash},
};

/// `POST /api/v1/join`
pub async fn join(state: Data<State>, request: HttpRequest, body: Json<JoinRequest>) -> Result<HttpResponse, Failure> {
    let pass = line_up(&state, &request, &body.code)?;
    let event = find(&state, &body.code).await?;
    let outside = Outside::of(&request);
    let token = auth::device_token(request.headers(), &outside).unwrap_or_else(random::token);
    let arrived = arrive(&state, &event, &token, body.name.as_deref()).await?;
    pass.done();
    let joined =
        Joined { event: event.public(), participant: arrived.id, token: token.clone(), live: live_path(event.id) };
    Ok(HttpResponse::Ok().cookie(auth::device_cookie(token, outside.is_secure())).json(joined))
}

/// `GET /api/v1/live` without an upgrade.
pub async fn upgrade_required() -> HttpResponse {
    let failure = Failure::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", "Connect by WebSocket, version 13.");
    HttpResponse::build(failure.status).insert_header((header::UPGRADE, "websocket")).json(failure.body())
}

/// Leave to join now; or when to come, which is said without asking the database. Who was told so before says it in the
/// address.
pub fn line_up<'a>(state: &'a State, request: &HttpRequest, code: &str) -> Result<Pass<'a>, Failure> {
    let hub = &state.hub;
    let room = || JoinCode::parse(code).ok().and_then(|code| hub.open_room_of(&code));
    let told = request.query_string().split('&').any(|field| field == "told=1");
    hub.doors.join.enter(told, room).map_err(|wait| {
        hub.metrics.turned_away.inc();
        Failure { code: "in_line", ..Failure::later("Many people are joining just now. Come again in a moment.", wait) }
    })
}

/// The event with this code as people type it.
pub async fn find(state: &State, code: &str) -> Result<Event, Failure> {
    let code = JoinCode::parse(code).map_err(|_| Failure::unknown_event())?;
    state.hub.event_by_code(&code).await?.ok_or_else(Failure::unknown_event)
}

/// Takes a device in as a participant; the same device is the same participant.
pub async fn arrive(state: &State, event: &Event, token: &str, name: Option<&str>) -> Result<Arrived, Failure> {
    if event.state == EventState::Ended {
        return Err(Failure::new(StatusCode::CONFLICT, "ended", "This event is over."));
    }
    let name = if event.names { Some(checked_name(name.unwrap_or_default())?) } else { None };
    let id = ParticipantId::new(random::ordered_id(state.clock().now()));
    let join = Join { id, event: event.id, token: TokenHash::new(event.id, token), name };
    let busy = || Failure::busy("The server cannot take anyone in just now. Try again in a moment.", 2);
    state.hub.committer.join(join).await.ok_or_else(busy)
}

fn checked_name(name: &str) -> Result<String, Failure> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let invalid = |problem: crate::domain::Problem| Failure { code: "name_invalid", ..problem.into() };
    match text::line("name", name, NAME_CHARS).map_err(invalid)? {
        name if name.is_empty() => Err(Failure::new(status, "name_needed", "This event asks for a name.")),
        name => Ok(name),
    }
}

fn live_path(event: EventId) -> String {
    format!("{}?event={event}", live::PATH)
}
