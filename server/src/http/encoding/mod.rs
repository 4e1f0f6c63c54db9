//! Content codings (RFC 9110, 8.4). No request's body is unpacked: a few hundred bytes can stand
//! for gigabytes, and nobody needs to send this server compressed ones. What it writes itself is
//! compressed for those who take it.

mod gzip;

use actix_web::{
    HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    http::ConnectionType,
    http::header::{
        ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, TRANSFER_ENCODING,
        VARY,
    },
};

use super::{errors::Failure, nonce};

/// How many of a client's encodings are considered; browsers name four.
const MAX_CODINGS: usize = 16;
/// Shorter answers fit a packet as they are.
const MIN_BYTES: usize = 1024;
/// Longer ones, which are exports, would hold up everybody on the same thread for too long.
const MAX_BYTES: usize = 256 * 1024;
/// Types of answers that are text.
const TEXT: [&str; 5] =
    ["text/", "application/json", "application/manifest+json", "application/x-ndjson", "image/svg+xml"];

/// Refuses a body that would have to be unpacked first.
pub fn check(headers: &HeaderMap) -> Result<(), Failure> {
    let plain = |coding: &HeaderValue| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).all(plain) { Ok(()) } else { Err(Failure::encoded()) }
}

/// Whether a client takes this coding of an answer.
pub fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let named = headers.get_all(ACCEPT_ENCODING).filter_map(|named| named.to_str().ok());
    let mut others = false;
    for one in named.flat_map(|named| named.split(',')).take(MAX_CODINGS) {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        let wanted = weight.is_ok_and(|weight| weight > 0.0);
        if name.trim().eq_ignore_ascii_case(coding) {
            return wanted;
        }
        if name.trim() == "*" {
            others = wanted;
        }
    }
    others
}

/// Compresses what the server wrote itself, and gives the scripts of a page their nonce. A stream,
/// and what says of itself how it is coded, goes out as it is.
pub fn finish(response: HttpResponse, gzip: bool) -> HttpResponse {
    if !may_compress(response.headers()) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    head.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
    let plain = match body.try_into_bytes() {
        Ok(plain) => plain,
        Err(body) => return head.set_body(body),
    };
    let span = is_page(head.headers()).then(|| nonce::span(&plain)).flatten().unwrap_or(plain.len()..plain.len());
    let lines = if span.is_empty() { String::new() } else { nonce::give(head.headers_mut(), &plain[span.clone()]) };
    let (before, after) = (&plain[..span.start], &plain[span.end..]);
    if gzip && (MIN_BYTES..=MAX_BYTES).contains(&plain.len()) {
        let packed = gzip::packed(&plain, before.len(), lines.as_bytes(), after.len());
        if packed.len() < plain.len() {
            head.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            return head.set_body(BoxBody::new(packed));
        }
    }
    let whole = if lines.is_empty() { plain } else { [before, lines.as_bytes(), after].concat().into() };
    head.set_body(BoxBody::new(whole))
}

/// HTTP/1.0 knows no chunks (RFC 9112, 6.1): a body whose length is not known ends with its
/// connection.
pub fn end_by_closing(response: &mut HttpResponse) {
    if response.body().size() == BodySize::Stream {
        let head = response.head_mut();
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
}

fn kind(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}

/// Whether this is a page.
pub fn is_page(headers: &HeaderMap) -> bool {
    kind(headers).starts_with("text/html")
}

fn may_compress(headers: &HeaderMap) -> bool {
    let coded = [CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| headers.contains_key(name));
    let kind = kind(headers);
    !coded && TEXT.iter().any(|text| kind.starts_with(text)) && !kind.starts_with("text/event-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: actix_web::http::header::HeaderName, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        values.iter().for_each(|value| headers.append(name.clone(), HeaderValue::from_static(value)));
        headers
    }

    #[test]
    fn only_what_need_not_be_unpacked_is_read() {
        let fits = |values: &[&'static str]| check(&headers(CONTENT_ENCODING, values)).is_ok();
        assert!(fits(&[]) && fits(&["identity"]) && fits(&[" IDENTITY "]));
        for values in [
            &["br"][..],
            &["GZIP"],
            &["x-gzip"],
            &["identity, br"],
            &["identity", "br"],
            &[""],
            &["\t"],
            &["*"],
            &["\""],
        ] {
            assert!(!fits(values), "{values:?}");
        }
    }

    #[test]
    fn a_client_is_asked_what_it_takes() {
        let takes = |values: &[&'static str], coding| takes(&headers(ACCEPT_ENCODING, values), coding);
        assert!(takes(&["gzip, deflate, br, zstd"], "br"));
        assert!(takes(&["br;q=0.5, gzip"], "br"));
        assert!(takes(&["identity", "GZIP; q=0.001"], "gzip"));
        assert!(takes(&["*"], "gzip"));
        assert!(!takes(&["*, gzip;q=0"], "gzip"));
        assert!(!takes(&["*;q=0"], "gzip"));
        assert!(!takes(&["gzip, br;q=0"], "br"));
        assert!(!takes(&["gzip;q=much"], "gzip"));
        assert!(!takes(&["identity"], "br"));
        assert!(!takes(&[], "gzip"));
    }

    #[test]
    fn no_more_than_the_first_codings_are_looked_at() {
        let many: &'static str = Box::leak("a,".repeat(40_000).into_boxed_str());
        assert!(!takes(&headers(ACCEPT_ENCODING, &[many, "gzip"]), "gzip"));
    }
}
