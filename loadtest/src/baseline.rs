//! The baseline: the minimum cost of delivering a frame. A separate process writes finished bytes
//! to each of its sockets, from one thread, and does nothing else. Its CPU time is measured like
//! the server's.

use std::{
    cell::Cell,
    fmt::{self, Display, Formatter},
    io::{BufRead, Write, stdin},
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

/// A round has failed if not every reader has received it within this time.
const ROUND_LIMIT: Duration = Duration::from_secs(60);

/// The minimum cost of a delivery.
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

/// The process that writes, and the connections to it.
pub struct Floor {
    child: Child,
    orders: ChildStdin,
    connections: usize,
    received: Rc<Received>,
    /// Ends the readers with this.
    _readers: JoinSet<()>,
}

#[derive(Default)]
struct Received {
    bytes: Cell<usize>,
    changed: Notify,
}

impl Floor {
    /// Starts the process and opens this many connections to it.
    pub async fn start(connections: usize) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("floor-writer").arg(connections.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = cores::apart(|| command.spawn())?;
        let orders = child.stdin.take().context("it is piped")?;
        let mut output = BufReader::new(child.stdout.take().context("it is piped")?).lines();
        let port: u16 = output.next_line().await?.context("the writing process printed nothing")?.parse()?;
        let (received, mut readers) = (Rc::new(Received::default()), JoinSet::new());
        for _ in 0..connections {
            let stream = TcpStream::connect(("127.0.0.1", port)).await?;
            readers.spawn_local(read(stream, received.clone()));
        }
        output.next_line().await?.context("the writing process did not accept all connections")?;
        Ok(Self { child, orders, connections, received, _readers: readers })
    }

    /// Writes `bytes` to every connection, `rounds` times. A round begins when everyone has read
    /// the one before. Returns the CPU time per write in microseconds.
    pub async fn run(&mut self, bytes: usize, rounds: u32) -> Result<f64> {
        let process = Process::new(self.child.id().context("the writing process ended")?);
        let before = process.cpu()?;
        for _ in 0..rounds {
            self.received.bytes.set(0);
            self.orders.write_all(format!("{bytes}\n").as_bytes()).await?;
            timeout(ROUND_LIMIT, self.read_by_all(bytes)).await.context("the bytes of the baseline did not arrive")?;
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

/// `loadtest floor`: measures only the baseline.
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

/// The process that writes: prints its port, accepts the connections, prints `ready`, then reads
/// one line per round with the number of bytes to write to each.
pub fn write_rounds(connections: usize) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    lines::print(&listener.local_addr()?.port().to_string())?;
    let mut sockets = Vec::with_capacity(connections);
    for _ in 0..connections {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        sockets.push(socket);
    }
    lines::print("ready")?;
    for line in stdin().lock().lines() {
        let frame = vec![b'x'; line?.trim().parse()?];
        for socket in &mut sockets {
            socket.write_all(&frame)?;
        }
    }
    Ok(())
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
