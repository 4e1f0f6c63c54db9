//! Questions from the room: people ask and vote while moderators approve in bulk, decline, merge
//! and answer. Whatever is confirmed must be stored and counted once, everybody must end on the
//! same list, and nothing may be seen before it is published, even if the server is killed.

mod ballots;
pub mod figures;
pub mod judge;
pub mod list;
pub mod model;
pub mod moderators;
pub mod notes;
pub mod phones;
pub mod record;
pub mod secrets;
pub mod stored;
#[cfg(test)]
mod tests;
pub mod texts;
pub mod verdict;

use std::{cell::Cell, rc::Rc, slice::from_ref, time::Duration};

use anyhow::{Context, Result, ensure};
use parterre_protocol::{
    Act, Outcome, PostId, QaSettings,
    limits::{POSTS_PER_MINUTE, WINDOW_PHONE},
    posts::{QaState, WordFilter},
    topics::{Audience, Topic},
};
use tokio::task::{JoinHandle, spawn_local};

use self::{
    figures::{PhoneBytes, QuestionFigures, QuestionReport},
    list::Page,
    moderators::{BULK, Moderator},
    notes::Notes,
    phones::People,
};
use crate::{
    bench::{Bench, DELIVERY_TIMEOUT, KillFigures, Killed},
    broadcast::{self, Beside, Press},
    client::Client,
    crowd::{Crowd, CrowdTotals},
    measure::{MemoryOverTime, MemoryWatch, Processes},
    progress,
};

/// No phone may receive more bytes than this during the run.
const MOST_BYTES: u64 = 300_000;

/// The plan of a run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many questions are asked.
    pub questions: usize,
    /// How many votes are cast.
    pub votes: usize,
    /// Over what time.
    pub over: Duration,
    /// How many moderators there are.
    pub moderators: usize,
    /// Whether the server is killed during the run.
    pub kill: bool,
    /// Whether the baseline is measured beside the broadcast.
    pub floor: bool,
}

impl Plan {
    /// An error if so few people may not do all that.
    pub fn fits(&self, phones: usize) -> Result<()> {
        ensure!(self.moderators >= 1, "nothing is published without a moderator");
        ensure!(self.questions <= phones * POSTS_PER_MINUTE, "nobody may ask more than {POSTS_PER_MINUTE} in a minute");
        ensure!(
            self.votes <= phones * WINDOW_PHONE,
            "people need something to vote on: {WINDOW_PHONE} votes each at most"
        );
        Ok(())
    }
}

/// Runs the scenario.
pub async fn run(bench: &mut Bench, plan: &Plan) -> Result<QuestionReport> {
    let notes = Notes::new(bench.phones.all.len());
    bench.phones.crowd.watch(notes.observer(Audience::Phone));
    bench.screen.crowd().watch(notes.observer(Audience::Screen));
    open(bench).await?;
    let moderators = Rc::new(Crowd::default());
    moderators.watch(notes.observer(Audience::Moderator));
    let desks = desks(bench, plan, &moderators).await?;
    bench.phones.crowd.note().receipts.clear();
    notes.traffic.borrow_mut().fill(Default::default());

    let acted = act(bench, plan, &notes, &desks, &moderators).await?;
    let bytes = PhoneBytes::of(&notes.traffic.borrow());
    bench.checks.note(
        format!("no phone received more than {} KB", MOST_BYTES / 1000),
        (bytes.all.most > MOST_BYTES).then(|| format!("one received {} bytes", bytes.all.most)),
    );
    let verdict = verdict::judge(bench, &notes).await?;
    let broadcast = broadcast::run(
        bench,
        &Highlight::of_two(bench, &desks).await?,
        Beside { floor: plan.floor, ..Beside::default() },
    )
    .await?;
    let restart_seconds = verdict.holds_after_restart(bench, &notes).await?;
    bench.checks.note("nothing was seen before it was published", notes.secrets.borrow().leaked());
    bench.check_troubles_of("the moderators", &moderators);
    desks.iter().for_each(|desk| desk.leave());

    let (seen_by_screen, seen_by_phones) = notes.delays();
    let questions = QuestionFigures {
        receipts: bench.phones.crowd.seen().receipts.percentiles(),
        act_receipts: moderators.seen().receipts.percentiles(),
        bulk_receipts: notes.bulk_receipts(BULK.0).percentiles(),
        seen_by_screen: seen_by_screen.percentiles(),
        seen_by_phones: seen_by_phones.percentiles(),
        bytes,
        frames: acted.frames,
        server_cpu_seconds: acted.server_cpu_seconds,
        memory: acted.memory,
        kill: acted.kill,
        uncertain: verdict.uncertain(),
        ..QuestionFigures::of(&notes.record.borrow(), plan)
    };
    Ok(QuestionReport { questions, broadcast, restart_seconds })
}

/// What was measured while everybody acted.
struct RunMeasurements {
    frames: u64,
    server_cpu_seconds: Option<f64>,
    memory: Option<MemoryOverTime>,
    kill: Option<KillFigures>,
}

/// Lets everybody act, and measures the server meanwhile.
async fn act(
    bench: &mut Bench,
    plan: &Plan,
    notes: &Rc<Notes>,
    desks: &[Rc<Client>],
    moderators: &Crowd,
) -> Result<RunMeasurements> {
    let processes = bench.processes();
    let memory = if plan.kill { None } else { processes.clone().map(MemoryWatch::start).transpose()? };
    let (cpu, frames) = (processes.as_ref().map(Processes::cpu).transpose()?, bench.phones.crowd.seen().frames);
    let kill = everybody_acts(bench, plan, notes, desks).await?;
    everything_settled(bench, moderators).await?;
    let frames = bench.phones.crowd.seen().frames - frames;
    let server_cpu_seconds = match processes.zip(cpu).filter(|_| kill.is_none()) {
        Some((processes, cpu)) => Some(processes.cpu_since(&cpu)?.as_secs_f64()),
        None => None,
    };
    Ok(RunMeasurements { frames, server_cpu_seconds, memory: memory.map(MemoryWatch::end).transpose()?, kill })
}

/// Opens questions, with review before publication.
async fn open(bench: &Bench) -> Result<()> {
    let studio = &bench.facilitator.studio;
    let shown = |_: &CrowdTotals| studio.topics().moderation().is_some();
    bench.facilitator.crowd.until("the studio to show the questions", DELIVERY_TIMEOUT, shown).await?;
    let before = studio.topics().moderation().context("it was waited for")?.settings;
    let filter = WordFilter { on: false, ..WordFilter::default() };
    let settings = QaSettings { state: QaState::Open, review: true, filter, ..before.clone() };
    bench.facilitator.moderate(Act::Configure { version: before.version, settings: settings.into() }).await?;
    let open = |phone: &Client| phone.topics().stage().is_some_and(|stage| stage.qa.state == QaState::Open);
    let told = bench.phones.every(DELIVERY_TIMEOUT, open).await;
    ensure!(told.is_ok(), "not every phone was told that questions are taken");
    Ok(())
}

/// Connects each moderator with a private link, on a separate device.
async fn desks(bench: &Bench, plan: &Plan, crowd: &Rc<Crowd>) -> Result<Vec<Rc<Client>>> {
    let mut desks = Vec::new();
    for number in 0..plan.moderators {
        let way = bench.facilitator.moderator(&format!("Moderator {number}")).await?;
        desks.push(Client::start(number, crowd.clone(), way, bench.seed()));
    }
    let all_there = |_: &CrowdTotals| desks.iter().all(|desk| desk.topics().moderation().is_some());
    crowd.until("every moderator to see the questions", DELIVERY_TIMEOUT, all_there).await?;
    Ok(desks)
}

/// Lets everybody act, and kills the server meanwhile, if the plan says so.
async fn everybody_acts(
    bench: &mut Bench,
    plan: &Plan,
    notes: &Rc<Notes>,
    desks: &[Rc<Client>],
) -> Result<Option<KillFigures>> {
    let work = |(number, client): (usize, &Rc<Client>)| {
        let moderator = Moderator { number, client: client.clone(), notes: notes.clone(), rng: bench.rng.fork() };
        spawn_local(moderator.work(plan.over))
    };
    let work: Vec<JoinHandle<Result<()>>> = desks.iter().enumerate().map(work).collect();
    let people = People::new(notes.clone(), &bench.phones.all, bench.rng.fork());
    let acting = spawn_local(people.act(*plan, bench.facilitator.event.id));
    let watching = spawn_local(watch_receipts(bench.phones.crowd.clone(), plan.questions + plan.votes));
    let killed = if plan.kill {
        let half = (plan.questions + plan.votes) as u64 / 2;
        let killed = bench.kill_after(half, plan.over + DELIVERY_TIMEOUT).await?;
        Some(confirmed_again(bench, notes, killed).await?)
    } else {
        None
    };
    acting.await.context("people")??;
    for work in work {
        work.await.context("a moderator")??;
    }
    watching.abort();
    Ok(killed)
}

/// Waits for the receipts of all commands that were sent before the server was ready again.
async fn confirmed_again(bench: &Bench, notes: &Notes, killed: Killed) -> Result<KillFigures> {
    let (done, next) = (notes.record.borrow().entries().len(), Cell::new(0));
    let all_settled = |_: &CrowdTotals| {
        let record = notes.record.borrow();
        let entries = record.entries();
        while next.get() < done && entries[next.get()].receipt.is_some() {
            next.set(next.get() + 1);
        }
        next.get() == done
    };
    bench.phones.crowd.until("the receipts of what was done before the kill", DELIVERY_TIMEOUT, all_settled).await?;
    Ok(killed.all_confirmed())
}

/// Waits for every receipt.
async fn everything_settled(bench: &Bench, moderators: &Crowd) -> Result<()> {
    bench.all_connected().await?;
    bench.all_confirmed(DELIVERY_TIMEOUT).await?;
    moderators.until("the moderators’ receipts", DELIVERY_TIMEOUT, |seen| seen.waiting() == 0).await
}

/// Shows how many commands of phones have their receipt, until it is aborted.
async fn watch_receipts(phones: Rc<Crowd>, commands: usize) {
    let bar = progress::bar("asking and voting", commands);
    let never = |seen: &CrowdTotals| {
        bar.set(seen.stored);
        false
    };
    drop(phones.until("the end", Duration::MAX / 4, never).await);
}

/// Shows two questions full screen alternately, because a changed highlight goes to everybody at
/// once. All controllers take turns, because each has a rate limit.
struct Highlight {
    posts: [PostId; 2],
    by: Vec<Rc<Client>>,
}

impl Highlight {
    /// The last two questions that can be shown. They are outside the window, so each frame
    /// contains a whole question.
    async fn of_two(bench: &Bench, desks: &[Rc<Client>]) -> Result<Self> {
        let page: Page = bench.facilitator.read("questions?sort=oldest").await?;
        let open: Vec<_> = page.posts.iter().filter(|it| !it.shown.answered).map(|it| it.post).collect();
        let last = open.last_chunk().context("there are no two questions to show in turn")?;
        Ok(Self { posts: *last, by: [desks, from_ref(&bench.facilitator.studio)].concat() })
    }
}

impl Press for Highlight {
    async fn press(&self, bench: &Bench, time: u64) -> Result<()> {
        let [one, other] = self.posts;
        let held = bench.phones.all[0].topics().posts().and_then(|posts| posts.highlight);
        let post = if held == Some(one) { other } else { one };
        let by = &self.by[time as usize % self.by.len()];
        let outcome = by.until_settled(by.moderate(Act::Highlight { post: Some(post) })).await?;
        ensure!(matches!(outcome, Outcome::Stored { .. }), "showing a question became {outcome:?}");
        let number = u64::from(post.number());
        let shown = |phone: &Client| {
            let topics = phone.topics();
            topics.get(Topic::Posts).and_then(|held| held.data.get("highlight")?.as_u64()) == Some(number)
        };
        let all = bench.phones.every(DELIVERY_TIMEOUT, shown).await;
        ensure!(all.is_ok(), "not every phone was shown the highlighted question");
        Ok(())
    }
}
