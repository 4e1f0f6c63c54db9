//! In which language a page speaks.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    dev::Payload,
    http::header::{self, ACCEPT_LANGUAGE},
    web::{Data, Path, Query},
};
use serde::Deserialize;

use super::errors::Failure;
use crate::{i18n::Locale, state::State};

/// The cookie of a chosen language.
const COOKIE: &str = "parterre_language";

/// The language of a request: the one that was chosen, else the browser's.
#[derive(Clone, Copy, Debug)]
pub struct Language(pub Locale);

impl Language {
    /// The language that this request asks for.
    pub fn of(request: &HttpRequest) -> Self {
        let chosen = request.cookie(COOKIE).and_then(|cookie| Locale::parse(cookie.value()));
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
pub async fn choose(state: Data<State>, code: Path<String>, back: Query<Back>) -> Result<HttpResponse, Failure> {
    let locale = Locale::parse(&code).ok_or_else(Failure::not_found)?;
    let cookie = Cookie::build(COOKIE, locale.code())
        .path("/")
        .same_site(SameSite::Lax)
        .http_only(true)
        .secure(state.secure())
        .max_age(Duration::days(365))
        .finish();
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
