//! The members' pages: set-up, signing in, events, the studio.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use parterre_protocol::{EventId, topics::Audience};
use serde::Deserialize;

use super::{
    api::events::{NewEvent, make},
    auth::{self, Facilitator},
    errors::Failure,
    forms::Form,
    language::Language,
    origin::Outside,
    pages::{
        events::{EventRow, EventsPage},
        login::{LoginPage, LoginRefusal},
        message::What,
        setup::SetupPage,
        studio::StudioPage,
    },
    participants::{html, message, see},
    room_tests,
    signin::{self, SignIn},
};
use crate::{
    domain::{
        Problem,
        event::{EventKind, EventSettings},
        ids::{MemberId, WorkspaceId},
        member::{Email, Member, NewPassword, Role},
        text,
    },
    i18n::Locale,
    live::view,
    random,
    state::State,
};

/// A member's name.
const NAME_CHARS: usize = 80;
/// The workspace that there is at first. Members can rename it.
const FIRST_WORKSPACE: &str = "Parterre";

/// The link that makes the owner.
#[derive(Debug, Deserialize)]
pub struct SetupLink {
    #[serde(default)]
    key: String,
}

/// `GET /setup?key=…`
pub async fn setup(state: Data<State>, language: Language, link: Query<SetupLink>) -> Result<HttpResponse, Failure> {
    match setup_trouble(&state, &link.key).await? {
        Some(what) => message(language.0, what),
        None => html(StatusCode::OK, &SetupPage::new(language.0, &link.key)),
    }
}

async fn setup_trouble(state: &State, key: &str) -> Result<Option<What>, Failure> {
    if state.store().has_owner().await? {
        return Ok(Some(What::AlreadySetUp));
    }
    Ok((!state.store().is_setup_key(key).await?).then_some(What::WrongSetupLink))
}

/// The form of the owner's account.
#[derive(Deserialize)]
pub struct Owner {
    key: String,
    name: String,
    email: String,
    password: String,
}

/// `POST /setup`
pub async fn create_owner(
    state: Data<State>,
    language: Language,
    request: HttpRequest,
    form: Form<Owner>,
) -> Result<HttpResponse, Failure> {
    if let Some(what) = setup_trouble(&state, &form.key).await? {
        return message(language.0, what);
    }
    let (member, password) = match checked(&state, &form) {
        Ok(checked) => checked,
        Err(problem) => {
            let page = SetupPage::new(language.0, &form.key).refused(&form.name, &form.email, &problem);
            return html(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let hash = signin::hash(&state, password).await?;
    let now = state.clock().now();
    if !state.store().create_owner(member.workspace, FIRST_WORKSPACE, &member, &hash, now).await? {
        return message(language.0, What::AlreadySetUp);
    }
    signed_in(&state, &Outside::of(&request), &member).await
}

fn checked(state: &State, form: &Owner) -> Result<(Member, NewPassword), Problem> {
    let now = state.clock().now();
    let member = Member {
        id: MemberId::new(random::ordered_id(now)),
        workspace: WorkspaceId::new(random::ordered_id(now)),
        name: text::filled_line("name", &form.name, NAME_CHARS)?,
        email: Email::parse(&form.email)?,
        role: Role::Owner,
    };
    Ok((member, NewPassword::parse(&form.password)?))
}

async fn signed_in(state: &State, outside: &Outside, member: &Member) -> Result<HttpResponse, Failure> {
    let mut response = see("/studio");
    let cookie = auth::begin_session(state, outside, member).await?;
    response.add_cookie(&cookie).expect("a token is a valid cookie");
    Ok(response)
}

/// `GET /login`
pub async fn login(language: Language) -> Result<HttpResponse, Failure> {
    html(StatusCode::OK, &LoginPage::new(language.0))
}

/// The form to sign in.
#[derive(Deserialize)]
pub struct Credentials {
    email: String,
    password: String,
}

/// `POST /login`
pub async fn sign_in(
    state: Data<State>,
    language: Language,
    request: HttpRequest,
    form: Form<Credentials>,
) -> Result<HttpResponse, Failure> {
    let outside = Outside::of(&request);
    let address = outside.client().map(|address| address.to_string()).unwrap_or_default();
    let (status, refusal) = match signin::sign_in(&state, &form.email, &form.password, &address).await? {
        SignIn::Welcome(member) => return signed_in(&state, &outside, &member).await,
        SignIn::Wrong => (StatusCode::UNAUTHORIZED, LoginRefusal::Wrong),
        SignIn::Slow { seconds } => (StatusCode::TOO_MANY_REQUESTS, LoginRefusal::Slow { seconds }),
    };
    html(status, &LoginPage::new(language.0).refused(&form.email, refusal))
}

/// `POST /logout`
pub async fn sign_out(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let outside = Outside::of(&request);
    if let Some(token) = auth::session_token(request.headers(), &outside) {
        let hash = auth::session_hash(&token);
        let member = state.store().session(&hash, state.clock().now()).await?;
        state.store().end_session(&hash).await?;
        if let Some(member) = member {
            state.hub.end_sessions(member.id);
        }
    }
    let mut response = see("/login");
    response.add_cookie(&auth::no_session_cookie(outside.is_secure())).expect("an empty cookie is valid");
    Ok(response)
}

/// Who opens a page for facilitators; whoever is not signed in is led to the login.
pub async fn facilitator(
    state: &State,
    t: Locale,
    request: &HttpRequest,
) -> Result<Facilitator, Result<HttpResponse, Failure>> {
    let facilitator = Facilitator::from_headers(state, request.headers(), &Outside::of(request)).await;
    facilitator.map_err(|failure| match failure.status {
        StatusCode::UNAUTHORIZED => Ok(see("/login")),
        StatusCode::FORBIDDEN => message(t, What::Forbidden),
        _ => Err(failure),
    })
}

/// `GET /studio`
pub async fn events(state: Data<State>, language: Language, request: HttpRequest) -> Result<HttpResponse, Failure> {
    match facilitator(&state, language.0, &request).await {
        Ok(facilitator) => html(StatusCode::OK, &events_page(&state, language.0, &facilitator).await?),
        Err(answer) => answer,
    }
}

async fn events_page(state: &State, t: Locale, Facilitator(member): &Facilitator) -> Result<EventsPage, Failure> {
    let events = state.store().events(member.workspace).await?;
    let rows = events.into_iter().map(|listing| EventRow {
        event: listing.event.public(),
        activities: listing.activities.into(),
        participants: listing.participants.into(),
        created_at: listing.event.created_at,
    });
    Ok(EventsPage::new(t, &member.name, rows.collect()))
}

/// The form for a new event.
#[derive(Debug, Deserialize)]
pub struct EventForm {
    name: String,
}

/// `POST /studio/events`
pub async fn create_event(
    state: Data<State>,
    language: Language,
    request: HttpRequest,
    form: Form<EventForm>,
) -> Result<HttpResponse, Failure> {
    let facilitator = match facilitator(&state, language.0, &request).await {
        Ok(facilitator) => facilitator,
        Err(answer) => return answer,
    };
    if let Err(problem) = EventSettings::parse(&form.name, "CODE", false) {
        let page = events_page(&state, language.0, &facilitator).await?.refused(&form.name, &problem);
        return html(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let new = NewEvent { name: form.name.clone(), code: None, names: false };
    let event = make(&state, &facilitator, &new).await?;
    Ok(see(&format!("/studio/events/{}", event.id)))
}

/// `GET /studio/events/{event}`
pub async fn studio(
    state: Data<State>,
    language: Language,
    request: HttpRequest,
    id: Path<EventId>,
) -> Result<HttpResponse, Failure> {
    let facilitator = match facilitator(&state, language.0, &request).await {
        Ok(facilitator) => facilitator,
        Err(answer) => return answer,
    };
    match facilitator.event(state.store(), *id).await {
        Ok(event) if event.kind == EventKind::RoomTest => return Ok(see(&room_tests::board_path(*id))),
        Ok(_) => {}
        Err(failure) if failure.status == StatusCode::NOT_FOUND => return message(language.0, What::NoEvent),
        Err(failure) => return Err(failure),
    }
    let Some(room) = state.hub.room(*id).await? else { return message(language.0, What::NoEvent) };
    let stage = view::stage(&room.state(), Audience::Studio);
    let join_base = format!("{}/e/", Outside::of(&request).base(&state));
    html(StatusCode::OK, &StudioPage::new(language.0, &stage, &join_base))
}
