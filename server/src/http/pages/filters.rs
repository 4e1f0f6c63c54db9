//! What templates do with text beyond what their engine brings.

#![expect(unreachable_pub, reason = "what the macro makes of a filter is public")]

use std::fmt::Display;

use askama::Values;

/// Markup in which everything that people of an event wrote is of the event's language, where that
/// is said. Templates mark it by `dir="auto"`, which nothing else has; within a text the quotes are
/// escaped. With script `web/js/messages.js` does the same.
#[askama::filter_fn]
pub(super) fn spoken(markup: impl Display, _: &dyn Values, language: Option<&'filter str>) -> askama::Result<String> {
    let markup = markup.to_string();
    Ok(match language {
        Some(tag) => markup.replace(r#" dir="auto""#, &format!(r#" dir="auto" lang="{tag}""#)),
        None => markup,
    })
}
