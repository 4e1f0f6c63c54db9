//! Somebody who comes over TLS by way of a proxy, from an address of their own.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use parterre_protocol::{ClientMessage, CommandId, EventId, Outcome, ServerMessage, patch, topics::Topic};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, pki_types::ServerName};
use serde_json::Value;
use socket2::{Domain, Socket, Type};
use tungstenite::{Error, HandshakeError, Message, WebSocket, client::IntoClientRequest, protocol::CloseFrame};

/// From where people come. All of 127.0.0.0/8 is this machine; the proxies are at 127.0.0.1.
pub(crate) const HOME: Ipv4Addr = Ipv4Addr::new(127, 0, 5, 1);
/// The site's name, which its certificate is for.
pub(crate) const NAME: &str = "vote.example.org";
/// Long past anything that is waited for.
const TIMEOUT: Duration = Duration::from_secs(30);

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// A way to the site: where it listens, and whose certificates are believed.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    /// What people type, with the port where it is not the usual one.
    host: String,
    trust: Arc<ClientConfig>,
}

/// What was answered.
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Site {
    /// The site at this address with the certificate in this PEM file.
    pub(crate) fn new(address: SocketAddr, certificate: &std::path::Path) -> Self {
        use rustls::pki_types::{CertificateDer, pem::PemObject};
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(certificate).expect("a certificate")).expect("one that can vouch");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let trust = builder.expect("aws-lc-rs has them all").with_root_certificates(roots).with_no_client_auth();
        Self { address, host: format!("{NAME}:{}", address.port()), trust: Arc::new(trust) }
    }

    /// The same way in, by another name or port than that on which it listens.
    pub(crate) fn named(self, host: &str) -> Self {
        Self { host: host.to_owned(), ..self }
    }

    /// The address that people type, and pages are from.
    pub(crate) fn origin(&self) -> String {
        format!("https://{}", self.host)
    }

    fn dial(&self) -> Tls {
        let stream = dial(self.address);
        let name = ServerName::try_from(NAME).expect("a name");
        StreamOwned::new(ClientConnection::new(self.trust.clone(), name).expect("good settings"), stream)
    }

    /// Asks for something with these further header lines.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> HttpResponse {
        exchange(self.dial(), &self.host, method, path, headers, body)
    }

    /// Sends JSON from the site's own pages, with this cookie.
    pub(crate) fn send(&self, method: &str, path: &str, cookie: &str, body: &Value) -> HttpResponse {
        let headers = format!("Origin: {}\r\nCookie: {cookie}\r\nContent-Type: application/json\r\n", self.origin());
        self.ask(method, path, &headers, &body.to_string())
    }

    /// Opens a live connection from a page of this origin; else the status of the refusal.
    pub(crate) fn connect(&self, event: EventId, query: &str, cookie: &str, origin: &str) -> Result<Live, u16> {
        let url = format!("wss://{}/api/v1/live?event={event}&{query}", self.host);
        let mut request = url.into_client_request().expect("an address");
        for (name, value) in [("Origin", origin), ("Cookie", cookie)] {
            request.headers_mut().insert(name, value.parse().expect("headers here are ASCII"));
        }
        match tungstenite::client(request, self.dial()) {
            Ok((socket, _)) => Ok(Live { socket, held: HashMap::new() }),
            Err(HandshakeError::Failure(Error::Http(refused))) => Err(refused.status().as_u16()),
            Err(other) => panic!("neither let in nor refused: {other}"),
        }
    }

    /// Opens a live connection from the site's own pages.
    pub(crate) fn enter(&self, event: EventId, query: &str, cookie: &str) -> Live {
        self.connect(event, query, cookie, &self.origin()).expect("let in")
    }
}

/// Asks for something without TLS.
pub(crate) fn ask_plainly(address: SocketAddr, path: &str) -> HttpResponse {
    exchange(dial(address), NAME, "GET", path, "", "")
}

fn dial(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
    if address.is_ipv4() {
        socket.bind(&SocketAddr::from((HOME, 0)).into()).expect("an address of this machine");
    }
    socket.connect(&address.into()).expect("the proxy accepts");
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(TIMEOUT)).expect("a time that is not zero");
    stream
}

fn exchange(
    mut io: impl Read + Write,
    host: &str,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> HttpResponse {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    io.write_all(request.as_bytes()).expect("the proxy reads");
    let mut answer = Vec::new();
    // Some end TLS without a word, which is of no matter to an answer that is whole.
    let _ = io.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    HttpResponse { status, head: head.to_lowercase(), body: body.to_owned() }
}

impl HttpResponse {
    /// Asserts the status; the answer itself.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n\n{}", self.head, self.body);
        self
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    /// The cookies that were set, as the header that carries them.
    pub(crate) fn cookies(&self) -> String {
        let set = self.head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
        set.collect::<Vec<_>>().join("; ")
    }
}

/// A live connection.
pub(crate) struct Live {
    socket: WebSocket<Tls>,
    held: HashMap<Topic, Value>,
}

impl Live {
    /// What the server says next, or how it ended the connection: `None` where it just ended.
    fn next(&mut self) -> Result<Message, Option<CloseFrame>> {
        match self.socket.read() {
            Ok(Message::Close(frame)) => Err(frame),
            Ok(message) => Ok(message),
            Err(Error::Io(error)) if matches!(error.kind(), std::io::ErrorKind::WouldBlock) => {
                panic!("nothing came for {TIMEOUT:?}")
            }
            Err(_) => Err(None),
        }
    }

    fn message(&mut self) -> ServerMessage {
        for _ in 0..TIMEOUT.as_secs() {
            match self.next() {
                Ok(Message::Text(text)) => return self.take(&text),
                Ok(_) => {}
                Err(end) => panic!("the connection ended: {end:?}"),
            }
        }
        panic!("nothing came but questions whether anybody is there")
    }

    fn take(&mut self, text: &str) -> ServerMessage {
        let message = serde_json::from_str(text).expect("a message of the protocol");
        match &message {
            ServerMessage::Full { topic, data, .. } => drop(self.held.insert(*topic, data.clone())),
            ServerMessage::Delta { topic, patch: change, .. } => {
                patch::apply(self.held.get_mut(topic).expect("a delta is for what is held"), change);
            }
            _ => {}
        }
        message
    }

    /// Waits until this holds of a topic.
    pub(crate) fn until(&mut self, wanted: Topic, holds: impl Fn(&Value) -> bool) {
        while !self.held.get(&wanted).is_some_and(&holds) {
            self.message();
        }
    }

    /// Sends a message.
    pub(crate) fn say(&mut self, message: &ClientMessage) {
        let text = serde_json::to_string(message).expect("a message has text keys only");
        self.socket.send(Message::text(text)).expect("the proxy reads");
    }

    /// Reads up to the receipt of a command.
    pub(crate) fn receipt(&mut self, wanted: CommandId) -> Outcome {
        loop {
            if let ServerMessage::Receipt { cid, outcome } = self.message()
                && cid == wanted
            {
                return outcome;
            }
        }
    }

    /// Asks whether anybody is there, and waits for the answer.
    pub(crate) fn is_answered(&mut self) {
        self.say(&ClientMessage::Ping);
        while self.message() != ServerMessage::Pong {}
    }

    /// Waits for the server to ask so many times whether anybody is there, and says nothing but
    /// that.
    pub(crate) fn is_pinged(&mut self, times: usize) {
        let mut pings = 0;
        while pings < times {
            match self.next() {
                Ok(Message::Ping(_)) => pings += 1,
                Ok(Message::Text(text)) => drop(self.take(&text)),
                Ok(_) => {}
                Err(end) => panic!("the connection ended after {pings} pings: {end:?}"),
            }
        }
    }

    /// Waits for the end: the `bye` before it, and the code of the close frame.
    pub(crate) fn end(mut self) -> (Option<ServerMessage>, Option<u16>) {
        let mut bye = None;
        loop {
            match self.next() {
                Ok(Message::Text(text)) => {
                    let message: ServerMessage = serde_json::from_str(&text).expect("a message of the protocol");
                    bye = matches!(message, ServerMessage::Bye { .. }).then_some(message).or(bye);
                }
                Ok(_) => {}
                Err(end) => return (bye, end.map(|frame| frame.code.into())),
            }
        }
    }
}
