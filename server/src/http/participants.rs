//! The participant's pages: the first page, the phone, and its forms, which work without script.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::Cookie,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use askama::Template;
use parterre_protocol::{
    ActivityId, CommandId, Outcome, RefusalCode,
    topics::{Audience, EventState, Stage},
};
use serde::Deserialize;

use super::{
    api::join::{arrive, find as find_event, line_up},
    auth,
    errors::Failure,
    forms::Form,
    language::Language,
    origin::Outside,
    pages::{
        landing::{CodeTrouble, LandingPage},
        message::{MessagePage, What},
        phone::{self as page, JoinTrouble, Mine, PhonePage, Unsent},
        script::Versioned,
    },
    room_tests,
};
use crate::{
    domain::{
        event::{Event, EventKind, JoinCode},
        forum::Watcher,
    },
    i18n::Locale,
    live::{command, me::me, room::Room, view},
    random,
    state::State,
    store::{Known, NewResponse, TokenHash},
};

/// How much of a code that was typed is shown again: not a novel.
const SHOWN_CHARS: usize = 40;

/// A page as an answer.
pub fn html(status: StatusCode, page: &impl Template) -> Result<HttpResponse, Failure> {
    let body = page.render().map_err(|error| {
        tracing::error!(%error, "a page could not be drawn");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on the server.")
    })?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(body))
}

/// A page that says what happened and shows the way out.
pub fn message(t: Locale, what: What) -> Result<HttpResponse, Failure> {
    html(what.status(), &MessagePage::new(t, what))
}

/// A page that leads on to another.
pub fn see(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
}

/// `GET /`
pub async fn landing(language: Language) -> Result<HttpResponse, Failure> {
    html(StatusCode::OK, &LandingPage::new(language.0))
}

/// The code that was typed.
#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    code: String,
}

/// `GET /join?code=…`: leads to the event with this code.
pub async fn find(state: Data<State>, language: Language, typed: Query<Typed>) -> Result<HttpResponse, Failure> {
    let trouble = match JoinCode::parse(&typed.code) {
        Ok(code) if state.store().event_by_code(&code).await?.is_some() => return Ok(see(&format!("/e/{code}"))),
        Ok(_) => CodeTrouble::Unknown,
        Err(_) => CodeTrouble::Malformed,
    };
    let shown: String = typed.code.chars().take(SHOWN_CHARS).collect();
    html(StatusCode::NOT_FOUND, &LandingPage::after(language.0, &shown, trouble))
}

/// `GET /e/{code}`
pub async fn phone(
    state: Data<State>,
    language: Language,
    request: HttpRequest,
    code: Path<String>,
) -> Result<HttpResponse, Failure> {
    match find_event(&state, &code).await {
        Ok(event) if event.kind == EventKind::RoomTest => room_tests::phone(&state, language.0, &request, &event).await,
        Ok(event) => show(&state, language.0, &request, &event, None).await,
        Err(failure) => unknown_code(language.0, &code, failure),
    }
}

/// What a form of the page could not do.
enum Trouble {
    Join(JoinTrouble),
    Answer(Unsent),
}

async fn show(
    state: &State,
    t: Locale,
    request: &HttpRequest,
    event: &Event,
    trouble: Option<Trouble>,
) -> Result<HttpResponse, Failure> {
    let Some(room) = state.hub.room(event.id).await? else { return message(t, What::NoEvent) };
    // Where it takes too long, there is still something to show.
    state.hub.follow(&room, event.rev).await;
    let held = room.state();
    let rev = held.event.rev;
    let stage: Stage = view::stage(&held, Audience::Phone);
    let stage = Versioned { rev, data: &stage };
    let status = if trouble.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let Some(known) = participant(state, request, event).await? else {
        let trouble = trouble.and_then(|trouble| match trouble {
            Trouble::Join(trouble) => Some(trouble),
            Trouble::Answer(_) => None,
        });
        return html(status, &PhonePage::joining(t, stage, trouble));
    };
    let results = view::results(&held, Audience::Phone);
    let asked = room.asked();
    let posts = asked.forum.window(Watcher::Phone, event.state == EventState::Ended);
    let (me_rev, me) = me(&known, &room);
    let mine = Mine {
        me: Versioned { rev: me_rev, data: &me },
        results: Versioned { rev, data: &results },
        posts: Versioned { rev: asked.rev, data: &posts },
    };
    let unsent = trouble.and_then(|trouble| match trouble {
        Trouble::Answer(unsent) => Some(unsent),
        Trouble::Join(_) => None,
    });
    let page = PhonePage::new(t, CommandId::new(random::opaque_id()), stage, mine, unsent);
    let mut response = html(status, &page)?;
    if let Some(seconds) = unsent.and_then(Unsent::retry_after) {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// Who this device is in the event; none where it has not joined.
pub async fn participant(state: &State, request: &HttpRequest, event: &Event) -> Result<Option<Known>, Failure> {
    match auth::device_token(request.headers(), &Outside::of(request)) {
        Some(token) => Ok(state.hub.participant(event.id, TokenHash::new(event.id, &token)).await?),
        None => Ok(None),
    }
}

/// Where a code leads to no event, people can type another.
pub fn unknown_code(t: Locale, code: &str, failure: Failure) -> Result<HttpResponse, Failure> {
    if failure.status != StatusCode::NOT_FOUND {
        return Err(failure);
    }
    let shown: String = code.chars().take(SHOWN_CHARS).collect();
    html(StatusCode::NOT_FOUND, &LandingPage::after(t, &shown, CodeTrouble::Unknown))
}

/// The form to join.
#[derive(Debug, Deserialize)]
pub struct JoinForm {
    name: Option<String>,
}

/// `POST /e/{code}/join`
pub async fn join(
    state: Data<State>,
    language: Language,
    request: HttpRequest,
    code: Path<String>,
    form: Form<JoinForm>,
) -> Result<HttpResponse, Failure> {
    join_by_form(&state, language.0, &request, &code, form.name.as_deref()).await
}

/// `GET /e/{code}/join`: the page of a device that stands in line comes by itself, without script. It was given its cookie
/// when it was told to.
pub async fn join_in_line(
    state: Data<State>,
    language: Language,
    request: HttpRequest,
    code: Path<String>,
) -> Result<HttpResponse, Failure> {
    if auth::device_token(request.headers(), &Outside::of(&request)).is_none() {
        return Ok(see(&format!("/e/{}", code.as_str())));
    }
    join_by_form(&state, language.0, &request, &code, None).await
}

async fn join_by_form(
    state: &State,
    t: Locale,
    request: &HttpRequest,
    code: &str,
    name: Option<&str>,
) -> Result<HttpResponse, Failure> {
    let outside = Outside::of(request);
    let token = auth::device_token(request.headers(), &outside).unwrap_or_else(random::token);
    let pass = match line_up(state, request, code) {
        Ok(pass) => pass,
        Err(failure) => {
            return stand_in_line(state, t, code, name, auth::device_cookie(token, outside.is_secure()), failure);
        }
    };
    let event = match find_event(state, code).await {
        Ok(event) => event,
        Err(failure) => return unknown_code(t, code, failure),
    };
    let trouble = match arrive(state, &event, &token, name).await {
        Ok(_) => {
            pass.done();
            let mut response = see(&format!("/e/{}", event.code));
            response.add_cookie(&auth::device_cookie(token, outside.is_secure())).expect("a token is a valid cookie");
            return Ok(response);
        }
        Err(failure) if failure.code == "name_needed" => Some(JoinTrouble::NameNeeded),
        Err(failure) if failure.code == "name_invalid" => Some(JoinTrouble::NameInvalid),
        Err(failure) if failure.code == "busy" => Some(JoinTrouble::Busy),
        // The event is over, and its page says so.
        Err(_) => None,
    };
    show(state, t, request, &event, trouble.map(Trouble::Join)).await
}

/// The page of who is told to come a little later, from memory: with what was typed, and where nothing has to be typed it
/// comes again by itself.
fn stand_in_line(
    state: &State,
    t: Locale,
    code: &str,
    name: Option<&str>,
    device: Cookie<'static>,
    failure: Failure,
) -> Result<HttpResponse, Failure> {
    let room = JoinCode::parse(code).ok().and_then(|code| state.hub.open_room_of(&code));
    let (Some(room), Some(seconds)) = (room, failure.retry_after()) else { return Err(failure) };
    let held = room.state();
    let stage: Stage = view::stage(&held, Audience::Phone);
    let page =
        PhonePage::in_line(t, Versioned { rev: held.event.rev, data: &stage }, seconds, name.unwrap_or_default());
    let mut response = html(failure.status, &page)?;
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    if !held.event.names {
        let again = format!("{seconds}; url=/e/{}/join?told=1", held.event.code);
        response.headers_mut().insert(header::REFRESH, again.parse().expect("digits and a code"));
    }
    response.add_cookie(&device).expect("a token is a valid cookie");
    Ok(response)
}

/// `POST /e/{code}/respond`: an answer as a form, for pages without script.
pub async fn respond(
    state: Data<State>,
    language: Language,
    request: HttpRequest,
    code: Path<String>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let event = match find_event(&state, &code).await {
        Ok(event) => event,
        Err(failure) => return unknown_code(language.0, &code, failure),
    };
    let here = format!("/e/{}", event.code);
    let Some(known) = participant(&state, &request, &event).await? else { return Ok(see(&here)) };
    let Some(room) = state.hub.room(event.id).await? else { return message(language.0, What::NoEvent) };
    if let Err(wait) = state.hub.allow(&room, known.id.uuid()) {
        return show(&state, language.0, &request, &event, Some(Trouble::Answer(Unsent::TooSoon(wait)))).await;
    }
    let mut judged = command(&form, &room, &event, &known);
    // What this node holds may be older than what the page has shown.
    if judged.is_err() && state.hub.catch_up(&room).await? {
        judged = command(&form, &room, &event, &known);
    }
    let outcome = match judged {
        Ok(response) => state.hub.committer.respond(response).await,
        Err(outcome) => outcome,
    };
    match outcome {
        Outcome::Stored { .. } => {
            state.hub.refresh_me(&room, known.id);
            Ok(see(&here))
        }
        Outcome::Refused { code, .. } => {
            show(&state, language.0, &request, &event, Some(Trouble::Answer(Unsent::Refused(code)))).await
        }
        Outcome::Later { .. } => message(language.0, What::Busy),
    }
}

/// The answer that the form holds, checked.
fn command(fields: &[(String, String)], room: &Room, event: &Event, known: &Known) -> Result<NewResponse, Outcome> {
    fn field<T: std::str::FromStr>(fields: &[(String, String)], name: &str) -> Option<T> {
        fields.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok())
    }
    let invalid = || Outcome::Refused { code: RefusalCode::Invalid, message: "The form is not complete.".to_owned() };
    if event.state != EventState::Live {
        return Err(Outcome::Refused { code: RefusalCode::Closed, message: "The event is not live.".to_owned() });
    }
    let cid: CommandId = field(fields, "cid").ok_or_else(invalid)?;
    let activity: ActivityId = field(fields, "activity").ok_or_else(invalid)?;
    let round: u32 = field(fields, "round").ok_or_else(invalid)?;
    let answer = page::answer(fields).ok_or_else(invalid)?;
    let answer = command::check(room, activity, answer)?;
    Ok(NewResponse { cid, event: event.id, activity, round, participant: known.id, answer })
}
