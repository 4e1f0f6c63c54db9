//! The cheapest HTTP client that does: one request per connection, as phones on a venue's network make them, and the
//! upgrade to a WebSocket. It stands in for thousands of phones on one core, so it does nothing that is not needed.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream, lookup_host},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{Role, WebSocketConfig},
};

/// A client's WebSocket.
pub type Socket = WebSocketStream<TcpStream>;

/// RFC 6455's own example of a key and of what a server must answer to it: nothing here needs it to be random.
const KEY: (&str, &str) = ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");

/// The library's default of 128 KiB for every connection would be most of this program's memory.
const READ_BUFFER_BYTES: usize = 2048;

/// An answer's head is refused beyond this.
const LONGEST_HEAD: usize = 16 * 1024;

/// Where the server is.
#[derive(Clone, Debug)]
pub struct Address {
    host: String,
    socket: SocketAddr,
    obstructed: bool,
    /// From which address of this machine, where that matters.
    from: Option<IpAddr>,
}

/// An HTTP answer.
#[derive(Debug)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body, whole; after an upgrade what came behind the head.
    pub body: Vec<u8>,
    /// All of it on the wire.
    pub bytes: usize,
}

/// A stream that was begun.
pub struct Streamed {
    /// Where the rest comes.
    pub stream: TcpStream,
    /// What came behind the head.
    pub early: Vec<u8>,
}

/// A connection that is kept for the next request, as browsers do.
pub struct PersistentConnection {
    host: String,
    stream: TcpStream,
}

impl PersistentConnection {
    /// Asks for something; gives the connection back.
    pub async fn ask(mut self, path: &str, head: &str) -> Result<(Self, HttpResponse)> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{head}\r\n", self.host);
        self.stream.write_all(request.as_bytes()).await?;
        let answer = read_answer(&mut self.stream).await?;
        Ok((self, answer))
    }
}

impl Address {
    /// Finds the server behind `http://host:port`.
    pub async fn resolve(url: &str) -> Result<Self> {
        let rest = url.strip_prefix("http://").context("the address must begin with http:// (no TLS here)")?;
        let host = rest.trim_end_matches('/').to_owned();
        let named = if host.contains(':') { host.clone() } else { format!("{host}:80") };
        let socket = lookup_host(&named).await?.next().with_context(|| format!("{host} has no address"))?;
        Ok(Self { host, socket, obstructed: false, from: None })
    }

    /// The same, with something before it that not everything passes.
    pub fn behind_an_obstacle(self) -> Self {
        Self { obstructed: true, ..self }
    }

    /// Whether clients have to find out what passes.
    pub const fn is_obstructed(&self) -> bool {
        self.obstructed
    }

    /// The same server, asked from this address of this machine.
    #[must_use]
    pub fn asked_from(self, from: IpAddr) -> Self {
        Self { from: Some(from), ..self }
    }

    /// Its host and port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The address as a browser's `Origin`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Sends one request and reads the whole answer. `head` holds further header lines, each ending with `\r\n`.
    pub async fn ask(&self, method: &str, path: &str, head: &str, body: &[u8]) -> Result<HttpResponse> {
        let mut stream = self.connect(None).await?;
        let (host, length) = (&self.host, body.len());
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{head}\r\n"
        )
        .into_bytes();
        request.extend_from_slice(body);
        stream.write_all(&request).await?;
        read_answer(&mut stream).await
    }

    /// [`Self::ask`] with a JSON body.
    pub async fn ask_json(&self, method: &str, path: &str, head: &str, body: &impl Serialize) -> Result<HttpResponse> {
        let head = format!("Content-Type: application/json\r\n{head}");
        self.ask(method, path, &head, &serde_json::to_vec(body)?).await
    }

    /// Opens the TCP connection of a WebSocket. A small `receive_buffer` makes this machine's kernel hold little for a
    /// client that does not read.
    pub async fn connect(&self, receive_buffer: Option<u32>) -> Result<TcpStream> {
        let socket = if self.socket.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if let Some(bytes) = receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        if let Some(from) = self.from {
            socket.bind(SocketAddr::new(from, 0))?;
        }
        let stream = socket.connect(self.socket).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Keeps a connection for more than one request.
    pub fn keep(&self, stream: TcpStream) -> PersistentConnection {
        PersistentConnection { host: self.host.clone(), stream }
    }

    /// Begins a stream; `Err` of the inner result is the server's refusal.
    pub async fn stream(
        &self,
        mut stream: TcpStream,
        path: &str,
        head: &str,
    ) -> Result<Result<Streamed, HttpResponse>> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{head}\r\n", self.host);
        stream.write_all(request.as_bytes()).await?;
        let (mut answer, early) = read_head(&mut stream).await?;
        if answer.header("transfer-encoding").is_some() {
            return Ok(Ok(Streamed { stream, early }));
        }
        read_body(&mut stream, &mut answer, early).await?;
        Ok(Err(answer))
    }

    /// Upgrades a connection to a WebSocket; `Err` of the inner result is the server's refusal.
    pub async fn upgrade(&self, mut stream: TcpStream, path: &str, head: &str) -> Result<Result<Socket, HttpResponse>> {
        let (host, (key, accept)) = (&self.host, KEY);
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{head}\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let answer = read_answer(&mut stream).await?;
        if answer.status != 101 {
            return Ok(Err(answer));
        }
        ensure!(answer.header("sec-websocket-accept") == Some(accept), "the server did not prove that it upgraded");
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES).write_buffer_size(0);
        Ok(Ok(WebSocketStream::from_partially_read(stream, answer.body, Role::Client, Some(config)).await))
    }
}

impl HttpResponse {
    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The cookies that the answer sets, each with its name and value.
    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        let set = self.headers.iter().filter(|(header, _)| header == "set-cookie");
        set.filter_map(|(_, cookie)| cookie.split(';').next())
    }

    /// After how long to try again, where it says so: to the millisecond in its body, else in whole seconds.
    pub fn retry(&self) -> Option<Duration> {
        let body = serde_json::from_slice::<serde_json::Value>(&self.body).unwrap_or_default();
        let exact = body["retry_ms"].as_u64().map(Duration::from_millis);
        exact.or_else(|| self.header("retry-after")?.parse().ok().map(Duration::from_secs))
    }

    /// What to show when trying again: a path that leads there, where the server gave something to show.
    pub fn again(&self, path: &str) -> String {
        let body = serde_json::from_slice::<serde_json::Value>(&self.body).unwrap_or_default();
        body["retry"].as_str().map_or_else(|| path.to_owned(), |retry| format!("{path}?retry={retry}"))
    }

    /// The body as JSON, if the status is one of success; else an error that tells what the server said.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        ensure!((200..300).contains(&self.status), "{self}");
        serde_json::from_slice(&self.body).with_context(|| format!("not the JSON expected: {self}"))
    }
}

impl std::fmt::Display for HttpResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "status {}: {}", self.status, String::from_utf8_lossy(&self.body[..self.body.len().min(300)]))
    }
}

/// Text as a form field's value.
pub fn form_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

async fn read_answer(stream: &mut TcpStream) -> Result<HttpResponse> {
    let (mut answer, rest) = read_head(stream).await?;
    if answer.status == 101 {
        answer.body = rest;
    } else {
        read_body(stream, &mut answer, rest).await?;
    }
    Ok(answer)
}

/// Reads an answer up to its body, and perhaps some of that.
async fn read_head(stream: &mut TcpStream) -> Result<(HttpResponse, Vec<u8>)> {
    let mut bytes = Vec::with_capacity(1024);
    let (mut answer, head_length) = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            bail!("the server closed the connection without an answer");
        }
        if let Some(parsed) = parse_head(&bytes)? {
            break parsed;
        }
        ensure!(bytes.len() < LONGEST_HEAD, "the answer's head is too long");
    };
    bytes.drain(..head_length);
    answer.bytes = head_length;
    Ok((answer, bytes))
}

async fn read_body(stream: &mut TcpStream, answer: &mut HttpResponse, mut bytes: Vec<u8>) -> Result<()> {
    ensure!(answer.header("transfer-encoding").is_none(), "a chunked answer was not expected");
    let length: usize = answer.header("content-length").map_or(Ok(0), str::parse)?;
    while bytes.len() < length {
        ensure!(stream.read_buf(&mut bytes).await? > 0, "the answer was cut short");
    }
    answer.bytes += bytes.len();
    answer.body = bytes;
    Ok(())
}

fn parse_head(bytes: &[u8]) -> Result<Option<(HttpResponse, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 48];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(bytes)? else { return Ok(None) };
    let text = |header: &httparse::Header<'_>| {
        (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned())
    };
    let status = response.code.expect("a complete head has a status");
    Ok(Some((
        HttpResponse { status, headers: response.headers.iter().map(text).collect(), body: Vec::new(), bytes: 0 },
        length,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_whole() {
        let head =
            b"HTTP/1.1 303 See Other\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\ncontent-length: 2\r\n\r\nhi";
        assert!(parse_head(&head[..head.len() - 3]).unwrap().is_none());
        let (answer, length) = parse_head(head).unwrap().unwrap();
        assert_eq!((answer.status, length), (303, head.len() - 2));
        assert_eq!(answer.cookies().collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert!(answer.json::<serde_json::Value>().unwrap_err().to_string().starts_with("status 303"));
    }

    #[test]
    fn form_values_are_escaped() {
        assert_eq!(form_encoded("a b&é"), "a%20b%26%C3%A9");
    }
}
