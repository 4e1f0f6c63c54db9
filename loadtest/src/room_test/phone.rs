//! One phone of a room test: joins, measures a connection, and sends the reading until it is
//! stored.
//!
//! It really measures, on loopback. Some phones are in bad places: they report a longer delay than
//! they measured, or that no live connection was possible.

use std::{net::Ipv4Addr, rc::Rc, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use parterre_protocol::{
    CommandId, EventId, Reading,
    join::{JoinRequest, Joined},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::{
    client::{Client, ConnectOptions, transport::Transport},
    http::{Address, Socket},
};

/// Where phones are.
const PLACES: [&str; 8] =
    ["Stalls left", "Stalls right", "Balcony left", "Balcony right", "Boxes", "Stage", "Foyer", "Bar"];
/// By which networks they come: as many phones on the first ones as on all others.
const NETWORKS: u8 = 6;
/// One in this many phones on the left balcony is far from everything.
const FAR: usize = 2;
/// How much longer messages take there, in milliseconds.
const FAR_MS: f64 = 1_200.0;
/// Messages out and back whose delay is taken.
const MESSAGES: usize = 20;
/// The sizes of messages whose content is looked at, in bytes.
const SIZES: [usize; 3] = [16, 1_024, 32_768];
/// How long anything may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a phone tries altogether.
const TRIES: u32 = 100;

/// By which address a phone comes. All of the bar is on the last one.
pub(super) fn network_of(number: usize) -> Ipv4Addr {
    let network = match number % PLACES.len() {
        7 => NETWORKS,
        place => [2, 2, 2, 3, 3, 4, 5][place],
    };
    Ipv4Addr::new(127, 0, 0, network)
}

/// A phone that is to come.
pub(super) struct Phone {
    pub(super) number: usize,
    pub(super) address: Address,
    pub(super) code: String,
    pub(super) event: EventId,
    pub(super) seed: u64,
}

/// A phone whose reading is stored.
pub(super) struct Done {
    /// How it stays connected.
    pub(super) client: Rc<Client>,
    /// The reading as the server made it.
    pub(super) reading: Reading,
    /// Its key on the board, and its place's.
    pub(super) key: String,
    pub(super) place_key: String,
    pub(super) receipt: Value,
    /// Whether it handed in that no live connection got through.
    pub(super) blocked: bool,
    /// When it was in, and how long that took it.
    pub(super) joined: Instant,
    pub(super) joining: Duration,
    /// When the reading was sent for the first time, and when it was known to be stored.
    pub(super) sent: Instant,
    pub(super) receipt_after: Duration,
    address: Address,
    path: String,
    head: String,
    body: Value,
}

#[derive(Deserialize)]
struct Stored {
    receipt: Value,
    reading: Reading,
}

impl Phone {
    pub(super) async fn run(self) -> Result<Done> {
        let began = Instant::now();
        let Joined { participant, token, live, .. } = self.join().await?;
        let token = token.context("a program is given its token")?;
        let head = format!("Authorization: Bearer {token}\r\n");
        let client = self.connect(&live, &head).await?;
        let (joined, joining) = (Instant::now(), began.elapsed());

        let place = PLACES[self.number % PLACES.len()];
        let blocked = place == "Bar" && (self.number / PLACES.len()).is_multiple_of(5);
        let body = self.reading(place, blocked).await?;
        let path = format!("/api/v1/events/{}/readings", self.event);
        let sent = Instant::now();
        let Stored { receipt, reading } = send(&self.address, &path, &head, &body).await?;
        let place_key = place.to_lowercase();
        let key = format!("{participant} {place_key}");
        let receipt_after = sent.elapsed();
        let address = self.address;
        Ok(Done {
            client,
            reading,
            key,
            place_key,
            receipt,
            blocked,
            joined,
            joining,
            sent,
            receipt_after,
            address,
            path,
            head,
            body,
        })
    }

    async fn connect(&self, live: &str, head: &str) -> Result<Rc<Client>> {
        let way = ConnectOptions {
            address: self.address.clone(),
            path: format!("{live}&as=phone"),
            head: head.to_owned(),
            receive_buffer: None,
            watched: false,
            transport: Transport::Socket,
        };
        let client = Client::start(self.number, Rc::default(), way, self.seed);
        timeout(STEP_TIMEOUT * 3, client.until_joined()).await.context("a phone got no stage")?;
        Ok(client)
    }

    /// The reading at its place, as it is sent.
    async fn reading(&self, place: &str, blocked: bool) -> Result<Value> {
        let far = place == "Balcony left" && (self.number / PLACES.len()).is_multiple_of(FAR);
        let measures = if blocked { no_way() } else { self.measure(if far { FAR_MS } else { 0.0 }).await? };
        let link = if place == "Bar" { "mobile" } else { ["wifi", "wifi", "unknown"][self.number % 3] };
        let cid = CommandId::new(Uuid::new_v4());
        Ok(json!({"cid": cid, "place": place, "link": link, "measures": measures}))
    }

    async fn join(&self) -> Result<Joined> {
        let request = JoinRequest { code: self.code.clone(), name: None };
        let mut path = "/api/v1/join".to_owned();
        for _ in 0..TRIES {
            match self.address.ask_json("POST", &path, "", &request).await {
                Ok(answer) if answer.status == 503 => {
                    path = answer.again("/api/v1/join");
                    sleep(answer.retry().unwrap_or(Duration::from_secs(1))).await;
                }
                Ok(answer) => return answer.json(),
                // The server is not available at present.
                Err(_) => sleep(Duration::from_millis(300)).await,
            }
        }
        bail!("a phone could not join")
    }

    /// Measures a connection. `more_ms` is added to the delays.
    async fn measure(&self, more_ms: f64) -> Result<Value> {
        for _ in 0..TRIES {
            match timeout(STEP_TIMEOUT, self.try_channel(more_ms)).await {
                Ok(Ok(measures)) => return Ok(measures),
                // There are too many tests, or no server just now.
                Ok(Err(_)) | Err(_) => sleep(Duration::from_millis(300)).await,
            }
        }
        bail!("a phone got no channel")
    }

    async fn try_channel(&self, more_ms: f64) -> Result<Value> {
        let began = Instant::now();
        let page = self.address.ask("GET", &format!("/e/{}", self.code), "", b"").await?;
        ensure!(page.status == 200, "{page}");
        let page_ms = millis(began);
        let began = Instant::now();
        let stream = self.address.connect(None).await?;
        let origin = format!("Origin: {}\r\n", self.address.origin());
        let upgraded = self.address.upgrade(stream, "/api/v1/netcheck/channel", &origin).await?;
        let mut socket = upgraded.map_err(|refused| anyhow::anyhow!("{refused}"))?;
        let websocket_ms = millis(began);
        let (mut changed, mut sent) = (0, 0);
        for size in SIZES {
            for message in [Message::text("é".repeat(size / 2)), Message::binary(vec![7; size])] {
                sent += 1;
                changed += u32::from(echo(&mut socket, message.clone()).await? != message);
            }
        }
        let mut delays = Vec::with_capacity(MESSAGES);
        for n in 0..MESSAGES {
            let began = Instant::now();
            echo(&mut socket, Message::text(format!("{n} {}", ".".repeat(100)))).await?;
            delays.push(millis(began) + more_ms);
        }
        // Everything was received, so the close handshake does not matter.
        drop(socket.close(None).await);
        Ok(json!({
            "page": {"figures": {"secure": false, "port": 80, "ms": page_ms, "slowest_ms": page_ms, "missing": 0}},
            "websocket": {"figures": {"ms": websocket_ms}},
            "messages": {"figures": {"sent": sent, "back": sent, "changed": changed, "in_order": true,
                "largest": SIZES[SIZES.len() - 1], "binary": true}},
            "delay": {"figures": {"sent": MESSAGES, "ms": delays}},
        }))
    }
}

impl Done {
    /// Sends the same reading again. Returns the receipt.
    pub(super) async fn send_again(&self) -> Result<Value> {
        Ok(send(&self.address, &self.path, &self.head, &self.body).await?.receipt)
    }
}

/// Sends a reading until it is stored, as a phone does.
async fn send(address: &Address, path: &str, head: &str, body: &Value) -> Result<Stored> {
    for _ in 0..TRIES {
        match address.ask_json("POST", path, head, body).await {
            Ok(answer) if answer.status == 503 => sleep(answer.retry().unwrap_or(Duration::from_secs(1))).await,
            Ok(answer) if answer.status >= 500 => sleep(Duration::from_millis(300)).await,
            Ok(answer) => return answer.json(),
            // The same reading is safe to send again.
            Err(_) => sleep(Duration::from_millis(300)).await,
        }
    }
    bail!("a reading could not be sent")
}

async fn echo(socket: &mut Socket, message: Message) -> Result<Message> {
    socket.send(message).await?;
    let back = socket.next().await.context("the channel was closed")??;
    Ok(back)
}

/// The reading of a phone that gets pages, but no live connection on any transport.
fn no_way() -> Value {
    let silent = json!({"trouble": {"kind": "silent"}});
    json!({
        "page": {"figures": {"secure": false, "port": 80, "ms": 40, "slowest_ms": 60, "missing": 0}},
        "websocket": silent, "messages": silent, "delay": silent, "sse": silent, "poll": silent,
    })
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
