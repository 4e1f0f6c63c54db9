//! A TCP relay that simulates a faulty network: it can reset connections and drop what passes.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// Whether the network works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Data arrives.
    Up,
    /// Connections are reset, those that exist and new ones.
    Down,
}

/// What happens to a connection when its client sends a certain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The text arrives, but the response does not: the connection is reset.
    LoseResponse,
    /// Nothing arrives in either direction, and neither side notices.
    DropAll,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    state: watch::Sender<State>,
    /// The number of connections, from the first on, that drop everything.
    dropping: watch::Sender<usize>,
    trigger: Mutex<Option<(&'static str, Fault)>>,
    made: AtomicUsize,
    open: watch::Sender<usize>,
}

/// A relay to one address. Ends when dropped.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Relay {
    /// Starts a relay to this port on this machine.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared {
            target: SocketAddr::from(([127, 0, 0, 1], port)),
            state: watch::Sender::new(State::Up),
            dropping: watch::Sender::new(0),
            trigger: Mutex::default(),
            made: AtomicUsize::new(0),
            open: watch::Sender::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepting }
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Resets every connection, and every new one.
    pub fn cut(&self) {
        self.shared.state.send_replace(State::Down);
    }

    /// Accepts connections again.
    pub fn heal(&self) {
        self.shared.state.send_replace(State::Up);
    }

    /// Drops everything on existing connections from now on, as a firewall does that has lost its
    /// state. New connections work.
    pub fn drop_existing(&self) {
        self.shared.dropping.send_replace(self.shared.made.load(Ordering::SeqCst));
    }

    /// The next connection whose client sends this text has this fault.
    pub fn break_at(&self, text: &'static str, fault: Fault) {
        *self.shared.trigger.lock().expect("nobody panics with it") = Some((text, fault));
    }

    /// How many connections were made so far.
    pub fn made(&self) -> usize {
        self.shared.made.load(Ordering::SeqCst)
    }

    /// Waits until at most this many connections are open.
    pub async fn open_at_most(&self, most: usize) {
        self.shared.open.subscribe().wait_for(|open| *open <= most).await.expect("the relay lives");
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.cut();
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let number = shared.made.fetch_add(1, Ordering::SeqCst);
            shared.open.send_modify(|open| *open += 1);
            carry(&shared, number, client).await;
            shared.open.send_modify(|open| *open -= 1);
        });
    }
}

async fn carry(shared: &Arc<Shared>, number: usize, client: TcpStream) {
    let reset = |stream: &TcpStream| stream.set_zero_linger().expect("an option of every socket");
    if *shared.state.borrow() == State::Down {
        return reset(&client);
    }
    let Ok(server) = TcpStream::connect(shared.target).await else { return reset(&client) };
    reset(&client);
    reset(&server);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let fault = watch::Sender::new(None);
    let up = pass(shared, number, from_client, to_server, Some(&fault), fault.subscribe());
    let down = pass(shared, number, from_server, to_client, None, fault.subscribe());
    let mut state = shared.state.subscribe();
    tokio::select! {
        () = up => {}
        () = down => {}
        _ = state.wait_for(|state| *state == State::Down) => {}
    }
}

/// Forwards one direction until it ends. Looks for the trigger if `broken` is given.
async fn pass(
    shared: &Shared,
    number: usize,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    broken: Option<&watch::Sender<Option<Fault>>>,
    fault: watch::Receiver<Option<Fault>>,
) {
    let mut buffer = vec![0; 65536];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        if let Some(broken) = broken
            && let Some(fault) = triggered(shared, &buffer[..read])
        {
            if fault == Fault::LoseResponse && to.write_all(&buffer[..read]).await.is_err() {
                return;
            }
            broken.send_replace(Some(fault));
            continue;
        }
        if broken.is_none() && *fault.borrow() == Some(Fault::LoseResponse) {
            return;
        }
        let drops = number < *shared.dropping.borrow() || *fault.borrow() == Some(Fault::DropAll);
        if !drops && to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// The fault whose text was sent, if it was; it occurs once.
fn triggered(shared: &Shared, sent: &[u8]) -> Option<Fault> {
    let mut trigger = shared.trigger.lock().expect("nobody panics with it");
    let (text, fault) = (*trigger)?;
    sent.windows(text.len()).any(|part| part == text.as_bytes()).then(|| {
        *trigger = None;
        fault
    })
}
