//! A WebSocket to try the network with: it sends back what it gets, sends messages that were asked
//! for in its address, and says nothing of its own: what is silent here is silent on the line.

use std::{net::IpAddr, time::Duration};

use actix_http::{HttpMessage, Request};
use actix_web::web::Data;
use bytes::{Bytes, BytesMut};
use parterre_live::frame::{Incoming, Reader, binary_frame, close_echo, close_frame, pong_frame, text_frame};
use parterre_protocol::CloseCode;
use serde::Deserialize;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, sleep_until, timeout},
};

use super::{SwitchedOn, doors, token};
use crate::{
    byte_budget::ByteBudget,
    http::{errors::Failure, forms::unreadable_query},
    lease_pool::Lease,
    state::AppState,
};

/// Where it is.
pub const PATH: &str = "/api/v1/netcheck/channel";
/// The longest message that is sent back.
pub const MESSAGE_BYTES: usize = 64 * 1024;
/// What one channel carries at most, both ways together, in bytes and in messages.
const MAX_BYTES_AND_FRAMES: (usize, u32) = (8_000_000, 5_000);
/// The most messages that can be asked for, the longest of them, and the most time from one to the
/// next.
const ASKED: (u32, u32, u32) = (1_000, 4_096, 1_000);
/// How long a channel may do other things than being silent.
const BUSY: Duration = Duration::from_secs(60);
/// How long one of many may stay.
const CROWD: Duration = Duration::from_secs(20);
/// How long somebody may take to read.
const READ: Duration = Duration::from_secs(10);
/// How long whoever was told the last word may take to close.
const LINGER: Duration = Duration::from_secs(2);
/// How often it is looked whether the server stops.
const SHUTDOWN_POLL_INTERVAL: Duration = Duration::from_secs(1);
const BUFFER: usize = 8 * 1024;

/// What an address asks for: `frames` messages of `bytes` each, `every_ms`, numbered on from
/// `from`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChannelOptions {
    frames: u32,
    bytes: u32,
    every_ms: u32,
    from: u32,
    /// One of many that are opened at the same time, and stay for a moment only.
    crowd: bool,
}

/// A channel that may begin.
#[derive(Debug)]
pub struct Admitted {
    asked: ChannelOptions,
    place: Lease,
    until: Instant,
    budget: ByteBudget,
    whose: Option<IpAddr>,
}

/// Lets somebody in; `None` while there are too many tests.
pub async fn admit(state: &AppState, request: &Request, whose: Option<IpAddr>) -> Result<Option<Admitted>, Failure> {
    let query = request.uri().query().unwrap_or_default();
    SwitchedOn::of(state)?;
    let asked = actix_web::web::Query::<ChannelOptions>::from_query(query);
    let asked = asked.map_err(|error| unreadable_query(&error))?.into_inner();
    let (frames, bytes, every_ms) = ASKED;
    if asked.frames > frames || asked.bytes > bytes || asked.every_ms > every_ms || asked.from > asked.frames {
        let message = format!("Request 1 to {frames} frames of 1 to {bytes} bytes, every 1 to {every_ms} ms.");
        return Err(Failure::malformed(message));
    }
    let (most, places, budget) = match token::is_borne(state, request.headers()).await? {
        Some(true) => (BUSY, &state.tests.phones, &state.tests.phone_bytes),
        Some(false) => {
            let message = "The token is not valid or has expired. A facilitator can get another at /netcheck/token.";
            return Err(Failure::unauthorised(message));
        }
        None if asked.crowd => (CROWD, &state.tests.crowd, &state.tests.bytes),
        None => {
            let longest = state.config.netcheck.silence_s.last().copied().unwrap_or_default();
            (Duration::from_secs(longest.into()) + BUSY, &state.tests.channels, &state.tests.bytes)
        }
    };
    let place = places.take(most, whose);
    let until = Instant::now() + most;
    Ok(place.map(|place| Admitted { asked, place, until, budget: budget.clone(), whose }))
}

/// One channel.
struct Channel<Io> {
    io: Io,
    state: Data<AppState>,
    asked: ChannelOptions,
    reader: Reader,
    carried: (usize, u32),
    budget: ByteBudget,
    whose: Option<IpAddr>,
    /// How many times a byte counts just now.
    weight: u64,
    until: Instant,
    _place: Lease,
}

/// Why a channel ends: with this as its last word, or without one.
enum End {
    Word(Bytes),
    Gone,
}

/// Serves a channel to its end. `early` is what came with the request.
pub async fn serve<Io>(io: Io, early: BytesMut, state: Data<AppState>, admitted: Admitted)
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let Admitted { asked, place, until, budget, whose } = admitted;
    let weight = doors::weight(&state);
    let reader = Reader::with_binary(MESSAGE_BYTES);
    let carried = (0, 0);
    let mut channel = Channel { io, state, asked, reader, carried, budget, whose, weight, until, _place: place };
    if let End::Word(word) = channel.run(early).await {
        // Somebody who does not read the last word is left.
        let _ = timeout(LINGER, async {
            channel.io.write_all(&word).await?;
            channel.io.shutdown().await?;
            tokio::io::copy(&mut channel.io, &mut tokio::io::sink()).await
        })
        .await;
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Channel<Io> {
    async fn run(&mut self, mut early: BytesMut) -> End {
        if let Err(end) = self.take(&mut early).await {
            return end;
        }
        drop(early);
        let mut buffer = vec![0; BUFFER];
        let mut next = Instant::now();
        let mut look = next + SHUTDOWN_POLL_INTERVAL;
        loop {
            tokio::select! {
                read = self.io.read(&mut buffer) => {
                    let length = match read {
                        Ok(0) | Err(_) => return End::Gone,
                        Ok(length) => length,
                    };
                    if let Err(end) = self.take(&mut buffer[..length]).await {
                        return end;
                    }
                }
                () = sleep_until(next), if self.asked.from < self.asked.frames => {
                    next += Duration::from_millis(self.asked.every_ms.into());
                    if let Err(end) = self.send_asked().await {
                        return end;
                    }
                }
                () = sleep_until(look) => {
                    look = Instant::now() + SHUTDOWN_POLL_INTERVAL;
                    self.weight = doors::weight(&self.state);
                    if self.state.hub.context.lifecycle.is_leaving() {
                        return End::Word(close_frame(CloseCode::Restart, "The server is stopping."));
                    }
                    if look >= self.until {
                        return End::Word(close_frame(CloseCode::Normal, "The time is over."));
                    }
                }
            }
        }
    }

    /// Sends the next of the messages that were asked for.
    async fn send_asked(&mut self) -> Result<(), End> {
        let number = self.asked.from;
        self.asked.from += 1;
        let text = format!("{number:<width$}", width = self.asked.bytes as usize);
        self.send(text_frame(text.as_bytes())).await
    }

    /// Counts bytes that came or go.
    fn spend(&self, bytes: usize) -> Result<(), End> {
        let spent = self.budget.spend(bytes as u64 * self.weight, self.whose);
        spent.map_err(|_| {
            End::Word(close_frame(CloseCode::TryLater, "The network tests' transfer limit per minute is reached."))
        })
    }

    /// Answers all that is in these bytes.
    async fn take(&mut self, mut bytes: &mut [u8]) -> Result<(), End> {
        self.spend(bytes.len())?;
        loop {
            let answer = match self.reader.next(&mut bytes) {
                Ok(None) => return Ok(()),
                Ok(Some(Incoming::Text(text))) => text_frame(text.as_bytes()),
                Ok(Some(Incoming::Binary(payload))) => binary_frame(&payload),
                Ok(Some(Incoming::Ping(payload))) => pong_frame(&payload),
                Ok(Some(Incoming::Pong)) => continue,
                Ok(Some(Incoming::Close(code))) => return Err(End::Word(close_echo(code))),
                Err(code) => return Err(End::Word(close_frame(code, "The message cannot be read."))),
            };
            self.send(answer).await?;
        }
    }

    async fn send(&mut self, frame: Bytes) -> Result<(), End> {
        let (bytes, messages) = &mut self.carried;
        (*bytes, *messages) = (*bytes + frame.len(), *messages + 1);
        if *bytes > MAX_BYTES_AND_FRAMES.0 || *messages > MAX_BYTES_AND_FRAMES.1 {
            return Err(End::Word(close_frame(CloseCode::TooBig, "The channel's transfer limit is reached.")));
        }
        self.spend(frame.len())?;
        // TLS keeps for itself what the kernel did not take, until it is asked to pass it on.
        let write = async {
            self.io.write_all(&frame).await?;
            self.io.flush().await
        };
        match timeout(READ, write).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }
}
