//! In which language a page speaks.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    cookie::time::Duration,
    dev::Payload,
    http::header::{self, ACCEPT_LANGUAGE},
    web::{Path, Query},
};
use serde::Deserialize;

use super::{cookies, errors::Failure, origin::Outside};
use crate::i18n::Locale;

/// The cookie of a chosen language.
const COOKIE: &str = "parterre_language";

/// The language of a request: the one that was chosen, else the browser's.
#[derive(Clone, Copy, Debug)]
pub struct Language(pub Locale);

impl Language {
    /// The language that this request asks for.
    pub fn of(request: &HttpRequest) -> Self {
        let chosen = cookies::read(request.headers(), &Outside::of(request), COOKIE);
        let chosen = chosen.and_then(|code| Locale::parse(&code));
        let accepted =
            || request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self(chosen.unwrap_or_else(|| Locale::negotiate(accepted())))
    }
}

impl FromRequest for Language {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

/// Where to go on after the choice.
#[derive(Debug, Deserialize)]
pub struct Back {
    #[serde(default)]
    back: String,
}

/// `GET /language/{code}?back=/…`: remembers the language.
pub async fn choose(request: HttpRequest, code: Path<String>, back: Query<Back>) -> Result<HttpResponse, Failure> {
    let locale = Locale::parse(&code).ok_or_else(Failure::not_found)?;
    let secure = Outside::of(&request).is_secure();
    let cookie = cookies::cookie(COOKIE, locale.code().to_owned(), secure, Duration::days(365));
    let location = if is_own_path(&back.back) { back.back.as_str() } else { "/" };
    Ok(HttpResponse::SeeOther().cookie(cookie).insert_header((header::LOCATION, location)).finish())
}

/// Whether a path leads nowhere but to this server. Browsers read a backslash as a slash.
fn is_own_path(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && path.bytes().all(|c| c.is_ascii_graphic() && c != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_led_back_only_to_this_server() {
        assert!(is_own_path("/e/TULIP?a=b"));
        for elsewhere in ["", "https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nb"] {
            assert!(!is_own_path(elsewhere), "{elsewhere}");
        }
    }
}
