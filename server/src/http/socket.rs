//! The door of the live connection: takes the socket from actix after the upgrade and hands it to the live path.

use std::rc::Rc;

use actix_codec::Framed;
use actix_http::{HttpMessage, Request, h1};
use actix_web::http::{
    StatusCode,
    header::{self, HeaderMap},
};
use actix_web::web::Data;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use parterre_protocol::{CloseCode, EventId, Rev, topics::Audience};
use serde::Deserialize;
use sha1::{Digest, Sha1};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    task::spawn_local,
    time::{Duration, timeout},
};

use super::{
    auth::{self, Facilitator, Moderation, Moderator, Speaker},
    errors::Failure,
    netcheck::channel,
};
use crate::{
    domain::link::{Link, LinkKind},
    live::{
        behind::Reached,
        command::Sender,
        connection::{Connection, Held},
        hub::{Ending, me_frame},
        room::Room,
        worker::{Pass, Visitor, Worker},
    },
    state::State,
    store::{Known, TokenHash},
};

/// The path of the live connection.
pub const PATH: &str = "/api/v1/live";
/// How long a client may take to read the answer to its request.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a client that is turned away may take to close.
const LINGER: Duration = Duration::from_secs(2);
/// When to come again to a node that could not read in time what the client has seen elsewhere.
const CATCHING_UP: Duration = Duration::from_secs(1);
/// RFC 6455, 1.3.
const ACCEPT_GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What the address of a live connection says.
#[derive(Debug, Deserialize)]
struct Query {
    event: EventId,
    #[serde(rename = "as", default = "phone")]
    audience: Audience,
    #[serde(default)]
    stage: Rev,
    #[serde(default)]
    results: Rev,
    #[serde(default)]
    posts: Rev,
    #[serde(default)]
    moderation: Rev,
    me: Option<Rev>,
    /// 1 from a client that was told to come at this moment.
    #[serde(default)]
    told: u8,
}

const fn phone() -> Audience {
    Audience::Phone
}

/// Why a client is not let in.
enum Refusal {
    /// It may not come in, which plain HTTP says.
    Never(Failure),
    /// It may a little later. A browser shows a page neither the status nor the headers of an answer that is no upgrade,
    /// so it is told on the connection that it asked for, with this answer to its handshake.
    Later(String, Ending),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Never(failure)
    }
}

/// Who comes in, and where to.
struct Admission {
    room: std::sync::Arc<Room>,
    audience: Audience,
    sender: Sender,
    held: Held,
    known: Option<Known>,
    pass: Option<Pass>,
    accept: String,
}

/// Answers a request to upgrade. The request's own task ends here, and its buffers with it; the connection gets a task
/// of its own.
pub async fn accept<Io>(state: &Data<State>, worker: &Rc<Worker>, request: Request, framed: Framed<Io, h1::Codec>)
where
    Io: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let parts = framed.into_parts();
    let (mut io, mut early) = (parts.io, parts.read_buf);
    if request.path() == channel::PATH {
        return try_out(state, &request, io, early).await;
    }
    match let_in(state, worker, &request).await {
        Ok((answer, begin)) => {
            if timeout(ANSWER, io.write_all(answer.as_bytes())).await.is_ok_and(|written| written.is_ok()) {
                let mut connection = begin(io);
                connection.receive_early(&mut early);
                spawn_local(connection);
            }
        }
        Err(Refusal::Never(failure)) => refuse(io, &failure).await,
        // The request's own task ends here too.
        Err(Refusal::Later(accept, ending)) => {
            state.hub.metrics.turned_away.inc();
            spawn_local(turn_away(io, accept, ending));
        }
    }
}

/// Lets in who tests the network.
async fn try_out<Io>(state: &Data<State>, request: &Request, mut io: Io, early: BytesMut)
where
    Io: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let admitted = knock(state, request).and_then(|accept| Ok((accept, channel::admit(state, request)?)));
    match admitted {
        Ok((accept, Some(admitted))) => {
            let answer = switching(&accept);
            let write = async {
                io.write_all(answer.as_bytes()).await?;
                io.flush().await
            };
            if timeout(ANSWER, write).await.is_ok_and(|written| written.is_ok()) {
                spawn_local(channel::serve(io, early, state.clone(), admitted));
            }
        }
        Ok((accept, None)) => {
            spawn_local(turn_away(io, accept, busy(CATCHING_UP)));
        }
        Err(failure) => refuse(io, &failure).await,
    }
}

/// Lets the client in, if it may come in and can be let in just now.
async fn let_in<Io>(
    state: &State,
    worker: &Rc<Worker>,
    request: &Request,
) -> Result<(String, impl FnOnce(Io) -> Connection<Io> + use<Io>), Refusal>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let (accept, query) = understand(state, request)?;
    let later = |ending| Refusal::Later(accept.clone(), ending);
    let hub = &state.hub;
    // Before the database is asked anything. Only phones come by the thousand.
    hub.check_open().map_err(later)?;
    let pass = match query.audience {
        Audience::Phone => Some(
            hub.doors
                .connect
                .enter(query.told == 1, || hub.open_room(query.event))
                .map_err(|wait| later(busy(wait)))?,
        ),
        _ => None,
    };
    let admission = match admit(state, request, query, &accept).await {
        Ok(admission) => admission,
        Err(failure) => return Err(failure.retry.map_or(Refusal::Never(failure), |wait| later(busy(wait)))),
    };
    let newest = admission.held.newest();
    match hub.reach(&admission.room, newest).await.map_err(Failure::from)? {
        Reached::Known => {}
        Reached::Nowhere => {
            let message = "What you hold is newer than what this server knows. Connect again without it.";
            return Err(later(Ending::new(CloseCode::Resync, message)));
        }
        Reached::Late => return Err(later(busy(CATCHING_UP))),
    }
    let entered = enter(worker, admission).map_err(later)?;
    if let Some(pass) = pass {
        pass.done();
    }
    Ok(entered)
}

fn busy(wait: Duration) -> Ending {
    Ending::new(CloseCode::TryLater, "The server is busy just now.").retry(wait)
}

/// What the request asks for, and the answer to its handshake.
fn understand(state: &State, request: &Request) -> Result<(String, Query), Failure> {
    if request.path() != PATH {
        return Err(Failure::new(StatusCode::NOT_FOUND, "not_found", "There is no live connection at this address."));
    }
    let accept = knock(state, request)?;
    let query = request.uri().query().unwrap_or_default();
    let query = actix_web::web::Query::<Query>::from_query(query);
    let query = query.map_err(|error| Failure::malformed(format!("The address is not understood: {error}.")))?;
    Ok((accept, query.into_inner()))
}

/// The answer to a handshake, if it is one and comes from a page of ours or from no page.
fn knock(state: &State, request: &Request) -> Result<String, Failure> {
    let headers = request.headers();
    let accept = handshake(headers)?;
    if auth::same_origin(headers, state.config.public_url.as_deref()) == Some(false) {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "origin",
            "Live connections are only for this server's own pages.",
        ));
    }
    Ok(accept)
}

/// Finds out who comes in and where to.
async fn admit(state: &State, request: &Request, query: Query, accept: &str) -> Result<Admission, Failure> {
    let headers = request.headers();
    let Identity { sender, known, pass } = identify(state, headers, &query).await?;
    let room = state.hub.room(query.event).await?.ok_or_else(Failure::unknown_event)?;
    let held = Held { topics: [query.stage, query.results, query.posts, query.moderation, 0], me: query.me };
    Ok(Admission { room, audience: query.audience, sender, held, known, pass, accept: accept.to_owned() })
}

/// Checks the WebSocket handshake; the value of `Sec-WebSocket-Accept`.
fn handshake(headers: &HeaderMap) -> Result<String, Failure> {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let key = text(header::SEC_WEBSOCKET_KEY).filter(|key| STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16));
    let upgrade =
        || Failure::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", "Connect by WebSocket, version 13.");
    if text(header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(upgrade());
    }
    let key = key.ok_or_else(upgrade)?;
    Ok(STANDARD.encode(Sha1::new().chain_update(key).chain_update(ACCEPT_GUID).finalize()))
}

/// Who asks to come in.
struct Identity {
    sender: Sender,
    known: Option<Known>,
    pass: Option<Pass>,
}

impl Identity {
    /// Somebody who is no participant and has no private link.
    const fn of(sender: Sender) -> Self {
        Self { sender, known: None, pass: None }
    }
}

/// Finds out who is asking, and whether they may be this audience.
async fn identify(state: &State, headers: &HeaderMap, query: &Query) -> Result<Identity, Failure> {
    let facilitator = async || {
        let facilitator = Facilitator::from_headers(state.store(), headers, state.clock().now()).await?;
        facilitator.event(state.store(), query.event).await?;
        Ok::<_, Failure>(Sender::Facilitator(facilitator.0.id))
    };
    match query.audience {
        Audience::Phone => {
            let join_first = || Failure::unauthorised("Join the event first.");
            let token = auth::device_token(headers).ok_or_else(join_first)?;
            let known = state.hub.participant(query.event, TokenHash::new(query.event, &token)).await?;
            let known = known.ok_or_else(join_first)?;
            Ok(Identity { sender: Sender::Participant(known.id), known: Some(known), pass: None })
        }
        // Anyone may look at the screen; a facilitator of the event may also steer from there.
        Audience::Screen if auth::session_token(headers).is_some() => {
            Ok(Identity::of(facilitator().await.unwrap_or(Sender::Guest)))
        }
        Audience::Screen => Ok(Identity::of(Sender::Guest)),
        Audience::Studio => Ok(Identity::of(facilitator().await?)),
        Audience::Moderator => {
            let moderator = Moderation::from_headers(state, headers, query.event).await?.moderator;
            Ok(match &moderator {
                Moderator::Member(member) if moderator.is_facilitator() => Identity::of(Sender::Facilitator(member.id)),
                Moderator::Member(_) => Identity::of(Sender::Moderator(moderator.actor())),
                Moderator::Link(link) => {
                    Identity { pass: Some(pass(link)), ..Identity::of(Sender::Moderator(moderator.actor())) }
                }
            })
        }
        Audience::Speaker => {
            let link = Speaker::from_headers(state, headers, query.event).await?.link;
            Ok(Identity { pass: Some(pass(&link)), ..Identity::of(Sender::Guest) })
        }
    }
}

fn pass(link: &Link) -> Pass {
    let label = match link.kind {
        LinkKind::Moderator => None,
        LinkKind::Speaker { label } => label,
    };
    Pass { link: link.id, expires_at: link.expires_at, label }
}

/// Takes the client in: the answer to write, and what makes the connection once it is written.
fn enter<Io>(
    worker: &Rc<Worker>,
    admission: Admission,
) -> Result<(String, impl FnOnce(Io) -> Connection<Io> + use<Io>), Ending>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let Admission { room, audience, sender, held, known, pass, accept } = admission;
    let visitor = match (&known, pass) {
        (Some(known), _) => Visitor::Participant(known.id, known.name.as_deref().map(Box::from)),
        (None, Some(pass)) => Visitor::Holder(pass),
        (None, None) => Visitor::Other,
    };
    let membership = worker.enter(room, audience, visitor)?;
    // Made once it is seated: what is learnt from now on is sent to it.
    let me = known.as_ref().map(|known| me_frame(known, &membership.share.room));
    let now = worker.hub.clock.now();
    Ok((switching(&accept), move |io| Connection::new(io, membership, sender, held, me, now)))
}

fn switching(accept: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// Upgrades, says when to come, and closes.
async fn turn_away(mut io: impl AsyncRead + AsyncWrite + Unpin, accept: String, ending: Ending) {
    let [bye, close] = ending.frames();
    let answer = [switching(&accept).as_bytes(), &bye, &close].concat();
    // A client that neither reads nor closes is left.
    let _ = timeout(LINGER, async {
        io.write_all(&answer).await?;
        io.shutdown().await?;
        // Closed with unread bytes, the connection would be reset, and what was written perhaps not read.
        tokio::io::copy(&mut io, &mut tokio::io::sink()).await
    })
    .await;
}

/// Answers in plain HTTP and closes.
async fn refuse(mut io: impl AsyncWrite + Unpin, failure: &Failure) {
    let body = failure.body().to_string();
    let retry = failure.retry_after().map(|seconds| format!("Retry-After: {seconds}\r\n")).unwrap_or_default();
    let upgrade = if failure.status == StatusCode::UPGRADE_REQUIRED { "Upgrade: websocket\r\n" } else { "" };
    let answer = format!(
        "HTTP/1.1 {}\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\nContent-Length: {}\r\n{retry}{upgrade}Connection: close\r\n\r\n{body}",
        failure.status,
        body.len(),
    );
    // A client that does not read its refusal is left.
    let _ = timeout(ANSWER, async {
        io.write_all(answer.as_bytes()).await?;
        io.shutdown().await
    })
    .await;
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn the_handshake_answers_the_key_of_the_standard() {
        let header = |name: HeaderName, value| (name, HeaderValue::from_static(value));
        let version = header(header::SEC_WEBSOCKET_VERSION, "13");
        let key = header(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==");
        let accepted = handshake(&[version.clone(), key.clone()].into_iter().collect());
        assert_eq!(accepted.unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        for broken in [vec![version.clone()], vec![key], vec![version, header(header::SEC_WEBSOCKET_KEY, "c2hvcnQ=")]] {
            let failure = handshake(&broken.into_iter().collect()).unwrap_err();
            assert_eq!(failure.status, StatusCode::UPGRADE_REQUIRED);
        }
    }
}
