//! Reports: what was measured and what it means, signed, under a link that nobody guesses.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Json, Path},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use netcheck_rules::{Judgement, Measures, Plan};
use parterre_domain::text;
use parterre_protocol::Millis;
use parterre_store::{self, ReportStanding};
use parterre_system::{allowance::ClientNetwork, random};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{SwitchedOn, busy, ours, plan_for};
use crate::{
    http::{auth::Facilitator, errors::Failure, origin::Outside},
    jobs::retention::kept_reports,
    state::AppState,
};

/// How long the name of a place may be.
const PLACE_CHARS: usize = 120;
/// How long what a browser calls itself may be, and the name of a time zone.
const BROWSER_CHARS: usize = 400;
const ZONE_CHARS: usize = 60;
/// No clock is further from UTC.
const ZONE_MINUTES: i32 = 15 * 60;
/// The longest report: ten times that of a whole test.
const MOST_BYTES: usize = 32 * 1024;
/// In this time as many reports are taken as tests may run.
const REPORT_WINDOW: std::time::Duration = std::time::Duration::from_secs(60);

/// What somebody wants to have kept.
#[derive(Debug, Deserialize)]
pub struct ReportSubmission {
    #[serde(flatten)]
    test: super::Judge,
    #[serde(default)]
    place: String,
    #[serde(default)]
    about: About,
}

/// What the tester says about it.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct About {
    /// Their browser, as it calls itself.
    browser: String,
    /// For how many seconds it was tested.
    tested_s: u32,
    /// Their time zone, such as `Europe/Zurich`.
    zone: String,
    /// How many minutes their clocks are ahead of UTC.
    zone_minutes: i32,
}

impl About {
    /// The same within its bounds.
    fn bounded(self) -> Result<Self, Failure> {
        Ok(Self {
            browser: text::line("browser", &self.browser, BROWSER_CHARS)?,
            zone: text::line("zone", &self.zone, ZONE_CHARS)?,
            zone_minutes: self.zone_minutes.clamp(-ZONE_MINUTES, ZONE_MINUTES),
            ..self
        })
    }
}

/// A report, as it is signed.
#[derive(Debug, Serialize)]
struct Document<'a> {
    id: &'a str,
    /// When it was made, by the server's clock.
    made_at: Millis,
    /// The server, by the name that its settings give it.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<&'a str>,
    /// The name that the tester used for the server, if the settings give none; only the tester
    /// vouches for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_as: Option<&'a str>,
    version: &'static str,
    /// Where it was measured, in the words of who did.
    place: &'a str,
    participants: u32,
    about: &'a About,
    plan: &'a Plan,
    measures: &'a Measures,
    judgement: &'a Judgement,
}

/// `POST /api/v1/netcheck/reports`
pub async fn create(
    _: SwitchedOn,
    state: Data<AppState>,
    request: HttpRequest,
    body: Json<ReportSubmission>,
) -> Result<HttpResponse, Failure> {
    let participants = body.test.participants()?;
    let place = text::seen_line("place", &body.place, PLACE_CHARS)?;
    let ReportSubmission { test, about, .. } = body.into_inner();
    let (measures, about) = (test.measures.trimmed(), about.bounded()?);
    let plan = plan_for(&state, &request);
    let judgement = netcheck_rules::judge(&plan, &measures, participants);
    let (id, now) = (random::token(), state.clock().now());
    let named = state.config.public_url.is_some();
    let document = Document {
        id: &id,
        made_at: now,
        server: named.then_some(plan.host.as_str()),
        asked_as: (!named).then_some(plan.host.as_str()),
        version: env!("CARGO_PKG_VERSION"),
        place: &place,
        participants,
        about: &about,
        plan: &plan,
        measures: &measures,
        judgement: &judgement,
    };
    let document = serde_json::to_string(&document).expect("a report is plain data") + "\n";
    if document.len() > MOST_BYTES {
        return Err(too_long(document.len()));
    }
    let outside = Outside::of(&request);
    let is_facilitator = Facilitator::from_headers(&state, request.headers(), &outside).await.is_ok();
    let (standing, pace) = match is_facilitator {
        true => (ReportStanding::Facilitator, &state.tests.facilitators_reports),
        false => (ReportStanding::Anonymous, &state.tests.reports),
    };
    // As many in a minute as tests may run, so that nobody pushes out what others keep in no time.
    pace.take(REPORT_WINDOW, outside.client()).ok_or_else(busy)?.forfeit();
    let signature = STANDARD.encode(state.signer.sign(document.as_bytes()));
    let maker = of_network(&id, &outside);
    let report = parterre_store::Report { id, made_at: now, document, signature, standing, maker };
    state.store().add_report(&report, kept_reports(&state.config.netcheck, now)).await?;
    let mut response = ours(&json!({"id": report.id, "page": format!("/netcheck/reports/{}", report.id)}));
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

fn too_long(bytes: usize) -> Failure {
    let message = format!(
        "A report may have at most {} KB; this one has {}. Measure for a shorter time, or report fewer samples.",
        MOST_BYTES / 1024,
        bytes.div_ceil(1024)
    );
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
}

/// A hash of the author's network, to recognise the author of a report. It is useless for other
/// reports.
fn of_network(id: &str, outside: &Outside) -> Option<String> {
    let network = ClientNetwork::of(outside.client()?);
    let digest = Sha256::digest(format!("{id} {network}"));
    Some(STANDARD.encode(digest))
}

/// The report with this name, for anyone who asks. Access by somebody other than its author counts
/// as reading.
pub async fn find(state: &AppState, request: &HttpRequest, id: &str) -> Result<parterre_store::Report, Failure> {
    let since = kept_reports(&state.config.netcheck, state.clock().now()).since;
    if let Some(report) = state.store().report(id, since).await? {
        let reader = of_network(id, &Outside::of(request));
        if report.standing == ReportStanding::Anonymous && reader.is_some() && reader != report.maker {
            state.store().note_report_opened(id).await?;
        }
        return Ok(report);
    }
    let message = "There is no such report. It may have expired.";
    Err(Failure::new(StatusCode::NOT_FOUND, "not_found", message))
}

/// `GET /api/v1/netcheck/reports/{id}`: the text that was signed, byte for byte.
pub async fn show(state: Data<AppState>, request: HttpRequest, id: Path<String>) -> Result<HttpResponse, Failure> {
    let report = find(&state, &request, &id).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header(("Parterre-Signature", report.signature)).content_type("application/json");
    Ok(response.body(report.document))
}

/// `GET /api/v1/netcheck/reports/{id}/signature`: its 64 bytes.
pub async fn signature(state: Data<AppState>, request: HttpRequest, id: Path<String>) -> Result<HttpResponse, Failure> {
    let report = find(&state, &request, &id).await?;
    let bytes = STANDARD.decode(&report.signature).unwrap_or_default();
    let save = (header::CONTENT_DISPOSITION, "attachment; filename=\"report.sig\"");
    Ok(HttpResponse::Ok().insert_header(save).content_type("application/octet-stream").body(bytes))
}

/// `GET /api/v1/netcheck/key`: the key by which reports of this server are checked.
pub async fn key(state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/x-pem-file").body(state.signer.public_pem())
}
