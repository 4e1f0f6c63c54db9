//! The bad network: every phone loses its connection again and again while the facilitator moves
//! on. Nothing confirmed may be lost or counted twice, and everyone must end where a fresh
//! connection begins.

use std::{
    fmt::{self, Display, Formatter},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result};
use parterre_protocol::{ActivityId, Control, Settings, topics::StagedActivity};
use serde::Serialize;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    bench::{Bench, DELIVERY_TIMEOUT, cloud, poll},
    client::Client,
    kinds::random_answer,
    lines,
    measure::Percentiles,
    progress,
};

/// How long the facilitator stays with one thing, in seconds.
const PHASE_SECONDS: std::ops::Range<f64> = 5.0..8.0;

/// How bad the network is.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// How often each phone is cut off, on average.
    pub every: Duration,
    /// For how long.
    pub offline: Duration,
    /// How long the scenario runs.
    pub time: Duration,
}

/// How it went.
#[derive(Clone, Debug, Serialize)]
pub struct CutFigures {
    /// Connections that were cut.
    pub cuts: u64,
    /// Times that the facilitator moved on.
    pub phases: u64,
    /// Answers made.
    pub answers: u64,
    /// Answers confirmed as stored.
    pub stored: u64,
    /// Answers refused because the room had moved on when they arrived.
    pub too_late: u64,
    /// From the start of a new connection until the phone was current.
    pub current_again: Option<Percentiles>,
    /// From making an answer until its receipt, with the time offline.
    pub receipts: Option<Percentiles>,
}

/// Runs the scenario and checks every activity at its end.
pub async fn run(bench: &mut Bench, network: Network) -> Result<CutFigures> {
    let rundown = add_rundown(bench).await?;
    let before = Counts::of(bench);
    bench.phones.crowd.note().receipts.clear();
    bench.phones.crowd.note().current_again.clear();

    let deadline = Instant::now() + network.time;
    let cutting = cut_all(bench, network, deadline);
    let phases = lead(bench, &rundown, deadline).await?;
    let cuts = cutting.join_all().await.into_iter().sum();
    bench.all_connected().await?;
    bench.all_confirmed(DELIVERY_TIMEOUT).await?;
    let after = Counts::of(bench);
    let (current_again, receipts) = {
        let seen = bench.phones.crowd.seen();
        (seen.current_again.percentiles(), seen.receipts.percentiles())
    };

    bench.facilitator.control(Control::Lobby).await?;
    check_each(bench, &rundown).await?;
    bench.check_final_state().await?;
    bench.check_answers_of_each().await?;
    check_refusals(bench);
    Ok(CutFigures {
        cuts,
        phases,
        answers: after.answers - before.answers,
        stored: after.stored - before.stored,
        too_late: after.refused - before.refused,
        current_again,
        receipts,
    })
}

/// The activities that the facilitator leads the room through again and again.
async fn add_rundown(bench: &Bench) -> Result<Rc<[(ActivityId, Settings)]>> {
    let questions = [poll("Which way?", 3), cloud("What do you see?"), poll("Who begins?", 5), cloud("And now?")];
    let mut activities = Vec::new();
    for asked in questions {
        activities.push((bench.facilitator.add(&asked).await?, asked));
    }
    Ok(activities.into())
}

/// Cuts every phone off at random times until the deadline. Each task returns how often.
fn cut_all(bench: &Bench, network: Network, deadline: Instant) -> JoinSet<u64> {
    let mut cutting = JoinSet::new();
    for phone in &bench.phones.all {
        let (phone, seed) = (phone.clone(), bench.seed() ^ (phone.number as u64) << 20);
        cutting.spawn_local(async move {
            let (mut rng, mut cuts) = (fastrand::Rng::with_seed(seed), 0);
            let mut next = Instant::now() + network.every.mul_f64(rng.f64());
            while next < deadline {
                sleep_until(next).await;
                phone.cut(network.offline);
                cuts += 1;
                next += network.offline + network.every.mul_f64(0.5 + rng.f64());
            }
            cuts
        });
    }
    cutting
}

/// The facilitator leads through the rundown until the deadline, beginning again at its end; gives
/// the number of steps.
async fn lead(bench: &mut Bench, rundown: &Rc<[(ActivityId, Settings)]>, deadline: Instant) -> Result<u64> {
    let (mut phases, bar) = (0, progress::bar("cutting", 0));
    while Instant::now() < deadline {
        let shown = step(bench, rundown, phases).await?;
        bench.facilitator.control(Control::Results { activity: shown, visible: true }).await?;
        let span = PHASE_SECONDS.end - PHASE_SECONDS.start;
        let phase = Duration::from_secs_f64(PHASE_SECONDS.start + bench.rng.f64() * span);
        let answering = answer_what_is_shown(bench, rundown, phase);
        sleep(phase).await;
        answering.join_all().await;
        phases += 1;
        bar.inc(1);
    }
    Ok(phases)
}

/// Starts a new round of the current activity or opens the next one; after the last, the first
/// again in a new round. Returns what is on stage.
async fn step(bench: &Bench, rundown: &[(ActivityId, Settings)], phase: u64) -> Result<ActivityId> {
    let facilitator = &bench.facilitator;
    let place = |id: ActivityId| rundown.iter().position(|(other, _)| *other == id);
    let staged = facilitator.stage()?.activity.and_then(|staged| Some((place(staged.id)?, staged)));
    let (shown, least_round) = match staged {
        Some((_, StagedActivity { id, round, .. })) if phase % 3 == 2 => {
            facilitator.control(Control::Reset { activity: id, round }).await?;
            (id, round + 1)
        }
        Some((place, StagedActivity { id, .. })) if place + 1 < rundown.len() => {
            facilitator.control(Control::Next { after: Some(id) }).await?;
            (rundown[place + 1].0, 1)
        }
        _ => {
            begin_again(bench, rundown).await?;
            (rundown[0].0, 1)
        }
    };
    facilitator.staged(|staged| staged.id == shown && staged.round >= least_round).await?;
    Ok(shown)
}

/// Every activity in a new round, the first one open.
async fn begin_again(bench: &Bench, rundown: &[(ActivityId, Settings)]) -> Result<()> {
    let listed = bench.facilitator.stage()?.rundown.context("the studio has no rundown")?;
    for item in listed.into_iter().filter(|item| rundown.iter().any(|(id, _)| *id == item.id)) {
        bench.facilitator.control(Control::Reset { activity: item.id, round: item.round }).await?;
    }
    bench.facilitator.control(Control::Open { activity: rundown[0].0 }).await
}

/// Each phone checks its stage twice during the phase, at random times, and answers what it shows
/// if it has not yet: even while it is offline, and even if the room has moved on meanwhile.
fn answer_what_is_shown(bench: &mut Bench, rundown: &Rc<[(ActivityId, Settings)]>, phase: Duration) -> JoinSet<()> {
    let (mut answering, now) = (JoinSet::new(), Instant::now());
    for phone in &bench.phones.all {
        let (phone, rundown, mut rng) = (phone.clone(), rundown.clone(), bench.rng.fork());
        answering.spawn_local(async move {
            let (first, second) = (rng.f64() * 0.5, 0.5 + rng.f64() * 0.5);
            for share in [first, second] {
                sleep_until(now + phase.mul_f64(share)).await;
                answer(&phone, &rundown, &mut rng);
            }
        });
    }
    answering
}

fn answer(phone: &Rc<Client>, rundown: &[(ActivityId, Settings)], rng: &mut fastrand::Rng) {
    let scene = phone.topics().scene();
    let Some((activity, round)) = scene.filter(|it| it.open).and_then(|it| Some((it.activity?, it.round))) else {
        return;
    };
    let settings = rundown.iter().find(|(id, _)| *id == activity).map(|(_, settings)| settings);
    if let Some(settings) = settings
        && !phone.has_answered(activity, round)
    {
        phone.respond(activity, round, random_answer(rng, settings));
    }
}

/// Puts each activity on stage again, so that the studio gets its counts, and compares them with
/// the confirmed answers.
async fn check_each(bench: &Bench, rundown: &[(ActivityId, Settings)]) -> Result<()> {
    for (activity, asked) in rundown {
        bench.facilitator.control(Control::Open { activity: *activity }).await?;
        bench.facilitator.control(Control::Results { activity: *activity, visible: true }).await?;
        let staged = bench.facilitator.staged(|staged| staged.id == *activity && staged.results).await?;
        bench.check_tally(*activity, staged.round, asked).await?;
    }
    Ok(())
}

/// Being too late is no error; any other refusal is one of the server.
fn check_refusals(bench: &Bench) {
    let seen = bench.phones.crowd.seen();
    let foreign: Vec<_> =
        seen.refused.iter().filter(|(code, _)| !["closed", "round"].contains(&code.as_str())).collect();
    bench
        .checks
        .note("answers were refused only for being too late", (!foreign.is_empty()).then(|| format!("{foreign:?}")));
}

struct Counts {
    answers: u64,
    stored: u64,
    refused: u64,
}

impl Counts {
    fn of(bench: &Bench) -> Self {
        let seen = bench.phones.crowd.seen();
        Self { answers: seen.commands, stored: seen.stored, refused: seen.refused.values().sum() }
    }
}

impl Display for CutFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { cuts, phases, answers, stored, too_late, current_again, receipts } = self;
        writeln!(f, "Bad network\n  {cuts} cuts while the facilitator moved on {phases} times")?;
        writeln!(f, "  {stored} of {answers} answers stored, {too_late} too late")?;
        lines::percentiles(f, "current again", current_again.as_ref())?;
        lines::percentiles(f, "receipt", receipts.as_ref())
    }
}
