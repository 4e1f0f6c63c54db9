//! The live path over plain HTTP, where no WebSocket gets through: Server-Sent Events or long
//! polling, and commands that are posted. No state is kept between two requests, so each may reach
//! another node.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::{BodySize, MessageBody},
    http::{Method, StatusCode, header},
    web::{self, Data},
};
use bytes::{BufMut, Bytes, BytesMut};
use parterre_live::{
    command::{CommandContext, admit, carry_out},
    http_subscriber::{HttpSubscriber, bye},
    incoming::{self, Unreadable},
    worker::Worker,
};
use parterre_protocol::{Outcome, ServerMessage, limits::CLIENT_MESSAGE_BYTES};
use tokio::{task::spawn_local, time::timeout};

use super::{Entered, Query, Refusal, authorise, check_origin, identity::identify};
use crate::{
    acceptor::Leave,
    http::{errors::Failure, origin::Outside},
    state::AppState,
};

/// `GET /api/v1/live/sse`
pub async fn sse(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let mut answer = unbuffered("text/event-stream");
    if request.method() == Method::HEAD {
        return Ok(answer.finish());
    }
    // A slow reader skips outdated frames, and the kernel drops one that does not read at all.
    if let Some(leave) = request.conn_data::<Leave>() {
        leave.give();
    }
    let query = Query::of(request.query_string())?;
    Ok(match listen(&state, &request, query).await? {
        Ok(listener) => {
            let hello = Some(listener.hello());
            answer.body(SseBody { listener, hello })
        }
        Err(bye) => answer.body(event_lines(&[bye])),
    })
}

/// `GET /api/v1/live/poll`
pub async fn poll(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let query = Query::of(request.query_string())?;
    // The first poll is answered at once, the others before anybody on the way takes the connection
    // for dead.
    let longest = state.config.live.ping.min(state.config.limits.body_timeout) * 4 / 5;
    let time_limit = if query.again == 1 { longest } else { Duration::ZERO };
    let mut listener = match listen(&state, &request, query).await? {
        Ok(listener) => listener,
        Err(bye) => return Ok(unbuffered("application/json").body(list(&[bye]))),
    };
    let mut messages = vec![listener.hello()];
    if let Ok(news) = timeout(time_limit, poll_fn(|cx| listener.poll_news(cx))).await {
        messages.extend(news);
    }
    if !listener.is_over() {
        spawn_local(listener.linger());
    }
    Ok(unbuffered("application/json").body(list(&messages)))
}

/// `POST /api/v1/live`: one message of a client; the answer is what the server has to say to it.
pub async fn command(state: Data<AppState>, request: HttpRequest, body: web::Bytes) -> Result<HttpResponse, Failure> {
    if body.len() > CLIENT_MESSAGE_BYTES {
        let message = "A message may be at most 16 KiB long.";
        return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message));
    }
    let query = Query::of(request.query_string())?;
    let identity = identify(&state, request.headers(), &Outside::of(&request), query.event, query.audience).await?;
    let room = state.hub.rooms.open(query.event).await?.ok_or_else(Failure::unknown_event)?;
    let principal = identity.principal();
    let context = CommandContext { hub: &state.hub, room: &room, principal: &principal, delayed: &Rc::default() };
    let message = match incoming::read(&body) {
        Ok(message) if message.cid().is_some() => message,
        // All that is no command counts as one.
        Ok(message) => admit(context).map(|()| message).map_err(Failure::too_soon)?,
        Err(Unreadable::Command(refusal)) => {
            return Ok(match admit(context) {
                Ok(()) => HttpResponse::Ok().json(refusal),
                Err(wait) => HttpResponse::Ok().json(refusal.later(wait.as_millis() as u32)),
            });
        }
        Err(Unreadable::Nameless(why)) => {
            admit(context).map_err(Failure::too_soon)?;
            return Err(Failure::malformed(format!("This is not a valid message: it {why}.")));
        }
    };
    let answer = carry_out(context, message).await;
    if let (ServerMessage::Receipt { outcome: Outcome::Stored { .. }, .. }, Some(participant)) =
        (&answer, principal.participant())
    {
        state.hub.capacity.promote_all(&room, participant);
    }
    Ok(HttpResponse::Ok().json(answer))
}

/// Takes the client into its room, or tells it when to come.
async fn listen(
    state: &AppState,
    request: &HttpRequest,
    query: Query,
) -> Result<Result<HttpSubscriber, Bytes>, Failure> {
    let outside = Outside::of(request);
    check_origin(state, &outside)?;
    let worker = request.app_data::<Rc<Worker>>().expect("every thread that serves has a worker");
    match authorise(state, worker, request.headers(), &outside, query).await {
        Ok(Entered { feed, me }) => Ok(Ok(HttpSubscriber::new(feed, me))),
        Err(Refusal::Never(failure)) => Err(failure),
        Err(Refusal::Later(ending)) => {
            state.hub.context.metrics.admission_rejected.inc();
            Ok(Err(bye(&ending)))
        }
    }
}

/// An answer that nobody on the way is to keep, change or collect.
fn unbuffered(content_type: &'static str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer.content_type(content_type);
    answer.insert_header((header::CACHE_CONTROL, "no-store, no-transform"));
    answer.insert_header((header::CONTENT_ENCODING, "identity"));
    // nginx and those who do as it does.
    answer.insert_header(("X-Accel-Buffering", "no"));
    answer
}

/// The body of a stream of Server-Sent Events, for as long as the client reads it.
struct SseBody {
    listener: HttpSubscriber,
    hello: Option<Bytes>,
}

impl MessageBody for SseBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.listener.is_over() {
            return Poll::Ready(None);
        }
        let mut messages: Vec<Bytes> = self.hello.take().into_iter().collect();
        if let Poll::Ready(news) = self.listener.poll_news(cx) {
            messages.extend(news);
        }
        if messages.is_empty() { Poll::Pending } else { Poll::Ready(Some(Ok(event_lines(&messages)))) }
    }
}

/// As Server-Sent Events (HTML, 9.2): a message has no line break.
fn event_lines(messages: &[Bytes]) -> Bytes {
    let mut lines = BytesMut::with_capacity(messages.iter().map(|message| message.len() + 8).sum());
    for message in messages {
        lines.put_slice(b"data: ");
        lines.put_slice(message);
        lines.put_slice(b"\n\n");
    }
    lines.freeze()
}

/// As a list in JSON.
fn list(messages: &[Bytes]) -> Bytes {
    let mut list = BytesMut::with_capacity(messages.iter().map(|message| message.len() + 1).sum::<usize>() + 1);
    for message in messages {
        list.put_u8(if list.is_empty() { b'[' } else { b',' });
        list.put_slice(message);
    }
    list.put_u8(b']');
    list.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_written_as_server_sent_events_or_as_a_list() {
        let messages = [Bytes::from_static(b"{\"t\":\"pong\"}"), Bytes::from_static(b"{}")];
        assert_eq!(event_lines(&messages), &b"data: {\"t\":\"pong\"}\n\ndata: {}\n\n"[..]);
        assert_eq!(list(&messages), &b"[{\"t\":\"pong\"},{}]"[..]);
    }
}
