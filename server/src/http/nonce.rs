//! The nonce by which a page's own scripts are known from any that somebody may have smuggled into
//! it (CSP 3, 7.1): another one for each answer. Pages are drawn with a placeholder, which is a
//! secret of the process and never leaves it, so that a page is compressed once and not for each
//! nonce.

use std::{ops::Range, sync::LazyLock};

use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use parterre_system::random;

/// 128 bits, as the standard asks for.
const BYTES: usize = 16;
/// The beginning of each of our policies, after which a page's scripts are allowed.
const NOTHING_ELSE: &str = "default-src 'none';";

static PLACEHOLDER: LazyLock<String> = LazyLock::new(make);

fn make() -> String {
    URL_SAFE_NO_PAD.encode(random::bytes::<BYTES>())
}

/// What stands in a page for its nonce while it is drawn.
pub fn placeholder() -> &'static str {
    &PLACEHOLDER
}

/// A page with scripts: where its nonces are, from the first to the last.
pub fn span(page: &[u8]) -> Option<Range<usize>> {
    let page = std::str::from_utf8(page).ok()?;
    let first = page.find(placeholder())?;
    Some(first..page.rfind(placeholder())? + placeholder().len())
}

/// Adds a nonce to these lines of a page, and makes the response's policy allow the scripts that
/// carry it.
pub fn give(headers: &mut HeaderMap, lines: &[u8]) -> String {
    let nonce = make();
    let policy = headers.get(CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok()).unwrap_or(NOTHING_ELSE);
    let scripts = format!("{NOTHING_ELSE} script-src 'nonce-{nonce}';");
    let policy = HeaderValue::from_str(&policy.replacen(NOTHING_ELSE, &scripts, 1));
    headers.insert(CONTENT_SECURITY_POLICY, policy.expect("a policy is plain text"));
    String::from_utf8_lossy(lines).replace(placeholder(), &nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_a_nonce_of_its_own_in_the_page_and_in_the_policy() {
        let page = format!("<a><script nonce={0}></script><link nonce={0}><b>", placeholder());
        let span = span(page.as_bytes()).unwrap();
        let give = || {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; img-src 'self'"));
            let lines = give(&mut headers, &page.as_bytes()[span.clone()]);
            (lines, headers.get(CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap().to_owned())
        };
        let ((one, policy), (two, _)) = (give(), give());
        assert!(one != two && !one.contains(placeholder()) && page.starts_with("<a><script"));
        let nonce = &one[..placeholder().len()];
        assert_eq!(policy, format!("default-src 'none'; script-src 'nonce-{nonce}'; img-src 'self'"));
        assert_eq!(one.matches(nonce).count(), 2);
    }

    #[test]
    fn a_page_without_scripts_needs_none() {
        assert_eq!(span(b"<p>words</p>"), None);
    }
}
