//! Results as others than the facilitators see them: by a link, and on phones once the event has
//! ended. What of them is shown is asked anew for each page.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use parterre_domain::{
    event::{Event, JoinCode},
    kinds,
    shared_results::SharedResults,
};
use parterre_protocol::topics::EventState;
use parterre_store::ParticipantRecord;

use super::{own, table::TableView};
use crate::{
    app::{
        codes,
        event_results::{ActivityTables, shown_to_others},
    },
    http::{
        errors::Failure,
        language::Language,
        origin::Outside,
        pages::message::ErrorPage,
        recognise,
        reply::{html, message},
    },
    i18n::Locale,
    state::AppState,
};

/// The page.
#[derive(Template)]
#[template(path = "shared-results.html")]
struct SharedPage<'a> {
    t: Locale,
    here: String,
    event: &'a Event,
    /// Back to the participants' page, for those who come from there.
    back: Option<String>,
    joined: String,
    activities: Vec<ActivityView>,
    questions: Vec<QuestionView>,
}

struct ActivityView {
    title: String,
    about: String,
    table: String,
}

struct QuestionView {
    text: String,
    votes: String,
    is_answered: bool,
}

/// `GET /r/{token}`
pub async fn by_link(state: Data<AppState>, language: Language, token: Path<String>) -> Result<HttpResponse, Failure> {
    let gone = || message(language.0, ErrorPage::NoResults);
    let Some(link) = state.devices.results_link(&token) else { return gone() };
    let Some(event) = state.store().event_of_results_link(link).await? else { return gone() };
    let (Some(event), shared) = (state.store().event(event).await?, state.store().shared_results(event).await?) else {
        return gone();
    };
    let now = state.clock().now();
    if !shared.link.is_some_and(|good| good.id == link && good.is_good(now)) {
        return gone();
    }
    page(&state, language.0, &event, &shared, (format!("/r/{token}"), None)).await
}

/// `GET /e/{code}/results`
pub async fn on_phone(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    code: Path<String>,
) -> Result<HttpResponse, Failure> {
    let gone = || message(language.0, ErrorPage::NoResults);
    let Ok(code) = JoinCode::parse(&code) else { return gone() };
    let network = Outside::of(&request).network();
    let event = codes::find(&state, network, &code).await?;
    let shared = state.store().shared_results(event.id).await?;
    if event.state != EventState::Ended || !shared.on_phones {
        return gone();
    }
    let participant = recognise::participant(&state, &request, &event).await?;
    let back = format!("/e/{}", event.code);
    page(&state, language.0, &event, &shared, (format!("{back}/results"), participant)).await
}

async fn page(
    state: &AppState,
    t: Locale,
    event: &Event,
    shared: &SharedResults,
    (here, participant): (String, Option<ParticipantRecord>),
) -> Result<HttpResponse, Failure> {
    let Some(results) = shown_to_others(state, event.id).await? else { return message(t, ErrorPage::NoEvent) };
    let chosen = results.activities.iter().filter(|activity| shared.activities.contains(&activity.id));
    let questions = results.questions.iter().filter(|question| shared.questions && question.is_published());
    let page = SharedPage {
        t,
        here,
        event,
        back: participant.as_ref().map(|_| format!("/e/{}", event.code)),
        joined: t.count("results.shared.people", results.joined),
        activities: chosen.map(|activity| ActivityView::new(t, activity, participant.as_ref())).collect(),
        questions: questions
            .map(|question| QuestionView {
                text: question.text.clone(),
                votes: t.count("results.shared.votes", question.votes),
                is_answered: question.is_answered,
            })
            .collect(),
    };
    html(StatusCode::OK, &page)
}

impl ActivityView {
    fn new(t: Locale, activity: &ActivityTables, participant: Option<&ParticipantRecord>) -> Self {
        let title = kinds::title(&activity.settings).to_owned();
        let round = activity.rounds.iter().find(|round| round.respondents > 0);
        let table = round.map(|round| {
            let response = participant.and_then(|known| known.responses.get(&activity.id));
            let answer = response.filter(|response| response.round == round.round).map(|response| &response.answer);
            let own = answer.map(|answer| own::rows(&activity.settings, answer)).unwrap_or_default();
            TableView::new(t, &title, &round.table, &[]).with_own(&own).html()
        });
        Self {
            about: t.count("results.people", round.map_or(0, |round| round.respondents)),
            table: table.unwrap_or_default(),
            title,
        }
    }
}
