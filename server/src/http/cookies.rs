//! The names of our cookies, and how they are set and read.
//!
//! Over TLS, each is named `__Host-…`. Browsers accept such a name only over TLS, for this host
//! alone and all of its paths, so that no neighbour under the same domain and nobody on a plain
//! connection can plant one. The plain name is then not read, or it could be planted anyway.

use actix_web::{
    cookie::{Cookie, SameSite, time::Duration},
    http::header::{self, HeaderMap},
};

use super::origin::Outside;

/// What browsers hold to its promise.
const HOST_PREFIX: &str = "__Host-";

/// The name under which a cookie is set.
pub fn cookie_name(base: &str, secure: bool) -> String {
    if secure { format!("{HOST_PREFIX}{base}") } else { base.to_owned() }
}

/// A cookie of ours, which no script reads and no other site's request but a link carries.
pub fn cookie(base: &str, value: String, secure: bool, age: Duration) -> Cookie<'static> {
    let cookie = Cookie::build(cookie_name(base, secure), value);
    // Browsers take the prefix with this path, without a domain and with `Secure` only.
    cookie.path("/").http_only(true).same_site(SameSite::Lax).secure(secure).max_age(age).finish()
}

/// The value of a cookie of ours. The name that nobody can plant goes first, and is the only one
/// where the browser speaks TLS.
pub fn read(headers: &HeaderMap, outside: &Outside, base: &str) -> Option<String> {
    let plain = || (!outside.is_secure()).then(|| find(headers, base)).flatten();
    find(headers, &cookie_name(base, true)).or_else(plain)
}

/// The value of a cookie by its plain name, whoever set it.
pub fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;
    use crate::config::{Config, TlsMode};

    fn value(cookies: &'static str, secure: bool) -> Option<String> {
        let mut config = Config::default();
        config.tls.mode = if secure { TlsMode::Files } else { TlsMode::Off };
        let headers = [(header::COOKIE, HeaderValue::from_static(cookies))].into_iter().collect();
        read(&headers, &Outside::read(&config, &headers, None), "parterre_x")
    }

    #[test]
    fn over_tls_no_cookie_is_taken_that_a_neighbour_could_have_planted() {
        assert_eq!(value("a=b; parterre_x=planted", true), None);
        assert_eq!(value("parterre_x=planted; __Host-parterre_x=own", true).as_deref(), Some("own"));
        assert_eq!(value("parterre_x=planted; __Host-parterre_x=own", false).as_deref(), Some("own"));
        assert_eq!(value("a=b; parterre_x=own", false).as_deref(), Some("own"));
        assert_eq!(value("a=b; x=parterre_x", false), None);
    }

    #[test]
    fn what_is_set_is_what_browsers_take() {
        let set = cookie("parterre_x", "v".to_owned(), true, Duration::days(1)).to_string();
        assert_eq!(set, "__Host-parterre_x=v; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=86400");
        let set = cookie("parterre_x", "v".to_owned(), false, Duration::ZERO).to_string();
        assert_eq!(set, "parterre_x=v; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
    }
}
