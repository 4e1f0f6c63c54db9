//! The room's phones: how they join, and what is asked of all of them.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use parterre_protocol::{
    ActivityId,
    join::{JoinRequest, Joined},
};
use serde::Serialize;
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    client::{Client, ConnectOptions, line::Transport},
    crowd::{Crowd, Sighting},
    http::Address,
    measure::{Delays, Percentiles},
    progress,
};

/// A phone that has not joined by then has failed.
const JOIN_LIMIT: Duration = Duration::from_secs(60);

/// How often it is looked whether all phones are as they have to be, at least.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// So many phones note every result that they see; more would cost more to evaluate than they tell.
const WATCHED: usize = 200;

/// How phones join.
#[derive(Clone, Debug)]
pub struct Joining {
    /// How many.
    pub phones: usize,
    /// How many at the same time.
    pub at_once: usize,
    /// How many of them, the first ones, get a small receive buffer because they will stop reading.
    pub sleepers: usize,
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
    /// The first ones to the first, and so on. Nodes on one machine share a kernel: dealt in turn, the sockets of one lie
    /// among those of the others in its memory, which they do not on machines of their own. That alone made plain writes
    /// by three processes cost 1.12 times as much as by one; dealt in blocks it was 1.01.
    InBlocks,
}

/// How joining went.
#[derive(Clone, Debug, Serialize)]
pub struct JoinFigures {
    /// Phones that joined.
    pub phones: usize,
    /// From the first request until the last phone had its stage and `me`, without the pause for measuring memory.
    pub seconds: f64,
    /// Phones per second.
    pub per_second: f64,
    /// From a phone's request to join until it had its stage and `me`.
    pub each: Option<Percentiles>,
    /// Requests that were told to come again later.
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

/// All phones.
pub struct Phones {
    /// What they have seen together.
    pub crowd: Rc<Crowd>,
    /// Each of them.
    pub all: Vec<Rc<Client>>,
    /// How many of them, the first ones, are to stop reading.
    pub sleepers: usize,
}

impl Phones {
    /// No phone yet.
    pub fn none(joining: &Joining) -> Self {
        Self { crowd: Rc::default(), all: Vec::with_capacity(joining.phones), sleepers: joining.sleepers }
    }

    /// Joins the event with the next phones, up to so many.
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

    /// How many there are by how their bytes move now.
    pub fn by_transport(&self) -> BTreeMap<Transport, usize> {
        let mut counts = BTreeMap::new();
        self.all.iter().for_each(|phone| *counts.entry(phone.transport()).or_default() += 1);
        counts
    }

    /// Phones that keep reading.
    pub fn awake(&self) -> &[Rc<Client>] {
        &self.all[self.sleepers..]
    }

    /// Waits until the condition holds for every phone, looking at each only until it does; gives back the first phone
    /// for which it does not within the limit.
    pub async fn every(&self, limit: Duration, holds: impl Fn(&Client) -> bool) -> Result<(), &Client> {
        self.every_as(limit, || (), |phone, ()| holds(phone)).await
    }

    /// The same, beside something that may still change: then all are looked at again.
    pub async fn every_as<K: PartialEq>(
        &self,
        limit: Duration,
        like: impl Fn() -> K,
        holds: impl Fn(&Client, &K) -> bool,
    ) -> Result<(), &Client> {
        let (next, last) = (Cell::new(0), RefCell::new(None));
        let all_hold = |_: &crate::crowd::CrowdTotals| {
            let (mut last, now) = (last.borrow_mut(), like());
            if last.as_ref() != Some(&now) {
                next.set(0);
            }
            while self.all.get(next.get()).is_some_and(|phone| holds(phone, &now)) {
                next.set(next.get() + 1);
            }
            *last = Some(now);
            next.get() == self.all.len()
        };
        let deadline = Instant::now() + limit;
        // Whatever else may change tells nobody here, so it is looked at now and then.
        while self.crowd.until("every phone", POLL_INTERVAL, &all_hold).await.is_err() {
            if Instant::now() >= deadline {
                return Err(&self.all[next.get()]);
            }
        }
        Ok(())
    }

    /// When each stored answer of the round was made, in order.
    pub fn answers_made(&self, activity: ActivityId, round: u32) -> Vec<Instant> {
        let made = |client: &Rc<Client>| client.confirmed().get(&(activity, round)).map(|confirmed| confirmed.made);
        let mut made: Vec<_> = self.all.iter().filter_map(made).collect();
        made.sort_unstable();
        made
    }

    /// Everyone closes.
    pub fn leave(&self) {
        self.all.iter().for_each(|phone| phone.leave());
    }
}

/// How long answers took to be seen: for the k-th answer made, until the first frame that counts at least k. Each client
/// that watched counts for itself.
pub fn result_delays(made: &[Instant], sightings: &[Sighting], activity: ActivityId, round: u32) -> Delays {
    let mut delays = Delays::default();
    let mut counted = std::collections::HashMap::<usize, usize>::new();
    for sighting in sightings.iter().filter(|sighting| (sighting.activity, sighting.round) == (activity, round)) {
        let before = counted.entry(sighting.client).or_default();
        let now = made.len().min(sighting.respondents as usize);
        for made in made.get(*before..now).unwrap_or_default() {
            delays.record(sighting.at.saturating_duration_since(*made));
        }
        *before = now.max(*before);
    }
    delays
}

/// One more phone joins, in a crowd of its own.
pub async fn one_more(address: &Address, code: &str, seed: u64) -> Result<Rc<Client>> {
    let arrival = Arrival { number: 0, address: address.clone(), code: code.to_owned(), waits: Rc::default() };
    let joining =
        Joining { phones: 1, at_once: 1, sleepers: 0, dealt: Dealt::InTurn, transport: Transport::Socket, seed };
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
            receive_buffer: (self.number < joining.sleepers).then_some(2048),
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
                    crowd.note().told.push(retry);
                    sleep(retry).await;
                    path = answer.again("/api/v1/join");
                }
                _ => bail!("POST /api/v1/join: {answer}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kth_answer_is_seen_when_at_least_k_are_counted() {
        let activity: ActivityId = "01930000-0000-7000-8000-000000000001".parse().unwrap();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let seen = |client, ms, respondents| Sighting { client, at: at(ms), activity, round: 1, respondents };
        let made = [at(0), at(10), at(30)];
        let sightings = [seen(0, 20, 2), seen(0, 25, 2), seen(0, 60, 3), Sighting { round: 2, ..seen(0, 90, 3) }];
        let delays = result_delays(&made, &sightings, activity, 1).percentiles().unwrap();
        assert_eq!(delays.count, 3);
        assert!((delays.max - 30.0).abs() < 0.1 && (delays.p50 - 20.0).abs() < 0.1, "{delays}");
    }
}
