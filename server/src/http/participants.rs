//! The participant's pages: the first page, the phone, and its forms, which work without script.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use parterre_domain::{
    Refusal,
    event::{Event, EventKind, JoinCode},
};
use parterre_live::{
    me::me,
    submit::{SentAnswer, Submission},
    sync, view,
};
use parterre_protocol::{
    ActivityId, CommandId, Outcome, PostCommand, PromptVersion, RefusalCode,
    posts::ActivityRound,
    topics::{Audience, EventState, Stage},
};
use parterre_system::random;
use serde::Deserialize;

use super::{
    api::join::attempt,
    auth,
    codes::find as find_event,
    errors::Failure,
    forms::Form,
    kinds::{AnswerForm, Unreadable},
    language::Language,
    origin::Outside,
    pages::{
        landing::{CodeTrouble, LandingPage},
        message::ErrorPage,
        phone::{JoinTrouble, Mine, PhonePage, Queued},
        script::Versioned,
    },
    recognise::participant,
    reply::{after_code, busy, html, join_first, message, see, unknown_code},
    room_tests,
    unsent::Unsent,
};
use crate::{
    app::{
        self,
        codes::CodeError,
        join::{Arrival, JoinError},
    },
    i18n::Locale,
    state::AppState,
};

/// The query of a phone's page after joining by its form.
const JOINED: &str = "joined";

/// `GET /`
pub async fn landing(state: Data<AppState>, language: Language) -> Result<HttpResponse, Failure> {
    html(StatusCode::OK, &LandingPage::new(language.0).with_test(state.config.netcheck.is_on()))
}

/// The code that was typed.
#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    code: String,
}

/// `GET /join?code=…`: leads to the event with this code.
pub async fn find(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    typed: Query<Typed>,
) -> Result<HttpResponse, Failure> {
    if JoinCode::parse(&typed.code).is_err() {
        let page = after_code(&state, language.0, &typed.code, CodeTrouble::Malformed);
        return Ok(Failure::unknown_event().beside(html(StatusCode::NOT_FOUND, &page)?));
    }
    match find_event(&state, &request, &typed.code).await {
        Ok(event) => Ok(see(&format!("/e/{}", event.code))),
        Err(error) => unknown_code(&state, language.0, &typed.code, error),
    }
}

/// `GET /e/{code}`
pub async fn phone(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    code: Path<String>,
) -> Result<HttpResponse, Failure> {
    match find_event(&state, &request, &code).await {
        Ok(event) if event.kind == EventKind::RoomTest => room_tests::phone(&state, language.0, &request, &event).await,
        // Participants land here after joining: with their cookie, unless the browser does not
        // accept it.
        Ok(event) if request.query_string() == JOINED => {
            match auth::device(&state.devices, request.headers(), &Outside::of(&request)) {
                Some(_) => Ok(see(&format!("/e/{}", event.code))),
                None => {
                    let trouble = Some(Trouble::Join(JoinTrouble::Cookies));
                    let page = show(&state, language.0, &request, &event, trouble).await?;
                    Ok(Failure::unauthorised("Send the cookie that was set on joining.").beside(page))
                }
            }
        }
        Ok(event) => show(&state, language.0, &request, &event, None).await,
        Err(error) => unknown_code(&state, language.0, &code, error),
    }
}

/// What a form of the page could not do.
enum Trouble {
    Join(JoinTrouble),
    /// With the form that sent it.
    Answer(Unsent, Vec<(String, String)>),
}

async fn show(
    state: &AppState,
    t: Locale,
    request: &HttpRequest,
    event: &Event,
    trouble: Option<Trouble>,
) -> Result<HttpResponse, Failure> {
    let Some(room) = state.hub.rooms.open(event.id).await? else { return message(t, ErrorPage::NoEvent) };
    // Where it takes too long, there is still something to show.
    sync::catch_up_to(&room, event.rev).await;
    let held = room.state();
    let rev = held.event.rev;
    let stage: Stage = view::stage(&held, Audience::Phone);
    let stage = Versioned { rev, data: &stage };
    let status = if trouble.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let has_test = state.config.netcheck.is_on();
    let Some(known) = participant(state, request, event).await? else {
        let trouble = trouble.and_then(|trouble| match trouble {
            Trouble::Join(trouble) => Some(trouble),
            Trouble::Answer(..) => None,
        });
        return html(status, &PhonePage::joining(t, stage, trouble).with_test(has_test));
    };
    let questions = room.questions();
    let (me_rev, me) = me(&known, &room);
    let mine = Mine {
        me: Versioned { rev: me_rev, data: &me },
        results: Versioned { rev, data: held.results(Audience::Phone) },
        posts: Versioned { rev: questions.rev, data: questions.for_phones() },
    };
    let (unsent, sent) = match trouble {
        Some(Trouble::Answer(unsent, sent)) => (Some(unsent), sent),
        Some(Trouble::Join(_)) | None => (None, Vec::new()),
    };
    let cid = CommandId::new(random::opaque_id());
    let page = PhonePage::new(t, cid, stage, mine, unsent, AnswerForm(&sent)).with_test(has_test);
    let mut response = html(status, &page)?;
    if let Some(seconds) = unsent.and_then(Unsent::retry_after) {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// The form to join.
#[derive(Debug, Deserialize)]
pub struct JoinForm {
    name: Option<String>,
}

/// `GET /e/{code}/join`: leads to the page with the form. Asking for a page joins nobody.
pub async fn back(code: Path<String>) -> HttpResponse {
    match JoinCode::parse(&code) {
        Ok(code) => see(&format!("/e/{code}")),
        Err(_) => see("/"),
    }
}

/// `POST /e/{code}/join`
pub async fn join(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    typed: Path<String>,
    form: Form<JoinForm>,
) -> Result<HttpResponse, Failure> {
    let (t, name) = (language.0, form.name.as_deref());
    let Ok(code) = JoinCode::parse(&typed) else { return unknown_code(&state, t, &typed, CodeError::Unknown) };
    let error = match app::join::join(&state, attempt(&state, &request, code.clone(), name)).await {
        Ok(Arrival { event, token, .. }) => {
            let mut response = see(&format!("/e/{}?{JOINED}", event.code));
            let cookie = auth::device_cookie(&token, Outside::of(&request).is_secure());
            response.add_cookie(&cookie).expect("a token is a valid cookie");
            return Ok(response);
        }
        Err(JoinError::Code(error)) => return unknown_code(&state, t, &typed, error),
        Err(JoinError::Store(error)) if !error.is_retryable() => return Err(error.into()),
        Err(JoinError::Queued { wait, token }) => return stand_in_line(&state, t, &code, name, (wait, token)),
        Err(error) => error,
    };
    let trouble = JoinTrouble::of(&error).map(Trouble::Join);
    match find_event(&state, &request, &typed).await {
        Ok(event) => Ok(Failure::from(error).beside(show(&state, t, &request, &event, trouble).await?)),
        Err(error) => unknown_code(&state, t, &typed, error),
    }
}

/// The page for a client that must retry after this time, from memory: with what was typed, and
/// with the token that the form sends then.
fn stand_in_line(
    state: &AppState,
    t: Locale,
    code: &JoinCode,
    name: Option<&str>,
    (wait, token): (Duration, String),
) -> Result<HttpResponse, Failure> {
    let failure = Failure::from(JoinError::Queued { wait, token: token.clone() });
    let (Some(room), Some(seconds)) = (state.hub.rooms.by_code(code), failure.retry_after()) else {
        return Err(failure);
    };
    let held = room.state();
    let stage: Stage = view::stage(&held, Audience::Phone);
    let line = Queued { name: name.unwrap_or_default(), retry: &token };
    let page = PhonePage::queued(t, Versioned { rev: held.event.rev, data: &stage }, seconds, line);
    let mut response = html(failure.status, &page.with_test(state.config.netcheck.is_on()))?;
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    Ok(failure.beside(response))
}

/// `POST /e/{code}/respond`: an answer as a form, for pages without script.
pub async fn respond(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    code: Path<String>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let event = match find_event(&state, &request, &code).await {
        Ok(event) => event,
        Err(error) => return unknown_code(&state, language.0, &code, error),
    };
    let here = format!("/e/{}", event.code);
    let Some(known) = participant(&state, &request, &event).await? else {
        return Ok(join_first().beside(see(&here)));
    };
    let Some(room) = state.hub.rooms.open(event.id).await? else { return message(language.0, ErrorPage::NoEvent) };
    let cid = field::<CommandId>(&form, "cid");
    let unsent = async |why: Unsent, failure: Failure| {
        let trouble = Trouble::Answer(why, form.to_vec());
        let page = show(&state, language.0, &request, &event, Some(trouble)).await?;
        Ok(failure.of_command(cid).beside(page))
    };
    if let Err(wait) = state.hub.allow(&room, known.id.uuid()) {
        return unsent(Unsent::TooSoon(wait), Failure::too_soon(wait)).await;
    }
    if let Some(problem) = AnswerForm(&form).too_long()
        && let Some(too_long) = Unsent::too_long(&problem)
    {
        return unsent(too_long, problem.into()).await;
    }
    let outcome = match read(&form, known.name.as_deref()) {
        Ok((cid, sent)) => {
            let submission = Submission::of_request(&state.hub, &room, known.id, cid);
            match sent {
                Sent::Answer(answer) => submission.answer(answer).await,
                Sent::Post(post) => submission.post(known.name, post).await,
            }
        }
        // Of a page that was left open the end is the better reason.
        Err(_) if event.state != EventState::Live => Refusal::new(RefusalCode::Closed, "The event is not live.").into(),
        Err(lacking) => Refusal::new(RefusalCode::Invalid, lacking.to_string()).into(),
    };
    match outcome {
        Outcome::Stored { .. } => Ok(see(&here)),
        Outcome::Refused { code, message } => unsent(Unsent::Refused(code), Refusal::new(code, message).into()).await,
        Outcome::Later { retry_ms } => busy(language.0, retry_ms, cid),
    }
}

/// A field of a form, if it is there and can be read.
fn field<T: std::str::FromStr>(fields: &[(String, String)], name: &str) -> Option<T> {
    fields.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok())
}

/// What a form sends.
enum Sent {
    Answer(SentAnswer),
    Post(PostCommand),
}

/// What the form sends, as the command of this id; or what it lacks.
fn read(fields: &[(String, String)], own_name: Option<&str>) -> Result<(CommandId, Sent), Unreadable> {
    let cid: CommandId = field(fields, "cid").ok_or(Unreadable("cid"))?;
    let activity: ActivityId = field(fields, "activity").ok_or(Unreadable("activity"))?;
    let round: u32 = field(fields, "round").ok_or(Unreadable("round"))?;
    if let Some(post) = AnswerForm(fields).post(ActivityRound { activity, round }, own_name) {
        return Ok((cid, Sent::Post(post)));
    }
    let names_version = fields.iter().any(|(name, _)| name == "version");
    let version = match field::<PromptVersion>(fields, "version") {
        None if names_version => return Err(Unreadable("version")),
        version => version.unwrap_or_default(),
    };
    let answer = AnswerForm(fields).answer()?;
    Ok((cid, Sent::Answer(SentAnswer { activity, round, version, answer })))
}
