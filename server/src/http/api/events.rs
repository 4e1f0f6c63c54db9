//! `/api/v1/events`: a facilitator's events.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Json, Path},
};
use parterre_domain::{
    event::{Event, EventSettings},
    language::LanguageTag,
};
use parterre_protocol::EventId;
use parterre_store::EventListing;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    app::{
        self,
        events::{CreateError, Duplicate, DuplicateError},
    },
    http::{auth::Facilitator, errors::Failure},
    state::AppState,
};

/// The body of `POST /api/v1/events`.
#[derive(Debug, Deserialize)]
pub struct NewEvent {
    name: String,
    /// One is proposed where there is none.
    code: Option<String>,
    #[serde(default)]
    names: bool,
    /// Empty where that is left open.
    #[serde(default)]
    language: String,
}

/// The body of `PATCH /api/v1/events/{event}`: the changes.
#[derive(Debug, Deserialize)]
pub struct EventPatch {
    name: Option<String>,
    code: Option<String>,
    names: Option<bool>,
    /// Empty: none.
    language: Option<String>,
}

/// The body of `POST /api/v1/events/{event}/duplicate`.
#[derive(Debug, Deserialize)]
pub struct NewDuplicate {
    /// The original's where there is none.
    name: Option<String>,
    /// A fresh one where there is none.
    code: Option<CodeOfDuplicate>,
    /// Whether questions are taken as in the original.
    #[serde(default = "with_questions")]
    questions: bool,
}

/// Which code a duplicate has.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeOfDuplicate {
    /// The original's, which gets a fresh one.
    Keep,
}

const fn with_questions() -> bool {
    true
}

/// `GET /api/v1/events`
pub async fn list(state: Data<AppState>, Facilitator(member): Facilitator) -> Result<HttpResponse, Failure> {
    let events = state.store().events(member.workspace).await?;
    Ok(HttpResponse::Ok().json(json!({"events": events.iter().map(listed).collect::<Vec<_>>()})))
}

fn listed(listing: &EventListing) -> Value {
    let mut value = json!(listing.event.public());
    value["activities"] = listing.activities.into();
    value["participants"] = listing.participants.into();
    value["created_at"] = listing.event.created_at.into();
    value
}

/// `POST /api/v1/events`
pub async fn create(
    state: Data<AppState>,
    Facilitator(member): Facilitator,
    body: Json<NewEvent>,
) -> Result<HttpResponse, Failure> {
    let NewEvent { name, code, names, language } = &*body;
    let new = app::events::NewEvent { name, code: code.as_deref(), names: *names, language };
    let event = app::events::create(&state, member.workspace, new).await?;
    Ok(HttpResponse::Created().json(event.public()))
}

impl From<CreateError> for Failure {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Invalid(problem) => problem.into(),
            CreateError::CodeTaken => code_taken(),
            CreateError::Store(error) => error.into(),
        }
    }
}

/// `POST /api/v1/events/{event}/duplicate`
pub async fn duplicate(
    state: Data<AppState>,
    facilitator: Facilitator,
    id: Path<EventId>,
    body: Json<NewDuplicate>,
) -> Result<HttpResponse, Failure> {
    let original = facilitator.event(state.store(), *id).await?;
    let NewDuplicate { name, code, questions } = &*body;
    let wanted = Duplicate { name: name.as_deref(), takes_code: code.is_some(), with_questions: *questions };
    let event = app::events::duplicate(&state, &original, wanted).await?;
    Ok(HttpResponse::Created().json(event.public()))
}

impl From<DuplicateError> for Failure {
    fn from(error: DuplicateError) -> Self {
        match error {
            DuplicateError::Invalid(problem) => problem.into(),
            DuplicateError::Live => {
                let message = "The event is live: its code stays with it. End it first, or let the copy have another.";
                Self::new(StatusCode::CONFLICT, "live", message)
            }
            DuplicateError::CodeTaken => code_taken(),
            DuplicateError::Unknown => Self::unknown_event(),
            DuplicateError::Store(error) => error.into(),
        }
    }
}

/// `GET /api/v1/events/{event}`
pub async fn show(state: Data<AppState>, facilitator: Facilitator, id: Path<EventId>) -> Result<HttpResponse, Failure> {
    facilitator.event(state.store(), *id).await?;
    let room = state.store().room(*id).await?.ok_or_else(Failure::unknown_event)?;
    let respondents = |id| room.respondents.get(&id).copied().or(Some(0));
    let activities: Vec<_> = room.activities.iter().map(|activity| activity.listed(respondents(activity.id))).collect();
    Ok(HttpResponse::Ok().json(json!({"event": room.event.public(), "activities": activities})))
}

/// `PATCH /api/v1/events/{event}`
pub async fn change(
    state: Data<AppState>,
    facilitator: Facilitator,
    id: Path<EventId>,
    body: Json<EventPatch>,
) -> Result<HttpResponse, Failure> {
    let event = facilitator.event(state.store(), *id).await?;
    let name = body.name.as_deref().unwrap_or(&event.name);
    let code = body.code.as_deref().unwrap_or(event.code.as_str());
    let language = match &body.language {
        Some(entered) => LanguageTag::parse_choice(entered)?,
        None => event.language.clone(),
    };
    let settings = EventSettings::parse(name, code, body.names.unwrap_or(event.names))?.held_in(language);
    let rev = state.store().change_event(*id, &settings).await?.map_err(|_| code_taken())?;
    state.hub.context.changed(*id, rev.ok_or_else(Failure::unknown_event)?);
    let EventSettings { name, code, names, language } = settings;
    Ok(HttpResponse::Ok().json(Event { name, code, names, language, ..event }.public()))
}

/// `DELETE /api/v1/events/{event}`
pub async fn remove(
    state: Data<AppState>,
    facilitator: Facilitator,
    id: Path<EventId>,
) -> Result<HttpResponse, Failure> {
    facilitator.event(state.store(), *id).await?;
    let rev = state.store().delete_event(*id, state.clock().now()).await?.ok_or_else(Failure::unknown_event)?;
    state.hub.context.changed(*id, rev);
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/events/{event}/restore`
pub async fn restore(
    state: Data<AppState>,
    facilitator: Facilitator,
    id: Path<EventId>,
) -> Result<HttpResponse, Failure> {
    let workspace = state.store().deleted_event_workspace(*id).await?;
    if workspace != Some(facilitator.0.workspace) {
        return Err(Failure::unknown_event());
    }
    let rev = state.store().restore_event(*id).await?.map_err(|_| code_taken_meanwhile())?;
    state.hub.context.changed(*id, rev.ok_or_else(Failure::unknown_event)?);
    Ok(HttpResponse::NoContent().finish())
}

/// A deleted event cannot be given another code, the event that has its code can.
fn code_taken_meanwhile() -> Failure {
    let message = "Another event has taken this event's code since it was deleted. Give that event another code, then \
                   restore this one.";
    Failure::new(StatusCode::CONFLICT, "code_taken", message)
}

fn code_taken() -> Failure {
    Failure::new(StatusCode::CONFLICT, "code_taken", "Another event has this code. Choose another one.")
}
