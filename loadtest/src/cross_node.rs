//! The delay from node to node: one answer at a time, and a screen on every node. The delay is how
//! much later the screens on other nodes show it than the screen on the node of the answer. Redis
//! may be killed meanwhile.

use std::{
    fmt::{self, Display, Formatter},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use parterre_protocol::{ActivityId, Control, Settings};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::{
    bench::{Bench, DELIVERY_TIMEOUT, poll},
    client::Client,
    crowd::{Crowd, CrowdTotals, Sighting},
    kinds::random_answer,
    lines,
    measure::Percentiles,
    progress,
};

/// How long answers are given in each state of Redis.
const PHASE: Duration = Duration::from_secs(15);

/// Between a result on all screens and the next answer, in seconds: longer than a screen's tick, so
/// that no answer waits for one, and random, so that none meets always the same moment of a
/// heartbeat.
const PAUSE_S: std::ops::Range<f64> = 0.12..0.35;

/// How crossing went.
#[derive(Clone, Debug, Serialize)]
pub struct CrossingFigures {
    /// One after another: all is well; and where Redis was stopped also without it, and with it
    /// again.
    pub phases: Vec<Phase>,
    /// Seconds from the start of Redis until no node reported itself as degraded.
    pub healed_after: Option<f64>,
}

/// The measurements in one state of Redis.
#[derive(Clone, Debug, Serialize)]
pub struct Phase {
    /// Which.
    pub redis: &'static str,
    /// From an answer's receipt until the frame that counts it on the screen at the same node.
    /// Below zero where the frame came first.
    pub same_node: Option<Percentiles>,
    /// The same for screens at the other nodes.
    pub other_nodes: Option<Percentiles>,
    /// Of each answer, how much later each of the other screens had it.
    pub added: Option<Percentiles>,
}

/// Gives answers, and stops Redis in the middle if asked to.
pub async fn run(bench: &mut Bench, redis_stop: bool) -> Result<CrossingFigures> {
    let settings = poll("How far is it from node to node?", 4);
    let mut crossing = Crossing::prepare(bench, settings).await?;
    let mut phases = vec![crossing.measure(bench, "with Redis").await?];
    let mut healed_after = None;
    if redis_stop {
        redis(bench)?.kill().await?;
        phases.push(crossing.measure(bench, "without Redis").await?);
        redis(bench)?.start().await?;
        healed_after = Some(healed(bench).await?);
        phases.push(crossing.measure(bench, "with Redis again").await?);
    }
    crossing.judge(bench).await?;
    Ok(CrossingFigures { phases, healed_after })
}

fn redis(bench: &Bench) -> Result<&crate::cluster::redis::Redis> {
    bench.cluster.as_ref().context("only the Redis of nodes of our own can be stopped")?.redis()
}

/// Waits until no node reports itself as degraded. Returns the seconds.
async fn healed(bench: &Bench) -> Result<f64> {
    let (start, nodes) = (Instant::now(), bench.cluster.iter().flat_map(|cluster| cluster.nodes()));
    for node in nodes {
        while node.health().await?.contains("degraded") {
            ensure!(
                start.elapsed() < DELIVERY_TIMEOUT,
                "a node is still degraded {} s after Redis came back",
                DELIVERY_TIMEOUT.as_secs()
            );
            sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

struct Crossing {
    activity: ActivityId,
    settings: Settings,
    /// One at each node, by its number.
    screens: Vec<Rc<Client>>,
    crowd: Rc<Crowd>,
    /// How many phones have answered so far, beginning with the first.
    respondents: usize,
}

impl Crossing {
    async fn prepare(bench: &Bench, settings: Settings) -> Result<Self> {
        let activity = bench.facilitator.add(&settings).await?;
        bench.facilitator.control(Control::Open { activity }).await?;
        bench.facilitator.control(Control::Results { activity, visible: true }).await?;
        let crowd = Rc::<Crowd>::default();
        let screen = |(number, address)| {
            Client::start(number, crowd.clone(), bench.facilitator.screen_at(address), bench.seed())
        };
        let screens: Vec<_> = bench.addresses.iter().enumerate().map(screen).collect();
        let all = screens.len();
        let shown = |seen: &CrowdTotals| seen.holding(|it| it.activity == Some(activity) && it.results) == all;
        crowd.until("every screen to show the poll", DELIVERY_TIMEOUT, shown).await?;
        bench.all_hold("every phone to show the poll", |it| it.activity == Some(activity) && it.results).await?;
        Ok(Self { activity, settings, screens, crowd, respondents: 0 })
    }

    /// Has phones answer, one after another, each when all screens show the one before.
    async fn measure(&mut self, bench: &mut Bench, redis: &'static str) -> Result<Phase> {
        let (mut same, mut others, mut added) = (Vec::new(), Vec::new(), Vec::new());
        let (end, bar) = (Instant::now() + PHASE, progress::bar("crossing", 0));
        while Instant::now() < end && self.respondents < bench.phones.all.len() {
            let delays = self.answer(bench).await?;
            let here = (self.respondents - 1) % self.screens.len();
            same.push(delays[here]);
            let away = delays.iter().enumerate().filter(|(node, _)| *node != here).map(|(_, delay)| *delay);
            away.for_each(|delay| {
                others.push(delay);
                added.push(delay - delays[here]);
            });
            bar.inc(1);
            sleep(Duration::from_secs_f64(PAUSE_S.start + (PAUSE_S.end - PAUSE_S.start) * bench.rng.f64())).await;
        }
        let [same_node, other_nodes, added] = [same, others, added].map(Percentiles::of);
        Ok(Phase { redis, same_node, other_nodes, added })
    }

    /// The next phone answers. Gives for each screen the milliseconds from the receipt until the
    /// frame.
    async fn answer(&mut self, bench: &mut Bench) -> Result<Vec<f64>> {
        let (phone, activity) = (bench.phones.all[self.respondents].clone(), self.activity);
        let before = self.crowd.seen().sightings.len();
        phone.respond(activity, 1, random_answer(&mut bench.rng, &self.settings));
        self.respondents += 1;
        let wanted = self.respondents as u32;
        let known = || phone.confirmed().get(&(activity, 1)).map(|confirmed| confirmed.known);
        bench.phones.crowd.until("a receipt", DELIVERY_TIMEOUT, |_| known().is_some()).await?;
        let shows = |screen: &Rc<Client>| screen.topics().score().and_then(|it| it.respondents) >= Some(wanted);
        self.crowd.until("every screen to count it", DELIVERY_TIMEOUT, |_| self.screens.iter().all(shows)).await?;
        let known = known().context("it was waited for")?;
        let seen = self.crowd.seen();
        let delay = |screen: &Rc<Client>| {
            let counts =
                |it: &&Sighting| (it.client, it.activity) == (screen.number, activity) && it.respondents >= wanted;
            let at = seen.sightings[before..].iter().find(counts).context("a screen shows what it has not seen")?.at;
            let late = at.saturating_duration_since(known).as_secs_f64();
            Ok((late - known.saturating_duration_since(at).as_secs_f64()) * 1000.0)
        };
        self.screens.iter().map(delay).collect()
    }

    /// Everything that was confirmed is counted, and everybody holds the same.
    async fn judge(self, bench: &Bench) -> Result<()> {
        bench.all_confirmed(DELIVERY_TIMEOUT).await?;
        bench.check_tally(self.activity, 1, &self.settings).await?;
        bench.check_final_state().await?;
        let same = |_: &CrowdTotals| {
            let mut held = self.screens.iter().map(|screen| screen.topics().results());
            let first = held.next();
            held.all(|other| Some(other) == first)
        };
        let wrong = self.crowd.until("the screens", Duration::from_secs(5), same).await.err();
        let wrong = wrong.map(|_| {
            let held = self.screens.iter().map(|screen| format!("{:?}", screen.topics().results()));
            held.collect::<Vec<_>>().join("; ")
        });
        bench.checks.note("the screens at all nodes hold the same results", wrong);
        bench.check_troubles_of("the screens at each node", &self.crowd);
        self.screens.iter().for_each(|screen| screen.leave());
        Ok(())
    }
}

impl Display for CrossingFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for Phase { redis, same_node, other_nodes, added } in &self.phases {
            let answers = same_node.as_ref().map_or(0, |it| it.count);
            writeln!(f, "From node to node, {redis}\n  {answers} answers, from the receipt to the frame on a screen")?;
            lines::percentiles(f, "at the same node", same_node.as_ref())?;
            lines::percentiles(f, "at the other nodes", other_nodes.as_ref())?;
            lines::percentiles(f, "added by crossing", added.as_ref())?;
        }
        match self.healed_after {
            Some(seconds) => writeln!(f, "  no node was degraded {seconds:.2} s after Redis came back"),
            None => Ok(()),
        }
    }
}
