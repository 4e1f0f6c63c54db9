//! How phones join.

use std::{cell::Cell, rc::Rc, time::Duration};

use anyhow::{Context, Result, bail};
use parterre_protocol::join::{JoinRequest, Joined};
use serde::Serialize;
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::Phones;
use crate::{
    client::{Client, ConnectOptions, transport::Transport},
    crowd::Crowd,
    http::Address,
    measure::{Delays, Percentiles},
    progress,
};

/// A phone that has not joined by then has failed.
const JOIN_LIMIT: Duration = Duration::from_secs(60);

/// This many phones record every result that they show. More would cost more than they add.
const WATCHED: usize = 200;

/// How phones join.
#[derive(Clone, Debug)]
pub struct Joining {
    /// How many.
    pub phones: usize,
    /// How many at the same time.
    pub at_once: usize,
    /// How many of them, the first ones, get a small receive buffer because they will stop reading.
    pub slow_readers: usize,
    /// How they are dealt to several addresses.
    pub dealt: Dealt,
    /// How their bytes move.
    pub transport: Transport,
    /// Makes the run repeatable.
    pub seed: u64,
}

/// How phones are dealt to several addresses.
#[derive(Clone, Copy, Debug)]
pub enum Dealt {
    /// Each to the next one, as by a load balancer.
    InTurn,
    /// The first ones to the first node, and so on. Nodes on one machine share a kernel: with
    /// clients dealt in turn, the sockets of one node are interleaved with those of others in
    /// memory, which does not happen on separate machines. This alone made plain writes by three
    /// processes cost 1.12 times as much as by one; with blocks it was 1.01.
    InBlocks,
}

/// How joining went.
#[derive(Clone, Debug, Serialize)]
pub struct JoinFigures {
    /// Phones that joined.
    pub phones: usize,
    /// From the first request until the last phone had its stage and `me`, without the pause for
    /// measuring memory.
    pub seconds: f64,
    /// Phones per second.
    pub per_second: f64,
    /// From a phone's request to join until it had its stage and `me`.
    pub each: Option<Percentiles>,
    /// Requests that were told to retry later.
    pub asked_to_wait: u64,
}

/// How long joining took, for some of the phones.
pub struct JoinTimes {
    whole: Duration,
    each: Vec<Duration>,
    /// When each was there, since the first request.
    pub arrived: Vec<Duration>,
    asked_to_wait: u64,
}

impl JoinFigures {
    /// The figures of all parts together.
    pub fn of(parts: &[JoinTimes]) -> Self {
        let mut each = Delays::default();
        parts.iter().flat_map(|part| &part.each).for_each(|delay| each.record(*delay));
        let (phones, seconds) =
            (parts.iter().map(|part| part.each.len()).sum(), parts.iter().map(|part| part.whole.as_secs_f64()).sum());
        let asked_to_wait = parts.iter().map(|part| part.asked_to_wait).sum();
        Self { phones, seconds, per_second: phones as f64 / seconds, each: each.percentiles(), asked_to_wait }
    }
}

impl Phones {
    /// Joins the event with further phones, up to this number.
    pub async fn join(
        &mut self,
        addresses: &[Address],
        code: &str,
        joining: &Joining,
        up_to: usize,
    ) -> Result<JoinTimes> {
        let (start, bar) = (Instant::now(), progress::bar("joining", up_to));
        let (gate, waits) = (Rc::new(Semaphore::new(joining.at_once)), Rc::new(Cell::new(0)));
        let mut arrivals = JoinSet::new();
        for number in self.all.len()..up_to {
            let place = match joining.dealt {
                Dealt::InTurn => number % addresses.len(),
                Dealt::InBlocks => number * addresses.len() / joining.phones,
            };
            let address = addresses[place].clone();
            let arrival = Arrival { number, address, code: code.to_owned(), waits: waits.clone() };
            let (crowd, joining, gate) = (self.crowd.clone(), joining.clone(), gate.clone());
            arrivals.spawn_local(async move {
                let _turn = gate.acquire().await?;
                let start = Instant::now();
                let client =
                    timeout(JOIN_LIMIT, arrival.arrive(crowd, &joining)).await.context("joining took over 60 s")??;
                anyhow::Ok((client, start.elapsed()))
            });
        }
        let (mut each, mut arrived) = (Vec::with_capacity(up_to), Vec::with_capacity(up_to));
        while let Some(arrival) = arrivals.join_next().await {
            let (client, delay) = arrival??;
            each.push(delay);
            arrived.push(start.elapsed());
            self.all.push(client);
            bar.set(self.all.len() as u64);
        }
        self.all.sort_unstable_by_key(|client| client.number);
        Ok(JoinTimes { whole: start.elapsed(), each, arrived, asked_to_wait: waits.get() })
    }
}

/// Joins with one more phone, in a separate crowd.
pub async fn one_more(address: &Address, code: &str, seed: u64) -> Result<Rc<Client>> {
    let arrival = Arrival { number: 0, address: address.clone(), code: code.to_owned(), waits: Rc::default() };
    let joining =
        Joining { phones: 1, at_once: 1, slow_readers: 0, dealt: Dealt::InTurn, transport: Transport::Socket, seed };
    arrival.arrive(Rc::default(), &joining).await
}

struct Arrival {
    number: usize,
    address: Address,
    code: String,
    waits: Rc<Cell<u64>>,
}

impl Arrival {
    /// Joins over HTTP, connects, and waits for the first stage and `me`.
    async fn arrive(&self, crowd: Rc<Crowd>, joining: &Joining) -> Result<Rc<Client>> {
        let Joined { token, live, .. } = self.join(&crowd).await?;
        let token = token.context("a program is given its token")?;
        let way = ConnectOptions {
            address: self.address.clone(),
            path: format!("{live}&as=phone"),
            head: format!("Authorization: Bearer {token}\r\n"),
            receive_buffer: (self.number < joining.slow_readers).then_some(2048),
            watched: self.number.is_multiple_of((joining.phones / WATCHED).max(1)),
            transport: joining.transport,
        };
        let client = Client::start(self.number, crowd, way, joining.seed);
        client.until_joined().await;
        Ok(client)
    }

    async fn join(&self, crowd: &Crowd) -> Result<Joined> {
        let request = JoinRequest { code: self.code.clone(), name: None };
        let mut path = "/api/v1/join".to_owned();
        loop {
            let answer = self.address.ask_json("POST", &path, "", &request).await.context("POST /api/v1/join")?;
            match answer.status {
                200 => return answer.json(),
                429 | 503 => {
                    self.waits.set(self.waits.get() + 1);
                    let retry = answer.retry().context("neither retry_ms nor Retry-After")?;
                    crowd.note().retry_delays.push(retry);
                    sleep(retry).await;
                    path = answer.again("/api/v1/join");
                }
                _ => bail!("POST /api/v1/join: {answer}"),
            }
        }
    }
}
