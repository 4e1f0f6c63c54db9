//! The big screen and the join code's picture.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use parterre_domain::event::EventKind;
use parterre_live::view;
use parterre_protocol::topics::Audience;
use serde::Deserialize;

use super::{
    auth::Facilitator,
    codes::find,
    errors::Failure,
    language::Language,
    middleware::POLICY,
    origin::Outside,
    pages::{
        message::ErrorPage,
        screen::{ScreenPage, ScreenTopics},
        script::Versioned,
    },
    paths, qr,
    reply::{html, message, see, unknown_code},
};
use crate::state::AppState;

/// What the address of a screen may say.
#[derive(Debug, Deserialize)]
pub struct ScreenQuery {
    theme: Option<String>,
}

/// `GET /e/{code}/screen`
pub async fn screen(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    code: Path<String>,
    look: Query<ScreenQuery>,
) -> Result<HttpResponse, Failure> {
    let event = match find(&state, &request, &code).await {
        Ok(event) => event,
        Err(error) => return unknown_code(&state, language.0, &code, error),
    };
    if event.kind == EventKind::RoomTest {
        return Ok(see(&paths::board(event.id)));
    }
    let Some(room) = state.hub.rooms.open(event.id).await? else { return message(language.0, ErrorPage::NoEvent) };
    let held = room.state();
    let stage = view::stage(&held, Audience::Screen);
    let questions = room.questions();
    let presence = room.presence(held.joined, &state.hub.context);
    let rev = held.event.rev;
    let shown = ScreenTopics {
        stage: Versioned { rev, data: &stage },
        results: Versioned { rev, data: held.results(Audience::Screen) },
        posts: Versioned { rev: questions.rev, data: questions.for_screens() },
        presence: Versioned { rev: 0, data: &presence },
    };
    let controls = can_control(&state, &request, &event).await;
    let host = Outside::of(&request).base(&state).typed();
    let light = look.theme.as_deref() == Some("light");
    let mut response = html(StatusCode::OK, &ScreenPage::new(language.0, shown, &host, light, controls))?;
    allow_own_frames(&mut response);
    Ok(response)
}

/// The studio shows the screen in a frame; no other page of this server is shown in one.
fn allow_own_frames(response: &mut HttpResponse) {
    let policy = POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'");
    let policy = policy.parse().expect("a policy is plain text");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
}

async fn can_control(state: &AppState, request: &HttpRequest, event: &parterre_domain::event::Event) -> bool {
    let facilitator = Facilitator::from_headers(state, request.headers(), &Outside::of(request)).await;
    facilitator.is_ok_and(|facilitator| facilitator.0.workspace == event.workspace)
}

/// `GET /e/{code}/qr.svg`: the address of the phone's page as a QR code.
pub async fn join_code(
    state: Data<AppState>,
    request: HttpRequest,
    code: Path<String>,
) -> Result<HttpResponse, Failure> {
    let event = find(&state, &request, &code).await?;
    let address = format!("{}/e/{}", Outside::of(&request).base(&state), event.code);
    let picture = qr::svg(&address)?;
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(picture.to_string()))
}
