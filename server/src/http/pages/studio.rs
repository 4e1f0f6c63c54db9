//! `/studio/events/{id}`: the studio of one event.

use askama::Template;
use parterre_protocol::topics::Stage;
use serde::Serialize;

use super::script;
use crate::i18n::Locale;

/// The script's modules, so that the browser asks for all of them at once instead of finding one in the other.
const MODULES: [&str; 30] = [
    "js/kinds/editor-choice.js",
    "js/kinds/editor-words.js",
    "js/kinds/editor.js",
    "js/kinds/results-choice.js",
    "js/live.js",
    "js/messages.js",
    "js/studio/api.js",
    "js/studio/author.js",
    "js/studio/commands.js",
    "js/studio/dialogs.js",
    "js/studio/drag.js",
    "js/studio/editor.js",
    "js/studio/header.js",
    "js/studio/icons.js",
    "js/studio/keys.js",
    "js/studio/rate.js",
    "js/studio/results.js",
    "js/studio/rundown.js",
    "js/studio/say.js",
    "js/studio/settings.js",
    "js/studio/stage.js",
    "js/studio/state.js",
    "js/studio/steer.js",
    "js/studio/toasts.js",
    "js/studio/vars.js",
    "vendor/lit-html/directive-helpers.js",
    "vendor/lit-html/directive.js",
    "vendor/lit-html/directives/live.js",
    "vendor/lit-html/directives/repeat.js",
    "vendor/lit-html/lit-html.js",
];

/// The studio. Its script draws everything from the state below and keeps it current over the live connection.
#[derive(Template)]
#[template(path = "studio.html")]
pub struct StudioPage {
    t: Locale,
    name: String,
    state: String,
}

/// What the script begins with.
#[derive(Serialize)]
struct State<'a> {
    /// The topic `stage` as the studio sees it; the live connection replaces it.
    stage: &'a Stage,
    /// The address that a participant opens, scheme and all but the code: `https://example.org/e/`.
    join_base: &'a str,
}

impl StudioPage {
    /// The studio of the event of this stage. With its `rundown` the page is drawn at once, without it when the live
    /// connection has brought one. `join_base` is the server's address up to the code, such as `https://example.org/e/`.
    pub fn new(t: Locale, stage: &Stage, join_base: &str) -> Self {
        let state = script::json(&State { stage, join_base });
        Self { t, name: stage.event.name.clone(), state }
    }

    fn messages(&self) -> String {
        script::messages(self.t, &["common.", "studio.", "problem.", "refusal."])
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

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

    /// Follows the imports from the first module on.
    fn imported(web: &Path, module: &str, seen: &mut BTreeSet<String>) {
        if !seen.insert(module.to_owned()) {
            return;
        }
        let text = fs::read_to_string(web.join(module)).unwrap();
        let folder = Path::new(module).parent().unwrap();
        for import in text.split(['\'', '"']).filter(|part| part.starts_with('.') && part.ends_with(".js")) {
            let mut path = folder.to_owned();
            for step in Path::new(import).components() {
                match step.as_os_str().to_str().unwrap() {
                    "." => {}
                    ".." => drop(path.pop()),
                    name => path.push(name),
                }
            }
            let path = path.to_str().unwrap();
            if web.join(path).exists() {
                imported(web, path, seen);
            }
        }
    }

    #[test]
    fn every_module_is_asked_for_at_once() {
        let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web");
        let mut needed = BTreeSet::new();
        imported(&web, "js/studio.js", &mut needed);
        needed.remove("js/studio.js");
        assert_eq!(needed, MODULES.iter().map(|module| (*module).to_owned()).collect());
    }
}
