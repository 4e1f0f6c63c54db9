//! Strangers attack while a room votes. Nobody in the room may notice: answers are confirmed about as soon as without
//! them, nobody loses the connection, the server's memory stays what it was, and whoever steers gets in.
//!
//! Each attack has turns of its own, with quiet ones between: what is compared was measured side by side.

pub mod attack;
pub mod part;

use std::{
    cell::Cell,
    fmt::{self, Display, Formatter},
    process::Stdio,
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use parterre_protocol::{
    Act, Control, PostCommand,
    posts::{QaSettings, QaState},
};
use serde::Serialize;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use self::{
    attack::{Attack, Done, Victim},
    part::AttackPlan,
};
use crate::{
    bench::{Bench, DELIVERY_TIMEOUT, OWNER, poll},
    client::Client,
    facilitator::Facilitator,
    measure::{Delays, MemoryWatch, Percentiles, median},
    progress,
    report::{line, megabytes},
    vote::keep_voting,
};

/// How often each phone votes meanwhile.
const VOTE_INTERVAL: Duration = Duration::from_secs(3);
/// Whoever steers, and a phone that comes anew, is in within this time.
const ENTRY_LIMIT: Duration = Duration::from_secs(1);
/// Whoever is not in by then is not waited for any longer.
const ENTRY_TIMEOUT: Duration = Duration::from_secs(5);
/// Receipts may take so many times what they take without an attack.
const MOST_TIMES: f64 = 2.0;
/// Whatever takes no longer than this nobody notices; the kernel's own turns are about as long.
const UNNOTICED_MS: f64 = 20.0;
/// So much more memory the server may have in an attack than before it.
const MORE_MEMORY: u64 = 48 << 20;
/// What passwords are hashed in: 19 MiB each, two at a time, those of strangers and those of browsers that are known.
const HASHING: u64 = 2 * (19 << 20);
/// Questions that there are to search through.
const QUESTIONS: usize = 300;
/// Attackers who ask again and again.
const ASKING: usize = 48;
/// Connections that are held by those who hold some.
const HELD: usize = 400;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which attacks, in order.
    pub attacks: Vec<Attack>,
    /// How often each has a turn.
    pub turns: usize,
    /// How long a turn is, with an attack or without.
    pub turn: Duration,
    /// Places that the server has for live connections.
    pub connections: usize,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct HostileFigures {
    /// From making an answer until its receipt in all quiet turns.
    pub quiet: Option<Percentiles>,
    /// Each attack.
    pub attacks: Vec<AttackFigures>,
    /// Answers confirmed as stored.
    pub stored: u64,
}

/// How an attack went.
#[derive(Clone, Debug, Serialize)]
pub struct AttackFigures {
    /// Which.
    pub attack: Attack,
    /// What the attackers did, in all its turns.
    pub done: Done,
    /// From making an answer until its receipt meanwhile.
    pub receipts: Option<Percentiles>,
    /// 99 of 100 receipts against those of the quiet turn before, in each turn.
    pub ratios: Vec<f64>,
    /// The server's memory before, in bytes.
    pub memory_before: u64,
    /// The most during it.
    pub memory_peak: u64,
    /// CPU time of the server for each request that was answered, in microseconds, with that of the room.
    pub micros_per_request: Option<f64>,
    /// How long it took the studio, a screen of the facilitator, a phone and a sign-in to get in meanwhile, in milliseconds.
    pub entries_ms: Vec<(&'static str, f64)>,
}

/// Has the room vote, and attacks it.
pub async fn run(bench: &mut Bench, plan: &Plan) -> Result<HostileFigures> {
    ensure!(plan.turns > 0, "each attack needs a turn");
    let asked = poll("What do we do about strangers?", 4);
    ask_questions(bench).await?;
    let activity = bench.facilitator.add(&asked).await?;
    bench.facilitator.control(Control::Open { activity }).await?;
    bench.facilitator.control(Control::Results { activity, visible: true }).await?;
    bench.all_hold("every phone to show the poll", |it| it.activity == Some(activity) && it.open && it.results).await?;
    let victim = Victim {
        url: bench.addresses[0].origin(),
        code: bench.facilitator.event.code.clone(),
        event: bench.facilitator.event.id,
        activity,
        email: OWNER.to_owned(),
    };

    let enough = Rc::new(Cell::new(false));
    let voting = keep_voting(bench, activity, &asked, VOTE_INTERVAL, &enough);
    sleep(VOTE_INTERVAL).await;
    let comebacks = bench.phones.crowd.seen().comebacks;
    let mut quiet = Vec::new();
    let bar = progress::bar("attacking", plan.attacks.len() * plan.turns);
    let mut attacks = Vec::new();
    for &attack in &plan.attacks {
        let mut figures = AttackFigures::new(attack);
        for _ in 0..plan.turns {
            let before = measured(bench, async || sleep(plan.turn).await).await;
            figures.turn(bench, plan, &victim, before.as_ref()).await?;
            quiet.extend(before);
            bar.inc(1);
            // What the attack left behind is not part of the quiet that follows.
            sleep(Duration::from_secs(1)).await;
        }
        figures.check(bench, plan);
        attacks.push(figures);
    }
    enough.set(true);
    voting.join_all().await;
    bench.all_connected().await?;
    bench.all_confirmed(DELIVERY_TIMEOUT).await?;
    let lost = bench.phones.crowd.seen().comebacks - comebacks;
    bench.checks.equal("no phone lost its connection", &0, &lost);
    let refused = bench.phones.crowd.seen().refused.clone();
    bench.checks.note("no answer of the room was refused", (!refused.is_empty()).then(|| format!("{refused:?}")));
    check_votes(bench, activity, &asked).await?;
    bench.check_final_state().await?;
    let stored = bench.phones.crowd.seen().stored;
    Ok(HostileFigures { quiet: typical(&quiet), attacks, stored })
}

/// What the room has answered is counted as confirmed. Attackers who joined may have answered too, so the room's answers
/// are looked for one by one.
async fn check_votes(
    bench: &mut Bench,
    activity: parterre_protocol::ActivityId,
    asked: &parterre_protocol::Settings,
) -> Result<()> {
    let expected = crate::ledger::expected(&bench.phones, activity, 1, asked);
    let least = expected.respondents.unwrap_or_default();
    let found = bench.facilitator.results_when(Duration::from_secs(15), |it| it.respondents >= Some(least)).await?;
    let wrong = (found.respondents < Some(least)).then(|| format!("{:?} of {least} are counted", found.respondents));
    bench.checks.note("every answer of the room is counted", wrong);
    bench.check_answers_of_each().await
}

/// Some of the room's phones ask something each, which all may see.
async fn ask_questions(bench: &Bench) -> Result<()> {
    let studio = &bench.facilitator.studio;
    bench
        .facilitator
        .crowd
        .until("the settings of questions", DELIVERY_TIMEOUT, |_| studio.topics().moderation().is_some())
        .await?;
    let before = studio.topics().moderation().context("it was waited for")?.settings;
    let settings = QaSettings { state: QaState::Open, review: false, ..before.clone() };
    bench.facilitator.moderate(Act::Configure { version: before.version, settings: settings.into() }).await?;
    for (number, phone) in bench.phones.all.iter().take(QUESTIONS).enumerate() {
        let text = format!("Question {number}: when does the next meeting of the members in hall {number} take place?");
        phone.post(PostCommand::Ask { text, name: None });
    }
    bench.all_confirmed(DELIVERY_TIMEOUT).await
}

/// The receipts of the answers that were confirmed while something was done.
async fn measured(bench: &Bench, what: impl AsyncFnOnce()) -> Option<Percentiles> {
    bench.phones.crowd.note().receipts = Delays::default();
    what().await;
    std::mem::take(&mut bench.phones.crowd.note().receipts).percentiles()
}

/// The middle of several measurements.
fn typical(measured: &[Percentiles]) -> Option<Percentiles> {
    let middle = |of: fn(&Percentiles) -> f64| median(measured.iter().map(of).collect());
    (!measured.is_empty()).then(|| Percentiles {
        count: measured.iter().map(|it| it.count).sum(),
        p50: middle(|it| it.p50),
        p95: middle(|it| it.p95),
        p99: middle(|it| it.p99),
        max: measured.iter().map(|it| it.max).fold(0.0, f64::max),
    })
}

impl AttackFigures {
    const fn new(attack: Attack) -> Self {
        let done = Done { statuses: std::collections::BTreeMap::new(), unanswered: 0, held: 0 };
        Self {
            attack,
            done,
            receipts: None,
            ratios: Vec::new(),
            memory_before: 0,
            memory_peak: 0,
            micros_per_request: None,
            entries_ms: Vec::new(),
        }
    }

    /// One turn of the attack.
    async fn turn(&mut self, bench: &Bench, plan: &Plan, victim: &Victim, before: Option<&Percentiles>) -> Result<()> {
        let processes = bench.processes().context("the server's process is not known")?;
        let (watch, cpu) = (MemoryWatch::start(processes.clone())?, processes.cpu()?);
        let attackers = match self.attack {
            Attack::Screens => 2 * plan.connections,
            Attack::SlowReaders | Attack::SlowHeads => HELD,
            Attack::Passwords => 1000,
            // Each phone that does so joins first; a few suffice.
            Attack::Commands => 6,
            _ => ASKING,
        };
        let orders =
            AttackPlan { attack: self.attack, victim: victim.clone(), attackers, seconds: plan.turn.as_secs_f64() };
        let attack = start(&orders)?;
        let during = measured(bench, async || sleep(plan.turn.mul_f64(0.6)).await).await;
        let entries = enter(bench).await?;
        let done = finish(attack, plan.turn).await?;
        let memory = watch.end()?;
        let spent = processes.cpu_since(&cpu)?;
        let answered: u64 = done.statuses.values().sum();
        self.done.add(done);
        self.memory_before = if self.memory_before == 0 { memory.before } else { self.memory_before };
        self.memory_peak = self.memory_peak.max(memory.peak);
        self.micros_per_request = (answered > 0).then(|| spent.as_secs_f64() * 1e6 / answered as f64);
        for (who, ms) in entries {
            match self.entries_ms.iter_mut().find(|(known, _)| *known == who) {
                Some((_, most)) => *most = most.max(ms),
                None => self.entries_ms.push((who, ms)),
            }
        }
        if let (Some(before), Some(during)) = (before, &during) {
            self.ratios.push(during.p99 / before.p99.max(UNNOTICED_MS / MOST_TIMES));
        }
        self.receipts = match (self.receipts, during) {
            (Some(one), Some(other)) => typical(&[one, other, other]),
            (one, other) => one.or(other),
        };
        Ok(())
    }

    fn check(&self, bench: &Bench, plan: &Plan) {
        let Self { attack, ratios, memory_before, memory_peak, entries_ms, done, receipts, .. } = self;
        let name = attack.name();
        let ratio = if ratios.is_empty() { f64::INFINITY } else { median(odd(ratios)) };
        let p99 = receipts.map_or(f64::INFINITY, |it| it.p99);
        bench.checks.note(
            format!("{name}: receipts take at most {MOST_TIMES} times as long"),
            (ratio > MOST_TIMES).then(|| format!("{ratio:.2} times ({p99:.0} ms)")),
        );
        let grown = memory_peak.saturating_sub(*memory_before);
        let may = MORE_MEMORY
            + match attack {
                // They are connections of the number that the server is set to hold.
                Attack::Screens => plan.connections as u64 * 16 * 1024,
                Attack::Passwords => HASHING,
                _ => 0,
            };
        bench.checks.note(
            format!("{name}: the memory stays within {} of before", megabytes(may)),
            (grown > may).then(|| format!("it grew by {}", megabytes(grown))),
        );
        let late = entries_ms.iter().find(|(_, ms)| *ms > ENTRY_LIMIT.as_secs_f64() * 1000.0);
        bench.checks.note(
            format!("{name}: who steers gets in within {} s", ENTRY_LIMIT.as_secs_f64()),
            late.map(|(who, ms)| format!("{who} took {ms:.0} ms")),
        );
        let failed: Vec<_> = done.statuses.iter().filter(|(status, _)| matches!(status, 500 | 502 | 504)).collect();
        bench.checks.note(
            format!("{name}: no request failed inside the server"),
            (!failed.is_empty()).then(|| format!("{failed:?}")),
        );
    }
}

/// An odd number of figures, for which there is a middle one.
fn odd(figures: &[f64]) -> Vec<f64> {
    let mut figures = figures.to_vec();
    if figures.len().is_multiple_of(2) {
        figures.sort_by(f64::total_cmp);
        // The more favourable one of the two in the middle is left out.
        figures.remove(figures.len() / 2 - 1);
    }
    figures
}

/// People who come in meanwhile, and how long it took each, in milliseconds.
async fn enter(bench: &Bench) -> Result<Vec<(&'static str, f64)>> {
    let facilitator = &bench.facilitator;
    let address = &bench.addresses[0];
    let mut entries = Vec::new();
    for (who, way) in
        [("a studio", facilitator.studio_at(address)), ("the facilitator's screen", facilitator.own_screen_at(address))]
    {
        let began = Instant::now();
        let client = Client::start(0, Rc::default(), way, bench.seed());
        let entered = timeout(ENTRY_TIMEOUT, client.until_joined()).await;
        entries.push((who, if entered.is_ok() { began.elapsed().as_secs_f64() * 1000.0 } else { f64::INFINITY }));
        client.leave();
    }
    let began = Instant::now();
    let phone = timeout(ENTRY_TIMEOUT, crate::phones::one_more(address, &facilitator.event.code, bench.seed())).await;
    let entered = matches!(&phone, Ok(Ok(_)));
    entries.push(("a phone", if entered { began.elapsed().as_secs_f64() * 1000.0 } else { f64::INFINITY }));
    if let Ok(Ok(phone)) = phone {
        phone.leave();
    }
    let began = Instant::now();
    let signed_in = sign_in(facilitator).await.is_ok();
    entries.push(("a sign-in", if signed_in { began.elapsed().as_secs_f64() * 1000.0 } else { f64::INFINITY }));
    Ok(entries)
}

/// The facilitator signs in once more, on the browser that has done so before, until that succeeds.
async fn sign_in(facilitator: &Facilitator) -> Result<()> {
    let trying = async {
        loop {
            if facilitator.signs_in_again().await? {
                return anyhow::Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(ENTRY_TIMEOUT, trying).await.context("nobody is let in")?
}

fn start(orders: &AttackPlan) -> Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("hostile-part").arg(serde_json::to_string(orders)?);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
    Ok(command.spawn()?)
}

async fn finish(attack: Child, turn: Duration) -> Result<Done> {
    let output =
        timeout(turn + DELIVERY_TIMEOUT, wait(attack)).await.context("the attackers did not come to an end")??;
    ensure!(output.status.success(), "the attackers ended with {}", output.status);
    serde_json::from_slice(&output.stdout).context("the attackers said something else than what they did")
}

/// Waits for the end of the attackers, whose standard input stays open until then: its end is the order to stop.
async fn wait(mut attack: Child) -> Result<std::process::Output> {
    let _input = attack.stdin.take();
    Ok(attack.wait_with_output().await?)
}

impl Display for HostileFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "Strangers\n  {} answers of the room and questions were stored", self.stored)?;
        line(f, "receipt, quiet", self.quiet.as_ref())?;
        for figures in &self.attacks {
            let AttackFigures {
                attack,
                done,
                receipts,
                ratios,
                memory_before,
                memory_peak,
                micros_per_request,
                entries_ms,
            } = figures;
            line(f, &attack.name(), receipts.as_ref())?;
            let ratios: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
            let statuses: Vec<_> = done.statuses.iter().map(|(status, count)| format!("{count} × {status}")).collect();
            let entries: Vec<_> = entries_ms.iter().map(|(who, ms)| format!("{who} {ms:.0} ms")).collect();
            let micros = micros_per_request.map(|micros| format!(", {micros:.0} µs of CPU a request with the room's"));
            writeln!(
                f,
                "    times {}; memory {} → {}; {}, {} held, {} without an answer{}",
                ratios.join(", "),
                megabytes(*memory_before),
                megabytes(*memory_peak),
                if statuses.is_empty() { "no answers".to_owned() } else { statuses.join(", ") },
                done.held,
                done.unanswered,
                micros.unwrap_or_default(),
            )?;
            writeln!(f, "    in meanwhile: {}", entries.join(", "))?;
        }
        Ok(())
    }
}
