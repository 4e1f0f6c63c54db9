//! `/studio/room-tests`: the room tests of a workspace, and the board of one.

use std::collections::BTreeMap;

use askama::Template;
use parterre_protocol::{
    kinds::readings::Verdicts,
    topics::{Audience, EventState, Presence, Results, Stage, Topic},
};
use parterre_store::RoomTestListing;
use serde::Serialize;

use super::{
    address::AddressNotes,
    script::{self, LiveState, Versioned},
};
use crate::{config::Netcheck, http::paths, i18n::Locale, origin::Origin};

/// Topics as a board is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct BoardTopics<'a> {
    /// The room test and how far it is.
    pub stage: Versioned<'a, Stage>,
    /// The readings, gathered.
    pub results: Versioned<'a, Results>,
    /// Who is here. Its rev is the server's clock.
    pub presence: Versioned<'a, Presence>,
}

/// The board of a room test. Its script draws it from the state below and keeps it current over the
/// live connection.
#[derive(Template)]
#[template(path = "room-test.html")]
pub struct BoardPage {
    t: Locale,
    address: Option<AddressNotes>,
    name: String,
    state: String,
}

/// What the script begins with.
#[derive(Serialize)]
struct BoardState<'a> {
    #[serde(flatten)]
    live: LiveState<'a>,
    /// The address that a phone opens, and the same as people type it.
    join: String,
    host: &'a str,
}

impl BoardPage {
    /// With what there is to say of the server's address.
    #[must_use]
    pub fn with_address(self, notes: AddressNotes) -> Self {
        Self { address: Some(notes), ..self }
    }

    /// The board, for whoever asked by this address.
    pub fn new(t: Locale, shown: BoardTopics<'_>, base: &Origin) -> Self {
        let event = &shown.stage.data.event;
        let topics = [
            (Topic::Stage, shown.stage.rev, script::topic(shown.stage.data)),
            (Topic::Results, shown.results.rev, script::topic(shown.results.data)),
            (Topic::Presence, shown.presence.rev, script::topic(shown.presence.data)),
        ];
        let live = LiveState {
            event: event.id,
            code: &event.code,
            audience: Audience::Studio,
            live: paths::live(event.id, Some(Audience::Studio)),
            joined: None,
            kinds: Vec::new(),
            can_control: None,
            topics: topics
                .iter()
                .map(|(topic, rev, data)| (script::name(*topic), Versioned { rev: *rev, data }))
                .collect::<BTreeMap<_, _>>(),
        };
        let host = base.typed();
        let state = BoardState { live, join: format!("{base}/e/{}", event.code), host: &host };
        Self { t, address: None, name: event.name.clone(), state: script::json(&state) }
    }

    fn messages(&self) -> String {
        let pages = ["room_test.", "netcheck.found.", "netcheck.step.", "studio.toast.", "studio.dialog."];
        script::messages(self.t, &pages)
    }
}

/// The room tests that are kept.
#[derive(Template)]
#[template(path = "room-tests.html")]
pub struct TestsPage {
    t: Locale,
    here: &'static str,
    member: String,
    tests: Vec<Row>,
    kept: String,
    /// Whether another can be made.
    has_tests: bool,
}

/// One room test of the list.
struct Row {
    name: String,
    code: String,
    board: String,
    state: &'static str,
    state_label: String,
    joined: String,
    /// `success`, `warning`, `failed` and `skipped`, each with its words; those that nobody met are
    /// left out.
    verdicts: Vec<(&'static str, String)>,
}

impl TestsPage {
    /// The list for the member of this name, in the order given (newest first).
    pub fn new(t: Locale, member: &str, tests: Vec<RoomTestListing>, settings: &Netcheck) -> Self {
        let kept = t.format("room_test.kept", &[("most", &settings.room_tests), ("days", &settings.room_test_days)]);
        let tests = tests.into_iter().map(|test| Row::new(t, test)).collect();
        Self { t, here: "/studio/room-tests", member: member.to_owned(), tests, kept, has_tests: settings.is_on() }
    }
}

impl Row {
    fn new(t: Locale, RoomTestListing { event, joined, verdicts }: RoomTestListing) -> Self {
        let state = if event.state == EventState::Ended { "ended" } else { "live" };
        Self {
            board: paths::board(event.id),
            state,
            state_label: t.text(&format!("room_test.state.{state}")),
            joined: t.count("room_test.phones", joined),
            verdicts: words(t, verdicts),
            code: event.code.to_string(),
            name: event.name,
        }
    }
}

fn words(t: Locale, verdicts: Verdicts) -> Vec<(&'static str, String)> {
    let Verdicts { success, warning, failed, skipped } = verdicts;
    let all = [("success", success), ("warning", warning), ("failed", failed), ("skipped", skipped)];
    all.into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| (name, t.count(&format!("room_test.count.{name}"), count)))
        .collect()
}

#[cfg(test)]
mod tests {
    use parterre_domain::{
        event::{Event, EventKind, JoinCode},
        ids::WorkspaceId,
    };
    use parterre_protocol::EventId;
    use uuid::Uuid;

    use super::*;
    use crate::{config::Config, http::pages::preview, i18n::LOCALES};

    #[test]
    fn room_tests_are_listed_with_their_results() {
        let event = Event {
            id: EventId::new(Uuid::nil()),
            workspace: WorkspaceId::new(Uuid::nil()),
            name: "Room test 2026-11-22 10:00 UTC".to_owned(),
            code: JoinCode::parse("TULIP").unwrap(),
            kind: EventKind::RoomTest,
            state: EventState::Ended,
            names: false,
            language: None,
            results_shared: false,
            rev: 9,
            created_at: 1_790_000_000_000,
        };
        let verdicts = Verdicts { success: 281, warning: 12, failed: 1, skipped: 0 };
        let tests = vec![RoomTestListing { event, joined: 1_300, verdicts }];
        let page = TestsPage::new(LOCALES[0], "Inès", tests, &Config::default().netcheck);
        let html = preview::render("room-tests", &page);
        for said in ["281 work", "12 work, with problems", "1 does not work", "1,300 phones"] {
            assert!(html.contains(said), "{said}");
        }
        let page = TestsPage::new(LOCALES[1], "Inès", Vec::new(), &Config::default().netcheck);
        assert!(preview::render("room-tests-empty", &page).contains(&LOCALES[1].text("room_test.none")));
    }

    #[test]
    fn a_board_holds_what_its_script_begins_with() {
        let event = preview::event("Room </script> test", "TULIP", EventState::Live);
        let stage = Stage { event, activity: None, qa: preview::no_questions(), rundown: None };
        let shown = BoardTopics {
            stage: Versioned { rev: 3, data: &stage },
            results: Versioned { rev: 3, data: &Results::default() },
            presence: Versioned { rev: 0, data: &Presence::default() },
        };
        let html = preview::render(
            "room-test",
            &BoardPage::new(LOCALES[0], shown, &"https://parterre.example".parse().unwrap()),
        );
        assert_eq!(html.matches("</script>").count(), html.matches("<script").count());
        assert!(html.contains(r#""join":"https://parterre.example/e/TULIP""#));
    }
}
