//! Unknown clients attack while a room votes. Nobody in the room may notice: answers are confirmed
//! about as fast as without an attack, nobody loses the connection, the server's memory stays the
//! same, and facilitators can still connect.
//!
//! Each attack has its own rounds, with quiet ones in between, so that compared figures were
//! measured side by side.

mod admission;
pub mod attack;
mod attacker;
mod figures;
pub mod part;

pub use self::figures::{AttackFigures, HostileFigures};

use std::{cell::Cell, rc::Rc, time::Duration};

use anyhow::{Context, Result, ensure};
use parterre_protocol::{
    Act, ActivityId, Control, PostCommand, Settings,
    posts::{QaSettings, QaState},
};
use tokio::time::sleep;

use self::{
    admission::admissions,
    attack::{Attack, Victim},
    figures::{Turn, typical},
    part::AttackPlan,
};
use crate::{
    bench::{Bench, DELIVERY_TIMEOUT, OWNER, poll},
    ledger::expected,
    measure::{Delays, MemoryWatch, Percentiles},
    progress,
    vote::keep_voting,
};

/// How often each phone votes meanwhile.
const VOTE_INTERVAL: Duration = Duration::from_secs(3);
/// Questions that there are to search through.
const QUESTIONS: usize = 300;
/// Attackers who ask again and again.
const ASKING: usize = 48;
/// Connections that are held by those who hold some.
const HELD: usize = 400;

/// The options.
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
    let (quiet, attacks) = all_turns(bench, plan, &victim).await?;
    enough.set(true);
    voting.join_all().await;
    check_room(bench, comebacks).await?;
    check_votes(bench, activity, &asked).await?;
    bench.check_final_state().await?;
    let stored = bench.phones.crowd.seen().stored;
    Ok(HostileFigures { quiet: typical(&quiet), attacks, stored })
}

/// Runs all rounds of each attack, with a quiet one before each. Returns the receipts of the quiet
/// ones, and the attacks.
async fn all_turns(bench: &Bench, plan: &Plan, victim: &Victim) -> Result<(Vec<Percentiles>, Vec<AttackFigures>)> {
    let (mut quiet, mut attacks) = (Vec::new(), Vec::new());
    let bar = progress::bar("attacking", plan.attacks.len() * plan.turns);
    for &attack in &plan.attacks {
        let mut figures = AttackFigures::new(attack);
        for _ in 0..plan.turns {
            let before = measured(bench, async || sleep(plan.turn).await).await;
            figures.add(turn(bench, plan, victim, attack, before).await?);
            quiet.extend(before);
            bar.inc(1);
            // The aftermath of the attack is not part of the quiet round that follows.
            sleep(Duration::from_secs(1)).await;
        }
        figures.check(&bench.checks, plan);
        attacks.push(figures);
    }
    Ok((quiet, attacks))
}

/// One turn of an attack; `before` are the receipts of the quiet turn before it.
async fn turn(
    bench: &Bench,
    plan: &Plan,
    victim: &Victim,
    attack: Attack,
    before: Option<Percentiles>,
) -> Result<Turn> {
    let processes = bench.processes().context("the server's process is not known")?;
    let (watch, cpu) = (MemoryWatch::start(processes.clone())?, processes.cpu()?);
    let attackers = match attack {
        Attack::Screens => 2 * plan.connections,
        Attack::SlowReaders | Attack::SlowHeads => HELD,
        Attack::Passwords => 1000,
        // Each phone that does so joins first; a few suffice.
        Attack::Commands => 6,
        _ => ASKING,
    };
    let orders = AttackPlan { attack, victim: victim.clone(), attackers, seconds: plan.turn.as_secs_f64() };
    let attackers = part::start(&orders)?;
    let during = measured(bench, async || sleep(plan.turn.mul_f64(0.6)).await).await;
    let entries = admissions(bench).await;
    let done = part::finish(attackers, plan.turn + DELIVERY_TIMEOUT).await?;
    Ok(Turn { done, before, during, memory: watch.end()?, cpu: processes.cpu_since(&cpu)?, entries })
}

/// Checks that nobody in the room lost the connection or an answer.
async fn check_room(bench: &Bench, comebacks: u64) -> Result<()> {
    bench.all_connected().await?;
    bench.all_confirmed(DELIVERY_TIMEOUT).await?;
    let lost = bench.phones.crowd.seen().comebacks - comebacks;
    bench.checks.equal("no phone lost its connection", &0, &lost);
    let refused = bench.phones.crowd.seen().refused.clone();
    bench.checks.note("no answer of the room was refused", (!refused.is_empty()).then(|| format!("{refused:?}")));
    Ok(())
}

/// Checks that the room's answers are counted as confirmed. Attackers who joined may have answered
/// too, so the room's answers are checked one by one.
async fn check_votes(bench: &mut Bench, activity: ActivityId, asked: &Settings) -> Result<()> {
    let expected = expected(&bench.phones, activity, 1, asked);
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
