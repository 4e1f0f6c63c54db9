//! The words that a page's script fetches when it needs them, beside the scripts that say them.
//! Those that a page begins with are in it: `pages::script`.

use actix_web::{
    HttpResponse,
    web::{self, Path, ServiceConfig},
};
use parterre_protocol::KindName;
use serde_json::Value;

use super::assets;
use crate::i18n::Locale;

/// What a phone says of rare events alone, of which it learns from the server: by then it can fetch
/// the words too. Not among them is what it says while there is no network, or while the server has
/// much to do.
const LATER: [&str; 8] = [
    "phone.join_trouble.",
    "phone.moved_on",
    "phone.off.",
    "phone.refused.",
    "phone.seconds_left",
    "phone.text_refused",
    "phone.time_",
    "phone.understood",
];
const AT_ONCE: [&str; 4] =
    ["phone.join_trouble.busy", "phone.join_trouble.network", "phone.join_trouble.slow_down", "phone.off.reload"];
/// What stands in forms alone: no script says it.
const IN_FORMS: [&str; 10] = [
    "phone.queued_press",
    "phone.name",
    "phone.name_why",
    "phone.no_account",
    "phone.refresh",
    "phone.reloads",
    "phone.static",
    "phone.too_soon",
    "phone.until",
    "phone.welcome",
];

/// The part of a kind's words that its first view does without has this at the end of its name.
const LATER_OF_KIND: &str = "-later";

/// Whether a phone's page comes with this message for its script.
pub(super) fn is_at_once(key: &str) -> bool {
    !is_later(key) && !is_later_of_kind(key) && !IN_FORMS.contains(&key)
}

fn is_later(key: &str) -> bool {
    LATER.iter().any(|prefix| key.starts_with(prefix)) && !AT_ONCE.contains(&key)
}

/// Whether it is one such as `phone.open.later.own`.
fn is_later_of_kind(key: &str) -> bool {
    key.split('.').nth(2) == Some("later")
}

/// The routes.
pub(super) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/assets/{hash}/words/{language}/{part}.json").route(web::get().to(words)));
}

async fn words(path: Path<(String, String, String)>) -> HttpResponse {
    let (hash, language, part) = path.into_inner();
    let found = Locale::parse(&language).and_then(|t| part_of(t, &part));
    found.map_or_else(|| HttpResponse::NotFound().finish(), |words| assets::json(&hash, &words))
}

/// The messages of a part of the phone's page: what it says rarely, what it says of questions, or
/// of a kind of activity.
fn part_of(t: Locale, part: &str) -> Option<Value> {
    match part {
        "later" => Some(t.messages_where(|key, _| is_later(key))),
        "questions" => Some(t.messages_where(|key, _| key.starts_with("questions."))),
        kind => {
            let (kind, later) = kind.strip_suffix(LATER_OF_KIND).map_or((kind, false), |kind| (kind, true));
            let kind: KindName = serde_json::from_value(kind.into()).ok()?;
            Some(t.messages_where(|key, of| {
                of == Some(kind.as_str()) && key.starts_with("phone.") && is_later_of_kind(key) == later
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::LOCALES;

    #[test]
    fn each_part_has_its_words_and_no_others() {
        let keys = |part| {
            let words = part_of(LOCALES[1], part).unwrap();
            words.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert!(keys("later").contains(&"phone.refused.closed".to_owned()));
        assert!(!keys("later").iter().any(|key| is_at_once(key)));
        assert!(keys("questions").iter().all(|key| key.starts_with("questions.")));
        assert!(
            keys("rating").contains(&"phone.rating.clear".to_owned())
                && !keys("rating").contains(&"phone.send".to_owned())
        );
        let (first, later) = ("phone.open.send".to_owned(), "phone.open.later.own".to_owned());
        assert!(keys("open").contains(&first) && !keys("open").contains(&later));
        assert!(keys("open-later").contains(&later) && !keys("open-later").contains(&first));
        assert!(is_at_once(&first) && !is_at_once(&later));
        assert!(part_of(LOCALES[0], "studio").is_none());
    }
}
