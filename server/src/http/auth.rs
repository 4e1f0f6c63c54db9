//! Authentication and authorisation of requests. All of it is here.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    cookie::{Cookie, time::Duration as CookieDuration},
    dev::Payload,
    http::header::{self, HeaderMap},
    web::Data,
};
use parterre_domain::{
    event::Event,
    ids::MemberId,
    member::Member,
    private_link::{LinkKind, PrivateLink, Scope},
};
use parterre_protocol::{EventId, Millis};
use parterre_store::{SessionHash, Store};
use sha2::{Digest, Sha256};

use super::{cookies, errors::Failure, origin::Outside};
use crate::{
    device::{DeviceKey, DeviceToken},
    state::AppState,
};

/// The cookie of a participant's device, by its plain name.
pub const DEVICE_COOKIE: &str = "parterre_device";
/// The cookie of a member's session, by its plain name.
pub const SESSION_COOKIE: &str = "parterre_session";
/// The cookie of a browser that comes again to sign in.
const WAITING_COOKIE: &str = "parterre_waiting";
/// The maximum length of a session's or link's token.
const TOKEN_CHARS: usize = 128;
/// How long a device is remembered.
const DEVICE_DAYS: i64 = 365;

/// A participant's device token, from the `Authorization` header or the cookie, if this server has
/// issued it. Whatever else a client shows is no token.
pub fn device(key: &DeviceKey, headers: &HeaderMap, outside: &Outside) -> Option<DeviceToken> {
    match bearer(headers) {
        Some(token) => key.recognise(token),
        None => key.recognise(&cookies::read(headers, outside, DEVICE_COOKIE)?),
    }
}

/// The token in the `Authorization` header, whose scheme is read in any case (RFC 9110, 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim_start_matches(' '))
}

/// Whether a request bears this token. Hashes are compared: how long that takes tells nothing of
/// the token.
pub fn bears(headers: &HeaderMap, token: &str) -> bool {
    bearer(headers).is_some_and(|borne| Sha256::digest(borne) == Sha256::digest(token))
}

/// A member's session token, from the cookie.
pub fn session_token(headers: &HeaderMap, outside: &Outside) -> Option<String> {
    cookies::read(headers, outside, SESSION_COOKIE).filter(|token| is_token(token))
}

fn is_token(token: &str) -> bool {
    !token.is_empty()
        && token.len() <= TOKEN_CHARS
        && token.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}

/// What is stored of a session token.
pub fn session_hash(token: &str) -> String {
    SessionHash::new(token).to_string()
}

/// What is stored of a link's secret, which is random: one round of hashing is enough.
pub fn link_hash(token: &str) -> String {
    hex(&Sha256::digest(token))
}

/// Under what guesses are counted: what is stored of an account, a network or a device.
pub fn login_key(kind: &str, value: &str) -> String {
    format!("{kind}:{}", hex(&Sha256::digest(value)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The cookie that remembers a device.
pub fn device_cookie(token: &DeviceToken, secure: bool) -> Cookie<'static> {
    cookies::cookie(DEVICE_COOKIE, token.as_str().to_owned(), secure, CookieDuration::days(DEVICE_DAYS))
}

/// The cookie of a session. It stays as long as the longest session; when the session ends is the
/// server's to say.
pub fn session_cookie(state: &AppState, token: String, secure: bool) -> Cookie<'static> {
    let age = CookieDuration::seconds(state.config.session.longest().as_secs() as i64);
    cookies::cookie(SESSION_COOKIE, token, secure, age)
}

/// The cookie that makes a browser one in which this member has signed in before; see
/// [`KnownDevices`].
///
/// [`KnownDevices`]: crate::known_devices::KnownDevices
pub fn known_device_cookie(state: &AppState, member: MemberId, password_hash: &str, secure: bool) -> Cookie<'static> {
    let held = state.known_devices.issue(member, password_hash);
    cookies::cookie(&known_device_name(member), held, secure, CookieDuration::days(DEVICE_DAYS))
}

/// The device from which a request comes, if this member has signed in there since the password is
/// this one.
pub fn known_device(state: &AppState, request: &HttpRequest, member: &Member, password_hash: &str) -> Option<String> {
    let held = cookies::read(request.headers(), &Outside::of(request), &known_device_name(member.id))?;
    state.known_devices.device(&held, member.id, password_hash).map(str::to_owned)
}

/// The cookie of a browser that found no place to sign in; see [`KnownDevices`].
///
/// [`KnownDevices`]: crate::known_devices::KnownDevices
pub fn waiting_cookie(ticket: String, secure: bool) -> Cookie<'static> {
    cookies::cookie(WAITING_COOKIE, ticket, secure, CookieDuration::minutes(10))
}

/// What a request holds of having come in vain.
pub fn waiting_ticket(request: &HttpRequest) -> Option<String> {
    cookies::read(request.headers(), &Outside::of(request), WAITING_COOKIE)
}

/// A browser may be that of several members.
fn known_device_name(member: MemberId) -> String {
    format!("parterre_known_{}", member.uuid())
}

/// The cookie that makes a browser forget its session.
pub fn no_session_cookie(secure: bool) -> Cookie<'static> {
    cookies::cookie(SESSION_COOKIE, String::new(), secure, CookieDuration::ZERO)
}

/// The cookie that remembers a private link for as long as it is good. It is of one event, so that
/// a browser may hold links of several.
pub fn link_cookie(link: &PrivateLink, token: String, secure: bool, now: Millis) -> Cookie<'static> {
    let age = CookieDuration::milliseconds(link.expires_at - now);
    cookies::cookie(&link_cookie_name(link.kind, link.event), token, secure, age)
}

fn link_cookie_name(kind: LinkKind, event: EventId) -> String {
    match kind {
        LinkKind::Moderator { .. } => format!("parterre_moderator_{event}"),
        LinkKind::Speaker { .. } => format!("parterre_speaker_{event}"),
    }
}

/// The member whose session these headers carry.
pub async fn member(
    store: &Store,
    headers: &HeaderMap,
    outside: &Outside,
    now: Millis,
) -> Result<Option<Member>, Failure> {
    match session_token(headers, outside) {
        Some(token) => Ok(store.session(&session_hash(&token), now).await?),
        None => Ok(None),
    }
}

/// A member who runs events; as an argument of a handler, it lets nobody else in.
#[derive(Clone, Debug)]
pub struct Facilitator(pub Member);

impl Facilitator {
    /// The facilitator whose session these headers carry.
    pub async fn from_headers(state: &AppState, headers: &HeaderMap, outside: &Outside) -> Result<Self, Failure> {
        let member = member(state.store(), headers, outside, state.clock().now()).await?;
        let member = member.ok_or_else(|| Failure::unauthorised("Sign in first."))?;
        if member.role.runs_events() {
            Ok(Self(member))
        } else {
            Err(Failure::forbidden("Your account cannot run events."))
        }
    }

    /// The event, if it is one of this facilitator's workspace.
    pub async fn event(&self, store: &Store, id: EventId) -> Result<Event, Failure> {
        let event = store.event(id).await?.filter(|event| event.workspace == self.0.workspace);
        event.ok_or_else(Failure::unknown_event)
    }
}

impl FromRequest for Facilitator {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = request.app_data::<Data<AppState>>().expect("every app has the state");
            Self::from_headers(state, request.headers(), &Outside::of(&request)).await
        })
    }
}

/// The link with this secret; a failure that says why where it is good for nothing.
pub async fn good_link(state: &AppState, token: &str) -> Result<PrivateLink, Failure> {
    good(state, known_link(state, token).await?.ok_or_else(Failure::unknown_link)?)
}

async fn known_link(state: &AppState, token: &str) -> Result<Option<PrivateLink>, Failure> {
    Ok(if is_token(token) { state.store().link(&link_hash(token)).await? } else { None })
}

fn good(state: &AppState, link: PrivateLink) -> Result<PrivateLink, Failure> {
    if link.is_good(state.clock().now()) { Ok(link) } else { Err(Failure::ended_link(&link)) }
}

/// The good link of this event and kind, whatever its label or scope, that these headers carry.
async fn carried_link(
    state: &AppState,
    headers: &HeaderMap,
    outside: &Outside,
    kind: LinkKind,
    event: EventId,
) -> Result<PrivateLink, Failure> {
    let needed = || Failure::unauthorised("Open your private link first.");
    let carried = || cookies::read(headers, outside, &link_cookie_name(kind, event));
    let token = bearer(headers).map(str::to_owned).or_else(carried);
    let known = known_link(state, &token.ok_or_else(needed)?).await?;
    let link = good(state, known.ok_or_else(needed)?)?;
    let same_kind = matches!(link.kind, LinkKind::Moderator { .. }) == matches!(kind, LinkKind::Moderator { .. });
    if link.event == event && same_kind { Ok(link) } else { Err(needed()) }
}

/// Anyone who can moderate an event: a member of its workspace, or the holder of a moderator's
/// link. As an argument of a handler whose address names the event, it refuses everyone else.
#[derive(Clone, Debug)]
pub struct Moderation {
    /// The event.
    pub event: Event,
    /// Who.
    pub moderator: Moderator,
}

/// Someone who moderates.
#[derive(Clone, Debug)]
pub enum Moderator {
    /// By their account.
    Member(Member),
    /// By a private link.
    Link(PrivateLink),
}

impl Moderator {
    /// How they are called.
    pub fn name(&self) -> &str {
        match self {
            Self::Member(member) => &member.name,
            Self::Link(link) => &link.name,
        }
    }

    /// How far they may go.
    pub const fn scope(&self) -> Scope {
        match self {
            Self::Link(PrivateLink { kind: LinkKind::Moderator { scope }, .. }) => *scope,
            Self::Member(_) | Self::Link(_) => Scope::Full,
        }
    }

    /// Whether they also run the event.
    pub const fn is_facilitator(&self) -> bool {
        matches!(self, Self::Member(member) if member.role.runs_events())
    }
}

impl Moderation {
    /// Whom these headers let moderate the event. A link in the `Authorization` header stands for
    /// itself; else an account of the event's workspace goes before a link.
    pub async fn from_headers(
        state: &AppState,
        headers: &HeaderMap,
        outside: &Outside,
        id: EventId,
    ) -> Result<Self, Failure> {
        let event = state.store().event(id).await?.ok_or_else(Failure::unknown_event)?;
        let member = match bearer(headers) {
            Some(_) => None,
            None => member(state.store(), headers, outside, state.clock().now()).await?,
        };
        let moderator = match member.filter(|member| member.workspace == event.workspace) {
            Some(member) => Moderator::Member(member),
            None => {
                let kind = LinkKind::Moderator { scope: Scope::Review };
                Moderator::Link(carried_link(state, headers, outside, kind, id).await?)
            }
        };
        Ok(Self { event, moderator })
    }
}

/// The holder of a speaker's link of an event; an argument of a handler like [`Moderation`].
#[derive(Clone, Debug)]
pub struct Speaker {
    /// The event.
    pub event: Event,
    /// The link.
    pub link: PrivateLink,
}

impl Speaker {
    /// Whom these headers let read the event's questions as a speaker.
    pub async fn from_headers(
        state: &AppState,
        headers: &HeaderMap,
        outside: &Outside,
        id: EventId,
    ) -> Result<Self, Failure> {
        let event = state.store().event(id).await?.ok_or_else(Failure::unknown_event)?;
        let link = carried_link(state, headers, outside, LinkKind::Speaker { label: None }, id).await?;
        Ok(Self { event, link })
    }
}

macro_rules! let_in {
    ($($access:ident)*) => {$(
        impl FromRequest for $access {
            type Error = Failure;
            type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let request = request.clone();
                Box::pin(async move {
                    let event = request.match_info().get("event").and_then(|event| event.parse().ok());
                    let state = request.app_data::<Data<AppState>>().expect("every app has the state");
                    let id = event.ok_or_else(Failure::not_found)?;
                    Self::from_headers(state, request.headers(), &Outside::of(&request), id).await
                })
            }
        }
    )*};
}

let_in! { Moderation Speaker }

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;
    use crate::config::Config;

    #[test]
    fn a_device_is_known_by_header_or_cookie() {
        let key = DeviceKey::open(&DeviceKey::make()).unwrap();
        let token = key.issue();
        let headers = |name: HeaderName, value: String| [(name, value.parse().unwrap())].into_iter().collect();
        let device = |headers: HeaderMap| device(&key, &headers, &Outside::read(&Config::default(), &headers, None));
        let (cookie, authorization) = (header::COOKIE, header::AUTHORIZATION);
        let cookies = format!("a=b; {DEVICE_COOKIE}={}", token.as_str());
        assert_eq!(device(headers(cookie.clone(), cookies)), Some(token.clone()));
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let value = format!("{scheme} {}", token.as_str());
            assert_eq!(device(headers(authorization.clone(), value)), Some(token.clone()), "{scheme}");
        }
        for strange in ["Bearer 1", "Bearer junk", "Bearer a b", "Bearer", "Basic abc"] {
            assert_eq!(device(headers(authorization.clone(), strange.to_owned())), None, "{strange}");
        }
        assert_eq!(device(headers(cookie, format!("{DEVICE_COOKIE}=xyz"))), None);
        assert_eq!(device(HeaderMap::new()), None);
    }
}
