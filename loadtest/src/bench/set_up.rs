//! How a bench is set up: which server, and how its phones arrive.

use std::rc::Rc;

use anyhow::Result;
use parterre_protocol::Control;
use serde::Serialize;
use uuid::Uuid;

use super::{Bench, DELIVERY_TIMEOUT, OWNER};
use crate::{
    client::Client,
    cluster::{Cluster, Options},
    facilitator::{self, Account, Facilitator},
    http::Address,
    ledger::Checks,
    measure::{Process, Processes},
    phones::{JoinFigures, Joining, Phones},
};

/// The server to test, and the account to use.
pub enum Target {
    /// One node or many that are started for the run.
    Own(Options),
    /// A server that runs already.
    Running {
        /// Its address.
        url: String,
        /// The account of the facilitator.
        account: Account,
        /// Its process id, if it runs on this machine and is to be measured.
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
    /// What each further phone added, in bytes, without what the server needs once.
    pub per_further_phone: f64,
}

impl Bench {
    /// Starts or finds the server, creates the event, and joins with all phones.
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
}

/// Starts nodes and creates their owner.
pub async fn start(options: Options) -> Result<(Cluster, Account)> {
    let cluster = Cluster::start(options).await?;
    let (email, password) = (OWNER.to_owned(), Uuid::new_v4().to_string());
    let account = Account { key: Some(cluster.owner_key().to_owned()), email, password };
    // The key is printed by the first node.
    facilitator::make_owner(&Address::resolve(&cluster.node(0).url()).await?, &account).await?;
    Ok((cluster, Account { key: None, ..account }))
}

pub(super) fn processes_of(cluster: Option<&Cluster>, pid: Option<u32>) -> Option<Processes> {
    let named = || pid.map(|pid| [Process::new(pid)].into_iter().collect());
    cluster.map(Cluster::processes).or_else(named)
}

/// Joins with all phones. A pause after the first ones separates what the server needs once from
/// what it needs for each phone.
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
