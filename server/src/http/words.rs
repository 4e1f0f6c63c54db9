//! The words that a page's script fetches when it needs them, beside the scripts that say them. Those that a page begins with
//! are in it: `pages::script`.

use actix_web::{
    HttpResponse,
    web::{self, Path, ServiceConfig},
};
use parterre_protocol::KindName;
use serde_json::Value;

use super::assets;
use crate::i18n::Locale;

/// What a phone says of rare events alone, of which it learns from the server: by then it can fetch the words too. Not among them
/// is what it says while there is no network, or while the server has much to do.
const LATER: [&str; 7] = [
    "phone.join_trouble.",
    "phone.moved_on",
    "phone.off.",
    "phone.refused.",
    "phone.seconds_left",
    "phone.time_",
    "phone.understood",
];
const AT_ONCE: [&str; 4] =
    ["phone.join_trouble.busy", "phone.join_trouble.network", "phone.join_trouble.slow_down", "phone.off.reload"];
/// What stands in forms alone: no script says it.
const IN_FORMS: [&str; 9] = [
    "phone.queued_press",
    "phone.name",
    "phone.name_why",
    "phone.no_account",
    "phone.refresh",
    "phone.static",
    "phone.too_soon",
    "phone.until",
    "phone.welcome",
];

/// Whether a phone's page comes with this message for its script.
pub(super) fn is_at_once(key: &str) -> bool {
    !is_later(key) && !IN_FORMS.contains(&key)
}

fn is_later(key: &str) -> bool {
    LATER.iter().any(|prefix| key.starts_with(prefix)) && !AT_ONCE.contains(&key)
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

/// The messages of a part of the phone's page: what it says rarely, what it says of questions, or of a kind of activity.
fn part_of(t: Locale, part: &str) -> Option<Value> {
    match part {
        "later" => Some(t.messages_where(|key, _| is_later(key))),
        "questions" => Some(t.messages_where(|key, _| key.starts_with("questions."))),
        kind => {
            let kind: KindName = serde_json::from_value(kind.into()).ok()?;
            Some(t.messages_where(|key, of| of == Some(kind.as_str()) && key.starts_with("phone.")))
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
        assert!(part_of(LOCALES[0], "studio").is_none());
    }
}
