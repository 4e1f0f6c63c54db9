//! Pages rendered by tests, for inspection: with the environment variable `PREVIEW_DIR`, each is
//! also written there.

use askama::Template;
use parterre_protocol::{
    EventId,
    posts::{NamePolicy, QaState},
    topics::{Event, EventState, Qa},
};
use uuid::Uuid;

/// The page's HTML.
pub(crate) fn render(name: &str, page: &impl Template) -> String {
    let html = page.render().expect("a page's data can be written");
    if let Some(folder) = std::env::var_os("PREVIEW_DIR") {
        let file = std::path::Path::new(&folder).join(format!("{name}.html"));
        std::fs::write(file, &html).expect("the folder of PREVIEW_DIR can be written to");
    }
    html
}

/// An event to draw.
pub(crate) fn event(name: &str, code: &str, state: EventState) -> Event {
    Event {
        id: EventId::new(Uuid::from_u128(1)),
        name: name.to_owned(),
        code: code.to_owned(),
        state,
        names: false,
        language: None,
        results_shared: false,
    }
}

/// An event that takes no questions.
pub(crate) fn no_questions() -> Qa {
    let (state, names) = (QaState::Off, NamePolicy::Either);
    Qa { state, review: true, names, downvotes: false, labels: Vec::new(), on_screen: false }
}
