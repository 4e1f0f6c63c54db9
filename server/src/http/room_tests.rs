//! Room tests: phones around a room try its network, each from where it is, and a board shows what
//! they find.
//!
//! A room test is an event of its own kind, so phones come, stay and come back as they will on the
//! day itself.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use parterre_domain::{
    event::{Event, EventKind, EventSettings},
    ids::WorkspaceId,
};
use parterre_live::{sync, view};
use parterre_protocol::{ActivityId, EventId, Millis, RoomTest, Settings, topics::Audience};
use parterre_store::{Keep, NewRoomTest};
use parterre_system::random;

use super::{
    auth::Facilitator,
    errors::Failure,
    facilitator_pages::facilitator,
    language::Language,
    netcheck::room_plan,
    origin::Outside,
    pages::{
        address::AddressNotes,
        message::ErrorPage,
        reading::ReadingPage,
        room_tests::{BoardPage, BoardTopics, TestsPage},
        script::Versioned,
    },
    paths,
    recognise::participant,
    reply::{html, message, see},
};
use crate::{app::codes, i18n::Locale, state::AppState};

const DAY: Millis = 24 * 60 * 60 * 1000;

/// Which room tests are kept.
fn keep(state: &AppState) -> Keep {
    let settings = &state.config.netcheck;
    let since = state.clock().now() - DAY * Millis::from(settings.room_test_days.get());
    Keep { most: settings.room_tests.get(), since }
}

/// `POST /studio/room-tests`: makes a room test and opens its board.
pub async fn create(state: Data<AppState>, language: Language, request: HttpRequest) -> Result<HttpResponse, Failure> {
    match facilitator(&state, language.0, &request).await {
        Ok(_) if !state.config.netcheck.is_on() => message(language.0, ErrorPage::TestsOff),
        Ok(Facilitator(member)) => Ok(see(&paths::board(make(&state, language.0, member.workspace).await?))),
        Err(answer) => answer,
    }
}

async fn make(state: &AppState, t: Locale, workspace: WorkspaceId) -> Result<EventId, Failure> {
    let now = state.clock().now();
    let (event, activity) = (EventId::new(random::ordered_id(now)), ActivityId::new(random::ordered_id(now)));
    let name = t.format("room_test.name", &[("date", &super::export::time::minute(now))]);
    let activity_settings = Settings::Readings(RoomTest { title: name.clone() });
    for code in codes::proposals() {
        let settings = EventSettings::parse(&name, code.as_str(), false)?;
        let new = NewRoomTest { event, workspace, settings, activity, activity_settings: activity_settings.clone() };
        if let Ok((event, gone)) = state.store().add_room_test(&new, keep(state), now).await? {
            gone.into_iter().for_each(|(event, rev)| state.hub.context.changed(event, rev));
            return Ok(event.id);
        }
    }
    Err(Failure::busy("No join code was free. Try again in a moment.", 2))
}

/// `GET /studio/room-tests`
pub async fn list(state: Data<AppState>, language: Language, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Facilitator(member) = match facilitator(&state, language.0, &request).await {
        Ok(facilitator) => facilitator,
        Err(answer) => return answer,
    };
    let tests = state.store().room_tests(member.workspace, keep(&state)).await?;
    html(StatusCode::OK, &TestsPage::new(language.0, &member.name, tests, &state.config.netcheck))
}

/// `GET /studio/room-tests/{event}`
pub async fn board(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    id: Path<EventId>,
) -> Result<HttpResponse, Failure> {
    let facilitator = match facilitator(&state, language.0, &request).await {
        Ok(facilitator) => facilitator,
        Err(answer) => return answer,
    };
    match facilitator.event(state.store(), *id).await {
        Ok(event) if event.kind == EventKind::RoomTest => {}
        Ok(_) => return message(language.0, ErrorPage::NoEvent),
        Err(failure) if failure.status == StatusCode::NOT_FOUND => return message(language.0, ErrorPage::NoEvent),
        Err(failure) => return Err(failure),
    }
    let Some(room) = state.hub.rooms.open(*id).await? else { return message(language.0, ErrorPage::NoEvent) };
    let held = room.state();
    let stage = view::stage(&held, Audience::Studio);
    let presence = room.presence(held.joined, &state.hub.context);
    let rev = held.event.rev;
    let shown = BoardTopics {
        stage: Versioned { rev, data: &stage },
        results: Versioned { rev, data: held.results(Audience::Studio) },
        presence: Versioned { rev: 0, data: &presence },
    };
    let outside = Outside::of(&request);
    let notes = AddressNotes::new(language.0, &state, &outside, request.path());
    html(StatusCode::OK, &BoardPage::new(language.0, shown, &outside.base(&state)).with_address(notes))
}

/// The page of a phone in a room test, at the address of its event.
pub async fn phone(state: &AppState, t: Locale, request: &HttpRequest, event: &Event) -> Result<HttpResponse, Failure> {
    if !state.config.netcheck.is_on() {
        return message(t, ErrorPage::TestsOff);
    }
    let Some(room) = state.hub.rooms.open(event.id).await? else { return message(t, ErrorPage::NoEvent) };
    // Where it takes too long, there is still something to show.
    sync::catch_up_to(&room, event.rev).await;
    let held = room.state();
    let stage = view::stage(&held, Audience::Phone);
    let joined = participant(state, request, event).await?.is_some();
    let plan = room_plan(state, request);
    html(StatusCode::OK, &ReadingPage::new(t, Versioned { rev: held.event.rev, data: &stage }, joined, &plan))
}
