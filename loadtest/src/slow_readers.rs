//! Slow readers: phones that stop reading. They must delay nobody and use no memory, and must end
//! on the newest state.

use std::{
    cell::Cell,
    fmt::{self, Display, Formatter},
    time::Duration,
};

use anyhow::Result;
use parterre_protocol::{ActivityId, ChoicePoll, Control, Settings, kinds::choice::PollOption};
use serde::Serialize;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    bench::{Bench, DELIVERY_TIMEOUT},
    crowd::CrowdTotals,
    kinds::random_answer,
    lines,
    measure::{Percentiles, Processes},
    phones::result_delays,
    progress,
    topic_cache::hash,
};

/// How often the facilitator changes the question: each change is a frame of more than 2 KB, so
/// that the kernel's buffers for a slow reader are full within 20 s, while a waking room has little
/// to read.
const CHANGE_EVERY: Duration = Duration::from_secs(1);

/// The part of the sleeping time in which the room is busy; the rest is for its last results to be
/// seen.
const BUSY: f64 = 0.9;

/// How it went.
#[derive(Clone, Debug, Serialize)]
pub struct SlowReaderFigures {
    /// Phones that stopped reading.
    pub slow_readers: usize,
    /// For how many seconds.
    pub slept: f64,
    /// How long the other phones waited for results before.
    pub phones_before: Option<Percentiles>,
    /// How long the other phones waited for results meanwhile.
    pub phones_during: Option<Percentiles>,
    /// The 95th percentiles' ratio, during to before.
    pub ratio: Option<f64>,
    /// The same for the screen, before.
    pub screen_before: Option<Percentiles>,
    /// The same for the screen, meanwhile.
    pub screen_during: Option<Percentiles>,
    /// The server's memory before, in bytes.
    pub memory_before: Option<u64>,
    /// The most while they slept, in bytes.
    pub memory_during: Option<u64>,
    /// After they woke, in bytes.
    pub memory_after: Option<u64>,
    /// Milliseconds from waking until the last slow reader held the newest stage.
    pub current_after_ms: f64,
}

/// Runs the scenario.
pub async fn run(bench: &mut Bench, time: Duration) -> Result<SlowReaderFigures> {
    let activity = open_poll(bench).await?;
    let memory = |bench: &Bench| bench.processes().as_ref().map(Processes::memory).transpose();
    let memory_before = memory(bench)?;
    let before = busy_room(bench, activity, 1, time.mul_f64(BUSY)).await?;

    bench.phones.all[..bench.phones.slow_readers].iter().for_each(|phone| phone.doze(time));
    let asleep = Instant::now();
    bench.facilitator.control(Control::Reset { activity, round: 1 }).await?;
    bench.facilitator.control(Control::Results { activity, visible: true }).await?;
    let during = busy_room(bench, activity, 2, time.mul_f64(BUSY)).await?;
    sleep_until(asleep + time).await;

    let woken = Instant::now();
    let last = hash(&during.title);
    bench.all_hold("the slow readers to hold the newest stage", |scene| scene.title == last).await?;
    let current_after_ms = woken.elapsed().as_secs_f64() * 1000.0;
    bench.check_tally(activity, 2, &settings(&during.title)).await?;
    bench.check_final_state().await?;
    let ratio = before.phones.zip(during.phones).map(|(before, during)| during.p95 / before.p95);
    Ok(SlowReaderFigures {
        slow_readers: bench.phones.slow_readers,
        slept: time.as_secs_f64(),
        phones_before: before.phones,
        phones_during: during.phones,
        ratio,
        screen_before: before.screen,
        screen_during: during.screen,
        memory_before,
        memory_during: during.most_memory,
        memory_after: memory(bench)?,
        current_after_ms,
    })
}

struct Room {
    phones: Option<Percentiles>,
    screen: Option<Percentiles>,
    most_memory: Option<u64>,
    title: String,
}

/// A poll whose results every phone shows.
async fn open_poll(bench: &Bench) -> Result<ActivityId> {
    let activity = bench.facilitator.add(&settings("Who is awake?")).await?;
    bench.facilitator.control(Control::Open { activity }).await?;
    bench.facilitator.control(Control::Results { activity, visible: true }).await?;
    bench.all_hold("every phone to show the poll", |it| it.activity == Some(activity) && it.results).await?;
    Ok(activity)
}

/// The waking phones answer over the given time while the question changes every second.
async fn busy_room(bench: &mut Bench, activity: ActivityId, round: u32, time: Duration) -> Result<Room> {
    let (start, bar) = (Instant::now(), progress::bar("sleeping", 0));
    let mut answering = JoinSet::new();
    for phone in bench.phones.awake() {
        let (phone, mut rng) = (phone.clone(), bench.rng.fork());
        answering.spawn_local(async move {
            sleep_until(start + time.mul_f64(rng.f64() * 0.9)).await;
            phone.respond(activity, round, random_answer(&mut rng, &settings("")));
        });
    }
    let (mut title, most_memory) = (String::new(), Cell::new(None));
    for change in 0.. {
        title = format!("Who is awake? Round {round}, change {change}");
        bench.facilitator.reword(activity, &settings(&title)).await?;
        if let Some(processes) = bench.processes() {
            most_memory.set(most_memory.get().max(Some(processes.memory()?)));
        }
        bar.inc(1);
        if start.elapsed() + CHANGE_EVERY >= time {
            break;
        }
        sleep(CHANGE_EVERY).await;
    }
    answering.join_all().await;
    bench.all_confirmed(DELIVERY_TIMEOUT).await?;
    let made = bench.phones.answers_made(activity, round);
    let everyone = made.len() as u32;
    let awake = |seen: &CrowdTotals| seen.showing(|it| it.round == round && it.respondents == Some(everyone));
    let wanted = bench.phones.awake().len();
    bench
        .phones
        .crowd
        .until("the waking phones to see all answers", DELIVERY_TIMEOUT, |seen| awake(seen) >= wanted)
        .await?;
    let slow_readers = bench.phones.slow_readers;
    let of_the_awake: Vec<_> =
        bench.phones.crowd.seen().sightings.iter().filter(|it| it.client >= slow_readers).copied().collect();
    let phones = result_delays(&made, &of_the_awake, activity, round).percentiles();
    let screen = result_delays(&made, &bench.screen.crowd().seen().sightings, activity, round).percentiles();
    Ok(Room { phones, screen, most_memory: most_memory.get(), title })
}

/// A poll whose text is about 2 KB long, and different with every title.
fn settings(title: &str) -> Settings {
    let option = |id: u16| PollOption { id, text: format!("Option {id} {title} {}", "of many ".repeat(8)) };
    let options = (1..=20).map(option).collect();
    Settings::Choice(ChoicePoll { title: title.to_owned(), options, min: 1, max: 1, other: false, changeable: true })
}

impl Display for SlowReaderFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { slow_readers, slept, current_after_ms, .. } = self;
        writeln!(f, "Slow readers\n  {slow_readers} phones did not read for {slept:.0} s")?;
        lines::percentiles(f, "others before", self.phones_before.as_ref())?;
        lines::percentiles(f, "others meanwhile", self.phones_during.as_ref())?;
        lines::percentiles(f, "screen before", self.screen_before.as_ref())?;
        lines::percentiles(f, "screen meanwhile", self.screen_during.as_ref())?;
        if let Some(ratio) = self.ratio {
            writeln!(f, "  the others' p95 was {ratio:.2} times that of before")?;
        }
        let memory = [self.memory_before, self.memory_during, self.memory_after];
        if let [Some(before), Some(during), Some(after)] = memory.map(|bytes| bytes.map(lines::megabytes)) {
            writeln!(f, "  memory {before} before, at most {during} meanwhile, {after} after")?;
        }
        writeln!(f, "  the slow readers were current {current_after_ms:.0} ms after they woke")
    }
}
