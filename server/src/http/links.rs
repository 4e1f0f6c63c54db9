//! Private links, and the pages that they open: the moderators' and the speakers'.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use parterre_domain::{forum::Viewer, private_link::LinkKind};
use parterre_live::view;
use parterre_protocol::topics::{Audience, EventState};

use super::{
    auth::{self, Moderation, Speaker},
    errors::Failure,
    language::Language,
    origin::Outside,
    pages::{moderator::ModeratorPage, script::Versioned, speaker::SpeakerPage},
    reply::{html, see},
    sessions,
};
use crate::{security_log::Happening, state::AppState};

/// `GET /l/{token}`: remembers the link and redirects to its page. The request changes nothing but
/// the security log, so link previews, such as a mail scanner's or a prefetching browser's, do no
/// harm.
pub async fn open(state: Data<AppState>, request: HttpRequest, token: Path<String>) -> Result<HttpResponse, Failure> {
    let link = auth::good_link(&state, &token).await?;
    if state.store().note_link_opened(link.id, state.clock().now()).await? {
        sessions::note(&state, &request, Happening::LinkFirstOpened, None);
    }
    let page = match link.kind {
        LinkKind::Moderator { .. } => "moderate",
        LinkKind::Speaker { .. } => "speaker",
    };
    let mut response = see(&format!("/{page}/{}", link.event));
    let secure = Outside::of(&request).is_secure();
    let cookie = auth::link_cookie(&link, token.into_inner(), secure, state.clock().now());
    response.add_cookie(&cookie).expect("a token is a valid cookie");
    Ok(response)
}

/// `GET /moderate/{event}`
pub async fn moderate(state: Data<AppState>, language: Language, access: Moderation) -> Result<HttpResponse, Failure> {
    let room = state.hub.rooms.open(access.event.id).await?.ok_or_else(Failure::unknown_event)?;
    let held = room.state();
    let (asked, rev) = (room.questions(), held.event.rev);
    let (stage, moderation) = (view::stage(&held, Audience::Moderator), view::moderation(&held, &asked.forum));
    let page = ModeratorPage::new(
        language.0,
        Versioned { rev, data: &stage },
        Versioned { rev: asked.rev, data: &moderation },
        &access.moderator,
    );
    html(StatusCode::OK, &page)
}

/// `GET /speaker/{event}`
pub async fn speak(state: Data<AppState>, language: Language, access: Speaker) -> Result<HttpResponse, Failure> {
    let room = state.hub.rooms.open(access.event.id).await?.ok_or_else(Failure::unknown_event)?;
    let held = room.state();
    let questions = room.questions();
    let (rev, over) = (held.event.rev, held.event.state == EventState::Ended);
    let LinkKind::Speaker { label } = access.link.kind else { return Err(Failure::not_found()) };
    let (stage, posts) = (view::stage(&held, Audience::Speaker), questions.forum.window(Viewer::Speaker(label), over));
    let page = SpeakerPage::new(
        language.0,
        Versioned { rev, data: &stage },
        Versioned { rev: questions.rev, data: &posts },
        label,
    );
    html(StatusCode::OK, &page)
}
