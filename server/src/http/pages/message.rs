//! What happened and the way out, where there is no page to show.

use actix_web::http::StatusCode;
use askama::Template;

use crate::i18n::Locale;

/// A page with one sentence and one link.
#[derive(Template)]
#[template(path = "message.html")]
pub struct MessagePage {
    t: Locale,
    what: ErrorPage,
    /// In place of the usual sentence.
    text: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorPage {
    /// There is no such page (404).
    NotFound,
    /// There is no such event, or not for this member (404).
    NoEvent,
    /// The setup link is not the one that the server printed (403).
    WrongSetupLink,
    /// The owner's account exists already (410).
    AlreadySetUp,
    /// This member may not do this (403).
    Forbidden,
    /// There is no such private link (404).
    UnknownLink,
    /// These results are not shared, or no longer (404).
    NoResults,
    /// The private link has expired (410).
    ExpiredLink,
    /// The private link was revoked (410).
    RevokedLink,
    /// The link for a forgotten password is no longer good (410).
    EndedSignInLink,
    /// The page needs a private link or an account (401).
    NeedsLink,
    /// There is no network test on this server (403).
    TestsOff,
    /// The form came from another site (403).
    OtherOrigin,
    /// The form could not be read (400).
    Malformed,
    /// What was sent is too large (413).
    TooLarge,
    /// What was sent is compressed, which nobody asked for (415).
    Encoded,
    /// The server failed (500).
    Failed,
    /// The server cannot just now (503).
    Busy,
}

impl ErrorPage {
    /// Everything that can happen.
    pub const ALL: [Self; 18] = [
        Self::NotFound,
        Self::NoEvent,
        Self::WrongSetupLink,
        Self::AlreadySetUp,
        Self::Forbidden,
        Self::UnknownLink,
        Self::NoResults,
        Self::ExpiredLink,
        Self::RevokedLink,
        Self::EndedSignInLink,
        Self::NeedsLink,
        Self::TestsOff,
        Self::OtherOrigin,
        Self::Malformed,
        Self::TooLarge,
        Self::Encoded,
        Self::Failed,
        Self::Busy,
    ];

    /// The status that belongs to it.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NotFound | Self::NoEvent | Self::UnknownLink | Self::NoResults => StatusCode::NOT_FOUND,
            Self::WrongSetupLink | Self::Forbidden | Self::TestsOff | Self::OtherOrigin => StatusCode::FORBIDDEN,
            Self::AlreadySetUp | Self::ExpiredLink | Self::RevokedLink | Self::EndedSignInLink => StatusCode::GONE,
            Self::NeedsLink => StatusCode::UNAUTHORIZED,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NoEvent => "no_event",
            Self::WrongSetupLink => "wrong_setup_link",
            Self::AlreadySetUp => "already_set_up",
            Self::Forbidden => "forbidden",
            Self::UnknownLink => "unknown_link",
            Self::NoResults => "no_results",
            Self::ExpiredLink => "expired_link",
            Self::RevokedLink => "revoked_link",
            Self::EndedSignInLink => "ended_sign_in_link",
            Self::NeedsLink => "needs_link",
            Self::TestsOff => "tests_off",
            Self::OtherOrigin => "other_origin",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Encoded => "encoded",
            Self::Failed => "failed",
            Self::Busy => "busy",
        }
    }

    /// The way out: a message's key and an address.
    const fn way_out(self) -> (&'static str, &'static str) {
        match self {
            Self::NoEvent | Self::Forbidden => ("studio.message.to_events", "/studio"),
            Self::AlreadySetUp | Self::EndedSignInLink | Self::NeedsLink => ("studio.message.to_login", "/login"),
            Self::NotFound
            | Self::WrongSetupLink
            | Self::UnknownLink
            | Self::NoResults
            | Self::ExpiredLink
            | Self::RevokedLink
            | Self::TestsOff
            | Self::OtherOrigin
            | Self::Malformed
            | Self::TooLarge
            | Self::Encoded
            | Self::Failed
            | Self::Busy => ("studio.message.to_start", "/"),
        }
    }
}

impl MessagePage {
    /// The page that says this. The handler sets the status that belongs to it.
    pub const fn new(t: Locale, what: ErrorPage) -> Self {
        Self { t, what, text: None }
    }

    /// The page that refuses what a page of another address sent, with both addresses and what
    /// mends it.
    pub fn other_origin(t: Locale, page: &str, server: &str) -> Self {
        let text = t.format("studio.message.other_origin.both", &[("page", &page), ("server", &server)]);
        Self { text: Some(text), ..Self::new(t, ErrorPage::OtherOrigin) }
    }

    fn say(&self, part: &str) -> String {
        if let Some(text) = self.text.as_ref().filter(|_| part == "text") {
            return text.clone();
        }
        self.t.text(&format!("studio.message.{}.{part}", self.what.key()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{http::pages::preview, i18n::LOCALES};

    #[test]
    fn everything_that_can_happen_is_said_in_words() {
        for what in ErrorPage::ALL {
            let html = preview::render(what.key(), &MessagePage::new(LOCALES[1], what));
            assert!(!html.contains("studio.message"), "{what:?}");
        }
    }
}
