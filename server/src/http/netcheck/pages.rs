//! The pages of the network test.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};

use super::{PARTICIPANTS, plan_for, reports, token};
use crate::{
    http::{
        errors::Failure,
        facilitator_pages::facilitator,
        language::Language,
        origin::Outside,
        pages::{
            message::ErrorPage,
            netcheck::{NetcheckPage, ReportPage, RequirementsPage, TokenPage},
        },
        reply::{html, message},
    },
    state::AppState,
};

/// `GET /netcheck`
pub async fn test(state: Data<AppState>, request: HttpRequest, language: Language) -> Result<HttpResponse, Failure> {
    if !state.config.netcheck.is_on() {
        return message(language.0, ErrorPage::TestsOff);
    }
    state.tests.name.look_up(&state.config).await;
    html(StatusCode::OK, &NetcheckPage::new(language.0, &plan_for(&state, &request), PARTICIPANTS))
}

/// `GET /netcheck/requirements`
pub async fn requirements(
    state: Data<AppState>,
    request: HttpRequest,
    language: Language,
) -> Result<HttpResponse, Failure> {
    state.tests.name.look_up(&state.config).await;
    let settings = &state.config.netcheck;
    let test = settings.is_on().then(|| format!("{}/netcheck", Outside::of(&request).base(&state)));
    let plan = plan_for(&state, &request);
    html(StatusCode::OK, &RequirementsPage::new(language.0, &plan, PARTICIPANTS, &settings.contact, test.as_deref()))
}

/// `GET /netcheck/token`: for facilitators, a token in the command that uses it.
pub async fn token(state: Data<AppState>, request: HttpRequest, language: Language) -> Result<HttpResponse, Failure> {
    if !state.config.netcheck.is_on() {
        return message(language.0, ErrorPage::TestsOff);
    }
    if let Err(answer) = facilitator(&state, language.0, &request).await {
        return answer;
    }
    let (token, _) = token::make(&state, &request)?;
    let server = Outside::of(&request).base(&state).to_string();
    html(StatusCode::OK, &TokenPage::new(language.0, &server, &token, state.config.netcheck.phones))
}

/// `GET /netcheck/reports/{id}`
pub async fn report(
    state: Data<AppState>,
    request: HttpRequest,
    language: Language,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let kept = reports::find(&state, &request, &id).await?;
    let server = Outside::of(&request).base(&state).to_string();
    let Some(page) = ReportPage::new(language.0, &server, &kept.id, &kept.document) else {
        let message = "This report cannot be read.";
        return Err(Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message));
    };
    html(StatusCode::OK, &page.with_test(state.config.netcheck.is_on()))
}
