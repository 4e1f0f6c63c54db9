//! The WebSocket: takes the socket from actix after the upgrade and hands it to the live path.

use std::rc::Rc;

use actix_codec::Framed;
use actix_http::{HttpMessage, Request, h1};
use actix_web::http::{
    Method, StatusCode,
    header::{self, HeaderMap},
};
use actix_web::web::Data;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use parterre_live::{connection::Connection, disconnect::Disconnect, worker::Worker};
use sha1::{Digest, Sha1};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    task::spawn_local,
    time::{Duration, timeout},
};

use super::{CATCHING_UP, Entered, PATH, Query, Refusal, authorise, busy, check_origin};
use crate::{
    http::{
        encoding,
        errors::Failure,
        middleware::{note, transport_security},
        netcheck::channel,
        origin::Outside,
    },
    state::AppState,
};

/// How long a client may take to read the answer to its request.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a client that is turned away may take to close.
const LINGER: Duration = Duration::from_secs(2);
/// What protects a browser in an answer that is no page.
const PROTECTED: &str = "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\n\
                         Referrer-Policy: same-origin\r\nCache-Control: no-store\r\nCross-Origin-Resource-Policy: same-origin\r\n";
/// RFC 6455, 1.3.
const ACCEPT_GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Answers a request to upgrade. The request's own task ends here, and its buffers with it; the
/// connection gets a task of its own.
pub async fn accept<Io>(state: &Data<AppState>, worker: &Rc<Worker>, request: Request, framed: Framed<Io, h1::Codec>)
where
    Io: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let parts = framed.into_parts();
    let (mut io, mut early) = (parts.io, parts.read_buf);
    if request.path() == channel::PATH {
        return accept_netcheck(state, &request, io, early).await;
    }
    let outside = outside(state, &request);
    let (accept, query) = match parse_request(state, &request, &outside) {
        Ok(understood) => understood,
        Err(failure) => return refuse(state, &outside, io, &failure).await,
    };
    match authorise(state, worker, request.headers(), &outside, query).await {
        Ok(Entered { feed, me }) => {
            let answer = switching(&accept);
            if timeout(ANSWER, io.write_all(answer.as_bytes())).await.is_ok_and(|written| written.is_ok()) {
                let mut connection = Connection::new(io, feed, me);
                connection.receive_early(&mut early);
                spawn_local(connection);
            }
        }
        Err(Refusal::Never(failure)) => refuse(state, &outside, io, &failure).await,
        Err(Refusal::Later(ending)) => {
            state.hub.context.metrics.admission_rejected.inc();
            reject(io, accept, ending).await;
        }
    }
}

/// Accepts a network test's connection.
async fn accept_netcheck<Io>(state: &Data<AppState>, request: &Request, mut io: Io, early: BytesMut)
where
    Io: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let outside = outside(state, request);
    let admitted = async {
        let accept = check_host(state, request, &outside)?;
        Ok((accept, channel::admit(state, request, outside.client()).await?))
    };
    match admitted.await {
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
            reject(io, accept, busy(CATCHING_UP)).await;
        }
        Err(failure) => refuse(state, &outside, io, &failure).await,
    }
}

/// What the request asks for, and the answer to its handshake.
fn parse_request(state: &AppState, request: &Request, outside: &Outside) -> Result<(String, Query), Failure> {
    if request.path() != PATH {
        return Err(Failure::new(StatusCode::NOT_FOUND, "not_found", "There is no live connection at this address."));
    }
    Ok((check_host(state, request, outside)?, Query::of(request.uri().query().unwrap_or_default())?))
}

/// The request as seen from outside.
fn outside(state: &AppState, request: &Request) -> Outside {
    Outside::read(&state.config, request.headers(), request.peer_addr().map(|peer| peer.ip()))
}

/// The answer to a handshake, if it is one and comes from a page of ours or from no page.
fn check_host(state: &AppState, request: &Request, outside: &Outside) -> Result<String, Failure> {
    let headers = request.headers();
    let empty = headers.get(header::CONTENT_LENGTH).is_none_or(|length| length.as_bytes() == b"0");
    // RFC 6455, 4.1. What follows are frames: a body would be read as such.
    if *request.method() != Method::GET || !empty || headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(Failure::malformed("Open a WebSocket with GET and no body."));
    }
    encoding::check(headers)?;
    let accept = handshake(headers)?;
    check_origin(state, outside)?;
    Ok(accept)
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

fn switching(accept: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// Upgrades, sends the retry time, and closes. The request's own task ends here too, and little
/// remains to be done.
async fn reject(mut io: impl AsyncRead + AsyncWrite + Unpin + 'static, accept: String, ending: Disconnect) {
    let [bye, close] = ending.frames();
    let answer = [switching(&accept).as_bytes(), &bye, &close].concat();
    let say = async {
        io.write_all(&answer).await?;
        io.shutdown().await
    };
    if timeout(ANSWER, say).await.is_ok_and(|said| said.is_ok()) {
        spawn_local(async move {
            // Closed with unread bytes, the connection would be reset, and what was written perhaps
            // not read. A client that does not close is left.
            let mut unread = [0; 64];
            let _ = timeout(LINGER, async { while io.read(&mut unread).await.is_ok_and(|read| read > 0) {} }).await;
        });
    }
}

/// Answers in plain HTTP, with the headers that every answer has, and closes.
async fn refuse(state: &AppState, outside: &Outside, mut io: impl AsyncWrite + Unpin, failure: &Failure) {
    let body = failure.body().to_string();
    note(state, outside, failure.status);
    // What failures say in headers is plain ASCII.
    let said =
        failure.header.as_deref().and_then(|(name, value)| Some(format!("{name}: {}\r\n", value.to_str().ok()?)));
    let retry = failure.retry_after().map(|seconds| format!("Retry-After: {seconds}\r\n")).unwrap_or_default();
    let upgrade = if failure.status == StatusCode::UPGRADE_REQUIRED { "Upgrade: websocket\r\n" } else { "" };
    let promise = transport_security(state, outside).map(|promise| format!("Strict-Transport-Security: {promise}\r\n"));
    let answer = format!(
        "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{retry}{upgrade}{}{}{PROTECTED}Connection: close\r\n\r\n{body}",
        failure.status,
        body.len(),
        said.unwrap_or_default(),
        promise.unwrap_or_default(),
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
