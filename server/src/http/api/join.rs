//! `POST /api/v1/join`: a phone becomes a participant.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Json},
};
use parterre_domain::event::JoinCode;
use parterre_protocol::join::{JoinRequest, Joined};

use crate::{
    app::{
        codes::CodeError,
        join::{self, Arrival, JoinAttempt, JoinError},
    },
    http::{auth, errors::Failure, origin::Outside, paths},
    state::AppState,
};

/// `POST /api/v1/join`
pub async fn join(
    state: Data<AppState>,
    request: HttpRequest,
    body: Json<JoinRequest>,
) -> Result<HttpResponse, Failure> {
    let code = JoinCode::parse(&body.code).map_err(|_| CodeError::Unknown)?;
    let attempt = attempt(&state, &request, code, body.name.as_deref());
    let Arrival { event, token, participant } = join::join(&state, attempt).await?;
    // A page has its cookie, which no script can read; programs, which send no origin, keep the
    // token themselves.
    let is_page = request.headers().contains_key(header::ORIGIN);
    let returned = (!is_page).then(|| token.as_str().to_owned());
    let joined = Joined { event: event.public(), participant, token: returned, live: paths::live(event.id, None) };
    Ok(HttpResponse::Ok().cookie(auth::device_cookie(&token, Outside::of(&request).is_secure())).json(joined))
}

/// The attempt to join that a request makes. A client that was told when to come shows it in the
/// address.
pub fn attempt<'a>(
    state: &AppState,
    request: &'a HttpRequest,
    code: JoinCode,
    name: Option<&'a str>,
) -> JoinAttempt<'a> {
    let outside = Outside::of(request);
    let retry = request.query_string().split('&').find_map(|field| field.strip_prefix("retry="));
    let device = auth::device(&state.devices, request.headers(), &outside);
    JoinAttempt { code, name, device, network: outside.network(), retry }
}

impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        let of_name = |code, message: &str| Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message);
        match error {
            JoinError::Code(error) => error.into(),
            JoinError::Ended => Self::new(StatusCode::CONFLICT, "ended", "This event has ended."),
            JoinError::NameNeeded => of_name("name_needed", "This event asks for a name."),
            JoinError::NameInvalid(problem) => Self { code: "name_invalid", ..problem.into() },
            JoinError::NameFlagged => {
                of_name("name_flagged", "This event's word filter does not allow this name. Choose another.")
            }
            JoinError::Queued { wait, token } => {
                let failure = Self::later("Many people are joining right now. Try again in a moment.", wait);
                Self { code: "queued", retry_token: Some(token.into()), ..failure }
            }
            JoinError::TooManyNames { wait } => {
                let message = "Too many people are joining from this network right now. Try again in a moment.";
                Self::later(message, wait)
            }
            JoinError::NotStored => Self::busy("The server cannot admit anyone right now. Try again in a moment.", 2),
            JoinError::Store(error) => error.into(),
        }
    }
}

/// `GET /api/v1/live` without an upgrade.
pub async fn upgrade_required() -> HttpResponse {
    let failure = Failure::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", "Connect by WebSocket, version 13.");
    HttpResponse::build(failure.status).insert_header((header::UPGRADE, "websocket")).json(failure.body())
}
