//! An attacker; several run at once. All of them run on this machine, end by themselves, and know
//! only what anyone can find out.

mod requests;

use std::{
    cell::Cell,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use parterre_protocol::join::{JoinRequest, Joined};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep_until, timeout_at},
};

use super::attack::{Attack, Done, Victim};
use crate::http::Address;

/// The part of the first message by which an admitted connection is recognised.
const GREETING: &[u8] = br#""t":"hello""#;
/// How long a request may take before the attacker gives up.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// One attacker.
pub(super) struct Attacker {
    attack: Attack,
    victim: Victim,
    address: Address,
    number: usize,
    rng: fastrand::Rng,
    token: Option<String>,
    bomb: Vec<u8>,
    connection: Option<TcpStream>,
    /// Whether the connection that is held has a place.
    is_in: Cell<bool>,
    done: Done,
}

impl Attacker {
    /// An attacker with its number. Those who try passwords come from many networks, every second
    /// from the room's own.
    pub(super) async fn new(attack: Attack, victim: Victim, number: usize, bomb: Vec<u8>) -> Result<Self> {
        let mut address = Address::resolve(&victim.url).await?;
        let elsewhere = matches!(attack, Attack::Passwords) && number % 2 == 1;
        if elsewhere {
            address = address.asked_from(IpAddr::V4(Ipv4Addr::new(127, 1, (number % 250) as u8, 1)));
        }
        let token = match attack {
            Attack::Commands | Attack::Searches => Some(join(&address, &victim.code).await?),
            _ => None,
        };
        let rng = fastrand::Rng::with_seed(number as u64);
        Ok(Self {
            attack,
            victim,
            address,
            number,
            rng,
            token,
            bomb,
            connection: None,
            is_in: Cell::default(),
            done: Done::default(),
        })
    }

    /// Does it until then.
    pub(super) async fn run(mut self, until: Instant) -> Done {
        if self.attack.holds() {
            self.hold(until).await;
        } else {
            while Instant::now() < until {
                let limit = until.min(Instant::now() + ANSWER_LIMIT);
                let request = self.request();
                match timeout_at(limit, self.ask(&request)).await {
                    Ok(Ok(status)) => *self.done.statuses.entry(status).or_default() += 1,
                    _ => {
                        self.connection = None;
                        self.done.unanswered += 1;
                    }
                }
            }
        }
        self.done
    }

    /// Sends a request on the open connection, or on a new one. Returns the status.
    async fn ask(&mut self, request: &[u8]) -> Result<u16> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.address.connect(None).await?,
        };
        connection.write_all(request).await?;
        let (status, stays) = read_answer(&mut connection).await?;
        self.connection = stays.then_some(connection);
        Ok(status)
    }

    /// Opens a connection and keeps it, and opens the next whenever one ends.
    async fn hold(&mut self, until: Instant) {
        while Instant::now() < until {
            match timeout_at(until, self.open()).await {
                // Until it is ended from the other side, or it is enough.
                Ok(Ok(mut connection)) => match timeout_at(until, self.keep(&mut connection)).await {
                    Ok(_) => self.done.unanswered += 1,
                    Err(_) => self.done.held += u64::from(self.is_in.take()),
                },
                Ok(Err(_)) => self.done.unanswered += 1,
                Err(_) => {}
            }
            // A rejected client retries, but not so often that retries dominate the measurement.
            sleep_until(until.min(Instant::now() + Duration::from_millis(200))).await;
        }
    }

    async fn open(&mut self) -> Result<TcpStream> {
        // A small receive buffer, so that the server notices early that nobody reads.
        let mut connection = self.address.connect(matches!(self.attack, Attack::SlowReaders).then_some(2048)).await?;
        let (host, event) = (self.address.host(), self.victim.event);
        let request = match self.attack {
            Attack::Screens => format!(
                "GET /api/v1/live?event={event}&as=screen HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n\
                 Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            ),
            Attack::SlowReaders => format!("GET /netcheck HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            _ => format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-Slow: "),
        };
        connection.write_all(request.as_bytes()).await?;
        Ok(connection)
    }

    /// Stays on a connection until the server ends it.
    async fn keep(&self, connection: &mut TcpStream) -> Result<()> {
        let mut bytes = [0; 4096];
        // A rejected screen is told so on its open connection. It only has a place once it receives
        // `hello`.
        self.is_in.set(self.attack != Attack::Screens);
        loop {
            match self.attack {
                Attack::Screens => {
                    let read = connection.read(&mut bytes).await?;
                    if read == 0 {
                        bail!("it was ended");
                    }
                    if !self.is_in.get() {
                        self.is_in.set(bytes[..read].windows(GREETING.len()).any(|part| part == GREETING));
                    }
                }
                Attack::SlowReaders => {
                    sleep_until(Instant::now() + Duration::from_millis(500)).await;
                    if connection.read(&mut bytes[..1]).await? == 0 {
                        bail!("it was ended");
                    }
                }
                _ => {
                    sleep_until(Instant::now() + Duration::from_millis(500)).await;
                    connection.write_all(b"x").await?;
                }
            }
        }
    }
}

/// Joins as a participant, as anybody can. Returns the token.
async fn join(address: &Address, code: &str) -> Result<String> {
    let request = JoinRequest { code: code.to_owned(), name: None };
    let answer = address.ask_json("POST", "/api/v1/join", "", &request).await?;
    let joined: Joined = answer.json().context("an attacker could not join")?;
    joined.token.context("a program is given its token")
}

/// Reads a whole answer; gives its status, and whether the connection can be used again.
async fn read_answer(connection: &mut TcpStream) -> Result<(u16, bool)> {
    let mut bytes = Vec::with_capacity(4096);
    let (status, head, length, stays) = loop {
        if connection.read_buf(&mut bytes).await? == 0 {
            bail!("the connection was closed");
        }
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut answer = httparse::Response::new(&mut headers);
        if let httparse::Status::Complete(head) = answer.parse(&bytes)? {
            let header = |name: &str| {
                let found = answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
                found.and_then(|header| std::str::from_utf8(header.value).ok())
            };
            let length: Option<usize> = header("content-length").and_then(|length| length.parse().ok());
            let closes = header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
            break (answer.code.context("a status")?, head, length, !closes);
        }
    };
    // A response without a length is not read to its end: the next request uses another connection.
    let Some(length) = length else { return Ok((status, false)) };
    while bytes.len() < head + length {
        if connection.read_buf(&mut bytes).await? == 0 {
            bail!("the answer was cut short");
        }
    }
    Ok((status, stays))
}
