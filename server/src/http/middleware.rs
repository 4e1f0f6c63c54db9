//! What stands around every handler: failures told in pages to people, headers that protect the
//! browser, the refusal of other sites' requests, and a limit to how long a request may take.

use std::net::IpAddr;

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::MessageBody,
    dev::{ResponseHead, ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        ConnectionType, Method, StatusCode, Version,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::{
    encoding,
    errors::Failure,
    language::Language,
    origin::Outside,
    pages::message::{ErrorPage, MessagePage},
    programs::Reader,
    reply::{html, message},
};
use crate::{
    config::{Tls, TlsMode},
    security_log::Happening,
    state::AppState,
};

/// Only our own styles, pictures and connections, and nobody else's page may show ours. Scripts are
/// let in for each page by its nonce; none makes markup of text but the library that draws ours.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                          frame-src 'self'; form-action 'self'; base-uri 'none'; manifest-src 'self'; frame-ancestors 'none'; \
                          require-trusted-types-for 'script'; trusted-types lit-html";
/// The same for responses other than pages.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";
/// What a page may ask of its device: to fill the screen, to keep it on, and to copy a text.
/// Nothing else is used.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), geolocation=(), gyroscope=(), \
                           magnetometer=(), microphone=(), midi=(), payment=(), usb=(), clipboard-write=(self), fullscreen=(self)";
/// Signing out takes what the browser has kept of pages with it, those it would show by going back
/// too. Not its storage and its cookies: on the same device may be a participant's answers that
/// were not sent yet.
const FORGET: &str = "\"cache\"";

/// Finishes every answer: tells a failure so that its reader understands it, and adds the headers
/// that protect the browser where the handler has not set its own.
pub async fn finish(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let old = request.version() < Version::HTTP_11;
    if old {
        // Whoever speaks it for a browser may not pass a coding on.
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    let for_whom = Reader::of(&request);
    let reader = (for_whom == Reader::Person).then(|| Language::of(request.request()));
    let (what, gzip) = (ResponsePolicy::of(&request), encoding::takes(request.headers(), "gzip"));
    let state = request.app_data::<Data<AppState>>().expect("every app has the state").clone();
    let outside = Outside::of(request.request());
    let network = reader.and_then(|_| network(outside.client()?));
    match next.call(request).await {
        Ok(response) => {
            let what = ResponsePolicy { signs_out: what.signs_out && response.status().is_redirection(), ..what };
            let page = match response.response().error() {
                Some(error) => error_page(reader, error),
                None => for_whom.instead_of(response.response()),
            };
            let mut response = match page {
                Some(page) => response.into_response(page),
                None => response.map_into_boxed_body(),
            };
            protect(&state, &outside, response.headers_mut(), what);
            if let Some(network) = network {
                response.headers_mut().insert(HeaderName::from_static("server-timing"), network);
            }
            let status = response.status();
            note(&state, &outside, status);
            part(&state, status, response.response_mut().head_mut());
            let (request, response) = response.into_parts();
            let mut response = encoding::finish(response, gzip);
            if old {
                encoding::end_by_closing(&mut response);
            }
            Ok(ServiceResponse::new(request, response))
        }
        Err(error) => {
            let mut response = error_page(reader, &error).unwrap_or_else(|| error.error_response());
            protect(&state, &outside, response.headers_mut(), ResponsePolicy { signs_out: false, ..what });
            note(&state, &outside, response.status());
            part(&state, response.status(), response.head_mut());
            let mut response = encoding::finish(response, gzip);
            if old {
                encoding::end_by_closing(&mut response);
            }
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// Counts an answer, and has the security log tell of one that keeps somebody out.
pub fn note(state: &AppState, outside: &Outside, status: StatusCode) {
    state.hub.context.metrics.requests.at(status.as_u16()).inc();
    if status == StatusCode::FORBIDDEN {
        state.security.record(state.clock().now(), Happening::Refused, None, outside.network());
    }
}

/// Has the client connect anew for its next request where another node may serve it better.
fn part(state: &AppState, status: StatusCode, head: &mut ResponseHead) {
    if status == StatusCode::SERVICE_UNAVAILABLE || state.hub.context.lifecycle.is_leaving() {
        head.set_connection_type(ConnectionType::Close);
    }
}

/// What tells of a failure, where the error itself does not do it: a page where a person reads it,
/// and our own words in place of those of whoever else found it.
fn error_page(reader: Option<Language>, error: &Error) -> Option<HttpResponse> {
    let ours = error.as_error::<Failure>().cloned();
    let (ours, failure) =
        (ours.is_some(), ours.unwrap_or_else(|| Failure::of_status(error.as_response_error().status_code())));
    let Some(page) = reader.and_then(|language| page(language, &failure)) else {
        return (!ours).then(|| failure.error_response());
    };
    let mut page = page;
    *page.status_mut() = failure.status;
    failure.set_headers(page.headers_mut());
    Some(page)
}

fn page(language: Language, failure: &Failure) -> Option<HttpResponse> {
    let arg = |name: &str| failure.args.get(name).and_then(|value| value.as_str());
    match (failure.code, arg("page"), arg("server")) {
        ("origin", Some(page), Some(server)) => {
            html(failure.status, &MessagePage::other_origin(language.0, page, server)).ok()
        }
        _ => message(language.0, what(failure)).ok(),
    }
}

fn what(failure: &Failure) -> ErrorPage {
    match (failure.code, failure.status) {
        ("origin", _) => ErrorPage::OtherOrigin,
        ("unknown_event", _) => ErrorPage::NoEvent,
        ("not_found" | "method_not_allowed", _) => ErrorPage::NotFound,
        ("encoded", _) => ErrorPage::Encoded,
        ("too_large", _) => ErrorPage::TooLarge,
        ("not_shared", _) => ErrorPage::NoResults,
        ("link_unknown", _) => ErrorPage::UnknownLink,
        ("link_expired", _) => ErrorPage::ExpiredLink,
        ("link_revoked", _) => ErrorPage::RevokedLink,
        (_, StatusCode::UNAUTHORIZED) => ErrorPage::NeedsLink,
        (_, StatusCode::FORBIDDEN) => ErrorPage::Forbidden,
        (_, StatusCode::SERVICE_UNAVAILABLE) => ErrorPage::Busy,
        (_, status) if status.is_client_error() => ErrorPage::Malformed,
        _ => ErrorPage::Failed,
    }
}

/// What our pages tell of their address to where they lead, and to whatever they load. Without a
/// word browsers would send `Origin: null` with our own forms. The address of a private link is its
/// secret, and there is no form there; that of the owner's account and of a link to sign in are
/// too, and there is a form, which needs the origin alone.
fn referrer(path: &str) -> &'static str {
    match path.trim_start_matches('/').split('/').next() {
        Some("l" | "r") => "no-referrer",
        Some("setup" | "sign-in-link") => "strict-origin",
        _ => "same-origin",
    }
}

/// Tells a page apart from which network it is seen, for it to remember what got through there: its
/// own address, shortened beyond recognition, and of IPv6 the part that all in one network share.
/// Scripts read no other header of a page.
fn network(client: IpAddr) -> Option<HeaderValue> {
    let digest = match client {
        IpAddr::V4(address) => Sha256::digest(address.octets()),
        IpAddr::V6(address) => Sha256::digest(&address.octets()[..8]),
    };
    let [one, two, three, ..] = digest[..] else { return None };
    HeaderValue::from_str(&format!("network;desc=\"{one:02x}{two:02x}{three:02x}\"")).ok()
}

/// What its answer's headers depend on.
#[derive(Clone, Copy)]
struct ResponsePolicy {
    /// Nothing where it asks for nothing itself.
    referrer: Option<&'static str>,
    /// Whether search engines may list it.
    listed: bool,
    signs_out: bool,
}

impl ResponsePolicy {
    fn of(request: &ServiceRequest) -> Self {
        let path = request.path();
        let signs_out = path == "/logout" && *request.method() == Method::POST;
        Self { referrer: (!path.starts_with("/assets/")).then(|| referrer(path)), listed: path == "/", signs_out }
    }
}

/// The promise that this site speaks TLS only; `None` if it could not be kept, as with a
/// certificate that browsers do not know.
pub fn transport_security(state: &AppState, outside: &Outside) -> Option<String> {
    let Tls { mode, hsts_days, hsts_subdomains, .. } = state.config.tls;
    let subdomains = if hsts_subdomains { "; includeSubDomains" } else { "" };
    let kept = outside.is_secure() && mode != TlsMode::SelfSigned && hsts_days > 0;
    kept.then(|| format!("max-age={}{subdomains}", u64::from(hsts_days) * 24 * 60 * 60))
}

fn protect(state: &AppState, outside: &Outside, headers: &mut HeaderMap, what: ResponsePolicy) {
    if let Some(promise) = transport_security(state, outside) {
        let promise = HeaderValue::from_str(&promise).expect("digits are fit for a header");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, promise);
    }
    let page = encoding::is_page(headers);
    let protect = [
        // Responses other than pages need no exceptions, which would make up half of a short
        // response's head.
        (header::CONTENT_SECURITY_POLICY, Some(if page { POLICY } else { NOTHING })),
        (header::X_CONTENT_TYPE_OPTIONS, Some("nosniff")),
        // What is loaded into our pages goes by their word.
        (header::REFERRER_POLICY, what.referrer),
        (header::CACHE_CONTROL, Some("no-store")),
        (HeaderName::from_static("cross-origin-resource-policy"), Some("same-origin")),
        // These mean something of what is looked at in a window alone.
        (HeaderName::from_static("cross-origin-opener-policy"), page.then_some("same-origin")),
        (HeaderName::from_static("permissions-policy"), page.then_some(PERMISSIONS)),
        (HeaderName::from_static("x-robots-tag"), (page && !what.listed).then_some("noindex")),
        (HeaderName::from_static("clear-site-data"), what.signs_out.then_some(FORGET)),
    ];
    for (name, value) in protect.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// Refuses requests that change something, carry a cookie, and do not come from our own pages.
/// Browsers send `Origin` with every such request; a program that uses cookies has to send it too.
pub async fn same_origin(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let outside = Outside::of(request.request());
    let ours = outside.is_ours();
    let carries_cookie = request.headers().contains_key(header::COOKIE);
    if safe || ours == Some(true) || (ours.is_none() && !carries_cookie) {
        return next.call(request).await;
    }
    let state = request.app_data::<Data<AppState>>().expect("every app has the state");
    Err(outside.refusal(state).into())
}

/// Refuses what no handler is to look at.
pub async fn readable(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    encoding::check(request.headers())?;
    next.call(request).await
}

/// The addresses whose bodies and answers are large, archives and all results of an event: how they
/// begin, and what is in them.
const LONG: [(&str, &str); 4] = [
    ("/api/v1/events/", "/archive"),
    ("/api/v1/events/", "/export/results."),
    ("/api/v1/events/import", ""),
    ("/studio/events/import", ""),
];

/// Ends a request whose body, or answer, takes too long.
pub async fn time_limit(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let config = &request.app_data::<Data<AppState>>().expect("every app has the state").config;
    let path = request.path();
    let is_long = LONG.iter().any(|(start, within)| path.starts_with(start) && path.contains(within));
    let limit = if is_long { config.archive.timeout } else { config.limits.body_timeout };
    match timeout(limit, next.call(request)).await {
        Ok(response) => response,
        Err(_) => {
            Err(Failure::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "The request took too long to arrive.").into())
        }
    }
}
