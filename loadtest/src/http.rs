//! A minimal HTTP client: one request per connection, as phones on a venue's network make them, and
//! the upgrade to a WebSocket. It simulates thousands of phones on one core, so it does no more
//! than necessary.

mod response;

pub use self::response::HttpResponse;

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream, lookup_host},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{Role, WebSocketConfig},
};

use self::response::{read_answer, read_body, read_head};

/// A client's WebSocket.
pub type Socket = WebSocketStream<TcpStream>;

/// The example of RFC 6455 of a key and the server's response to it. Nothing here needs a random
/// one.
const KEY: (&str, &str) = ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");

/// The library's default of 128 KiB for every connection would be most of this program's memory.
const READ_BUFFER_BYTES: usize = 2048;

/// Where the server is.
#[derive(Clone, Debug)]
pub struct Address {
    host: String,
    socket: SocketAddr,
    obstructed: bool,
    /// The address of this machine to connect from, if it matters.
    from: Option<IpAddr>,
}

/// A stream that was begun.
pub struct Streamed {
    /// Where the rest comes.
    pub stream: TcpStream,
    /// What arrived after the head.
    pub early: Vec<u8>,
}

/// A connection that is kept for the next request, as browsers do.
pub struct PersistentConnection {
    host: String,
    stream: TcpStream,
}

impl PersistentConnection {
    /// Sends a GET request. Returns the connection with the response.
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

    /// Sends one request and reads the whole answer. `head` holds further header lines, each ending
    /// with `\r\n`.
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

    /// Opens the TCP connection of a WebSocket. With a small `receive_buffer`, this machine's
    /// kernel buffers little for a client that does not read.
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

/// Text as a form field's value.
pub fn form_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_values_are_escaped() {
        assert_eq!(form_encoded("a b&é"), "a%20b%26%C3%A9");
    }
}
