//! What happens to a connection before its first request: the PROXY protocol, if one of our proxies
//! uses it, and TLS, if the server itself provides it. Plain HTTP on the TLS port is redirected to
//! HTTPS.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use ppp::v2::{Addresses, Command, Header};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{
    config::Config,
    origin::{Origin, Scheme},
    proxies::Proxies,
    tls::CHALLENGE,
};

pub mod idle;
pub mod limits;
mod pace;

pub use pace::{Leave, LeaveForAWhile, Paced};

/// The first byte of every TLS connection: a handshake record.
const HANDSHAKE: u8 = 0x16;
/// How the PROXY protocol's second version begins: with a byte that no request begins with.
const ANNOUNCEMENT: u8 = b'\r';
/// How its first version begins.
const OLD_ANNOUNCEMENT: &[u8] = b"PROXY ";
/// Its fixed part, which ends with the length of what follows.
const ANNOUNCEMENT_HEAD: usize = 16;
/// The longest announcement that is read; what proxies write has some 50 bytes, with everything
/// that they know up to 500.
const ANNOUNCEMENT_BYTES: usize = 4 * 1024;
/// The longest head of a plain request that is read to its end.
const HEAD_BYTES: usize = 8 * 1024;
/// How long a redirected client may take to close.
const CLOSE: Duration = Duration::from_millis(500);

/// A client's connection.
#[derive(Debug)]
pub enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// Within TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

/// Lets connections in.
#[derive(Clone)]
pub struct Acceptor {
    tls: Option<TlsAcceptor>,
    /// The port where TLS is, as people see it.
    port: u16,
    public_url: Option<Origin>,
    /// Who announces whom a connection is from.
    announcers: Arc<Proxies>,
    /// Proxies that say it in headers.
    proxies: Arc<Proxies>,
    /// Whether it was logged that somebody announces who should not.
    logged: Arc<AtomicBool>,
    /// How long a handshake, or the head of a plain request, may take.
    limit: Duration,
}

impl Acceptor {
    /// With these settings, and with TLS if there is any.
    pub fn new(config: &Config, tls: Option<ServerConfig>) -> Self {
        Self {
            tls: tls.map(|config| TlsAcceptor::from(Arc::new(config))),
            port: config.listen.port(),
            public_url: config.public_url.clone(),
            announcers: Arc::new(config.proxy_protocol.clone()),
            proxies: Arc::new(config.proxies.clone()),
            logged: Arc::default(),
            limit: config.limits.header_timeout,
        }
    }

    /// The connection, ready for its first request, and whom it is from.
    pub async fn accept(&self, mut tcp: TcpStream) -> io::Result<(Stream, Option<SocketAddr>)> {
        let mut from = tcp.peer_addr().ok();
        if let Some(peer) = from {
            let announces = self.announcers.has(peer.ip());
            if announces || self.proxies.has(peer.ip()) {
                timeout(self.limit, self.check_beginning(&tcp, peer, announces)).await??;
            }
            if announces {
                from = timeout(self.limit, announced(&mut tcp)).await??.or(from);
            }
        }
        let Some(tls) = &self.tls else { return Ok((Stream::Plain(tcp), from)) };
        if timeout(self.limit, first_byte(&tcp)).await?? != Some(HANDSHAKE) {
            self.redirect(tcp).await?;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "plain HTTP on the TLS port"));
        }
        let mut stream = timeout(self.limit, tls.accept(tcp)).await??;
        if stream.get_ref().1.alpn_protocol() == Some(CHALLENGE) {
            // The authority has seen what it looked for.
            timeout(self.limit, stream.shutdown()).await??;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an ACME challenge, which has ended"));
        }
        Ok((Stream::Tls(Box::new(stream)), from))
    }

    /// Refuses a proxy whose PROXY protocol is unsupported or unexpected, and logs what to change.
    /// In the proxy's own log, this looks like a server that hangs up.
    async fn check_beginning(&self, tcp: &TcpStream, peer: SocketAddr, announces: bool) -> io::Result<()> {
        let mut bytes = [0; OLD_ANNOUNCEMENT.len()];
        let count = tcp.peek(&mut bytes).await?;
        let begins = &bytes[..count];
        let wrong = match (begins.first() == Some(&ANNOUNCEMENT), begins == OLD_ANNOUNCEMENT) {
            (true, _) if !announces => "it speaks the PROXY protocol, but the setting proxy_protocol does not list it",
            (_, true) => "it speaks version 1 of the PROXY protocol; configure version 2 (HAProxy: send-proxy-v2)",
            _ => return Ok(()),
        };
        if !self.logged.swap(true, Ordering::Relaxed) {
            tracing::warn!(proxy = %peer.ip(), "refusing connections from a proxy: {wrong}");
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, wrong))
    }

    /// Redirects plain HTTP to HTTPS.
    pub async fn redirect(&self, mut tcp: TcpStream) -> io::Result<()> {
        let mut head = Vec::new();
        let read = async {
            while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < HEAD_BYTES {
                if tcp.read_buf(&mut head).await? == 0 {
                    break;
                }
            }
            io::Result::Ok(())
        };
        timeout(self.limit, read).await??;
        let answer = match self.secure_address(&head) {
            Some(address) => format!("HTTP/1.1 308 Permanent Redirect\r\nLocation: {address}\r\n"),
            None => "HTTP/1.1 400 Bad Request\r\n".to_owned(),
        };
        let answer = format!("{answer}Content-Length: 0\r\nConnection: close\r\n\r\n");
        timeout(self.limit, tcp.write_all(answer.as_bytes())).await??;
        tcp.shutdown().await?;
        // Closed with bytes unread, the answer would be lost with them.
        let _ = timeout(CLOSE, tokio::io::copy(&mut tcp, &mut tokio::io::sink())).await;
        Ok(())
    }

    /// Where TLS is, for a request with this head.
    fn secure_address(&self, head: &[u8]) -> Option<String> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        request.parse(head).ok()?;
        let path = request.path.filter(|path| path.starts_with('/'))?;
        if let Some(url) = &self.public_url {
            return Some(format!("{url}{path}"));
        }
        let host = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("host"))?;
        let host = Origin::at(Scheme::Http, std::str::from_utf8(host.value).ok()?)?;
        Some(format!("{}{path}", host.secured(self.port)))
    }
}

/// The first byte that is there to be read; none if there will be none.
async fn first_byte(tcp: &TcpStream) -> io::Result<Option<u8>> {
    let mut first = [0];
    Ok((tcp.peek(&mut first).await? == 1).then_some(first[0]))
}

/// Whom the connection is from, if the proxy says so before anything else.
async fn announced(tcp: &mut TcpStream) -> io::Result<Option<SocketAddr>> {
    if first_byte(tcp).await? != Some(ANNOUNCEMENT) {
        return Ok(None);
    }
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "not the PROXY protocol, version 2");
    let mut bytes = vec![0; ANNOUNCEMENT_HEAD];
    tcp.read_exact(&mut bytes).await?;
    let rest = usize::from(u16::from_be_bytes([bytes[14], bytes[15]]));
    if !bytes.starts_with(ppp::v2::PROTOCOL_PREFIX) || rest > ANNOUNCEMENT_BYTES {
        return Err(wrong());
    }
    bytes.resize(ANNOUNCEMENT_HEAD + rest, 0);
    tcp.read_exact(&mut bytes[ANNOUNCEMENT_HEAD..]).await?;
    let header = Header::try_from(&bytes[..]).map_err(|_| wrong())?;
    Ok(match (header.command, header.addresses) {
        (Command::Proxy, Addresses::IPv4(ip)) => Some((ip.source_address, ip.source_port).into()),
        (Command::Proxy, Addresses::IPv6(ip)) => Some((ip.source_address, ip.source_port).into()),
        // The proxy's own look whether the server is well, or a family without addresses.
        _ => None,
    })
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_read(cx, buffer),
            Self::Tls(io) => Pin::new(io).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(cx, bytes),
            Self::Tls(io) => Pin::new(io).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write_vectored(cx, parts),
            Self::Tls(io) => Pin::new(io).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(io) => io.is_write_vectored(),
            Self::Tls(io) => io.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(cx),
            Self::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Self::Tls(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(head: &str, port: u16, public_url: Option<&str>) -> Option<String> {
        let listen = SocketAddr::from(([127, 0, 0, 1], port));
        let config = Config { listen, public_url: public_url.map(|url| url.parse().unwrap()), ..Config::default() };
        Acceptor::new(&config, None).secure_address(head.as_bytes())
    }

    #[test]
    fn plain_requests_are_sent_to_the_same_path_where_tls_is() {
        let head = "GET /TULIP?l=fr HTTP/1.1\r\nHost: vote.example:80\r\n\r\n";
        assert_eq!(sent(head, 443, None).unwrap(), "https://vote.example/TULIP?l=fr");
        assert_eq!(sent(head, 8443, None).unwrap(), "https://vote.example:8443/TULIP?l=fr");
        assert_eq!(sent(head, 443, Some("https://other.example")).unwrap(), "https://other.example/TULIP?l=fr");
        assert_eq!(sent("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 443, None).unwrap(), "https://[::1]/");
    }

    #[test]
    fn whatever_is_no_request_for_a_host_is_sent_nowhere() {
        for head in [
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a.example/evil\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: \r\n\r\n",
            "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
            "\0\0\0",
            "",
        ] {
            assert_eq!(sent(head, 443, None), None, "{head:?}");
        }
    }
}
