//! `loadtest`: thousands of simulated phones over real sockets, the project's own judge of the server.
//!
//! This is the command line; it ends with 1 when anything was wrong.

use std::{fmt::Display, fs, path::PathBuf, process::ExitCode, rc::Rc, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Parser, Subcommand};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;
use tokio::{
    signal::unix::{SignalKind, signal},
    task::LocalSet,
    time::Instant,
};

use loadtest::{
    baseline,
    bench::{Bench, Target},
    broadcast::{self, Beside, Reword},
    client::line::Transport,
    cluster::{Environment, Options, haproxy::Venue},
    cores, cross_node, deploy,
    facilitator::Account,
    faults::{self, schedule::Kind},
    hostile::{self, attack::Attack},
    join,
    measure::Process,
    phones::{Dealt, Joining},
    questions::{self, Plan},
    reconnects::{self, Network},
    report::{Report, VoteReport},
    room_test, services, slow_readers, vote,
};

#[derive(Parser)]
#[command(version, about = "Thousands of simulated phones against a Parterre server")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A room joins, votes and sees the result; nothing may be lost
    Vote(VoteOptions),
    /// One node after another is replaced behind a HAProxy while the room votes; nobody may notice more than a moment
    Deploy(DeployOptions),
    /// A room asks and supports questions while moderators approve them; nothing may be lost, counted twice, or shown
    /// before its time
    Questions(QuestionsOptions),
    /// People use several nodes while everything breaks; nothing confirmed may be lost, doubled or stale
    Faults(FaultOptions),
    /// Run a command with a Postgres and a Redis of its own, whose addresses are in DATABASE_URL and REDIS_URL
    Services {
        /// The command and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// A whole crowd joins many nodes at the same moment; all must get in
    Join(JoinOptions),
    #[command(hide = true)]
    JoinPart { orders: String },
    /// Strangers attack while a room votes; nobody in the room may notice
    Hostile(HostileOptions),
    #[command(hide = true)]
    HostilePart { orders: String },
    /// Phones all around a room try its network and send what they find; the board must show all of it, once
    RoomTest(RoomTestOptions),
    /// What it costs at least to deliver a frame on this machine
    Floor(FloorOptions),
    #[command(hide = true)]
    FloorWriter { connections: usize },
}

#[derive(Args)]
struct RoomOptions {
    /// How many phones
    #[arg(long, default_value_t = 5000)]
    phones: usize,
    /// So many nodes with a Redis and a Postgres of their own; without it, one node with a file
    #[arg(long, conflicts_with = "url")]
    nodes: Option<usize>,
    /// All connect through a HAProxy before the nodes; without it, in turn to each node
    #[arg(long, requires = "nodes")]
    proxy: bool,
    /// A running server, such as http://127.0.0.1:8080; without it, one is started for the run
    #[arg(long)]
    url: Option<String>,
    /// With --url: the key of the server's setup link, to make its owner
    #[arg(long, requires = "url", requires = "password")]
    key: Option<String>,
    /// With --url: the facilitator's e-mail address
    #[arg(long, default_value = "loadtest@example.org")]
    email: String,
    /// With --url: the facilitator's password
    #[arg(long, env = "LOADTEST_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// With --url: the server's process on this machine, to be measured
    #[arg(long, requires = "url")]
    pid: Option<u32>,
    /// Phones that join at the same time
    #[arg(long, default_value_t = 256)]
    at_once: usize,
    /// How the phones' bytes move
    #[arg(long, value_enum, default_value_t = Transport::Socket)]
    transport: Transport,
    /// All connect through a HAProxy that is set as a venue's, and find out what gets through
    #[arg(long, value_enum, conflicts_with = "url")]
    venue: Option<Venue>,
    /// Kill the server in the middle of it; of many nodes one, while all connect through a HAProxy
    #[arg(long, conflicts_with = "url")]
    kill: bool,
    /// Measure the floor beside the broadcast
    #[arg(long)]
    floor: bool,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the figures as JSON to this file
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct VoteOptions {
    #[command(flatten)]
    room: RoomOptions,
    /// The time over which all answer
    #[arg(long, default_value = "3s", value_parser = seconds)]
    spread: Duration,
    /// Cut every phone off about this often
    #[arg(long, value_parser = seconds)]
    cut_every: Option<Duration>,
    /// How long a phone that was cut stays offline
    #[arg(long, default_value = "2s", value_parser = seconds)]
    offline: Duration,
    /// How long phones are cut
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// How many phones stop reading
    #[arg(long, default_value_t = 0)]
    sleepers: usize,
    /// Measure beside the nodes, in turns, one node with a file and as many phones, and as many nodes apart from each other
    #[arg(long, requires = "nodes")]
    beside: bool,
    /// Kill Redis in the middle, and start it again
    #[arg(long, requires = "nodes", conflicts_with_all = ["kill", "proxy"])]
    redis_stop: bool,
    /// For how long they do not read
    #[arg(long, default_value = "20s", value_parser = seconds)]
    sleep: Duration,
}

#[derive(Args)]
struct DeployOptions {
    /// How many nodes, with a Redis and a Postgres of their own, behind a HAProxy
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// How many phones
    #[arg(long, default_value_t = 5000)]
    phones: usize,
    /// How often each phone votes, on average
    #[arg(long, default_value = "5s", value_parser = seconds)]
    pace: Duration,
    /// How long a phone may be without a connection
    #[arg(long, default_value = "3s", value_parser = seconds)]
    offline: Duration,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the figures as JSON to this file
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct QuestionsOptions {
    #[command(flatten)]
    room: RoomOptions,
    /// How many questions are asked
    #[arg(long, default_value_t = 2000)]
    questions: usize,
    /// How many votes are cast
    #[arg(long, default_value_t = 50_000)]
    votes: usize,
    /// The time over which all that happens
    #[arg(long, default_value = "60s", value_parser = seconds)]
    over: Duration,
    /// How many moderators share the work
    #[arg(long, default_value_t = 3)]
    moderators: usize,
}

#[derive(Args)]
struct JoinOptions {
    /// How many nodes, with a Redis and a Postgres of their own
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// How many phones
    #[arg(long, default_value_t = 15_000)]
    phones: usize,
    /// How many processes the phones are
    #[arg(long, default_value_t = 3)]
    processes: usize,
    /// All come through HAProxies, as many as are needed; without it, in turn to each node
    #[arg(long)]
    proxy: bool,
    /// How many must be able to join in a second
    #[arg(long, default_value_t = 3000.0)]
    rate: f64,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the figures as JSON to this file
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct RoomTestOptions {
    /// How many phones
    #[arg(long, default_value_t = 300)]
    phones: usize,
    /// So many nodes with a Redis and a Postgres of their own; without it, one node with a file
    #[arg(long)]
    nodes: Option<usize>,
    /// The time over which all come
    #[arg(long, default_value = "5s", value_parser = seconds)]
    spread: Duration,
    /// Kill a node once half of the readings are stored, and start it again
    #[arg(long)]
    kill: bool,
    /// Say where the board is, and keep it there for so long at the end, with all phones connected
    #[arg(long, default_value = "0s", value_parser = seconds)]
    hold: Duration,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the figures as JSON to this file
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct HostileOptions {
    /// How many phones vote
    #[arg(long, default_value_t = 500)]
    phones: usize,
    /// Only these attacks, such as bombs,screens
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Attack>,
    /// How often each attack has a turn, between quiet ones
    #[arg(long, default_value_t = 3)]
    turns: usize,
    /// How long a turn is
    #[arg(long, default_value = "5s", value_parser = seconds)]
    turn: Duration,
    /// Places that the server has for live connections
    #[arg(long, default_value_t = 1500)]
    connections: usize,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the figures as JSON to this file
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct FaultOptions {
    /// How many nodes, with a Redis, a Postgres and a HAProxy of their own
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// For how long there are faults
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// How many phones, each in two events
    #[arg(long, default_value_t = 1500)]
    phones: usize,
    /// Makes the faults and the people's choices repeatable; without it, another one each time
    #[arg(long)]
    seed: Option<u64>,
    /// How often people do something, against the usual
    #[arg(long, default_value_t = 1.0)]
    haste: f64,
    /// Only these faults, such as kill-node,slow-redis
    #[arg(long, default_value = "")]
    only: String,
    /// Write the histories as files into this folder
    #[arg(long)]
    histories: Option<PathBuf>,
    /// The server's program; without it, `parterre` beside this program
    #[arg(long)]
    program: Option<PathBuf>,
    /// Give the server this fault of its own; it must have been built with the feature `mutants`
    #[arg(long)]
    mutant: Option<String>,
    /// Run every mutant in its own short run, and the same runs without: each must be found, and nothing else
    #[arg(long, conflicts_with_all = ["mutant", "only", "histories"])]
    mutants: bool,
    /// Write the figures as JSON to this file
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct FloorOptions {
    /// How many sockets
    #[arg(long, default_value_t = 5000)]
    phones: usize,
    /// Bytes of each write
    #[arg(long, default_value_t = 204)]
    bytes: usize,
    /// Rounds of each run
    #[arg(long, default_value_t = 30)]
    rounds: u32,
    /// Write the figures as JSON to this file
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("loadtest: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command; tells whether everything was right.
fn run(command: Command) -> Result<bool> {
    if let Command::FloorWriter { connections } = command {
        return baseline::write_rounds(connections).map(|()| true);
    }
    raise_file_limit()?;
    // What a suite runs has all cores; where the rate of the whole machine is asked for, nothing is kept apart.
    if !matches!(command, Command::Services { .. } | Command::Join(_) | Command::JoinPart { .. }) {
        cores::split();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        // What was started ends with what has started it, which is dropped here.
        tokio::select! {
            done = obey(command) => done,
            _ = interrupt.recv() => bail!("interrupted"),
            _ = terminate.recv() => bail!("terminated"),
        }
    })
}

async fn obey(command: Command) -> Result<bool> {
    match command {
        Command::Vote(options) => vote_command(options).await,
        Command::Deploy(options) => deploy_command(options).await,
        Command::Questions(options) => questions_command(options).await,
        Command::Faults(options) => faults_command(options).await,
        Command::Services { command } => Ok(services::run(&command).await?.success()),
        Command::Join(JoinOptions { nodes, phones, processes, proxy, rate, seed, json }) => {
            let report = join::run(join::Plan { nodes, phones, processes, proxy, rate, seed }).await?;
            print!("{report}");
            write_json(json, &report)?;
            Ok(report.ok)
        }
        Command::RoomTest(RoomTestOptions { phones, nodes, spread, kill, hold, seed, json }) => {
            let report = room_test::run(room_test::Plan { phones, nodes, spread, kill, hold, seed }).await?;
            print!("{report}");
            write_json(json, &report)?;
            Ok(report.ok)
        }
        Command::Hostile(options) => hostile_command(options).await,
        Command::HostilePart { orders } => hostile::part::run(&orders).await.map(|()| true),
        Command::JoinPart { orders } => join::part::run(&orders).await.map(|()| true),
        Command::Floor(options) => {
            let figures = baseline::measure(options.phones, options.bytes, options.rounds).await?;
            print!("{figures}");
            write_json(options.json, &figures)?;
            Ok(true)
        }
        Command::FloorWriter { .. } => unreachable!("it was handled above"),
    }
}

async fn vote_command(options: VoteOptions) -> Result<bool> {
    let VoteOptions { room, spread, cut_every, offline, minutes, sleepers, sleep, beside, redis_stop } = options;
    ensure!(sleepers < room.phones, "there must be more phones than sleepers");
    let (kill, floor) = (room.kill, room.floor);
    let alone = joining(&room, 0);
    in_a_room(room, sleepers, async |bench| {
        let (vote, stored) = vote::run(bench, spread, kill).await?;
        let transports = bench.phones.by_transport();
        let (mut one_node, mut alone_bench, mut apart) = (None, None, Vec::new());
        if beside {
            let nodes = bench.addresses.len();
            let (mut bench, ..) = Bench::set_up(Target::Own(Options::default()), &alone).await?;
            one_node = Some(vote::run(&mut bench, spread, false).await?.0);
            alone_bench = Some(bench);
            for _ in 0..nodes {
                let part = Joining { phones: alone.phones / nodes, ..alone.clone() };
                let (mut bench, ..) = Bench::set_up(Target::Own(Options::default()), &part).await?;
                vote::run(&mut bench, spread, false).await?;
                apart.push(bench);
            }
        }
        let broadcast =
            broadcast::run(bench, &Reword, Beside { floor, one_node: alone_bench.as_ref(), apart: &apart }).await?;
        for alone in apart.into_iter().chain(alone_bench) {
            alone.check_troubles();
            alone.phones.leave();
            alone
                .checks
                .into_all()
                .into_iter()
                .for_each(|it| bench.checks.note(format!("one node: {}", it.what), it.wrong));
        }
        // Whoever is back is so in any order, which a frame's cost would show.
        let restart_seconds = bench.check_after_restart(&stored).await?;
        let many = bench.addresses.len() > 1;
        let crossing = if many { Some(cross_node::run(bench, redis_stop).await?) } else { None };
        let cuts = match cut_every {
            Some(every) => {
                let time = Duration::from_secs_f64(minutes * 60.0);
                Some(reconnects::run(bench, Network { every, offline, time }).await?)
            }
            None => None,
        };
        let sleepers = if sleepers > 0 { Some(slow_readers::run(bench, sleep).await?) } else { None };
        Ok(VoteReport { transports, vote, one_node, broadcast, crossing, cuts, sleepers, restart_seconds })
    })
    .await
}

async fn deploy_command(options: DeployOptions) -> Result<bool> {
    let DeployOptions { nodes, phones, pace, offline, seed, json } = options;
    ensure!(nodes >= 2, "people need another node to go to");
    let target = Target::Own(Options { nodes: Some(nodes), proxies: 1, seed, ..Options::default() });
    let transport = Transport::Socket;
    let joining = Joining { phones, at_once: 256, sleepers: 0, dealt: Dealt::InBlocks, transport, seed };
    room(target, &joining, json, async |bench| deploy::run(bench, pace, offline).await).await
}

async fn hostile_command(options: HostileOptions) -> Result<bool> {
    let HostileOptions { phones, only, turns, turn, connections, seed, json } = options;
    ensure!(connections > phones, "the server must have a place for each phone");
    let limit = connections.to_string();
    let env: Environment = Rc::new(move |_| vec![("PARTERRE_LIMITS__CONNECTIONS".to_owned(), limit.clone())]);
    let target = Target::Own(Options { env: Some(env), seed, ..Options::default() });
    let transport = Transport::Socket;
    let joining = Joining { phones, at_once: 256, sleepers: 0, dealt: Dealt::InBlocks, transport, seed };
    let attacks = if only.is_empty() { Attack::ALL.to_vec() } else { only };
    let plan = hostile::Plan { attacks, turns, turn, connections };
    room(target, &joining, json, async |bench| hostile::run(bench, &plan).await).await
}

async fn questions_command(options: QuestionsOptions) -> Result<bool> {
    let QuestionsOptions { room, questions, votes, over, moderators } = options;
    let plan = Plan { questions, votes, over, moderators, kill: room.kill, floor: room.floor };
    plan.fits(room.phones)?;
    in_a_room(room, 0, async |bench| questions::run(bench, &plan).await).await
}

async fn faults_command(options: FaultOptions) -> Result<bool> {
    let FaultOptions { nodes, minutes, phones, seed, haste, only, histories, program, mutant, mutants, json } = options;
    if mutants {
        let found = faults::mutants::run_all(program.as_deref()).await?;
        print!("{found}");
        write_json(json, &found)?;
        return Ok(found.ok);
    }
    let only = Kind::parse_list(&only)?;
    let run = faults::Run {
        nodes,
        time: Duration::from_secs_f64(minutes * 60.0),
        phones,
        seed: seed.unwrap_or_else(|| fastrand::u64(..1_000_000)),
        kinds: if only.is_empty() { Kind::ALL.to_vec() } else { only },
        gaps: faults::GAPS,
        haste,
        time_limit: faults::convergence::CONVERGENCE_TIMEOUT,
        histories,
        program,
        mutant,
        aloud: true,
    };
    let report = faults::run(&run).await?;
    print!("{report}");
    write_json(json, &report)?;
    Ok(report.ok)
}

/// Sets up a room, runs a scenario in it, and tells what was found; gives whether everything was right.
async fn in_a_room<S: Serialize + Display>(
    mut options: RoomOptions,
    sleepers: usize,
    scenario: impl AsyncFnOnce(&mut Bench) -> Result<S>,
) -> Result<bool> {
    let (json, joining) = (options.json.take(), joining(&options, sleepers));
    room(target(&mut options)?, &joining, json, scenario).await
}

const fn joining(room: &RoomOptions, sleepers: usize) -> Joining {
    let RoomOptions { phones, at_once, transport, seed, .. } = *room;
    Joining { phones, at_once, sleepers, dealt: Dealt::InBlocks, transport, seed }
}

async fn room<S: Serialize + Display>(
    target: Target,
    joining: &Joining,
    json: Option<PathBuf>,
    scenario: impl AsyncFnOnce(&mut Bench) -> Result<S>,
) -> Result<bool> {
    ensure!(joining.phones >= 2 && joining.at_once >= 1, "a room has at least two phones");
    let (start, cpu) = (Instant::now(), Process::own().cpu()?);
    let (mut bench, join, memory) = Bench::set_up(target, joining).await?;
    let scenario = scenario(&mut bench).await?;
    bench.check_troubles();
    bench.phones.leave();
    let own_cpu_seconds = Process::own().cpu_since(&cpu)?.as_secs_f64();
    let checks = bench.checks.into_all();
    let ok = checks.iter().all(|check| check.wrong.is_none());
    let run_seconds = start.elapsed().as_secs_f64();
    let report = Report { ok, join, memory, scenario, own_cpu_seconds, run_seconds, checks };
    print!("{report}");
    write_json(json, &report)?;
    Ok(ok)
}

fn target(options: &mut RoomOptions) -> Result<Target> {
    let Some(url) = options.url.take() else {
        let RoomOptions { nodes, proxy, venue, kill, seed, .. } = *options;
        let proxies = usize::from(proxy || venue.is_some() || (kill && nodes.is_some()));
        return Ok(Target::Own(Options { nodes, proxies, venue, seed, ..Options::default() }));
    };
    let password =
        options.password.take().context("--url needs --password (and --key where the owner is to be made)")?;
    let account = Account { key: options.key.take(), email: std::mem::take(&mut options.email), password };
    Ok(Target::Running { url, account, pid: options.pid })
}

fn write_json(file: Option<PathBuf>, figures: &impl Serialize) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    fs::write(&file, serde_json::to_vec_pretty(figures)?).with_context(|| format!("writing {}", file.display()))
}

/// Each phone is an open file; programs are often given few of them at first.
fn raise_file_limit() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

/// Reads a time such as `3s`, `500ms` or `2`.
fn seconds(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.trim_end_matches('s'), 1.0),
    };
    let number: f64 = number.parse().map_err(|_| format!("{text:?} is not a time such as 3s or 500ms"))?;
    Duration::try_from_secs_f64(number * unit).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(seconds("3s"), Ok(Duration::from_secs(3)));
        assert_eq!(seconds("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds("2"), Ok(Duration::from_secs(2)));
        assert!(seconds("-1s").is_err() && seconds("soon").is_err());
    }

    #[test]
    fn the_command_line_is_sound() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
