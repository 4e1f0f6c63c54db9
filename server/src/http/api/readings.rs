//! `POST /api/v1/events/{event}/readings`: what a phone found out about the network of a room test.
//!
//! A reading is a command: it has the phone's `cid`, is committed with the answers of all others,
//! and is stored once. The verdict is the server's, from what was measured and from where the
//! request came.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Json, Path},
};
use netcheck_rules::{Cookies, Finding, Judgement, Measurement, Measures, ObservedHttp};
use parterre_domain::{Refusal, event::EventKind, network, text};
use parterre_live::{room::Room, submit::Submission};
use parterre_protocol::{
    Answer, CommandId, EventId, Outcome, ParticipantId, Reading, Readings, RefusalCode, Settings,
    kinds::readings::{Figure, NetworkKind, ReadingFinding, Verdict},
    limits::PLACE_CHARS,
};
use parterre_store::NewResponse;
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{
        auth,
        errors::Failure,
        netcheck::{SwitchedOn, room_plan, seen_in},
        origin::Outside,
    },
    state::AppState,
};

/// One phone answers for itself alone, not for a room on its line.
const PARTICIPANTS: u32 = 1;
/// How much of a text that a client gave is kept among the figures.
const FIGURE_CHARS: usize = 120;
/// The longest name of an HTTP version.
const PROTOCOL_CHARS: usize = 20;
/// Longer delays are reported as this one.
const LONGEST_DELAY_MS: f64 = 600_000.0;

/// A reading as the phone sends it.
#[derive(Debug, Deserialize)]
pub struct NewReading {
    cid: CommandId,
    #[serde(default)]
    place: String,
    #[serde(default)]
    link: NetworkKind,
    measures: Measures,
}

/// `POST /api/v1/events/{event}/readings`
pub async fn create(
    _: SwitchedOn,
    state: Data<AppState>,
    request: HttpRequest,
    event: Path<EventId>,
    body: Json<NewReading>,
) -> Result<HttpResponse, Failure> {
    let NewReading { cid, place, link, measures } = body.into_inner();
    let phone = phone(&state, &request, *event)?;
    let room = state.hub.rooms.open(*event).await?.ok_or_else(Failure::unknown_event)?;
    let submission = Submission::of_request(&state.hub, &room, phone, cid);
    if let Err(wait) = submission.admit() {
        return Err(Failure::later("Too many readings at once. Send this one again later.", wait));
    }
    if room.state().event.kind != EventKind::RoomTest {
        return Err(Failure::new(StatusCode::CONFLICT, "wrong_kind", "This event is not a room test."));
    }
    let place = text::seen_line("place", &place, PLACE_CHARS)?;
    let judgement =
        netcheck_rules::judge(&room_plan(&state, &request), &believed(&state, &request, &measures), PARTICIPANTS);
    let network = Outside::of(&request).client().map(network::of).unwrap_or_default();
    let verdict = verdict(judgement.summary.take_part.verdict);
    let found = worst(&judgement).filter(|_| verdict != Verdict::Success).map(found);
    let delay_ms = slow_delay(&measures);
    let reading = Reading { place, network, link, verdict, found, delay_ms, at: state.clock().now() };
    let sent = reading.clone();
    match submission.made_answer(move |room| command(room, phone, cid, &sent)).await {
        Outcome::Stored { at } => {
            let receipt = json!({"t": "receipt", "cid": cid, "status": "stored", "at": at});
            let answer = json!({"receipt": receipt, "reading": reading, "judgement": judgement});
            Ok(HttpResponse::Created().json(answer))
        }
        Outcome::Refused { code, message } => Err(Refusal::new(code, message).into()),
        Outcome::Later { retry_ms } => {
            let message = "The server cannot store this right now. Send it again in a moment.";
            Err(Failure::later(message, std::time::Duration::from_millis(retry_ms.into())))
        }
    }
}

/// The participant whose device this is.
fn phone(state: &AppState, request: &HttpRequest, event: EventId) -> Result<ParticipantId, Failure> {
    let join_first = || Failure::unauthorised("Join the room test first.");
    // A room test asks for no names, so nothing needs to be stored of who takes part.
    let token = auth::device(&state.devices, request.headers(), &Outside::of(request)).ok_or_else(join_first)?;
    Ok(token.participant(event))
}

/// The measures, with what the server sees itself in place of what the phone says that it saw.
fn believed(state: &AppState, request: &HttpRequest, measures: &Measures) -> Measures {
    let mut measures = measures.clone();
    if let Some(Measurement::Figures(seen)) = &mut measures.seen {
        let protocol = seen.protocol.chars().take(PROTOCOL_CHARS).collect();
        *seen = ObservedHttp { protocol, ..seen_in(state, request) };
    }
    // Who hands a reading in was known again, by the cookie or by a token.
    measures.cookies = Some(Measurement::Figures(Cookies { set: true, sent: true }));
    measures
}

fn command(room: &Room, phone: ParticipantId, cid: CommandId, reading: &Reading) -> Result<NewResponse, Refusal> {
    let held = room.state();
    let asks = held.activities.iter().find(|activity| matches!(activity.settings, Settings::Readings(_)));
    let asks = asks.ok_or_else(|| Refusal::new(RefusalCode::Unknown, "This event takes no readings."))?;
    let readings = BTreeMap::from([(text::word_key(&reading.place), reading.clone())]);
    let answer = Answer::Readings(Readings { sent: 1, readings });
    Ok(NewResponse {
        cid,
        event: room.event,
        activity: asks.id,
        round: asks.round,
        version: asks.versions.current,
        participant: phone,
        answer,
    })
}

const fn verdict(verdict: netcheck_rules::Verdict) -> Verdict {
    match verdict {
        netcheck_rules::Verdict::Success => Verdict::Success,
        netcheck_rules::Verdict::Skipped => Verdict::Skipped,
        netcheck_rules::Verdict::Warning => Verdict::Warning,
        netcheck_rules::Verdict::Failed => Verdict::Failed,
    }
}

/// What decides the answer.
fn worst(judgement: &Judgement) -> Option<&Finding> {
    let answer = &judgement.summary.take_part;
    judgement.findings.iter().find(|finding| Some(finding.step) == answer.step && Some(finding.code) == answer.code)
}

fn found(finding: &Finding) -> ReadingFinding {
    let figure = |figure: &netcheck_rules::Figure| match figure {
        netcheck_rules::Figure::Number(number) => Figure::Number(*number),
        netcheck_rules::Figure::Text(text) => Figure::Text(text.chars().take(FIGURE_CHARS).collect()),
    };
    ReadingFinding {
        step: finding.step.to_string(),
        code: finding.code.name().to_owned(),
        figures: finding.figures.iter().map(|(name, it)| ((*name).to_owned(), figure(it))).collect(),
    }
}

/// The time that 95 of 100 messages took at most.
fn slow_delay(measures: &Measures) -> Option<u32> {
    let Some(Measurement::Figures(delay)) = &measures.delay else { return None };
    let mut times: Vec<f64> = delay.ms.iter().copied().filter(|ms| ms.is_finite() && *ms >= 0.0).collect();
    times.sort_by(f64::total_cmp);
    let at = (times.len() * 95).div_ceil(100).checked_sub(1)?;
    times.get(at).map(|ms| ms.min(LONGEST_DELAY_MS).ceil() as u32)
}
