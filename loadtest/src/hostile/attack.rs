//! What strangers do to a server: each attack as the requests of one attacker, of whom there are several at once. All of
//! them come from this machine, end by themselves, and know no more than what anybody can learn.

use std::{
    cell::Cell,
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use parterre_protocol::{
    ActivityId, CommandId, EventId,
    join::{JoinRequest, Joined},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep_until, timeout_at},
};
use uuid::Uuid;

use crate::http::{Address, form_encoded};

/// The signs of codes, as the server draws them: no vowels, nothing that looks like something else.
const SIGNS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ23456789";
/// By what a connection is known to have a place.
const GREETING: &[u8] = br#""t":"hello""#;
/// What a request may take before the attacker gives it up.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// One way to do harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Attack {
    /// Bodies of a few hundred bytes that would unpack to a gigabyte.
    Bombs,
    /// Connections that show the screen, without an account, more than the server has places.
    Screens,
    /// New participants without end.
    Joins,
    /// Codes that are tried.
    Codes,
    /// Commands of a few participants by requests, as many as they can.
    Commands,
    /// Searches through the room's questions, and what is similar to one.
    Searches,
    /// Reports of network tests, as large as they may be.
    Reports,
    /// Passwords, tried on the facilitator's account and on others, from the same address and from many.
    Passwords,
    /// Pages that are asked for and read byte by byte.
    SlowReaders,
    /// Requests whose head never ends.
    SlowHeads,
    /// Pages and pictures that anybody can ask for.
    Pages,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Bombs,
        Self::Screens,
        Self::Joins,
        Self::Codes,
        Self::Commands,
        Self::Searches,
        Self::Reports,
        Self::Passwords,
        Self::SlowReaders,
        Self::SlowHeads,
        Self::Pages,
    ];

    /// Whether it holds connections, rather than asking again and again.
    pub const fn holds(self) -> bool {
        matches!(self, Self::Screens | Self::SlowReaders | Self::SlowHeads)
    }

    /// Its name on the command line.
    pub fn name(self) -> String {
        use clap::ValueEnum as _;
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// What an attacker has to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Victim {
    /// The server.
    pub url: String,
    /// The code that is on the screen.
    pub code: String,
    /// The event.
    pub event: EventId,
    /// What is on stage.
    pub activity: ActivityId,
    /// The address with which the facilitator signs in.
    pub email: String,
}

/// What the attackers did.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// Requests that were answered, by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests and connections that ended without an answer.
    pub unanswered: u64,
    /// Connections with a place at the end.
    pub held: u64,
}

impl Done {
    /// Together with those of another attacker.
    pub fn add(&mut self, other: Self) {
        other.statuses.into_iter().for_each(|(status, count)| *self.statuses.entry(status).or_default() += count);
        self.unanswered += other.unanswered;
        self.held += other.held;
    }
}

/// One attacker.
pub struct Attacker {
    attack: Attack,
    victim: Victim,
    address: Address,
    number: usize,
    rng: fastrand::Rng,
    token: Option<String>,
    bomb: Vec<u8>,
    line: Option<TcpStream>,
    /// Whether the connection that is held has a place.
    is_in: Cell<bool>,
    done: Done,
}

impl Attacker {
    /// An attacker with its number. Those who try passwords come from many networks, every second from the room's own.
    pub async fn new(attack: Attack, victim: Victim, number: usize, bomb: Vec<u8>) -> Result<Self> {
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
            line: None,
            is_in: Cell::default(),
            done: Done::default(),
        })
    }

    /// Does it until then.
    pub async fn run(mut self, until: Instant) -> Done {
        if self.attack.holds() {
            self.hold(until).await;
        } else {
            while Instant::now() < until {
                let limit = until.min(Instant::now() + ANSWER_LIMIT);
                let request = self.request();
                match timeout_at(limit, self.ask(&request)).await {
                    Ok(Ok(status)) => *self.done.statuses.entry(status).or_default() += 1,
                    _ => {
                        self.line = None;
                        self.done.unanswered += 1;
                    }
                }
            }
        }
        self.done
    }

    /// The next request, whole.
    fn request(&mut self) -> Vec<u8> {
        let (event, code, n) = (self.victim.event, self.victim.code.clone(), self.rng.u32(..));
        let as_device = self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n"));
        let head = as_device.unwrap_or_default();
        let json = "Content-Type: application/json\r\n";
        match self.attack {
            Attack::Bombs => {
                let path = ["/api/v1/join", "/login", "/api/v1/live", "/api/v1/netcheck/judge"][n as usize % 4];
                let kind = if path == "/login" { "application/x-www-form-urlencoded" } else { "application/json" };
                let head = format!("Content-Type: {kind}\r\nContent-Encoding: br\r\n");
                self.whole("POST", path, &head, &self.bomb.clone())
            }
            Attack::Joins => {
                let body = serde_json::to_vec(&JoinRequest { code, name: None }).expect("text keys only");
                self.whole("POST", "/api/v1/join", json, &body)
            }
            Attack::Codes => {
                let code: String = (0..5).map(|_| char::from(SIGNS[self.rng.usize(..SIGNS.len())])).collect();
                let path = match n % 3 {
                    0 => format!("/join?code={code}"),
                    1 => format!("/e/{code}"),
                    _ => format!("/e/{code}/qr.svg"),
                };
                self.whole("GET", &path, "", b"")
            }
            Attack::Commands => {
                let answer = json!({"kind": "choice", "options": [1 + n % 4]});
                let body = json!({"t": "respond", "cid": CommandId::new(Uuid::new_v4()),
                    "activity": self.victim.activity, "round": 1, "answer": answer});
                let path = format!("/api/v1/live?event={event}&as=phone");
                self.whole("POST", &path, &format!("{json}{head}"), body.to_string().as_bytes())
            }
            Attack::Searches => {
                let words = "when%20will%20the%20next%20meeting%20of%20all%20members%20take%20place%20".repeat(3);
                let path = match n % 2 {
                    0 => format!("/api/v1/events/{event}/questions/similar?q={words}{n}"),
                    _ => format!("/api/v1/events/{event}/questions?q=meeting%20{}", n % 100),
                };
                self.whole("GET", &path, &head, b"")
            }
            Attack::Reports => {
                let delay = json!({"figures": {"sent": 12_000, "ms": vec![1.5; 12_000]}});
                let body = json!({"place": format!("Hall {n}"), "measures": {"delay": delay}});
                self.whole("POST", "/api/v1/netcheck/reports", json, body.to_string().as_bytes())
            }
            Attack::Passwords => {
                let own = self.number % 4 < 2;
                let email = if own { self.victim.email.clone() } else { format!("member{}@example.org", n % 1000) };
                let form = format!("email={}&password=guess-{n}", form_encoded(&email));
                let origin = self.address.origin();
                let head = format!("Content-Type: application/x-www-form-urlencoded\r\nOrigin: {origin}\r\n");
                self.whole("POST", "/login", &head, form.as_bytes())
            }
            Attack::Pages => {
                let paths = [
                    "/",
                    "/netcheck",
                    &format!("/e/{code}"),
                    &format!("/e/{code}/screen"),
                    &format!("/e/{code}/qr.svg"),
                    "/netcheck/requirements",
                ];
                let path = paths[n as usize % paths.len()].to_owned();
                self.whole("GET", &path, "Accept-Encoding: br, gzip\r\n", b"")
            }
            Attack::Screens | Attack::SlowReaders | Attack::SlowHeads => unreachable!("these hold connections"),
        }
    }

    fn whole(&self, method: &str, path: &str, head: &str, body: &[u8]) -> Vec<u8> {
        let (host, length) = (self.address.host(), body.len());
        let length = if method == "GET" { String::new() } else { format!("Content-Length: {length}\r\n") };
        [format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{length}{head}\r\n").as_bytes(), body].concat()
    }

    /// Sends a request on the connection that is there, or on another one; gives the answer's status.
    async fn ask(&mut self, request: &[u8]) -> Result<u16> {
        let mut line = match self.line.take() {
            Some(line) => line,
            None => self.address.connect(None).await?,
        };
        line.write_all(request).await?;
        let (status, stays) = read_answer(&mut line).await?;
        self.line = stays.then_some(line);
        Ok(status)
    }

    /// Opens a connection and keeps it, and opens the next whenever one ends.
    async fn hold(&mut self, until: Instant) {
        while Instant::now() < until {
            match timeout_at(until, self.open()).await {
                // Until it is ended from the other side, or it is enough.
                Ok(Ok(mut line)) => match timeout_at(until, self.keep(&mut line)).await {
                    Ok(_) => self.done.unanswered += 1,
                    Err(_) => self.done.held += u64::from(self.is_in.take()),
                },
                Ok(Err(_)) => self.done.unanswered += 1,
                Err(_) => {}
            }
            // Whoever is turned away comes again, but not so often that nothing else is measured.
            sleep_until(until.min(Instant::now() + Duration::from_millis(200))).await;
        }
    }

    async fn open(&mut self) -> Result<TcpStream> {
        // A little of what is sent waits here, so that the server notices that nobody reads.
        let mut line = self.address.connect(matches!(self.attack, Attack::SlowReaders).then_some(2048)).await?;
        let (host, event) = (self.address.host(), self.victim.event);
        let request = match self.attack {
            Attack::Screens => format!(
                "GET /api/v1/live?event={event}&as=screen HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n\
                 Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            ),
            Attack::SlowReaders => format!("GET /netcheck HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            _ => format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-Slow: "),
        };
        line.write_all(request.as_bytes()).await?;
        Ok(line)
    }

    /// Stays on a connection until the server ends it.
    async fn keep(&self, line: &mut TcpStream) -> Result<()> {
        let mut bytes = [0; 4096];
        // A screen that is turned away is told so on the connection that it has, and has no place before it is greeted.
        self.is_in.set(self.attack != Attack::Screens);
        loop {
            match self.attack {
                Attack::Screens => {
                    let read = line.read(&mut bytes).await?;
                    if read == 0 {
                        bail!("it was ended");
                    }
                    if !self.is_in.get() {
                        self.is_in.set(bytes[..read].windows(GREETING.len()).any(|part| part == GREETING));
                    }
                }
                Attack::SlowReaders => {
                    sleep_until(Instant::now() + Duration::from_millis(500)).await;
                    if line.read(&mut bytes[..1]).await? == 0 {
                        bail!("it was ended");
                    }
                }
                _ => {
                    sleep_until(Instant::now() + Duration::from_millis(500)).await;
                    line.write_all(b"x").await?;
                }
            }
        }
    }
}

/// Becomes a participant, as anybody can; gives the token.
async fn join(address: &Address, code: &str) -> Result<String> {
    let request = JoinRequest { code: code.to_owned(), name: None };
    let answer = address.ask_json("POST", "/api/v1/join", "", &request).await?;
    let joined: Joined = answer.json().context("an attacker could not join")?;
    joined.token.context("a program is given its token")
}

/// Reads a whole answer; gives its status, and whether the connection can be used again.
async fn read_answer(line: &mut TcpStream) -> Result<(u16, bool)> {
    let mut bytes = Vec::with_capacity(4096);
    let (status, head, length, stays) = loop {
        if line.read_buf(&mut bytes).await? == 0 {
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
    // What has no length is not read to its end: the next request has another connection.
    let Some(length) = length else { return Ok((status, false)) };
    while bytes.len() < head + length {
        if line.read_buf(&mut bytes).await? == 0 {
            bail!("the answer was cut short");
        }
    }
    Ok((status, stays))
}
