//! The network test: what the server mounts for whoever asks whether an event will work in some
//! rooms.
//!
//! Open to all, since a venue's IT desk has no account. So everything has its bounds, for all tests
//! together and never by address alone: a venue is one address.

pub mod channel;
mod doors;
pub mod looks;
pub mod pages;
pub mod reports;
pub mod settings;
pub mod token;
pub mod transfer;
pub mod waits;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, Version, header},
    web::{Data, Json},
};
use netcheck_rules::{Measures, ObservedHttp, Participant, Plan, Sizes};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use self::doors::SwitchedOn;
use super::{api::join, errors::Failure, origin::Outside};
use crate::{config::TlsMode, origin::Origin, state::AppState};

/// For how many participants, if nothing else is said.
pub const PARTICIPANTS: u32 = 500;
/// More than any room holds.
const MOST_PARTICIPANTS: u32 = 1_000_000;
/// How much of everything. The quick part takes some 20 seconds with it, and 3 MB.
const SIZES: Sizes = Sizes {
    messages: 200,
    message_every_ms: 20,
    large_bytes: channel::MESSAGE_BYTES as u32,
    burst_frames: 200,
    burst_bytes: 1_000,
    events: 10,
    event_every_ms: 200,
    poll_ms: 3_000,
    download_bytes: 2_000_000,
    upload_bytes: 500_000,
};
/// The same for a phone of a room test, which is one of many at the same time: some five seconds,
/// and 0.4 MB.
const ROOM_SIZES: Sizes = Sizes {
    messages: 60,
    // Unlike every other size, or two messages would be the same.
    large_bytes: 32_768,
    burst_frames: 50,
    events: 5,
    poll_ms: 1_000,
    download_bytes: 200_000,
    upload_bytes: 50_000,
    ..SIZES
};
/// What a phone's first visit costs at most; a test of the pages holds it.
const ARRIVE_BYTES: u32 = 25_000;
/// What a phone gets in a second while the room votes and asks, until this server has measured it.
/// In a minute in which a room of 5,000 asked 2,000 questions and gave 50,000 votes, a phone got 44
/// KB, which is 730.
const LIVE_BYTES_S: u32 = 800;
/// An answer with its receipt and the packets that carry them.
const ANSWER_BYTES: u32 = 1_500;
/// Header fields that only those write who pass requests on.
const PROXIES: [&str; 8] = [
    "via",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "x-bluecoat-via",
    "proxy-connection",
];
/// How much of one is told.
const FIELD_CHARS: usize = 200;
/// By this our answers are told from those of somebody else.
const OURS: (&str, &str) = ("Parterre-Netcheck", "1");

/// The test plan for a client that requested it at this address.
pub fn plan_for(state: &AppState, request: &HttpRequest) -> Plan {
    let outside = Outside::of(request);
    let base = outside.base(state);
    let settings = &state.config;
    let busiest = state.hub.traffic.busiest();
    Plan {
        host: base.host_in_address(),
        port: base.port(),
        this_machine: outside.asked().is_some_and(Origin::is_this_machine),
        phones_at: state.unreachable(&base).is_none().then(|| base.to_string()),
        addresses: state.tests.name.known(),
        secure: base.is_secure(),
        own_tls: settings.tls.mode != TlsMode::Off,
        certificate: state.certificate.as_ref().map(|certificate| certificate.fingerprint()),
        ping_ms: u32::try_from(settings.live.ping.as_millis()).unwrap_or(u32::MAX),
        silence_s: settings.netcheck.silence_s.clone(),
        phones: settings.netcheck.phones,
        sizes: SIZES,
        participant: Participant {
            arrive_bytes: ARRIVE_BYTES,
            live_bytes_s: busiest.unwrap_or(LIVE_BYTES_S),
            answer_bytes: ANSWER_BYTES,
            measured: busiest.is_some(),
        },
    }
}

/// What a phone of a room test is to try: nothing that takes long.
pub fn room_plan(state: &AppState, request: &HttpRequest) -> Plan {
    // Someone trying out a room test has joined it by its code, wherever they are.
    Plan { sizes: ROOM_SIZES, silence_s: Vec::new(), this_machine: false, ..plan_for(state, request) }
}

/// `GET /api/v1/netcheck/plan`
pub async fn plan(_: SwitchedOn, state: Data<AppState>, request: HttpRequest) -> HttpResponse {
    state.tests.name.look_up(&state.config).await;
    ours(&plan_for(&state, &request))
}

/// `GET /api/v1/netcheck/channel` without an upgrade.
pub async fn upgrade_required(_: SwitchedOn) -> HttpResponse {
    join::upgrade_required().await
}

/// What the server sees of a request.
#[derive(Debug, Serialize)]
struct SeenNow {
    #[serde(flatten)]
    seen: ObservedHttp,
    /// The server's time.
    now: i64,
}

/// `GET /api/v1/netcheck/seen`
pub async fn seen(_: SwitchedOn, state: Data<AppState>, request: HttpRequest) -> HttpResponse {
    ours(&SeenNow { seen: seen_in(&state, &request), now: state.clock().now() })
}

/// What the server sees of a request.
pub fn seen_in(state: &AppState, request: &HttpRequest) -> ObservedHttp {
    let field = |name: &str| {
        let value = request.headers().get(name)?.to_str().ok()?;
        Some((name.to_owned(), value.chars().take(FIELD_CHARS).collect()))
    };
    let version = match request.version() {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/1.1",
    };
    ObservedHttp {
        protocol: String::new(),
        version: version.to_owned(),
        address: Outside::of(request).client().map(|address| address.to_string()).unwrap_or_default(),
        trusted: request.peer_addr().is_some_and(|peer| state.config.proxies.has(peer.ip())),
        proxies: PROXIES.into_iter().filter_map(field).collect(),
        closes: false,
    }
}

/// What somebody wants to have judged.
#[derive(Debug, Deserialize)]
pub struct Judge {
    #[serde(default)]
    participants: Option<u32>,
    measures: Measures,
}

impl Judge {
    fn participants(&self) -> Result<u32, Failure> {
        let participants = self.participants.unwrap_or(PARTICIPANTS);
        if (1..=MOST_PARTICIPANTS).contains(&participants) {
            return Ok(participants);
        }
        let message = format!("The number of participants must be from 1 to {MOST_PARTICIPANTS}.");
        Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "out_of_range", message))
    }
}

/// `POST /api/v1/netcheck/judge`: what measures mean.
pub async fn judge(
    _: SwitchedOn,
    state: Data<AppState>,
    request: HttpRequest,
    body: Json<Judge>,
) -> Result<HttpResponse, Failure> {
    let participants = body.participants()?;
    Ok(ours(&netcheck_rules::judge(&plan_for(&state, &request), &body.measures, participants)))
}

/// JSON of which whoever asked can tell that it is ours.
fn ours(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header(OURS).json(body)
}

/// Answers that are to come as they are: neither compressed, nor gathered by those who pass them
/// on, nor kept.
fn as_it_is(response: &mut actix_web::HttpResponseBuilder) -> &mut actix_web::HttpResponseBuilder {
    response
        .insert_header(OURS)
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header((header::CACHE_CONTROL, "no-store, no-transform"))
        .insert_header(("X-Accel-Buffering", "no"))
}

/// Too many tests just now.
fn busy() -> Failure {
    Failure::busy("The server is running as many network tests as it allows. Try again in a minute.", 20)
}

fn out_of_bounds(what: &str, most: u32) -> Failure {
    let message = format!("{what} must be from 1 to {most}.");
    Failure {
        args: json!({"max": most}).as_object().cloned().unwrap_or_default(),
        ..Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "out_of_range", message)
    }
}
