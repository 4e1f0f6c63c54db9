//! The bench on which scenarios run: a server with an event, its facilitator, a screen and the
//! room's phones.

mod kill;
mod set_up;

pub use self::{
    kill::{KillFigures, Killed},
    set_up::{MemoryFigures, Target, start},
};

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use parterre_protocol::{
    ActivityId, Answer, ChoicePoll, ChoiceTally, Settings, TextWall, WordCloud, kinds::choice::PollOption,
    posts::NamePolicy, topics::Results,
};
use tokio::time::timeout;

use self::set_up::processes_of;
use crate::{
    client::Client,
    cluster::Cluster,
    crowd::{Crowd, CrowdTotals},
    facilitator::Facilitator,
    http::Address,
    kinds::{random_answer, title},
    ledger::{Checks, check_all_as_fresh, check_me, expected, fresh_phone},
    measure::Processes,
    phones::Phones,
    topic_cache::Scene,
};

/// The email address with which the owner signs in, if we start the server.
pub const OWNER: &str = "loadtest@example.org";
/// A frame that not everybody has received within this time is lost.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(60);

/// A whole room reconnects over this time.
const RETURN_SPREAD: Duration = Duration::from_secs(2);

/// Everything a scenario needs.
pub struct Bench {
    /// The server, if we started it.
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
    /// The processes of the nodes, if they can be measured. They change at each restart.
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

    /// Cuts the connection of every phone, and checks that each gets its confirmed answers when it
    /// reconnects.
    pub async fn check_answers_of_each(&mut self) -> Result<()> {
        self.all_come_back().await?;
        check_me(&self.phones, &self.checks).await;
        Ok(())
    }

    /// Cuts the connection of every phone and waits until all have reconnected.
    pub async fn all_come_back(&mut self) -> Result<()> {
        let comebacks = self.phones.crowd.seen().comebacks;
        for phone in &self.phones.all {
            phone.cut(RETURN_SPREAD.mul_f64(self.rng.f64()));
        }
        let wanted = comebacks + self.phones.all.len() as u64;
        self.phones.crowd.until("all phones to come back", DELIVERY_TIMEOUT, |seen| seen.comebacks >= wanted).await
    }

    /// Restarts the nodes and checks that the stored answers are those that were counted. Returns
    /// the time like [`Self::restart`].
    pub async fn check_after_restart(&mut self, expected: &Results) -> Result<Option<f64>> {
        let Some(seconds) = self.restart().await? else { return Ok(None) };
        let fresh = self.facilitator.studio.afresh();
        timeout(DELIVERY_TIMEOUT, fresh.until_joined()).await.context("a fresh studio got no state")?;
        let crowd = fresh.crowd();
        let counted = |_: &CrowdTotals| fresh.topics().results().is_some_and(|found| same(&found, expected));
        // A timeout is found by the check below.
        drop(crowd.until("the results", Duration::from_secs(15), counted).await);
        let found = fresh.topics().results().map(plain).unwrap_or_default();
        self.checks.equal("after a restart the stored tally is the same", expected, &found);
        fresh.leave();
        Ok(Some(seconds))
    }

    /// Stops the nodes properly and starts them again, one after another, if they are ours. Returns
    /// the time from the stop command until the last phone was back.
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

    /// The seed of further random choices.
    pub const fn seed(&self) -> u64 {
        self.seed
    }
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

/// A text wall that takes any number of texts and shows them at once.
pub fn wall(title: &str) -> Settings {
    let names = NamePolicy::Anonymous;
    Settings::Open(TextWall { title: title.to_owned(), texts_per_person: None, review: false, names })
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
