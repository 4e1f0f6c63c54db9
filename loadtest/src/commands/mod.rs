//! What each command does: it sets up a scenario, runs it, and prints the report.

mod room;
mod vote;

use std::{fs, path::PathBuf, rc::Rc, time::Duration};

use anyhow::{Context, Result, ensure};
use loadtest::{
    baseline,
    bench::Target,
    client::transport::Transport,
    cluster::{Environment, Options},
    deploy,
    faults::{self, kind::Kind},
    hostile::{self, attack::Attack},
    join,
    phones::{Dealt, Joining},
    questions, room_test, services,
};
use serde::Serialize;

use self::room::{in_a_room, room};
use crate::cli::{
    Command, DeployOptions, FaultOptions, HostileOptions, JoinOptions, QuestionsOptions, RoomTestOptions,
};

/// Runs a command. True if all checks passed.
pub(crate) async fn obey(command: Command) -> Result<bool> {
    match command {
        Command::Vote(options) => vote::run(options).await,
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

async fn deploy_command(options: DeployOptions) -> Result<bool> {
    let DeployOptions { nodes, phones, pace, offline, seed, json } = options;
    ensure!(nodes >= 2, "people need another node to go to");
    let target = Target::Own(Options { nodes: Some(nodes), proxies: 1, seed, ..Options::default() });
    let transport = Transport::Socket;
    let joining = Joining { phones, at_once: 256, slow_readers: 0, dealt: Dealt::InBlocks, transport, seed };
    room(target, &joining, json, async |bench| deploy::run(bench, pace, offline).await).await
}

async fn hostile_command(options: HostileOptions) -> Result<bool> {
    let HostileOptions { phones, only, turns, turn, connections, seed, json } = options;
    ensure!(connections > phones, "the server must have a place for each phone");
    let limit = connections.to_string();
    let env: Environment = Rc::new(move |_| vec![("PARTERRE_LIMITS__CONNECTIONS".to_owned(), limit.clone())]);
    let target = Target::Own(Options { env: Some(env), seed, ..Options::default() });
    let transport = Transport::Socket;
    let joining = Joining { phones, at_once: 256, slow_readers: 0, dealt: Dealt::InBlocks, transport, seed };
    let attacks = if only.is_empty() { Attack::ALL.to_vec() } else { only };
    let plan = hostile::Plan { attacks, turns, turn, connections };
    room(target, &joining, json, async |bench| hostile::run(bench, &plan).await).await
}

async fn questions_command(options: QuestionsOptions) -> Result<bool> {
    let QuestionsOptions { room, questions, votes, over, moderators } = options;
    let plan = questions::Plan { questions, votes, over, moderators, kill: room.kill, floor: room.floor };
    plan.fits(room.phones)?;
    in_a_room(room, 0, async |bench| questions::run(bench, &plan).await).await
}

async fn faults_command(options: FaultOptions) -> Result<bool> {
    let FaultOptions { nodes, minutes, phones, seed, activity_factor, only, histories, program, mutant, mutants, json } =
        options;
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
        activity_factor,
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

/// Writes figures into a file, if one is named.
fn write_json(file: Option<PathBuf>, figures: &impl Serialize) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    fs::write(&file, serde_json::to_vec_pretty(figures)?).with_context(|| format!("writing {}", file.display()))
}
