//! The connection of a client to the server: a WebSocket, or HTTP requests and their responses.

use std::{collections::VecDeque, future::pending};

use anyhow::{Context, Result, bail, ensure};
use bytes::{Buf, BytesMut};
use clap::ValueEnum;
use futures_util::{SinkExt, StreamExt, future::LocalBoxFuture};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::{io::AsyncReadExt, net::TcpStream};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::Client;
use crate::http::{HttpResponse, PersistentConnection, Socket, Streamed};

/// A client's transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
pub enum Transport {
    /// A WebSocket.
    #[default]
    Socket,
    /// Server-Sent Events, with commands by POST.
    Sse,
    /// Long polling, with commands by POST.
    LongPolling,
}

impl Transport {
    /// Its name in reports.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Socket => "WebSocket",
            Self::Sse => "Server-Sent Events",
            Self::LongPolling => "long polling",
        }
    }
}

/// What arrives on a connection.
pub enum Received {
    /// A message, and the bytes that it took on the wire.
    Message(Utf8Bytes, usize),
    /// Something other than a message, with its size in bytes.
    Other(usize),
    /// The server closed the connection, with a code if it gave one.
    Closed(Option<u16>),
    /// The connection was lost.
    Lost,
}

/// An open connection.
pub enum Connection {
    /// A WebSocket.
    Socket(Box<Socket>),
    /// HTTP requests.
    Http(Box<Http>),
}

/// A connection by a fallback transport.
pub struct Http {
    /// Where new messages come from.
    source: Source,
    /// Messages that have arrived and are not read yet.
    inbox: VecDeque<(Utf8Bytes, usize)>,
    /// The pending command.
    posted: Option<LocalBoxFuture<'static, Result<HttpResponse>>>,
    /// The close code of the server's `bye`.
    code: Option<u16>,
}

enum Source {
    Stream(TcpStream, BytesMut),
    /// The persistent connection, or the poll that is pending on it.
    Polls(Option<PersistentConnection>, Option<LocalBoxFuture<'static, Result<(PersistentConnection, HttpResponse)>>>),
}

impl Connection {
    /// The connection of a client that has opened a stream.
    pub fn stream(streamed: Streamed) -> Result<Self> {
        let mut http = Http::new(Source::Stream(streamed.stream, BytesMut::from(&streamed.early[..])));
        http.take_events()?;
        Ok(Self::Http(Box::new(http)))
    }

    /// The connection of a client that is long polling, with the first response.
    pub fn polls(kept: PersistentConnection, first: &HttpResponse) -> Result<Self> {
        let mut http = Http::new(Source::Polls(Some(kept), None));
        http.take_list(first, false)?;
        Ok(Self::Http(Box::new(http)))
    }

    /// The connection of a client that got a `bye` in place of a stream.
    pub fn rejected(answer: &HttpResponse) -> Result<Self> {
        let mut http = Http::new(Source::Polls(None, None));
        http.take_lines(std::str::from_utf8(&answer.body)?, answer.bytes);
        Ok(Self::Http(Box::new(http)))
    }

    /// The next message. Can be cancelled and called again.
    pub async fn next(&mut self, client: &Client) -> Received {
        match self {
            Self::Socket(socket) => match socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    let bytes = text.len() + if text.len() < 126 { 2 } else { 4 };
                    Received::Message(text, bytes)
                }
                Some(Ok(Message::Close(frame))) => Received::Closed(frame.map(|frame| frame.code.into())),
                Some(Ok(other)) => Received::Other(other.len() + 2),
                Some(Err(_)) | None => Received::Lost,
            },
            Self::Http(http) => http.next(client).await,
        }
    }

    /// Sends a message.
    pub async fn send(&mut self, client: &Client, text: Utf8Bytes) -> Result<()> {
        match self {
            Self::Socket(socket) => Ok(socket.send(Message::Text(text)).await?),
            Self::Http(http) => {
                let (address, path, head) =
                    (client.way.address.clone(), client.way.path.clone(), client.way.head.clone());
                let head = format!("Content-Type: application/json\r\n{head}");
                http.posted = Some(Box::pin(async move { address.ask("POST", &path, &head, text.as_bytes()).await }));
                Ok(())
            }
        }
    }
}

impl Http {
    fn new(source: Source) -> Self {
        Self { source, inbox: VecDeque::new(), posted: None, code: None }
    }

    async fn next(&mut self, client: &Client) -> Received {
        loop {
            if let Some((text, bytes)) = self.inbox.pop_front() {
                return Received::Message(text, bytes);
            }
            if let Some(code) = self.code {
                return Received::Closed(Some(code));
            }
            let posted = async {
                match &mut self.posted {
                    Some(posted) => posted.await,
                    None => pending().await,
                }
            };
            let done = tokio::select! {
                answer = posted => {
                    self.posted = None;
                    answer.and_then(|answer| self.take_receipt(&answer))
                }
                more = self.source.more(client) => more.and_then(|more| match more {
                    More::Answer(answer) => self.take_list(&answer, true),
                    More::Bytes => self.take_events(),
                }),
            };
            if done.is_err() {
                return Received::Lost;
            }
        }
    }

    /// Takes the response to a command.
    fn take_receipt(&mut self, answer: &HttpResponse) -> Result<()> {
        ensure!(answer.status == 200, "{answer}");
        let text = String::from_utf8(answer.body.clone())?;
        self.inbox.push_back((text.into(), answer.bytes));
        Ok(())
    }

    /// The messages of an answer. All begin with a hello, which only the first one has to say.
    fn take_list(&mut self, answer: &HttpResponse, again: bool) -> Result<()> {
        let messages: Vec<Box<RawValue>> = answer.json()?;
        let mut bytes = answer.bytes;
        for message in messages.iter().skip(usize::from(again && !is_bye(messages[0].get()))) {
            self.take(message.get(), std::mem::take(&mut bytes));
        }
        Ok(())
    }

    /// Takes the messages of the complete chunks.
    fn take_events(&mut self) -> Result<()> {
        let Source::Stream(_, buffer) = &mut self.source else { return Ok(()) };
        let mut whole = Vec::new();
        while let Some((length, head)) = chunk(buffer)? {
            if buffer.len() < head + length + 2 {
                break;
            }
            buffer.advance(head);
            whole.push((buffer.split_to(length), head + length + 2));
            buffer.advance(2);
        }
        for (chunk, bytes) in whole {
            // The server sends whole events in each chunk.
            self.take_lines(std::str::from_utf8(&chunk)?, bytes);
        }
        Ok(())
    }

    fn take_lines(&mut self, lines: &str, mut bytes: usize) {
        for text in lines.lines().filter_map(|line| line.strip_prefix("data: ")) {
            self.take(text, std::mem::take(&mut bytes));
        }
    }

    fn take(&mut self, text: &str, bytes: usize) {
        if is_bye(text) {
            let code = serde_json::from_str::<serde_json::Value>(text).ok().and_then(|bye| bye["code"].as_u64());
            self.code = code.and_then(|code| u16::try_from(code).ok());
        }
        self.inbox.push_back((text.into(), bytes));
    }
}

fn is_bye(text: &str) -> bool {
    text.starts_with(r#"{"t":"bye""#)
}

/// What a source yields.
enum More {
    Bytes,
    Answer(HttpResponse),
}

impl Source {
    async fn more(&mut self, client: &Client) -> Result<More> {
        match self {
            Self::Stream(stream, buffer) => {
                ensure!(stream.read_buf(buffer).await? > 0, "the stream is over");
                Ok(More::Bytes)
            }
            Self::Polls(kept, under_way) => {
                if under_way.is_none() {
                    let (kept, path) = (kept.take().context("no connection is kept")?, client.path());
                    let head = client.way.head.clone();
                    *under_way =
                        Some(Box::pin(async move { kept.ask(&format!("{}&again=1", polled(&path)), &head).await }));
                }
                let (back, answer) = under_way.as_mut().expect("it was put there").await?;
                (*kept, *under_way) = (Some(back), None);
                Ok(More::Answer(answer))
            }
        }
    }
}

/// The address of a question, of the address of a connection.
pub fn polled(path: &str) -> String {
    path.replacen("/live?", "/live/poll?", 1)
}

/// The address of a stream, of the address of a connection.
pub fn streamed(path: &str) -> String {
    path.replacen("/live?", "/live/sse?", 1)
}

/// The length of the first chunk in a buffer, and of its size line. `None` while that line is
/// incomplete.
fn chunk(buffer: &[u8]) -> Result<Option<(usize, usize)>> {
    match httparse::parse_chunk_size(buffer) {
        Ok(httparse::Status::Complete((_, 0))) => bail!("the stream is over"),
        Ok(httparse::Status::Complete((head, length))) => Ok(Some((usize::try_from(length)?, head))),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => bail!("the stream is not chunked"),
    }
}
