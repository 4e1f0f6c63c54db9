//! `/api/v1/events/{event}/links`: private links for moderators and speakers. A link's secret is
//! shown once, when it is created; only its hash is stored.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Json, Path},
};
use parterre_domain::{
    ids::LinkId,
    private_link::{GOOD_LINKS, LinkKind, PrivateLink, Scope},
};
use parterre_protocol::{EventId, LabelId};
use parterre_system::random;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    http::{
        auth::{Facilitator, link_hash},
        errors::Failure,
        origin::Outside,
        qr, sessions,
    },
    security_log::Happening,
    state::AppState,
};

/// The body of `POST …/links`.
#[derive(Debug, Deserialize)]
pub struct NewLink {
    kind: Purpose,
    name: String,
    label: Option<LabelId>,
    scope: Option<Scope>,
    hours: u32,
}

/// What a link is for, as it is asked for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Purpose {
    Moderator,
    Speaker,
}

/// `GET /api/v1/events/{event}/links`
pub async fn list(
    state: Data<AppState>,
    facilitator: Facilitator,
    event: Path<EventId>,
) -> Result<HttpResponse, Failure> {
    facilitator.event(state.store(), *event).await?;
    let links = state.store().links(*event).await?;
    Ok(HttpResponse::Ok().json(json!({"links": links.iter().map(link_json).collect::<Vec<_>>()})))
}

/// `POST /api/v1/events/{event}/links`
pub async fn create(
    state: Data<AppState>,
    facilitator: Facilitator,
    request: HttpRequest,
    event: Path<EventId>,
    body: Json<NewLink>,
) -> Result<HttpResponse, Failure> {
    facilitator.event(state.store(), *event).await?;
    let now = state.clock().now();
    let kind = kind(&state, *event, &body).await?;
    let id = LinkId::new(random::ordered_id(now));
    let link = PrivateLink::new(id, *event, kind, &body.name, body.hours, now)?;
    if state.store().links(*event).await?.iter().filter(|link| link.is_good(now)).count() >= GOOD_LINKS {
        let message = format!("An event has at most {GOOD_LINKS} private links at a time. Revoke one first.");
        return Err(Failure::new(StatusCode::CONFLICT, "full", message));
    }
    let token = random::token();
    state.store().add_link(&link, &link_hash(&token)).await?;
    sessions::note(&state, &request, Happening::LinkCreated, Some(facilitator.0.id));
    let url = format!("{}/l/{token}", Outside::of(&request).base(&state));
    let mut made = link_json(&link);
    made["qr"] = qr::svg(&url)?.as_ref().into();
    made["url"] = url.into();
    Ok(HttpResponse::Created().json(made))
}

async fn kind(state: &AppState, event: EventId, new: &NewLink) -> Result<LinkKind, Failure> {
    let room = state.hub.rooms.open(event).await?.ok_or_else(Failure::unknown_event)?;
    let has_label = |label| room.questions().forum.settings.labels.iter().any(|known| known.id == label);
    match (new.kind, new.label) {
        (Purpose::Moderator, None) => Ok(LinkKind::Moderator { scope: new.scope.unwrap_or_default() }),
        (Purpose::Speaker, _) if new.scope.is_some() => {
            Err(Failure::malformed("A speaker's link has no scope: it is read-only."))
        }
        (Purpose::Moderator, Some(_)) => Err(Failure::malformed("A moderator's link cannot be limited to a label.")),
        (Purpose::Speaker, label) if label.is_none_or(has_label) => Ok(LinkKind::Speaker { label }),
        (Purpose::Speaker, _) => Err(Failure::new(StatusCode::NOT_FOUND, "unknown", "This event has no such label.")),
    }
}

/// `DELETE /api/v1/events/{event}/links/{link}`
pub async fn revoke(
    state: Data<AppState>,
    facilitator: Facilitator,
    request: HttpRequest,
    path: Path<(EventId, Uuid)>,
) -> Result<HttpResponse, Failure> {
    let (event, link) = path.into_inner();
    facilitator.event(state.store(), event).await?;
    let link = LinkId::new(link);
    let revoked = state.store().revoke_link(event, link, state.clock().now()).await?;
    let (_, rev) = revoked.ok_or_else(Failure::unknown_link)?;
    state.hub.rights.end_link(event, link, rev);
    sessions::note(&state, &request, Happening::LinkRevoked, Some(facilitator.0.id));
    Ok(HttpResponse::NoContent().finish())
}

/// A link without its secret.
fn link_json(link: &PrivateLink) -> Value {
    let mut shown = json!({
        "id": link.id,
        "kind": "moderator",
        "name": link.name,
        "created_at": link.created_at,
        "expires_at": link.expires_at,
    });
    match link.kind {
        LinkKind::Moderator { scope } => shown["scope"] = scope.name().into(),
        LinkKind::Speaker { label } => {
            shown["kind"] = "speaker".into();
            if let Some(label) = label {
                shown["label"] = label.into();
            }
        }
    }
    if let Some(at) = link.revoked_at {
        shown["revoked_at"] = at.into();
    }
    shown
}
