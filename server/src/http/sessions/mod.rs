//! Members' sessions: how they begin and end. Every end of a session passes through here, so that
//! everyone connected by it can be told.

pub mod settings;

use actix_web::{HttpRequest, HttpResponse, cookie::Cookie, http::header};
use parterre_domain::{device::Device, ids::MemberId, member::Member};
use parterre_protocol::Millis;
use parterre_store::NewSession;
use parterre_system::random;

use super::{auth, errors::Failure, origin::Outside};
use crate::{security_log::Happening, state::AppState};

/// A session that is about to begin: its token goes into the browser's cookie once the store has
/// it.
pub struct Beginning {
    token: String,
    token_hash: String,
    former: Option<String>,
    device: Device,
    secure: bool,
    now: Millis,
}

impl Beginning {
    /// A session in the browser that sent this request.
    pub fn of(state: &AppState, request: &HttpRequest) -> Self {
        let (token, outside) = (random::token(), Outside::of(request));
        let user_agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Self {
            token_hash: auth::session_hash(&token),
            token,
            former: auth::session_token(request.headers(), &outside).map(|token| auth::session_hash(&token)),
            device: Device::of(user_agent.unwrap_or_default()),
            secure: outside.is_secure(),
            now: state.clock().now(),
        }
    }

    /// As the store takes it.
    pub fn session(&self, state: &AppState, member: MemberId) -> NewSession<'_> {
        let settings = &state.config.session;
        let ends_at = self.now + settings.longest().as_millis() as Millis;
        NewSession {
            token_hash: &self.token_hash,
            member,
            now: self.now,
            expires_at: (self.now + settings.lifetime().as_millis() as Millis).min(ends_at),
            ends_at: Some(ends_at),
            device: Some(self.device),
            instead_of: self.former.as_deref(),
        }
    }

    /// Hands the browser its session, and what makes it known here as one in which this member has
    /// signed in.
    pub fn hand_over(&self, state: &AppState, member: &Member, password_hash: &str, response: &mut HttpResponse) {
        set(response, &auth::session_cookie(state, self.token.clone(), self.secure));
        set(response, &auth::known_device_cookie(state, member.id, password_hash, self.secure));
    }
}

/// Begins a session for a member who has shown who they are, in place of the one that the browser
/// had.
pub async fn begin(
    state: &AppState,
    request: &HttpRequest,
    member: &Member,
    password_hash: &str,
    response: &mut HttpResponse,
) -> Result<(), Failure> {
    let beginning = Beginning::of(state, request);
    let former = former_member(state, request).await?;
    state.store().begin_session(&beginning.session(state, member.id)).await?;
    if let Some(former) = former {
        ended(state, former);
    }
    beginning.hand_over(state, member, password_hash, response);
    Ok(())
}

/// Whose session the browser has now.
async fn former_member(state: &AppState, request: &HttpRequest) -> Result<Option<MemberId>, Failure> {
    let member = auth::member(state.store(), request.headers(), &Outside::of(request), state.clock().now()).await?;
    Ok(member.map(|member| member.id))
}

/// Ends the session that a request carries; whose it was.
pub async fn end_own(state: &AppState, request: &HttpRequest) -> Result<Option<MemberId>, Failure> {
    let token = auth::session_token(request.headers(), &Outside::of(request));
    let Some(token) = token else { return Ok(None) };
    let member = former_member(state, request).await?;
    state.store().end_session(&auth::session_hash(&token)).await?;
    if let Some(member) = member {
        ended(state, member);
    }
    Ok(member)
}

/// Every end of sessions passes through here, once it is stored: sessions of this member have
/// ended, and everyone connected by one is disconnected, on every node.
pub fn ended(state: &AppState, member: MemberId) {
    state.hub.rights.end_sessions(member);
}

/// Notes in the security log what this request has done to a member's account.
pub fn note(state: &AppState, request: &HttpRequest, what: Happening, member: Option<MemberId>) {
    let network = Outside::of(request).network();
    state.security.record(state.clock().now(), what, member, network);
}

/// Sets a cookie whose value is of our own making.
pub fn set(response: &mut HttpResponse, cookie: &Cookie<'_>) {
    response.add_cookie(cookie).expect("tokens and ids are valid in cookies");
}
