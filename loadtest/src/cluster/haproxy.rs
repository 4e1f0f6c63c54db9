//! A HAProxy in front of the nodes, as an operator would set it up: it checks `/readyz` and sends
//! each connection to the node with the fewest, without sticky sessions.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use tokio::time::{Instant, sleep};

use super::program::{RunningProgram, command, find, free_port};
use crate::{http::Address, measure::Process};

/// The connections of one HAProxy. Each uses two of its 20,000 open files.
pub const CONNECTIONS: usize = 9_900;

/// A HAProxy that reaches no node by then is broken.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A kind of venue's proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Venue {
    /// Refuses WebSockets.
    NoUpgrade,
    /// Refuses WebSockets and holds back each response until it is complete, as virus scanners do.
    Scanned,
}

impl Venue {
    const fn rules(self) -> &'static str {
        match self {
            Self::NoUpgrade => "  http-request deny deny_status 403 if { req.hdr(upgrade) -m found }\n",
            Self::Scanned => {
                "  http-request deny deny_status 403 if { req.hdr(upgrade) -m found }
  http-response wait-for-body time 20s if { res.hdr(content-type) -m sub event-stream }\n"
            }
        }
    }
}

/// A HAProxy that runs.
pub struct HaProxy {
    port: u16,
    running: RunningProgram,
}

impl HaProxy {
    /// Starts one before what listens on these ports of 127.0.0.1, with its settings in this
    /// folder; an operator's, or a venue's.
    pub async fn run(folder: &Path, nodes: &[u16], venue: Option<Venue>) -> Result<Self> {
        let program = find("haproxy", &[]);
        let program = program.context("this needs HAProxy: install it, for example with `apt-get install haproxy`")?;
        let (port, file) = (free_port()?, folder.join("haproxy.cfg"));
        fs::write(&file, settings(port, nodes, venue))?;
        let mut running = RunningProgram::start("HAProxy", command(&program, None).arg("-db").arg("-f").arg(&file))?;
        let address = Address::resolve(&format!("http://127.0.0.1:{port}")).await?;
        let deadline = Instant::now() + START_TIMEOUT;
        while !address.ask("GET", "/readyz", "", &[]).await.is_ok_and(|answer| answer.status == 200) {
            running.still_runs()?;
            ensure!(Instant::now() < deadline, "HAProxy reaches no node. {}", running.last_words());
            sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { port, running })
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The process, to be measured.
    pub fn process(&self) -> Result<Process> {
        self.running.process()
    }
}

/// `timeout check`: without it, a node that is busy for a quarter of a second, the interval of
/// checks, would count as down. `redispatch 1`: a connection that a stopped node refuses goes to
/// another one at once.
fn settings(port: u16, nodes: &[u16], venue: Option<Venue>) -> String {
    // An operator knows that there are streams, a venue does not: there every event waits 200 ms
    // for more.
    let streams = if venue.is_none() { "  option http-no-delay\n" } else { "" };
    let mut settings = format!(
        "global
  maxconn {CONNECTIONS}
  nbthread 1
defaults
  mode http
  option clitcpka
  option srvtcpka
  option redispatch 1
  retries 3
  timeout connect 2s
  timeout http-request 10s
  timeout queue 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  timeout check 1s
{streams}frontend phones
  bind 127.0.0.1:{port} backlog 4096
  default_backend nodes
backend nodes
  balance leastconn
  option httpchk GET /readyz
  http-check expect status 200
  default-server check inter 250ms fall 1 rise 1
"
    );
    settings += venue.map_or("", Venue::rules);
    for (number, node) in nodes.iter().enumerate() {
        settings += &format!("  server node-{number} 127.0.0.1:{node}\n");
    }
    settings
}
