//! What is measured on a WebSocket: the upgrade, messages out and back, bursts, drops, silence, the
//! size of packets.

mod delay;
mod frames;
mod messages;
mod packets;
mod phones;
mod silence;

pub(crate) use self::{
    delay::delay,
    frames::{burst, resume},
    messages::messages,
    packets::packets,
    phones::phones,
    silence::hold,
};

use std::time::{Duration, Instant};

use futures_util::{SinkExt, Stream, StreamExt};
use netcheck_rules::{ChannelEnd, Opened, Trouble};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::WebSocketConfig},
};

use crate::{
    http::{API, Intercepted},
    route::{Purpose, Route},
    stream::{BoxStream, OPEN_TIMEOUT},
};

/// How long messages may take to come back.
const ECHOES_TIMEOUT: Duration = Duration::from_secs(6);
/// How long a connection that was silent may take to answer: as long as a live page waits.
const ECHO_TIMEOUT: Duration = Duration::from_secs(5);
/// Close codes of our server: it stops, or has too many tests.
const OWN_CODES: [u16; 2] = [1012, 1013];
/// How much is read at once: the 128 KiB by default are much for hundreds of connections.
const READ_BYTES: usize = 8 * 1024;
/// The longest message that is taken; it would be 64 MiB.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// The close code of a connection that ended without one (RFC 6455, 7.4.1), and of one that was
/// closed without a reason.
const CUT: u16 = 1006;
const NO_REASON: u16 = 1005;

/// A connection to try things with.
pub(crate) struct Channel {
    socket: WebSocketStream<BoxStream>,
    /// The close code, once it was closed.
    code: Option<u16>,
}

/// Why waiting ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Met,
    Late,
    Closed,
}

/// How long the upgrade takes; a message is sent back, so that an answer which only looks like one
/// does not pass.
pub(crate) async fn websocket(route: &Route) -> Result<Opened, Intercepted> {
    let began = Instant::now();
    let mut channel = Channel::open_by(route, "", None).await?;
    let ms = since(began);
    let end = channel.until([Message::text("there?")], ECHOES_TIMEOUT, |it| it == Message::text("there?")).await?;
    channel.close().await;
    if end == End::Met { Ok(Opened { ms }) } else { Err(Trouble::Silent.into()) }
}

/// A connection that stays open beside others, to see whether it goes on when those are refused.
pub(crate) async fn witness(route: &Route) -> Option<Channel> {
    Channel::open(route, "").await.ok()
}

impl Channel {
    async fn open(route: &Route, query: &str) -> Result<Self, Trouble> {
        Ok(Self::open_by(route, query, None).await?)
    }

    /// The same by leave of a token.
    async fn open_by(route: &Route, query: &str, token: Option<&str>) -> Result<Self, Intercepted> {
        let stream = route.connect(Purpose::Socket).await?;
        let scheme = if route.target.secure { "wss" } else { "ws" };
        let url = format!("{scheme}://{}{API}channel{query}", route.target.host_field());
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let mut request = url.into_client_request().map_err(|_| Trouble::NoAnswer)?;
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse().map_err(|_| Trouble::Refused { status: 401 })?;
            request.headers_mut().insert("authorization", value);
        }
        match timeout(OPEN_TIMEOUT, client_async_with_config(request, stream, Some(config))).await {
            Err(_) => Err(Trouble::Silent.into()),
            Ok(Ok((socket, _))) => {
                route.note_answer();
                Ok(Self { socket, code: None })
            }
            Ok(Err(tungstenite::Error::Http(answer))) => Err(refusal(&answer)),
            Ok(Err(_)) => Err(Trouble::NoAnswer.into()),
        }
    }

    /// Sends while it hears, until what it hears is enough, the connection is closed or the time is
    /// over.
    async fn until(
        &mut self,
        send: impl IntoIterator<Item = Message>,
        time_limit: Duration,
        enough: impl FnMut(Message) -> bool,
    ) -> Result<End, Trouble> {
        let (mut out, mut back) = (&mut self.socket).split();
        let code = &mut self.code;
        let sending = async {
            for message in send {
                if out.send(message).await.is_err() {
                    return;
                }
            }
        };
        let both = async {
            let hearing = hear(&mut back, code, enough);
            tokio::pin!(hearing);
            tokio::select! {
                end = &mut hearing => end,
                () = sending => hearing.await,
            }
        };
        timeout(time_limit, both).await.unwrap_or(Ok(End::Late))
    }

    /// How a trial on it ends that did not get all that it waited for.
    fn end(&self) -> ChannelEnd {
        ending(self.code)
    }

    /// Whether it still carries messages.
    pub(crate) async fn is_alive(&mut self) -> bool {
        matches!(self.until([Message::text("there?")], ECHO_TIMEOUT, |_| true).await, Ok(End::Met))
    }

    async fn close(mut self) {
        // Somebody who does not read the last word is left.
        let _ = timeout(Duration::from_secs(1), self.socket.close(None)).await;
    }
}

/// Hears until what it hears is enough, or the connection is closed, for which it notes the code.
async fn hear(
    back: &mut (impl Stream<Item = tungstenite::Result<Message>> + Unpin),
    code: &mut Option<u16>,
    mut enough: impl FnMut(Message) -> bool,
) -> Result<End, Trouble> {
    loop {
        match back.next().await {
            Some(Ok(Message::Close(frame))) => {
                let told = frame.map_or(NO_REASON, |frame| frame.code.into());
                *code = Some(told);
                return if OWN_CODES.contains(&told) { Err(Trouble::Busy) } else { Ok(End::Closed) };
            }
            Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) if enough(message.clone()) => {
                return Ok(End::Met);
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => {
                code.get_or_insert(CUT);
                return Ok(End::Closed);
            }
        }
    }
}

/// Who answered in place of an upgrade, and what.
fn refusal(answer: &tungstenite::http::Response<Option<Vec<u8>>>) -> Intercepted {
    let trouble = match (answer.status().as_u16(), code_of(answer.body().as_deref()).as_deref()) {
        (503, Some("busy")) => Trouble::Busy,
        (403, Some("switched_off")) => Trouble::SwitchedOff,
        (401, Some("unauthorised")) => Trouble::Refused { status: 401 },
        (429, _) => Trouble::Limited { status: 429 },
        // Our server answers so if the upgrade was missing: something on the way removed it.
        (426, _) => Trouble::Refused { status: 426 },
        (status, _) => Trouble::Foreign { status },
    };
    let location = answer.headers().get("location").and_then(|it| it.to_str().ok()).map(str::to_owned);
    Intercepted { trouble, location }
}

/// The code of a refusal, if it is our server's.
fn code_of(body: Option<&[u8]>) -> Option<String> {
    let problem: serde_json::Value = serde_json::from_slice(body?).ok()?;
    problem["code"].as_str().map(str::to_owned)
}

/// How a trial ends on a connection that was closed with this code, if it was.
fn ending(code: Option<u16>) -> ChannelEnd {
    code.map_or(ChannelEnd::Late, |code| ChannelEnd::Closed { code })
}

fn since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}
