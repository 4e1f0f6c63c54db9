//! What is measured on a WebSocket: the upgrade, messages out and back, bursts, drops, silence, the size of packets.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt, stream::FuturesUnordered};
use netcheck_rules::{
    Burst, ChannelEnd, Delay, Hold, HoldOutcome, Messages, Opened, Packets, Phones, Plan, Resume, Trouble,
};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, Message, Utf8Bytes, client::IntoClientRequest, protocol::WebSocketConfig},
};

use crate::{
    http::{API, Intercepted},
    line::{BoxStream, Line, OPEN, Purpose},
    plain::noise,
};

/// How long messages may take to come back.
const BACK: Duration = Duration::from_secs(6);
/// How long one message may take to come back: on a slow line it is late, and not lost.
const MESSAGE: Duration = Duration::from_secs(20);
/// How long a connection that was silent may take to answer: as long as a live page waits.
const ECHO: Duration = Duration::from_secs(5);
/// How long one message of the trial of sizes may take, before it is tried again.
const PACKET: Duration = Duration::from_secs(4);
/// Close codes of our server: it stops, or has too many tests.
const OWN_CODES: [u16; 2] = [1012, 1013];
/// A drop: so many messages, of so many bytes, so often.
const DROP: (u32, u32, u32) = (40, 200, 20);
/// A phone comes so long after the one before: fifty in a second.
const COME: Duration = Duration::from_millis(20);
/// So often each says something.
const SAY: Duration = Duration::from_secs(2);
/// So long all stay after the last has come.
const STAY: Duration = Duration::from_secs(6);
/// How much is read at once, and the longest message that is taken.
const READ_BYTES: usize = 8 * 1024;
const LONGEST: usize = 1024 * 1024;
/// So many delays are handed in.
const SAMPLES: usize = 1_000;
/// Sizes around what packets hold: of tunnels, of Ethernet, more than one.
const PACKETS: [u32; 6] = [200, 1_000, 1_300, 1_400, 1_500, 4_000];

fn since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}

/// A connection to try things with.
pub(crate) struct Channel {
    socket: WebSocketStream<BoxStream>,
    /// The close code, once it was closed.
    code: Option<u16>,
}

/// The close code of a connection that ended without one (RFC 6455, 7.4.1), and of one that was closed without a reason.
const CUT: u16 = 1006;
const NO_REASON: u16 = 1005;

/// Why waiting ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Met,
    Late,
    Closed,
}

impl Channel {
    async fn open(line: &Line, query: &str) -> Result<Self, Trouble> {
        Ok(Self::open_by(line, query, None).await?)
    }

    /// The same by leave of a token.
    async fn open_by(line: &Line, query: &str, token: Option<&str>) -> Result<Self, Intercepted> {
        let stream = line.connect(Purpose::Socket).await?;
        let scheme = if line.target.secure { "wss" } else { "ws" };
        let url = format!("{scheme}://{}{API}channel{query}", line.target.host_field());
        // What is read by default at once, 128 KiB, is much for hundreds of connections; what may come at most is 64 MiB.
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .max_message_size(Some(LONGEST))
            .max_frame_size(Some(LONGEST));
        let mut request = url.into_client_request().map_err(|_| Trouble::NoAnswer)?;
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse().map_err(|_| Trouble::Refused { status: 401 })?;
            request.headers_mut().insert("authorization", value);
        }
        match timeout(OPEN, client_async_with_config(request, stream, Some(config))).await {
            Err(_) => Err(Trouble::Silent.into()),
            Ok(Ok((socket, _))) => {
                line.note_answer();
                Ok(Self { socket, code: None })
            }
            Ok(Err(tungstenite::Error::Http(answer))) => {
                let trouble = match (answer.status().as_u16(), code_of(answer.body().as_deref()).as_deref()) {
                    (503, Some("busy")) => Trouble::Busy,
                    (403, Some("switched_off")) => Trouble::SwitchedOff,
                    (401, Some("unauthorised")) => Trouble::Refused { status: 401 },
                    (429, _) => Trouble::Limited { status: 429 },
                    // Whoever says so was asked without an upgrade: our server, behind somebody who has taken it out.
                    (426, _) => Trouble::Refused { status: 426 },
                    (status, _) => Trouble::Foreign { status },
                };
                let location = answer.headers().get("location").and_then(|it| it.to_str().ok()).map(str::to_owned);
                Err(Intercepted { trouble, location })
            }
            Ok(Err(_)) => Err(Trouble::NoAnswer.into()),
        }
    }

    /// Sends while it hears, until what it hears is enough, the connection is closed or the time is over.
    async fn until(
        &mut self,
        send: impl IntoIterator<Item = Message>,
        time_limit: Duration,
        mut hear: impl FnMut(Message) -> bool,
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
        let hearing = async {
            loop {
                match back.next().await {
                    Some(Ok(Message::Close(frame))) => {
                        let told = frame.map_or(NO_REASON, |frame| frame.code.into());
                        *code = Some(told);
                        return if OWN_CODES.contains(&told) { Err(Trouble::Busy) } else { Ok(End::Closed) };
                    }
                    Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) if hear(message.clone()) => {
                        return Ok(End::Met);
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => {
                        code.get_or_insert(CUT);
                        return Ok(End::Closed);
                    }
                }
            }
        };
        let both = async {
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
        matches!(self.until([Message::text("there?")], ECHO, |_| true).await, Ok(End::Met))
    }

    async fn close(mut self) {
        // Somebody who does not read the last word is left.
        let _ = timeout(Duration::from_secs(1), self.socket.close(None)).await;
    }
}

/// The code of a refusal, if it is our server's.
fn code_of(body: Option<&[u8]>) -> Option<String> {
    let problem: serde_json::Value = serde_json::from_slice(body?).ok()?;
    problem["code"].as_str().map(str::to_owned)
}

/// How long the upgrade takes; a message is sent back, so that an answer which only looks like one does not pass.
pub(crate) async fn websocket(line: &Line) -> Result<Opened, Intercepted> {
    let began = Instant::now();
    let mut channel = Channel::open_by(line, "", None).await?;
    let ms = since(began);
    let end = channel.until([Message::text("there?")], BACK, |it| it == Message::text("there?")).await?;
    channel.close().await;
    if end == End::Met { Ok(Opened { ms }) } else { Err(Trouble::Silent.into()) }
}

/// A connection that stays open beside others, to see whether it goes on when those are refused.
pub(crate) async fn witness(line: &Line) -> Option<Channel> {
    Channel::open(line, "").await.ok()
}

/// Text and binary, small and large, one size after the other: so it shows at which one somebody closes.
pub(crate) async fn messages(line: &Line, plan: &Plan) -> Result<Messages, Trouble> {
    let sizes = [16, 1_024, 16_384, plan.sizes.large_bytes as usize];
    let mut all = Messages {
        sent: 0,
        back: 0,
        changed: 0,
        in_order: true,
        largest: 0,
        binary: false,
        stopped_at: 0,
        slowest_ms: 0.0,
        end: ChannelEnd::Done,
    };
    for make in [text, binary] {
        let mut channel = Channel::open(line, "").await?;
        // The small ones go together, to see that they keep their order.
        let groups = std::iter::once(&sizes[..2]).chain(sizes[2..].chunks(1));
        for group in groups {
            let sent: Vec<Message> = group.iter().map(|bytes| make(*bytes)).collect();
            let mut back: Vec<Message> = Vec::new();
            let hear = |message| {
                back.push(message);
                back.len() == sent.len()
            };
            let began = Instant::now();
            channel.until(sent.clone(), MESSAGE, hear).await?;
            let came = back.iter().map(|it| sent.iter().position(|one| one == it));
            let whole: Vec<usize> = came.flatten().collect();
            all.sent += sent.len() as u32;
            all.back += back.len() as u32;
            all.changed += (back.len() - whole.len()) as u32;
            all.in_order &= whole.is_sorted_by(|a, b| a < b);
            all.largest = whole.iter().map(|at| group[*at] as u32).fold(all.largest, u32::max);
            all.binary |= whole.iter().any(|at| sent[*at].is_binary());
            all.slowest_ms = all.slowest_ms.max(since(began));
            if back.len() < sent.len() {
                // Where binary is refused from its beginning, it is that and no limit.
                let refused = sent[0].is_binary() && whole.is_empty() && group.len() > 1;
                if !refused {
                    (all.stopped_at, all.end) = (group[back.len()] as u32, channel.end());
                }
                break;
            }
        }
        channel.close().await;
        if all.stopped_at > 0 {
            break;
        }
    }
    Ok(all)
}

fn binary(bytes: usize) -> Message {
    Message::Binary(noise(bytes))
}

/// A text of so many bytes, not all of them ASCII.
fn text(bytes: usize) -> Message {
    let mut text = "é".to_owned() + &"live ".repeat(bytes / 5 + 1);
    text.truncate(bytes);
    Message::Text(Utf8Bytes::from(text))
}

/// How long messages take out and back.
pub(crate) async fn delay(line: &Line, plan: &Plan) -> Result<Delay, Trouble> {
    let (count, every) = (plan.sizes.messages as usize, Duration::from_millis(plan.sizes.message_every_ms.into()));
    let (mut out, mut back) = Channel::open(line, "").await?.socket.split();
    let mut closed = None;
    let began = Instant::now();
    let mut ms: Vec<Option<f64>> = vec![None; count];
    let sending = async {
        for at in 0..count {
            let message = format!("{at} {} {}", since(began), ".".repeat(100));
            if out.send(Message::text(message)).await.is_err() {
                break;
            }
            sleep(every).await;
        }
    };
    let hearing = async {
        loop {
            let text = match back.next().await {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Close(frame))) => {
                    closed = Some(frame.map_or(NO_REASON, |frame| frame.code.into()));
                    break;
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => {
                    closed.get_or_insert(CUT);
                    break;
                }
            };
            let mut words = text.split(' ');
            let at = words.next().and_then(|word| word.parse::<usize>().ok());
            let sent = words.next().and_then(|word| word.parse::<f64>().ok());
            if let (Some(at), Some(sent)) = (at.filter(|at| *at < count), sent) {
                ms[at].get_or_insert(since(began) - sent);
            }
            if ms.iter().all(Option::is_some) {
                break;
            }
        }
    };
    {
        // Who has closed hears no more.
        tokio::pin!(hearing);
        tokio::select! {
            () = &mut hearing => {}
            // However long sending took, the last have their time.
            () = sending => {
                let _ = timeout(BACK, hearing).await;
            }
        }
    }
    let ms: Vec<f64> = ms.into_iter().flatten().collect();
    let end = if ms.len() == count { ChannelEnd::Done } else { ending(closed) };
    Ok(Delay { sent: plan.sizes.messages, ms, end })
}

/// How a trial ends on a connection that was closed with this code, if it was.
fn ending(code: Option<u16>) -> ChannelEnd {
    code.map_or(ChannelEnd::Late, |code| ChannelEnd::Closed { code })
}

/// Many messages at once.
pub(crate) async fn burst(line: &Line, plan: &Plan) -> Result<Burst, Trouble> {
    let asked = plan.sizes.burst_frames;
    let mut channel = Channel::open(line, &format!("?frames={asked}&bytes={}", plan.sizes.burst_bytes)).await?;
    let mut came = BTreeSet::new();
    let (mut first, mut ms) = (None, 0.0);
    let hear = |message: Message| {
        ms = since(*first.get_or_insert_with(Instant::now));
        came.extend(number(&message));
        came.len() == asked as usize
    };
    channel.until([], 2 * BACK, hear).await?;
    let end = if came.len() == asked as usize { ChannelEnd::Done } else { channel.end() };
    channel.close().await;
    Ok(Burst { asked, came: came.len() as u32, ms, end })
}

/// The number of a message that was asked for.
fn number(message: &Message) -> Option<u32> {
    message.to_text().ok()?.trim().parse().ok()
}

/// A connection that is dropped half-way and taken up again.
pub(crate) async fn resume(line: &Line) -> Result<Resume, Trouble> {
    let (asked, bytes, every) = DROP;
    let query = format!("?frames={asked}&bytes={bytes}&every_ms={every}");
    let mut first = Channel::open(line, &query).await?;
    let mut came: Vec<u32> = Vec::new();
    let half = |message: Message| {
        came.extend(number(&message));
        came.len() >= asked as usize / 2
    };
    first.until([], BACK, half).await?;
    // Dropped as a phone that leaves the room: without a word.
    drop(first);
    let (began, mut ms) = (Instant::now(), 0.0);
    let from = came.last().map_or(0, |last| last + 1);
    let mut second = Channel::open(line, &format!("{query}&from={from}")).await?;
    let rest = |message: Message| {
        if ms == 0.0 {
            ms = since(began);
        }
        came.extend(number(&message));
        came.len() >= asked as usize
    };
    second.until([], BACK, rest).await?;
    let each: BTreeSet<&u32> = came.iter().collect();
    let end = if each.len() >= asked as usize { ChannelEnd::Done } else { second.end() };
    let (came, twice) = (each.len() as u32, (came.len() - each.len()) as u32);
    second.close().await;
    Ok(Resume { asked, came, twice, ms, end })
}

/// A connection on which nothing is said for so many seconds, and then a word.
pub(crate) async fn hold(line: &Line, seconds: u32) -> Result<Hold, Trouble> {
    let mut channel = Channel::open(line, "").await?;
    let began = Instant::now();
    let end = channel.until([], Duration::from_secs(seconds.into()), |_| false).await?;
    let ms = since(began);
    if end == End::Closed {
        return Ok(Hold { end: HoldOutcome::Closed, ms, code: channel.code.unwrap_or(CUT) });
    }
    let end = channel.until([Message::text("still there?")], ECHO, |_| true).await?;
    // Closed at the word, it was dead before.
    let end = if end == End::Met { HoldOutcome::Survived } else { HoldOutcome::Silent };
    channel.close().await;
    Ok(Hold { end, ms, code: 0 })
}

/// How one of many connections ended.
enum Phone {
    Kept(Vec<f64>),
    Cut(Vec<f64>),
    /// It stands, and is slow.
    Late(Vec<f64>),
}

/// So many connections show most limits of their number.
const CROWD: u32 = 30;
/// So long they stay after the last has come: they are to come about, and not to last.
const CROWD_STAYS: Duration = Duration::from_secs(1);

/// Many connections from here, as a room has them: they come one after another, each says something now and then, and all stay until
/// the last has been there for a while. The server lets only whom a facilitator has given a token open more than a few.
pub(crate) async fn phones(line: &Line, room: Option<&(u32, String)>) -> Result<Phones, Trouble> {
    let (asked, token, stay, query) = match room {
        Some((asked, token)) => (*asked, Some(token.as_str()), STAY, ""),
        None => (CROWD, None, CROWD_STAYS, "?crowd=true"),
    };
    let end = tokio::time::Instant::now() + COME * asked + stay;
    let all = (0..asked).map(|number| async move {
        sleep(COME * number).await;
        let mut channel = Channel::open_by(line, query, token).await.map_err(|refused| refused.trouble)?;
        let mut took = Vec::new();
        loop {
            let began = Instant::now();
            match channel.until([Message::text("there?")], BACK, |_| true).await? {
                End::Met => took.push(since(began)),
                End::Late => return Ok(Phone::Late(took)),
                End::Closed => return Ok(Phone::Cut(took)),
            }
            let next = end.min(tokio::time::Instant::now() + SAY);
            let quiet = next.saturating_duration_since(tokio::time::Instant::now());
            match channel.until([], quiet, |_| false).await? {
                End::Closed => return Ok(Phone::Cut(took)),
                End::Met | End::Late if next >= end => break,
                End::Met | End::Late => {}
            }
        }
        channel.close().await;
        Ok(Phone::Kept(took))
    });
    let ended: Vec<Result<Phone, Trouble>> = all.collect::<FuturesUnordered<_>>().collect().await;
    if let Some(Err(refused)) = ended.iter().find(|it| matches!(it, Err(Trouble::Refused { status: 401 }))) {
        return Err(*refused);
    }
    let mut phones = Phones { asked, opened: 0, busy: 0, late: 0, kept: 0, ms: Vec::new() };
    for phone in ended {
        let (kept, took) = match phone {
            Ok(Phone::Kept(took) | Phone::Late(took)) => (1, took),
            Ok(Phone::Cut(took)) => (0, took),
            Err(trouble) => {
                phones.busy += u32::from(trouble == Trouble::Busy);
                phones.late += u32::from(trouble == Trouble::Silent);
                continue;
            }
        };
        phones.opened += 1;
        phones.kept += kept;
        phones.ms.extend(took);
    }
    phones.ms.truncate(SAMPLES);
    Ok(phones)
}

/// Messages of growing size, one after another: where packets are too large for some link and nobody says so, the first that
/// fills one is also the first that never comes back. It is tried twice, since any packet may be lost once.
pub(crate) async fn packets(line: &Line) -> Result<Packets, Trouble> {
    let first = grow(line).await?;
    if first.stalled == 0 {
        return Ok(first);
    }
    let second = grow(line).await?;
    Ok(if second.stalled == 0 || second.passed == 0 { second } else { first })
}

async fn grow(line: &Line) -> Result<Packets, Trouble> {
    let mut channel = Channel::open(line, "").await?;
    let mut passed = 0;
    for bytes in PACKETS {
        let message = Message::Binary(noise(bytes as usize));
        match channel.until([message.clone()], PACKET, |it| it == message).await? {
            End::Met => passed = bytes,
            End::Late if passed > 0 => return Ok(Packets { passed, stalled: bytes }),
            End::Late => return Err(Trouble::Silent),
            End::Closed => return Err(Trouble::NoAnswer),
        }
    }
    channel.close().await;
    Ok(Packets { passed, stalled: 0 })
}
