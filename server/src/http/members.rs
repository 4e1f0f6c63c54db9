//! The members' pages: set-up, signing in, events, the studio.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Payload, Query},
};
use parterre_domain::{
    Problem,
    event::EventKind,
    ids::{MemberId, WorkspaceId},
    member::{Email, Member, NewPassword, Role},
    text,
};
use parterre_live::view;
use parterre_protocol::{EventId, topics::Audience};
use parterre_system::random;
use serde::Deserialize;

use super::{
    api::archive,
    auth::{self, Facilitator},
    errors::Failure,
    facilitator_pages::facilitator,
    forms::Form,
    language::Language,
    origin::Outside,
    pages::{
        address::AddressNotes,
        events::{DeletedRow, EventRow, EventsPage},
        login::{LoginPage, LoginRefusal},
        message::ErrorPage,
        setup::SetupPage,
        studio::StudioPage,
    },
    paths,
    reply::{html, message, see},
    sessions,
    signin::{self, Guessed},
};
use crate::{
    app::{
        self,
        events::{CreateError, NewEvent},
    },
    i18n::Locale,
    security_log::Happening,
    state::AppState,
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
pub async fn setup(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    link: Query<SetupLink>,
) -> Result<HttpResponse, Failure> {
    match setup_trouble(&state, &link.key).await? {
        Some(what) => message(language.0, what),
        None => {
            let notes = notes(&state, language.0, &request, "/setup");
            html(StatusCode::OK, &SetupPage::new(language.0, &link.key).with_address(notes))
        }
    }
}

async fn setup_trouble(state: &AppState, key: &str) -> Result<Option<ErrorPage>, Failure> {
    if state.store().has_owner().await? {
        return Ok(Some(ErrorPage::AlreadySetUp));
    }
    Ok((!state.store().is_setup_key(key, state.clock().now()).await?).then_some(ErrorPage::WrongSetupLink))
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
    state: Data<AppState>,
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
            return Ok(Failure::from(problem).beside(html(StatusCode::UNPROCESSABLE_ENTITY, &page)?));
        }
    };
    let hash = signin::hash(&state, &auth::link_hash(&form.key), password).await?;
    let now = state.clock().now();
    if !state.store().create_owner(member.workspace, FIRST_WORKSPACE, &member, &hash, now).await? {
        return message(language.0, ErrorPage::AlreadySetUp);
    }
    sessions::note(&state, &request, Happening::AccountCreated, Some(member.id));
    signed_in(&state, &request, &member, &hash).await
}

fn checked(state: &AppState, form: &Owner) -> Result<(Member, NewPassword), Problem> {
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

async fn signed_in(
    state: &AppState,
    request: &HttpRequest,
    member: &Member,
    password_hash: &str,
) -> Result<HttpResponse, Failure> {
    let mut response = see("/studio");
    sessions::begin(state, request, member, password_hash, &mut response).await?;
    Ok(response)
}

/// `GET /login`
pub async fn login(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    comes: Query<Comes>,
) -> Result<HttpResponse, Failure> {
    let page = LoginPage::new(language.0).with_address(notes(&state, language.0, &request, "/login"));
    if comes.cookie == "lost" {
        return html(StatusCode::OK, &page.refused("", LoginRefusal::CookieLost));
    }
    html(StatusCode::OK, &page)
}

/// The warning about the server's address on this page.
fn notes(state: &AppState, t: Locale, request: &HttpRequest, path: &str) -> AddressNotes {
    AddressNotes::new(t, state, &Outside::of(request), path)
}

/// From where somebody comes to sign in.
#[derive(Debug, Deserialize)]
pub struct Comes {
    /// `lost` where they have just signed in and the browser did not keep it.
    #[serde(default)]
    cookie: String,
}

/// The form to sign in.
#[derive(Deserialize)]
pub struct Credentials {
    email: String,
    password: String,
}

/// `POST /login`
pub async fn sign_in(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    form: Form<Credentials>,
) -> Result<HttpResponse, Failure> {
    let guessed = signin::sign_in(&state, &request, &form.email, &form.password).await?;
    let (happened, member) = match &guessed {
        Guessed::Right(found) => (Happening::SignedIn, Some(found.0.id)),
        Guessed::Wrong => (Happening::SignInFailed, None),
        Guessed::Slow { .. } => (Happening::SignInSlowed, None),
    };
    sessions::note(&state, &request, happened, member);
    let refused = |refusal| LoginPage::new(language.0).refused(&form.email, refusal);
    match guessed {
        Guessed::Right(found) => signed_in(&state, &request, &found.0, &found.1).await,
        Guessed::Wrong => {
            let page = html(StatusCode::UNAUTHORIZED, &refused(LoginRefusal::Wrong))?;
            let message = "Wrong email address or password.";
            Ok(Failure::new(StatusCode::UNAUTHORIZED, "wrong_password", message).beside(page))
        }
        Guessed::Slow { seconds, ticket } => {
            let mut response = html(StatusCode::TOO_MANY_REQUESTS, &refused(LoginRefusal::Slow { seconds }))?;
            if let Some(ticket) = ticket {
                sessions::set(&mut response, &auth::waiting_cookie(ticket, Outside::of(&request).is_secure()));
            }
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            Ok(signin::slowed(seconds).beside(response))
        }
    }
}

/// `POST /logout`
pub async fn sign_out(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    if let Some(member) = sessions::end_own(&state, &request).await? {
        sessions::note(&state, &request, Happening::SignedOut, Some(member));
    }
    let mut response = see("/login");
    sessions::set(&mut response, &auth::no_session_cookie(Outside::of(&request).is_secure()));
    Ok(response)
}

/// `GET /studio`
pub async fn events(state: Data<AppState>, language: Language, request: HttpRequest) -> Result<HttpResponse, Failure> {
    match facilitator(&state, language.0, &request).await {
        Ok(facilitator) => html(StatusCode::OK, &events_page(&state, language.0, &request, &facilitator).await?),
        Err(answer) => answer,
    }
}

async fn events_page(
    state: &AppState,
    t: Locale,
    request: &HttpRequest,
    Facilitator(member): &Facilitator,
) -> Result<EventsPage, Failure> {
    let events = state.store().events(member.workspace).await?;
    let rows = events.into_iter().map(|listing| EventRow {
        event: listing.event.public(),
        activities: listing.activities.into(),
        participants: listing.participants.into(),
        created_at: listing.event.created_at,
    });
    let deleted = state.store().deleted_events(member.workspace).await?;
    let deleted = deleted.into_iter().map(|(id, name, at)| DeletedRow { id, name, at }).collect();
    let days = state.config.retention.deleted_days.get();
    let failed = state.store().failed_sign_ins(member.id).await?;
    let page = EventsPage::new(t, &member.name, rows.collect())
        .failed_sign_ins(failed)
        .with_deleted(deleted, days)
        .with_tests(state.config.netcheck.is_on())
        .with_join_base(format!("{}/e/", Outside::of(request).base(state)));
    Ok(page.with_address(notes(state, t, request, "/studio")))
}

/// The form for a new event.
#[derive(Debug, Deserialize)]
pub struct EventForm {
    name: String,
    #[serde(default)]
    language: String,
}

/// `POST /studio/events`
pub async fn create_event(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    form: Form<EventForm>,
) -> Result<HttpResponse, Failure> {
    let facilitator = match facilitator(&state, language.0, &request).await {
        Ok(facilitator) => facilitator,
        Err(answer) => return answer,
    };
    let new = NewEvent { name: &form.name, code: None, names: false, language: &form.language };
    match app::events::create(&state, facilitator.0.workspace, new).await {
        Ok(event) => Ok(see(&format!("/studio/events/{}", event.id))),
        Err(CreateError::Invalid(problem)) => {
            let page = events_page(&state, language.0, &request, &facilitator).await?.refused(&form.name, &problem);
            Ok(Failure::from(problem).beside(html(StatusCode::UNPROCESSABLE_ENTITY, &page)?))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /studio/events/import`: an archive, as the file of a form.
pub async fn import_event(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Failure> {
    let t = language.0;
    let facilitator = match facilitator(&state, t, &request).await {
        Ok(facilitator) => facilitator,
        Err(answer) => return answer,
    };
    match archive::imported(&state, &request, payload, facilitator.0.workspace, false).await {
        Ok(event) => Ok(see(&format!("/studio/events/{}", event.id))),
        Err(failure) if failure.status == StatusCode::INTERNAL_SERVER_ERROR => Err(failure),
        Err(failure) => {
            let page = events_page(&state, t, &request, &facilitator).await?.not_imported(&failure);
            Ok(failure.clone().beside(html(failure.status, &page)?))
        }
    }
}

/// `GET /studio/events/{event}`
pub async fn studio(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    id: Path<EventId>,
) -> Result<HttpResponse, Failure> {
    let facilitator = match facilitator(&state, language.0, &request).await {
        Ok(facilitator) => facilitator,
        Err(answer) => return answer,
    };
    match facilitator.event(state.store(), *id).await {
        Ok(event) if event.kind == EventKind::RoomTest => return Ok(see(&paths::board(*id))),
        Ok(_) => {}
        Err(failure) if failure.status == StatusCode::NOT_FOUND => return message(language.0, ErrorPage::NoEvent),
        Err(failure) => return Err(failure),
    }
    let Some(room) = state.hub.rooms.open(*id).await? else { return message(language.0, ErrorPage::NoEvent) };
    let stage = view::stage(&room.state(), Audience::Studio);
    let join_base = format!("{}/e/", Outside::of(&request).base(&state));
    let notes = notes(&state, language.0, &request, request.path());
    let page = StudioPage::new(language.0, &stage, &join_base).with_address(notes);
    html(StatusCode::OK, &page.with_test(state.config.netcheck.is_on()))
}
