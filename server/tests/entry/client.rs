//! A client that trusts one authority alone.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::Arc,
    time::Duration,
};

use parterre_protocol::EventId;
use rustls::{
    ClientConfig, ClientConnection, NamedGroup, RootCertStore, StreamOwned, client::Resumption, crypto::aws_lc_rs,
    pki_types::ServerName,
};
use sha2::{Digest, Sha256};
use tungstenite::{Message, WebSocket, client::IntoClientRequest};

/// Long past anything that is waited for.
const TIMEOUT: Duration = Duration::from_secs(20);

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Whom a client trusts.
pub(crate) struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Whoever has a certificate of this one.
    pub(crate) fn of(authority: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        crate::certificates(authority).into_iter().for_each(|certificate| roots.add(certificate).unwrap());
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        // Who comes back in a session of before is shown no certificate.
        config.resumption = Resumption::disabled();
        Self(Arc::new(config))
    }

    /// A connection whose handshake is done.
    pub(crate) fn connect(&self, address: SocketAddr) -> io::Result<Client> {
        self.connect_by(address, &[])
    }

    /// The same with a server that is known by this name.
    pub(crate) fn connect_as(&self, address: SocketAddr, name: &'static str) -> io::Result<Client> {
        self.enter(address, ServerName::try_from(name).unwrap(), &[])
    }

    /// The same by way of a proxy that says this first.
    pub(crate) fn connect_by(&self, address: SocketAddr, announcement: &[u8]) -> io::Result<Client> {
        self.enter(address, address.ip().into(), announcement)
    }

    fn enter(&self, address: SocketAddr, name: ServerName<'static>, announcement: &[u8]) -> io::Result<Client> {
        let connection = ClientConnection::new(Arc::clone(&self.0), name).unwrap();
        let mut tcp = TcpStream::connect(address)?;
        tcp.set_read_timeout(Some(TIMEOUT))?;
        tcp.write_all(announcement)?;
        let mut stream = StreamOwned::new(connection, tcp);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Client(stream))
    }
}

/// A connection over TLS.
pub(crate) struct Client(Tls);

impl Client {
    /// The SHA-256 of the server's certificate, as browsers show it.
    pub(crate) fn fingerprint(&self) -> String {
        let digest = Sha256::digest(&self.0.conn.peer_certificates().unwrap()[0]);
        digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    /// How the key of the connection was agreed on.
    pub(crate) fn key_exchange(&self) -> NamedGroup {
        self.0.conn.negotiated_key_exchange_group().unwrap().name()
    }

    /// The answer to a request, as it came.
    pub(crate) fn get(self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    }

    /// The same with a body of this kind.
    pub(crate) fn post(self, path: &str, kind: &str, body: &str) -> String {
        let length = body.len();
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/{kind}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        ))
    }

    /// The answer to this request.
    pub(crate) fn ask(mut self, request: &str) -> String {
        self.0.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        self.0.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A live connection, as a screen.
    pub(crate) fn live(self, address: SocketAddr, event: EventId) -> Live {
        let request = format!("wss://{address}/api/v1/live?event={event}&as=screen").into_client_request().unwrap();
        Live(tungstenite::client(request, self.0).unwrap().0)
    }
}

/// A live connection over TLS.
pub(crate) struct Live(WebSocket<Tls>);

impl Live {
    /// The next message.
    pub(crate) fn next(&mut self) -> String {
        loop {
            if let Message::Text(text) = self.0.read().unwrap() {
                return text.to_string();
            }
        }
    }

    /// Sends a message.
    pub(crate) fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }
}

/// The answer to this request without TLS.
pub(crate) fn plain(address: SocketAddr, request: &str) -> String {
    let mut tcp = TcpStream::connect(address).unwrap();
    tcp.set_read_timeout(Some(TIMEOUT)).unwrap();
    tcp.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).unwrap();
    answer
}
