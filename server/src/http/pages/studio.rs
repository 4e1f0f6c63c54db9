//! `/studio/events/{id}`: the studio of one event.

use askama::Template;
use parterre_domain::filter;
use parterre_protocol::{KindName, topics::Stage};
use serde::Serialize;

use super::{address::AddressNotes, script};
use crate::{http::kinds, i18n::Locale};

/// The studio. Its script draws everything from the state below and keeps it current over the live
/// connection.
#[derive(Template)]
#[template(path = "studio.html")]
pub struct StudioPage {
    t: Locale,
    address: Option<AddressNotes>,
    name: String,
    state: String,
    /// Whether there is a network test.
    has_test: bool,
}

/// What the script begins with.
#[derive(Serialize)]
struct StudioState<'a> {
    /// The topic `stage` as the studio sees it; the live connection replaces it.
    stage: &'a Stage,
    /// The address that a participant opens, scheme and all but the code: `https://example.org/e/`.
    join_base: &'a str,
    /// The languages that the word filter knows.
    languages: &'static [&'static str],
    /// The kinds of activity, in the order in which they are offered.
    kinds: Vec<KindName>,
}

impl StudioPage {
    /// With what there is to say of the server's address.
    #[must_use]
    pub fn with_address(self, notes: AddressNotes) -> Self {
        Self { address: Some(notes), ..self }
    }

    /// The studio of the event of this stage. With its `rundown` the page is drawn at once, without
    /// it when the live connection has brought one. `join_base` is the server's address up to the
    /// code, such as `https://example.org/e/`.
    pub fn new(t: Locale, stage: &Stage, join_base: &str) -> Self {
        let state = script::json(&StudioState {
            stage,
            join_base,
            languages: filter::languages(),
            kinds: kinds::offered().collect(),
        });
        Self { t, address: None, name: stage.event.name.clone(), state, has_test: true }
    }

    /// With or without a way to the network test.
    #[must_use]
    pub fn with_test(self, has_test: bool) -> Self {
        Self { has_test, ..self }
    }

    fn messages(&self) -> String {
        script::messages(self.t, &["common.", "studio.", "moderation.", "problem.", "refusal."])
    }
}

#[cfg(test)]
mod tests {
    use parterre_protocol::topics::EventState;

    use super::*;
    use crate::{http::pages::preview, i18n::LOCALES};

    #[test]
    fn the_script_gets_the_state_and_the_messages() {
        for t in LOCALES {
            let event = preview::event("Annual </script> meeting 2026", "TULIP", EventState::Live);
            let stage = Stage { event, activity: None, qa: preview::no_questions(), rundown: Some(Vec::new()) };
            let page = StudioPage::new(t, &stage, "https://parterre.example/e/");
            let html = preview::render(&format!("studio-{}", t.code()), &page);
            assert_eq!(html.matches("</script>").count(), html.matches("<script").count());
            assert!(html.contains(r#""code":"TULIP""#) && html.contains(r#""refusal.stale":"#));
        }
    }
}
