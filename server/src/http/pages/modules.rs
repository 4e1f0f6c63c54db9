//! The modules of the pages, so that the browser asks for all of them at once instead
//! of finding one in the other.

/// What moderating needs, on its own page and in the studio.
pub(super) const MODERATION: [&str; 43] = [
    "js/focus.js",
    "js/html.js",
    "js/lines.js",
    "js/live.js",
    "js/messages.js",
    "js/moderation/actions.js",
    "js/moderation/acts.js",
    "js/moderation/board.js",
    "js/moderation/card.js",
    "js/moderation/configure.js",
    "js/moderation/decline.js",
    "js/moderation/dialog.js",
    "js/moderation/forum.js",
    "js/moderation/head.js",
    "js/moderation/icons.js",
    "js/moderation/keys.js",
    "js/moderation/label.js",
    "js/moderation/labels.js",
    "js/moderation/ledger.js",
    "js/moderation/links.js",
    "js/moderation/merge.js",
    "js/moderation/more.js",
    "js/moderation/settings.js",
    "js/moderation/view.js",
    "js/moderation/voice.js",
    "js/moderation/words.js",
    "js/moderation/write.js",
    "js/moderation/written.js",
    "js/grace.js",
    "js/studio/api.js",
    "js/studio/commands.js",
    "js/studio/dialogs.js",
    "js/studio/icons.js",
    "js/studio/menu.js",
    "js/studio/toasts.js",
    "js/studio/style-vars.js",
    "js/studio/words.js",
    "js/text.js",
    "vendor/lit-html/directive-helpers.js",
    "vendor/lit-html/directive.js",
    "vendor/lit-html/directives/live.js",
    "vendor/lit-html/directives/repeat.js",
    "vendor/lit-html/lit-html.js",
];

/// What the network test needs.
pub(super) const NETCHECK: [&str; 8] = [
    "js/field.js",
    "js/messages.js",
    "js/netcheck/channel.js",
    "js/netcheck/copy.js",
    "js/netcheck/probes.js",
    "js/netcheck/request.js",
    "js/netcheck/view.js",
    "js/text.js",
];

/// What the board of a room test needs.
pub(super) const ROOM_TEST: [&str; 16] = [
    "js/focus.js",
    "js/html.js",
    "js/live.js",
    "js/messages.js",
    "js/grace.js",
    "js/room-test/groups.js",
    "js/room-test/readings.js",
    "js/studio/api.js",
    "js/studio/commands.js",
    "js/studio/dialogs.js",
    "js/studio/toasts.js",
    "js/studio/words.js",
    "vendor/lit-html/directive-helpers.js",
    "vendor/lit-html/directive.js",
    "vendor/lit-html/directives/repeat.js",
    "vendor/lit-html/lit-html.js",
];

/// What a phone needs. Those that it needs only where it says so come later.
pub(super) const PHONE: [&str; 6] =
    ["js/live.js", "js/messages.js", "js/outbox.js", "js/phone/connection.js", "js/phone/stage.js", "js/phone/tabs.js"];

/// What a phone of a room test needs.
pub(super) const READING: [&str; 7] = [
    "js/field.js",
    "js/live.js",
    "js/messages.js",
    "js/netcheck/channel.js",
    "js/netcheck/probes.js",
    "js/reading/send.js",
    "js/text.js",
];

/// What the studio needs besides.
pub(super) const STUDIO: [&str; 21] = [
    "js/countdown.js",
    "js/double-press.js",
    "js/kinds.js",
    "js/studio/author.js",
    "js/studio/countdown.js",
    "js/studio/drag.js",
    "js/studio/editor.js",
    "js/studio/header.js",
    "js/studio/keys.js",
    "js/studio/kinds.js",
    "js/studio/parts.js",
    "js/studio/questions.js",
    "js/studio/rate.js",
    "js/studio/results.js",
    "js/studio/rundown.js",
    "js/studio/schedule.js",
    "js/studio/settings.js",
    "js/studio/stage.js",
    "js/studio/state.js",
    "js/studio/steer.js",
    "js/studio/voice.js",
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;
    use crate::http::kinds;

    /// Follows the imports from the first module on.
    fn imported(web: &Path, module: &str, seen: &mut BTreeSet<String>) {
        if !seen.insert(module.to_owned()) {
            return;
        }
        let text = fs::read_to_string(web.join(module)).unwrap();
        let folder = Path::new(module).parent().unwrap();
        // What is fetched only by those who need it is not asked for with the rest, nor is what is only spoken of.
        let parts: Vec<&str> = text.split(['\'', '"']).collect();
        let at_once = |before: &str| ["from", "import"].iter().any(|word| before.trim_end().ends_with(word));
        let imports = parts.windows(2).filter(|parts| at_once(parts[0])).map(|parts| parts[1]);
        for import in imports.filter(|part| part.starts_with('.') && part.ends_with(".js")) {
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

    fn needed_by(module: &str) -> BTreeSet<String> {
        let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web");
        let mut needed = BTreeSet::new();
        imported(&web, module, &mut needed);
        needed.remove(module);
        needed
    }

    /// What the modules of this name need that every kind has, beside what is in the kind's own folder.
    fn needed_by_kinds(module: &str) -> BTreeSet<String> {
        let needs = kinds::offered().flat_map(|kind| {
            let mut needed = needed_by(&format!("kinds/{kind}/{module}.js"));
            needed.retain(|module| !module.starts_with(&format!("kinds/{kind}/")));
            needed
        });
        needs.collect()
    }

    #[test]
    fn a_kind_on_a_phone_needs_nothing_that_the_phone_has_not() {
        assert!(needed_by_kinds("phone").is_subset(&PHONE.map(str::to_owned).into()));
    }

    #[test]
    fn every_module_is_asked_for_at_once() {
        let moderation = MODERATION.map(str::to_owned);
        assert_eq!(needed_by("js/netcheck.js"), NETCHECK.map(str::to_owned).into());
        assert_eq!(needed_by("js/room-test.js"), ROOM_TEST.map(str::to_owned).into());
        assert_eq!(needed_by("js/phone.js"), PHONE.map(str::to_owned).into());
        assert_eq!(needed_by("js/reading.js"), READING.map(str::to_owned).into());
        assert_eq!(needed_by("js/moderator.js"), moderation.clone().into());
        let studio = needed_by("js/studio.js").into_iter().chain(needed_by_kinds("studio")).collect::<BTreeSet<_>>();
        assert_eq!(studio, moderation.into_iter().chain(STUDIO.map(str::to_owned)).collect());
    }
}
