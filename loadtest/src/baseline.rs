//! The floor: what it costs at least to deliver a frame. A process of its own writes finished bytes
//! to each of its sockets, from one thread, and nothing else; its CPU time is measured like the
//! server's.

use std::{
    cell::Cell,
    fmt::{self, Display, Formatter},
    io::{BufRead, Write, stdin, stdout},
    net::TcpListener,
    process::Stdio,
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, ChildStdin, Command},
    sync::Notify,
    task::JoinSet,
    time::timeout,
};

use crate::{
    cores, lines,
    measure::{Process, median},
};

/// A round that every reader has not got by then has failed.
const ROUND_LIMIT: Duration = Duration::from_secs(60);

/// What a delivery costs at least.
#[derive(Clone, Debug, Serialize)]
pub struct FloorFigures {
    /// Sockets written to.
    pub connections: usize,
    /// Bytes of each write.
    pub bytes: usize,
    /// CPU time per write, in microseconds: the median of the runs.
    pub micros_per_write: f64,
    /// The figure of each run.
    pub runs: Vec<f64>,
}

/// The floor's process and the connections to it.
pub struct Floor {
    child: Child,
    orders: ChildStdin,
    connections: usize,
    received: Rc<Received>,
    /// Ends the readers with the floor.
    _readers: JoinSet<()>,
}

#[derive(Default)]
struct Received {
    bytes: Cell<usize>,
    changed: Notify,
}

impl Floor {
    /// Starts the process and connects to it so many times.
    pub async fn start(connections: usize) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("floor-writer").arg(connections.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = cores::apart(|| command.spawn())?;
        let orders = child.stdin.take().context("it is piped")?;
        let mut said = BufReader::new(child.stdout.take().context("it is piped")?).lines();
        let port: u16 = said.next_line().await?.context("the floor's process said nothing")?.parse()?;
        let (received, mut readers) = (Rc::new(Received::default()), JoinSet::new());
        for _ in 0..connections {
            let stream = TcpStream::connect(("127.0.0.1", port)).await?;
            readers.spawn_local(read(stream, received.clone()));
        }
        said.next_line().await?.context("the floor's process did not get all connections")?;
        Ok(Self { child, orders, connections, received, _readers: readers })
    }

    /// Writes `bytes` to every connection, `rounds` times, each round when the one before has been
    /// read by all; gives the CPU time per write in microseconds.
    pub async fn run(&mut self, bytes: usize, rounds: u32) -> Result<f64> {
        let process = Process::new(self.child.id().context("the floor's process ended")?);
        let before = process.cpu()?;
        for _ in 0..rounds {
            self.received.bytes.set(0);
            self.orders.write_all(format!("{bytes}\n").as_bytes()).await?;
            timeout(ROUND_LIMIT, self.read_by_all(bytes)).await.context("the floor's bytes did not arrive")?;
        }
        let cpu = process.cpu_since(&before)?;
        Ok(cpu.as_secs_f64() * 1e6 / (self.connections as f64 * f64::from(rounds)))
    }

    async fn read_by_all(&self, bytes: usize) {
        while self.received.bytes.get() < bytes * self.connections {
            self.received.changed.notified().await;
        }
    }
}

/// `loadtest floor`: the floor alone.
pub async fn measure(connections: usize, bytes: usize, rounds: u32) -> Result<FloorFigures> {
    let mut floor = Floor::start(connections).await?;
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(floor.run(bytes, rounds).await?);
    }
    Ok(FloorFigures { connections, bytes, micros_per_write: median(runs.clone()), runs })
}

async fn read(mut stream: TcpStream, received: Rc<Received>) {
    let mut buffer = [0; 2048];
    while let Ok(length) = stream.read(&mut buffer).await
        && length > 0
    {
        received.bytes.set(received.bytes.get() + length);
        received.changed.notify_one();
    }
}

/// The floor's own process: prints its port, accepts the connections, prints that it has, then
/// reads one line per round with the number of bytes to write to each.
pub fn write_rounds(connections: usize) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    say(&listener.local_addr()?.port().to_string())?;
    let mut sockets = Vec::with_capacity(connections);
    for _ in 0..connections {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        sockets.push(socket);
    }
    say("ready")?;
    for line in stdin().lock().lines() {
        let frame = vec![b'x'; line?.trim().parse()?];
        for socket in &mut sockets {
            socket.write_all(&frame)?;
        }
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut stdout = stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}

impl Display for FloorFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { connections, bytes, micros_per_write, runs } = self;
        writeln!(
            f,
            "  floor {micros_per_write:.2} µs per write of {bytes} bytes to {connections} sockets (runs: {})",
            lines::list(runs)
        )
    }
}
