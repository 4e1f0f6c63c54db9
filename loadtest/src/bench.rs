//! The bench on which scenarios run: a server with an event, its facilitator, a screen and the room's phones.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use parterre_protocol::{
    ActivityId, Answer, ChoicePoll, ChoiceTally, Control, Settings, WordCloud, kinds::choice::PollOption,
    topics::Results,
};
use serde::Serialize;
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    client::Client,
    cluster::{Cluster, Options},
    crowd::{Crowd, CrowdTotals},
    facilitator::{self, Account, Facilitator},
    http::Address,
    kinds::{random_answer, title},
    ledger::{Checks, check_all_as_fresh, check_me, expected, fresh_phone},
    measure::{Process, Processes},
    phones::{JoinFigures, Joining, Phones},
    topic_cache::Scene,
};

/// The address with which the owner of a server of our own signs in.
pub const OWNER: &str = "loadtest@example.org";
/// What everybody has not got within this time is lost.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(60);

/// A whole room that comes back does so over this time.
const RETURN_SPREAD: Duration = Duration::from_secs(2);

/// Which server, and as whom.
pub enum Target {
    /// One node or many that are started for the run.
    Own(Options),
    /// A server that runs already.
    Running {
        /// Its address.
        url: String,
        /// The account of the facilitator.
        account: Account,
        /// Its process id, where it is on this machine and to be measured.
        pid: Option<u32>,
    },
}

/// Memory of the server's process.
#[derive(Clone, Debug, Serialize)]
pub struct MemoryFigures {
    /// Before the first phone, in bytes.
    pub before: u64,
    /// With all phones joined and idle, in bytes.
    pub joined: u64,
    /// The difference for each phone, in bytes.
    pub per_phone: f64,
    /// What each phone after the first ones added, in bytes: without what the server needs once.
    pub per_further_phone: f64,
}

/// The server was killed in the middle.
#[derive(Clone, Debug, Serialize)]
pub struct KillFigures {
    /// Commands of phones confirmed before.
    pub confirmed_before: u64,
    /// Seconds until the server was ready again.
    pub ready_after: f64,
    /// Seconds until everything that was sent before was confirmed.
    pub confirmed_after: f64,
}

/// A kill whose consequences are not over.
pub struct Killed {
    at: Instant,
    confirmed_before: u64,
    ready_after: f64,
}

impl Killed {
    /// Everything that was sent before is confirmed now.
    pub fn all_confirmed(self) -> KillFigures {
        let Self { at, confirmed_before, ready_after } = self;
        KillFigures { confirmed_before, ready_after, confirmed_after: at.elapsed().as_secs_f64() }
    }
}

/// Everything a scenario needs.
pub struct Bench {
    /// The server, where it is our own.
    pub cluster: Option<Cluster>,
    pid: Option<u32>,
    /// Over which the phones are spread in turn.
    pub addresses: Vec<Address>,
    /// The facilitator.
    pub facilitator: Facilitator,
    /// The screen.
    pub screen: Rc<Client>,
    /// The phones.
    pub phones: Phones,
    /// All that was checked.
    pub checks: Checks,
    /// Repeatable random choices.
    pub rng: fastrand::Rng,
    seed: u64,
}

impl Bench {
    /// Starts or finds the server, makes the event, and joins with all phones.
    pub async fn set_up(target: Target, joining: &Joining) -> Result<(Self, JoinFigures, Option<MemoryFigures>)> {
        let mut obstructed = false;
        let (cluster, urls, account, pid) = match target {
            Target::Own(options) => {
                obstructed = options.venue.is_some();
                let (cluster, account) = start(options).await?;
                let urls = cluster.urls();
                (Some(cluster), urls, account, None)
            }
            Target::Running { url, account, pid } => (None, vec![url], account, pid),
        };
        let mut addresses = Vec::new();
        for url in urls {
            let address = Address::resolve(&url).await?;
            addresses.push(if obstructed { address.behind_an_obstacle() } else { address });
        }
        let facilitator = Facilitator::sign_in(&addresses[0], &account, "Load test", joining.seed).await?;
        facilitator.control(Control::Start).await?;
        let screen = Client::start(0, Rc::default(), facilitator.screen(), joining.seed);
        screen.crowd().until("the screen to connect", DELIVERY_TIMEOUT, |seen| seen.joined == 1).await?;
        let processes = processes_of(cluster.as_ref(), pid);
        let (phones, figures, memory) = arrive(processes, &addresses, &facilitator.event.code, joining).await?;
        let (checks, rng) = (Checks::default(), fastrand::Rng::with_seed(joining.seed));
        let seed = joining.seed;
        let bench = Self { cluster, pid, addresses, facilitator, screen, phones, checks, rng, seed };
        Ok((bench, figures, memory))
    }

    /// The processes of the nodes, where they can be measured. Others after each restart.
    pub fn processes(&self) -> Option<Processes> {
        processes_of(self.cluster.as_ref(), self.pid)
    }

    /// Waits until every phone holds such a stage.
    pub async fn all_hold(&self, what: &str, like: impl Fn(&Scene) -> bool) -> Result<()> {
        let all = self.phones.all.len();
        self.phones.crowd.until(what, DELIVERY_TIMEOUT, |seen| seen.holding(&like) == all).await
    }

    /// Waits until every command of every phone has its receipt.
    pub async fn all_confirmed(&self, limit: Duration) -> Result<()> {
        self.phones.crowd.until("all receipts", limit, |seen| seen.waiting() == 0).await
    }

    /// Waits until every phone is connected.
    pub async fn all_connected(&self) -> Result<()> {
        let all = self.phones.all.len();
        self.phones.crowd.until("all phones to be back", DELIVERY_TIMEOUT, |seen| seen.connected == all).await
    }

    /// Checks what is on stage: the studio's counts are those of the confirmed answers.
    pub async fn check_tally(&self, activity: ActivityId, round: u32, settings: &Settings) -> Result<()> {
        let expected = expected(&self.phones, activity, round, settings);
        let found = self.facilitator.results_when(Duration::from_secs(15), |found| same(found, &expected)).await?;
        self.checks.equal(
            format!("round {round} of “{}” is counted as confirmed", title(settings)),
            &expected,
            &plain(found),
        );
        Ok(())
    }

    /// Checks that every phone holds what a fresh connection gets.
    pub async fn check_final_state(&self) -> Result<()> {
        let fresh = fresh_phone(&self.phones);
        timeout(DELIVERY_TIMEOUT, fresh.until_joined()).await.context("a fresh connection got no state")?;
        // Made just after the last command, it may have been given the stage before that at first.
        let last = self.facilitator.stage()?.activity;
        let current = |_: &CrowdTotals| fresh.topics().stage().is_some_and(|stage| stage.activity == last);
        self.phones.crowd.until("a fresh connection to be current", DELIVERY_TIMEOUT, current).await?;
        check_all_as_fresh(&self.phones, &fresh, &self.checks).await;
        fresh.leave();
        Ok(())
    }

    /// Has every phone lose its connection and come back, and checks that the server gives each its confirmed answers.
    pub async fn check_answers_of_each(&mut self) -> Result<()> {
        self.all_come_back().await?;
        check_me(&self.phones, &self.checks).await;
        Ok(())
    }

    /// Has every phone lose its connection and come back.
    pub async fn all_come_back(&mut self) -> Result<()> {
        let comebacks = self.phones.crowd.seen().comebacks;
        for phone in &self.phones.all {
            phone.cut(RETURN_SPREAD.mul_f64(self.rng.f64()));
        }
        let wanted = comebacks + self.phones.all.len() as u64;
        self.phones.crowd.until("all phones to come back", DELIVERY_TIMEOUT, |seen| seen.comebacks >= wanted).await
    }

    /// Restarts the nodes and checks that what is stored is what was counted. Gives the time as [`Self::restart`].
    pub async fn check_after_restart(&mut self, expected: &Results) -> Result<Option<f64>> {
        let Some(seconds) = self.restart().await? else { return Ok(None) };
        let fresh = self.facilitator.studio.afresh();
        timeout(DELIVERY_TIMEOUT, fresh.until_joined()).await.context("a fresh studio got no state")?;
        let crowd = fresh.crowd();
        let counted = |_: &CrowdTotals| fresh.topics().results().is_some_and(|found| same(&found, expected));
        // Judged by the check below, in vain or not.
        drop(crowd.until("the results", Duration::from_secs(15), counted).await);
        let found = fresh.topics().results().map(plain).unwrap_or_default();
        self.checks.equal("after a restart the stored tally is the same", expected, &found);
        fresh.leave();
        Ok(Some(seconds))
    }

    /// Stops nodes of our own in order and starts them again, one after another. Gives the time from the order to stop
    /// until the last phone was back.
    pub async fn restart(&mut self) -> Result<Option<f64>> {
        let Some(cluster) = &self.cluster else { return Ok(None) };
        let start = Instant::now();
        for node in cluster.nodes() {
            let status = node.terminate().await?;
            ensure!(status.success(), "a node stopped with {status}");
            node.start().await?;
        }
        self.all_connected().await?;
        Ok(Some(start.elapsed().as_secs_f64()))
    }

    /// Kills a node, of three the second, once so many commands of phones are confirmed, which must be within the limit,
    /// and starts it again.
    pub async fn kill_after(&mut self, confirmed: u64, limit: Duration) -> Result<Killed> {
        let crowd = &self.phones.crowd;
        crowd.until("the receipts before the kill", limit, |seen| seen.stored >= confirmed).await?;
        let (at, confirmed_before) = (Instant::now(), crowd.seen().stored);
        let nodes = self.cluster.as_ref().context("only a server of our own can be killed")?.nodes();
        let node = &nodes[nodes.len() / 2];
        let killed = node.kill().await?;
        node.start().await?;
        Ok(Killed { at, confirmed_before, ready_after: killed.elapsed().as_secs_f64() })
    }

    /// A random answer to such a question.
    pub fn answer(&mut self, settings: &Settings) -> Answer {
        random_answer(&mut self.rng, settings)
    }

    /// Whatever clients found wrong, as checks.
    pub fn check_troubles(&self) {
        let crowds = [
            ("phones", &*self.phones.crowd),
            ("the studio", &*self.facilitator.crowd),
            ("the screen", self.screen.crowd()),
        ];
        for (who, crowd) in crowds {
            self.check_troubles_of(who, crowd);
        }
    }

    /// What these clients found wrong, as a check.
    pub fn check_troubles_of(&self, who: &str, crowd: &Crowd) {
        let seen = crowd.seen();
        let told: Vec<_> = seen.troubles.iter().map(|(what, times)| format!("{times} × {what}")).collect();
        let wrong = (!told.is_empty()).then(|| told.join("; "));
        self.checks.note(format!("the server did nothing wrong to {who}"), wrong);
    }

    /// A seed for what needs one of its own.
    pub const fn seed(&self) -> u64 {
        self.seed
    }
}

/// Starts nodes of our own and makes their owner.
pub async fn start(options: Options) -> Result<(Cluster, Account)> {
    let cluster = Cluster::start(options).await?;
    let (email, password) = (OWNER.to_owned(), Uuid::new_v4().to_string());
    let account = Account { key: Some(cluster.owner_key().to_owned()), email, password };
    // The key is printed by the first node.
    facilitator::make_owner(&Address::resolve(&cluster.node(0).url()).await?, &account).await?;
    Ok((cluster, Account { key: None, ..account }))
}

/// A poll with one answer per person, which may be changed.
pub fn poll(title: &str, options: usize) -> Settings {
    let option = |id| PollOption { id, text: format!("Option {id}") };
    let options = (1..=options as u16).map(option).collect();
    Settings::Choice(ChoicePoll { title: title.to_owned(), options, min: 1, max: 1, other: false, changeable: true })
}

/// A word cloud with two words per person.
pub fn cloud(title: &str) -> Settings {
    Settings::Words(WordCloud { title: title.to_owned(), words_per_person: 2 })
}

/// Results without what only the studio gets.
pub fn plain(mut results: Results) -> Results {
    if let Some(parterre_protocol::Tally::Choice(ChoiceTally { texts, .. })) = &mut results.tally {
        *texts = None;
    }
    results
}

fn same(found: &Results, expected: &Results) -> bool {
    plain(found.clone()) == *expected
}

fn processes_of(cluster: Option<&Cluster>, pid: Option<u32>) -> Option<Processes> {
    let named = || pid.map(|pid| [Process::new(pid)].into_iter().collect());
    cluster.map(Cluster::processes).or_else(named)
}

/// All phones join, with a pause after the first ones to see what the server needs once and what for each phone.
async fn arrive(
    processes: Option<Processes>,
    addresses: &[Address],
    code: &str,
    joining: &Joining,
) -> Result<(Phones, JoinFigures, Option<MemoryFigures>)> {
    let mut phones = Phones::none(joining);
    let first = (2 * joining.at_once).min(joining.phones.div_ceil(2));
    let before = settled(processes.as_ref()).await?;
    let first_part = phones.join(addresses, code, joining, first).await?;
    let warm = settled(processes.as_ref()).await?;
    let second_part = phones.join(addresses, code, joining, joining.phones).await?;
    let joined = settled(processes.as_ref()).await?;
    let per = |from: u64, to: u64, phones: usize| (to as f64 - from as f64) / phones as f64;
    let memory = before.zip(warm).zip(joined).map(|((before, warm), joined)| MemoryFigures {
        before,
        joined,
        per_phone: per(before, joined, joining.phones),
        per_further_phone: per(warm, joined, joining.phones - first),
    });
    Ok((phones, JoinFigures::of(&[first_part, second_part]), memory))
}

async fn settled(processes: Option<&Processes>) -> Result<Option<u64>> {
    match processes {
        Some(processes) => processes.settled_memory().await.map(Some),
        None => Ok(None),
    }
}
