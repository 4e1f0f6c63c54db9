//! The surge: a whole crowd joins at the same moment. Everyone must be admitted, nobody may be
//! refused permanently, and clients that are told to retry do so at that time. The crowd is several
//! processes, because one process can only open a limited number of files.

pub mod part;

use std::{
    fmt::{self, Display, Formatter},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use parterre_protocol::Control;
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdin, ChildStdout},
    time::timeout,
};

use self::part::{Arrivals, End, JoinPlan};
use crate::{
    bench,
    cluster::{Cluster, Options, program},
    crowd::CrowdTotals,
    facilitator::Facilitator,
    http::Address,
    ledger::{Check, Checks},
    lines,
    measure::Percentiles,
};

/// A crowd that is not in by then never will be.
const JOIN_TIMEOUT: Duration = Duration::from_secs(120);

/// How long the studio may take to know how many are here.
const COUNTED: Duration = Duration::from_secs(10);

/// The phones per HAProxy. Some have two connections at a time.
const PER_PROXY: usize = 7_500;

/// The plan of a run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many nodes.
    pub nodes: usize,
    /// How many phones.
    pub phones: usize,
    /// How many processes they are.
    pub processes: usize,
    /// Whether they come through HAProxies.
    pub proxy: bool,
    /// How many may join in a second at least, for long.
    pub rate: f64,
    /// Makes the run repeatable.
    pub seed: u64,
}

/// How it went.
#[derive(Clone, Debug, Serialize)]
pub struct JoinReport {
    /// Whether every check held.
    pub ok: bool,
    /// Phones that were in.
    pub phones: usize,
    /// Seconds until the last one was in.
    pub seconds: f64,
    /// Phones a second, all in all.
    pub per_second: f64,
    /// Phones a second between the moments when a tenth and when nine tenths were in.
    pub sustained: f64,
    /// How many came in in each second.
    pub by_second: Vec<usize>,
    /// How often clients were told to retry later.
    pub told_to_retry: usize,
    /// After how long, in milliseconds.
    pub retry_ms: Option<Percentiles>,
    /// CPU time for each phone in microseconds, by who used it.
    pub micros: Vec<(&'static str, f64)>,
    /// All that was checked.
    pub checks: Vec<Check>,
}

/// Runs it.
pub async fn run(plan: Plan) -> Result<JoinReport> {
    ensure!(plan.processes >= 1 && plan.phones >= 10 * plan.processes, "a crowd has at least ten phones in a process");
    let proxies = if plan.proxy { plan.phones.div_ceil(PER_PROXY) } else { 0 };
    let options = Options { nodes: Some(plan.nodes), proxies, seed: plan.seed, ..Options::default() };
    let (cluster, account) = bench::start(options).await?;
    let address = Address::resolve(&cluster.url()).await?;
    let facilitator = Facilitator::sign_in(&address, &account, "Load test", plan.seed).await?;
    facilitator.control(Control::Start).await?;
    let mut parts = Vec::new();
    for number in 0..plan.processes {
        parts.push(Part::start(&plan, number, &cluster, &facilitator.event.code).await?);
    }
    let before = cpu(&cluster)?;
    for part in &mut parts {
        part.send("go").await?;
    }
    let arrivals = all_arrive(&mut parts).await?;
    let used = cpu(&cluster)?.into_iter().zip(before).map(|((who, now), (_, before))| (who, now - before));
    let used = used.chain([("the phones", arrivals.iter().map(|it| it.cpu_seconds).sum())]).collect::<Vec<_>>();

    let checks = Checks::default();
    check_counted(&facilitator, plan.phones, &checks).await;
    let mut ends = Vec::new();
    for part in &mut parts {
        part.send("leave").await?;
        ends.push(part.receive::<End>().await?);
    }
    checks.equal("everybody was still connected", &plan.phones, &ends.iter().map(|end| end.connected).sum());
    let troubles: Vec<_> = ends.into_iter().flat_map(|end| end.troubles).collect();
    checks.note("the server did nothing wrong to phones", (!troubles.is_empty()).then(|| troubles.join("; ")));
    Ok(report(&plan, &arrivals, &used, checks))
}

/// Waits until everybody is in.
async fn all_arrive(parts: &mut [Part]) -> Result<Vec<Arrivals>> {
    let mut arrivals = Vec::new();
    for part in parts {
        let arrived = timeout(JOIN_TIMEOUT, part.receive::<Arrivals>()).await;
        arrivals.push(arrived.context("not everybody was in after 120 s")??);
    }
    Ok(arrivals)
}

/// The studio must say how many are here, over all nodes.
async fn check_counted(facilitator: &Facilitator, phones: usize, checks: &Checks) {
    let presence = || facilitator.studio.topics().presence();
    let counted = |_: &CrowdTotals| presence().is_some_and(|it| it.here as usize == phones && it.arriving == 0);
    let wrong = facilitator.crowd.until("the studio", COUNTED, counted).await.err();
    checks
        .note("the studio counts everybody, and nobody arriving", wrong.map(|_| format!("it shows {:?}", presence())));
}

fn report(plan: &Plan, arrivals: &[Arrivals], used: &[(&'static str, f64)], checks: Checks) -> JoinReport {
    let mut arrived: Vec<_> = arrivals.iter().flat_map(|part| part.arrived.iter().copied()).collect();
    arrived.sort_by(f64::total_cmp);
    let (phones, seconds) = (arrived.len(), arrived.last().copied().unwrap_or_default());
    let mut by_second = vec![0; seconds as usize + 1];
    arrived.iter().for_each(|at| by_second[*at as usize] += 1);
    let sustained = sustained(&arrived);
    let delays: Vec<_> =
        arrivals.iter().flat_map(|part| part.retry_seconds.iter().map(|seconds| seconds * 1000.0)).collect();
    checks.equal("everybody is in, nobody was refused for good", &plan.phones, &phones);
    checks.note(
        format!("at least {:.0} join in a second", plan.rate),
        (sustained < plan.rate).then(|| format!("it was {sustained:.0}")),
    );
    let checks = checks.into_all();
    JoinReport {
        ok: checks.iter().all(|check| check.wrong.is_none()),
        phones,
        seconds,
        per_second: phones as f64 / seconds,
        sustained,
        by_second,
        told_to_retry: delays.len(),
        retry_ms: Percentiles::of(delays),
        micros: used.iter().map(|(who, seconds)| (*who, seconds * 1e6 / phones as f64)).collect(),
        checks,
    }
}

/// Arrivals a second from the first tenth to the last.
fn sustained(arrived: &[f64]) -> f64 {
    let (first, last) = (arrived.len() / 10, arrived.len() * 9 / 10);
    (last - first) as f64 / (arrived[last] - arrived[first])
}

/// CPU time in seconds until now, by who used it.
fn cpu(cluster: &Cluster) -> Result<Vec<(&'static str, f64)>> {
    let mut nodes = Duration::ZERO;
    for node in cluster.nodes() {
        nodes += node.process()?.cpu_of_family()?;
    }
    let used = [
        ("the nodes", nodes),
        ("Postgres", cluster.postgres_cpu()),
        ("Redis", cluster.redis_cpu()),
        ("HAProxy", cluster.proxies_cpu()),
    ];
    Ok(used.map(|(who, time)| (who, time.as_secs_f64())).to_vec())
}

/// A part of the crowd that runs.
struct Part {
    child: Child,
    orders: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    errors: ChildStderr,
}

impl Part {
    /// Starts it, and waits until it is ready.
    async fn start(plan: &Plan, number: usize, cluster: &Cluster, code: &str) -> Result<Self> {
        let (start, end) = (plan.phones * number / plan.processes, plan.phones * (number + 1) / plan.processes);
        let (phones, seed) = (end - start, plan.seed.wrapping_add(start as u64));
        let orders = JoinPlan { urls: cluster.urls(), code: code.to_owned(), phones, at_once: phones, seed };
        let mut command = program::command(&std::env::current_exe()?, None);
        command.arg("join-part").arg(serde_json::to_string(&orders)?).stdin(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let orders = child.stdin.take().context("it is piped")?;
        let output = BufReader::new(child.stdout.take().context("it is piped")?).lines();
        let errors = child.stderr.take().context("it is piped")?;
        let mut part = Self { child, orders, output, errors };
        let ready = part.line().await?;
        ensure!(ready == "ready", "a part of the crowd printed {ready:?}");
        Ok(part)
    }

    async fn send(&mut self, order: &str) -> Result<()> {
        Ok(self.orders.write_all(format!("{order}\n").as_bytes()).await?)
    }

    async fn receive<T: DeserializeOwned>(&mut self) -> Result<T> {
        Ok(serde_json::from_str(&self.line().await?)?)
    }

    async fn line(&mut self) -> Result<String> {
        if let Some(line) = self.output.next_line().await? {
            return Ok(line);
        }
        let mut errors = String::new();
        self.errors.read_to_string(&mut errors).await?;
        bail!("a part of the crowd ended with {}: {errors}", self.child.wait().await?)
    }
}

impl Display for JoinReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { phones, seconds, per_second, sustained, by_second, told_to_retry, .. } = self;
        writeln!(f, "Join\n  {phones} phones at once, all in after {seconds:.2} s: {per_second:.0} a second")?;
        writeln!(f, "  {sustained:.0} a second between the first tenth and the last; second by second {by_second:?}")?;
        writeln!(f, "  {told_to_retry} times a client was told to retry later")?;
        lines::percentiles(f, "after", self.retry_ms.as_ref())?;
        let micros = self.micros.iter().map(|(who, micros)| format!("{who} {micros:.0} µs"));
        writeln!(f, "  CPU time for each: {}", micros.collect::<Vec<_>>().join(", "))?;
        lines::checks(f, &self.checks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan { nodes: 3, phones: 20, processes: 2, proxy: false, rate: 9.0, seed: 1 }
    }

    #[test]
    fn the_rate_is_that_between_the_first_tenth_and_the_last() {
        let part = |times: [f64; 10]| Arrivals { arrived: times.to_vec(), retry_seconds: vec![0.5], cpu_seconds: 1.0 };
        let steady = std::array::from_fn(|nth| 1.0 + nth as f64 / 5.0);
        let parts = [part(steady), part(steady.map(|at| at + 0.1))];
        let told = report(&plan(), &parts, &[("the nodes", 2.0)], Checks::default());
        assert!((told.sustained - 10.0).abs() < 1e-6 && told.ok, "{told}");
        assert_eq!((told.by_second.clone(), told.told_to_retry), (vec![0, 10, 10], 2));
        assert_eq!(told.micros, [("the nodes", 100_000.0)]);
        let too_slow = report(&Plan { rate: 11.0, ..plan() }, &parts, &[], Checks::default());
        assert!(!too_slow.ok);
    }
}
