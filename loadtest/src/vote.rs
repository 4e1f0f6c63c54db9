//! The vote: the poll opens, everyone answers within a few seconds, everyone sees the result. Every
//! confirmed answer must be counted, once, even where the server is killed in the middle.

use std::{
    cell::Cell,
    fmt::{self, Display, Formatter},
    rc::Rc,
    time::Duration,
};

use anyhow::Result;
use parterre_protocol::{ActivityId, Control, Settings, topics::Results};
use serde::Serialize;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    bench::{Bench, DELIVERY_TIMEOUT, KillFigures, Killed, poll},
    crowd::CrowdTotals,
    kinds::random_answer,
    ledger::expected,
    lines,
    measure::{Percentiles, Processes},
    phones::result_delays,
    progress,
};

/// How a vote went.
#[derive(Clone, Debug, Serialize)]
pub struct VoteFigures {
    /// Answers made.
    pub answers: u64,
    /// Answers confirmed as stored.
    pub stored: u64,
    /// Over how many seconds the answers were made.
    pub spread: f64,
    /// From the facilitator's press until the last phone showed the poll, in milliseconds.
    pub opened_ms: f64,
    /// From making an answer until its receipt.
    pub receipts: Option<Percentiles>,
    /// From making an answer until the studio saw it counted.
    pub seen_by_studio: Option<Percentiles>,
    /// The same for the screen.
    pub seen_by_screen: Option<Percentiles>,
    /// The same for the phones that were watched.
    pub seen_by_phones: Option<Percentiles>,
    /// CPU time of the server during the vote, in seconds.
    pub server_cpu_seconds: Option<f64>,
    /// Bytes received by each phone during the vote.
    pub bytes_per_phone: f64,
    /// The kill in the middle.
    pub kill: Option<KillFigures>,
}

/// Runs a vote. Gives also the results that must be stored now.
pub async fn run(bench: &mut Bench, spread: Duration, kill: bool) -> Result<(VoteFigures, Results)> {
    let settings = poll("Where should next year’s gathering be?", 4);
    let activity = bench.facilitator.add(&settings).await?;
    let opened_ms = open(bench, activity).await?;
    forget_what_was_seen(bench);

    let processes = bench.processes();
    let cpu = processes.as_ref().map(Processes::cpu).transpose()?;
    answer_all(bench, activity, &settings, spread);
    let half = bench.phones.all.len() as u64 / 2;
    let killed = if kill { Some(bench.kill_after(half, DELIVERY_TIMEOUT).await?) } else { None };
    watch_receipts(bench, spread).await?;
    let kill = killed.map(Killed::all_confirmed);

    let expected = expected(&bench.phones, activity, 1, &settings);
    bench.check_tally(activity, 1, &settings).await?;
    check_receipts(bench);
    bench.check_final_state().await?;
    let server_cpu_seconds = match processes.zip(cpu) {
        Some((processes, cpu)) if kill.is_none() => Some(processes.cpu_since(&cpu)?.as_secs_f64()),
        _ => None,
    };
    let figures = VoteFigures { opened_ms, server_cpu_seconds, kill, ..figures(bench, activity, spread) };
    bench.check_answers_of_each().await?;
    Ok((figures, expected))
}

/// Opens the poll with its results visible. Returns the milliseconds until the last phone showed
/// it.
async fn open(bench: &Bench, activity: ActivityId) -> Result<f64> {
    let pressed = Instant::now();
    bench.facilitator.control(Control::Open { activity }).await?;
    bench.facilitator.control(Control::Results { activity, visible: true }).await?;
    bench.all_hold("every phone to show the poll", |it| it.activity == Some(activity) && it.open && it.results).await?;
    Ok(pressed.elapsed().as_secs_f64() * 1000.0)
}

/// The figures of the vote.
fn figures(bench: &Bench, activity: ActivityId, spread: Duration) -> VoteFigures {
    let made = bench.phones.answers_made(activity, 1);
    let phones = bench.phones.crowd.seen();
    let delays = |crowd: &CrowdTotals| result_delays(&made, &crowd.sightings, activity, 1).percentiles();
    VoteFigures {
        answers: phones.commands,
        stored: phones.stored,
        spread: spread.as_secs_f64(),
        opened_ms: 0.0,
        receipts: phones.receipts.percentiles(),
        seen_by_studio: delays(&bench.facilitator.crowd.seen()),
        seen_by_screen: delays(&bench.screen.crowd().seen()),
        seen_by_phones: delays(&phones),
        server_cpu_seconds: None,
        bytes_per_phone: phones.bytes as f64 / bench.phones.all.len() as f64,
        kill: None,
    }
}

/// Each phone answers once, at a random time within the spread.
fn answer_all(bench: &mut Bench, activity: ActivityId, settings: &Settings, spread: Duration) {
    let (start, phones) = (Instant::now(), bench.phones.all.clone());
    let mut agenda: Vec<_> = phones
        .into_iter()
        .map(|phone| (start + spread.mul_f64(bench.rng.f64()), phone, bench.answer(settings)))
        .collect();
    agenda.sort_by_key(|(at, ..)| *at);
    tokio::task::spawn_local(async move {
        for (at, phone, answer) in agenda {
            sleep_until(at).await;
            phone.respond(activity, 1, answer);
        }
    });
}

async fn watch_receipts(bench: &Bench, spread: Duration) -> Result<()> {
    let all = bench.phones.all.len() as u64;
    let bar = progress::bar("voting", bench.phones.all.len());
    let done = |seen: &CrowdTotals| {
        bar.set(seen.stored);
        seen.commands >= all && seen.waiting() == 0
    };
    bench.phones.crowd.until("all receipts", spread + DELIVERY_TIMEOUT, done).await
}

fn check_receipts(bench: &Bench) {
    let seen = bench.phones.crowd.seen();
    bench.checks.equal("every answer was stored", &(bench.phones.all.len() as u64), &seen.stored);
    let refused = (!seen.refused.is_empty()).then(|| format!("{:?}", seen.refused));
    bench.checks.note("no answer was refused", refused);
}

/// Discards what was recorded before the vote.
fn forget_what_was_seen(bench: &Bench) {
    for crowd in [&bench.phones.crowd, &bench.facilitator.crowd, bench.screen.crowd()] {
        let mut seen = crowd.note();
        seen.sightings.clear();
        seen.receipts.clear();
        seen.current_again.clear();
        seen.bytes = 0;
    }
}

/// Every phone answers again and again, on average once in `pace`, until it is enough.
pub fn keep_voting(
    bench: &mut Bench,
    activity: ActivityId,
    settings: &Settings,
    pace: Duration,
    enough: &Rc<Cell<bool>>,
) -> JoinSet<()> {
    let mut voting = JoinSet::new();
    for phone in &bench.phones.all {
        let (phone, settings, enough, mut rng) = (phone.clone(), settings.clone(), enough.clone(), bench.rng.fork());
        voting.spawn_local(async move {
            sleep(pace.mul_f64(rng.f64())).await;
            while !enough.get() {
                phone.respond(activity, 1, random_answer(&mut rng, &settings));
                sleep(pace.mul_f64(0.5 + rng.f64())).await;
            }
        });
    }
    voting
}

impl Display for VoteFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { answers, stored, spread, opened_ms, bytes_per_phone, .. } = self;
        writeln!(f, "Vote\n  {stored} of {answers} answers stored, made over {spread:.1} s")?;
        writeln!(f, "  the poll was on every phone after {opened_ms:.0} ms")?;
        lines::percentiles(f, "receipt", self.receipts.as_ref())?;
        lines::percentiles(f, "counted on the studio", self.seen_by_studio.as_ref())?;
        lines::percentiles(f, "counted on the screen", self.seen_by_screen.as_ref())?;
        lines::percentiles(f, "counted on phones", self.seen_by_phones.as_ref())?;
        writeln!(f, "  {bytes_per_phone:.0} bytes received by each phone")?;
        if let Some(seconds) = self.server_cpu_seconds {
            writeln!(f, "  {seconds:.2} s of the server's CPU time")?;
        }
        self.kill.as_ref().map_or(Ok(()), |kill| kill.fmt(f))
    }
}
