//! A way for TCP that can be cut, frozen and made to swallow what passes: networks as they are on
//! bad days.

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

/// What becomes of what passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    /// It arrives.
    Fair,
    /// The connection is reset, and new ones too.
    Cut,
}

/// What happens once a client says a certain word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// What it says arrives, and what is answered does not: the connection is cut.
    LoseTheAnswer,
    /// Neither arrives, and nobody is told.
    Swallow,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    weather: watch::Sender<Weather>,
    /// Connections made before this many changes swallow everything.
    swallowed: watch::Sender<usize>,
    trap: Mutex<Option<(&'static str, Then)>>,
    made: AtomicUsize,
    open: watch::Sender<usize>,
}

/// A relay to one address. Gone when dropped.
#[derive(Debug)]
pub(crate) struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Relay {
    /// A relay to this port on this machine.
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared {
            target: SocketAddr::from(([127, 0, 0, 1], port)),
            weather: watch::Sender::new(Weather::Fair),
            swallowed: watch::Sender::new(0),
            trap: Mutex::default(),
            made: AtomicUsize::new(0),
            open: watch::Sender::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepting }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Resets every connection, and those that are made.
    pub(crate) fn cut(&self) {
        self.shared.weather.send_replace(Weather::Cut);
    }

    /// Takes connections again.
    pub(crate) fn heal(&self) {
        self.shared.weather.send_replace(Weather::Fair);
    }

    /// The connections that there are swallow everything from now on, as after a firewall forgot
    /// them; new ones are fine.
    pub(crate) fn swallow(&self) {
        self.shared.swallowed.send_replace(self.shared.made.load(Ordering::SeqCst));
    }

    /// The next connection whose client says this word is lost so.
    pub(crate) fn at(&self, word: &'static str, then: Then) {
        *self.shared.trap.lock().expect("nobody panics with it") = Some((word, then));
    }

    /// Connections that were ever made.
    pub(crate) fn made(&self) -> usize {
        self.shared.made.load(Ordering::SeqCst)
    }

    /// Waits until this many connections are open at most.
    pub(crate) async fn open_at_most(&self, most: usize) {
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
    if *shared.weather.borrow() == Weather::Cut {
        return reset(&client);
    }
    let Ok(server) = TcpStream::connect(shared.target).await else { return reset(&client) };
    reset(&client);
    reset(&server);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let lost = watch::Sender::new(None);
    let up = pass(shared, number, from_client, to_server, Some(&lost), lost.subscribe());
    let down = pass(shared, number, from_server, to_client, None, lost.subscribe());
    let mut weather = shared.weather.subscribe();
    tokio::select! {
        () = up => {}
        () = down => {}
        _ = weather.wait_for(|weather| *weather == Weather::Cut) => {}
    }
}

/// Passes on what comes, until the end. With a trap, looks for its word.
async fn pass(
    shared: &Shared,
    number: usize,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    trap: Option<&watch::Sender<Option<Then>>>,
    lost: watch::Receiver<Option<Then>>,
) {
    let mut buffer = vec![0; 65536];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        if let Some(trapped) = trap
            && let Some(then) = sprung(shared, &buffer[..read])
        {
            if then == Then::LoseTheAnswer && to.write_all(&buffer[..read]).await.is_err() {
                return;
            }
            trapped.send_replace(Some(then));
            continue;
        }
        if trap.is_none() && *lost.borrow() == Some(Then::LoseTheAnswer) {
            return;
        }
        let swallows = number < *shared.swallowed.borrow() || *lost.borrow() == Some(Then::Swallow);
        if !swallows && to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

fn sprung(shared: &Shared, said: &[u8]) -> Option<Then> {
    let mut trap = shared.trap.lock().expect("nobody panics with it");
    let (word, then) = (*trap)?;
    said.windows(word.len()).any(|part| part == word.as_bytes()).then(|| {
        *trap = None;
        then
    })
}
