//! The life of a client's connection: opened, used, lost and opened again.

use std::{rc::Rc, time::Duration};

use parterre_protocol::CloseCode;
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{
    CatchingUp, Client, ClientCommand, ConnectOptions,
    fallback::HELLO_LIMIT,
    transport::{Connection, Received, Transport, polled, streamed},
};
use crate::{
    disconnect::{Disconnect, TIMED_OUT},
    http::HttpResponse,
    topic_cache::RESUMED,
};

/// An attempt to connect that takes longer is given up.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

impl Client {
    /// Keeps reconnecting until it is told to leave or the server forbids it to come back.
    pub(super) async fn run(self: Rc<Self>, mut orders: UnboundedReceiver<ClientCommand>) {
        loop {
            while let Ok(order) = orders.try_recv() {
                if matches!(order, ClientCommand::Leave) {
                    return;
                }
            }
            self.state.borrow_mut().fallback.attempted();
            let ending = match self.connect().await {
                Ok(mut connection) => self.session(&mut connection, &mut orders).await,
                Err(ending) => ending,
            };
            self.went_offline();
            if matches!(ending, Disconnect::Back(None)) {
                self.change_transport().await;
            }
            let pause = match ending {
                Disconnect::Left => return,
                Disconnect::Never(why) => return self.crowd.trouble(why),
                Disconnect::Cut(offline) => offline,
                Disconnect::Back(Some(pause)) => pause,
                Disconnect::Back(None) => self.random_pause(),
            };
            sleep(pause).await;
        }
    }

    /// Tries the next transport if the server is there, but not reachable by this one.
    async fn change_transport(&self) {
        let address = &self.way.address;
        let failed = address.is_obstructed() && self.state.borrow_mut().fallback.lost();
        if failed && address.ask("GET", "/healthz", "", &[]).await.is_ok_and(|answer| answer.body == b"ok\n") {
            self.state.borrow_mut().fallback.next_transport();
        }
    }

    async fn connect(&self) -> Result<Connection, Disconnect> {
        let start = Instant::now();
        let obstructed = self.way.address.is_obstructed();
        match timeout(if obstructed { HELLO_LIMIT } else { CONNECT_LIMIT }, self.open_connection()).await {
            Err(_) => {
                if !obstructed {
                    self.crowd.trouble("an attempt to connect got no answer in 20 s");
                }
                Err(Disconnect::Back(None))
            }
            // While the server is down this is to be expected; a client that never succeeds fails
            // the scenario.
            Ok(Err(_)) => Err(Disconnect::Back(None)),
            Ok(Ok(Err(refusal))) => Err(self.refused(&refusal)),
            Ok(Ok(Ok(connection))) => {
                let (stage, results) = self.crowd.seen().newest();
                let mut state = self.state.borrow_mut();
                state.fallback.opened();
                state.catching_up = state.joined.then_some(CatchingUp { since: start, stage, results });
                state.outbox.iter_mut().for_each(|command| command.sent = false);
                state.rests_until = None;
                Ok(connection)
            }
        }
    }

    /// Opens a connection by the current transport. The inner `Err` is the server's refusal.
    async fn open_connection(&self) -> anyhow::Result<Result<Connection, HttpResponse>> {
        let ConnectOptions { address, head, .. } = &self.way;
        let stream = address.connect(self.way.receive_buffer).await?;
        Ok(match self.transport() {
            Transport::Socket => {
                address.upgrade(stream, &self.path(), head).await?.map(|socket| Connection::Socket(Box::new(socket)))
            }
            Transport::Sse => match address.stream(stream, &streamed(&self.path()), head).await? {
                Ok(stream) => Ok(Connection::stream(stream)?),
                Err(answer) if answer.status == 200 => Ok(Connection::rejected(&answer)?),
                Err(refusal) => Err(refusal),
            },
            Transport::LongPolling => match address.keep(stream).ask(&polled(&self.path()), head).await? {
                (kept, answer) if answer.status == 200 => Ok(Connection::polls(kept, &answer)?),
                (_, refusal) => Err(refusal),
            },
        })
    }

    fn refused(&self, refusal: &HttpResponse) -> Disconnect {
        if refusal.status == TIMED_OUT {
            self.crowd.trouble("the server did not read a request in time and answered 408");
        }
        // A browser cannot see who refused a WebSocket, or why.
        let blind = self.way.address.is_obstructed() && self.transport() == Transport::Socket;
        if blind { Disconnect::Back(refusal.retry()) } else { Disconnect::of_refusal(refusal) }
    }

    /// The live address with the revs that it still holds.
    pub(super) fn path(&self) -> String {
        let topics = self.topics();
        let held = RESUMED.iter().filter(|(_, topic)| topics.get(*topic).is_some());
        let retry = self.state.borrow().retry.as_ref().map(|token| format!("&retry={token}")).unwrap_or_default();
        let path = format!("{}{retry}", self.way.path);
        held.fold(path, |path, (name, topic)| format!("{path}&{name}={}", topics.rev(*topic)))
    }

    async fn session(&self, connection: &mut Connection, orders: &mut UnboundedReceiver<ClientCommand>) -> Disconnect {
        let mut bye = None;
        if self.send_unsent(connection).await.is_err() {
            return Disconnect::Back(None);
        }
        let given_up = sleep(HELLO_LIMIT);
        tokio::pin!(given_up);
        loop {
            let waits = self.way.address.is_obstructed() && !self.state.borrow().greeted;
            tokio::select! {
                biased;
                () = &mut given_up, if waits => return Disconnect::Back(None),
                received = connection.next(self) => match received {
                    Received::Message(text, bytes) => if let Err(ending) = self.take(&text, bytes, &mut bye) {
                        return ending;
                    },
                    Received::Closed(code) => return self.closed(code, bye),
                    Received::Other(bytes) => self.count(bytes),
                    Received::Lost => return Disconnect::Back(bye),
                },
                order = orders.recv() => match order {
                    Some(ClientCommand::Send) => if self.send_unsent(connection).await.is_err() {
                        return Disconnect::Back(None);
                    },
                    Some(ClientCommand::Cut(offline)) => {
                        self.reset_or_fin(connection);
                        return Disconnect::Cut(offline);
                    }
                    Some(ClientCommand::Doze(time)) => sleep(time).await,
                    Some(ClientCommand::Leave) | None => {
                        if let Connection::Socket(socket) = connection {
                            drop(socket.close(None).await);
                        }
                        return Disconnect::Left;
                    }
                },
            }
        }
    }

    /// A network is lost in more than one way: half of the cuts end with a TCP reset, half with a
    /// FIN.
    fn reset_or_fin(&self, connection: &Connection) {
        if let Connection::Socket(socket) = connection
            && self.state.borrow_mut().rng.bool()
        {
            drop(socket.get_ref().set_zero_linger());
        }
    }

    async fn send_unsent(&self, connection: &mut Connection) -> anyhow::Result<()> {
        while let Some(text) = self.next_unsent() {
            connection.send(self, text).await?;
        }
        Ok(())
    }

    fn next_unsent(&self) -> Option<Utf8Bytes> {
        let mut state = self.state.borrow_mut();
        let is_phone = self.way.path.contains("as=phone");
        // With two under way, a `later` for the first would let the second overtake it.
        let waits = is_phone && state.outbox.iter().any(|command| command.sent);
        if waits || state.rests_until.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let command = state.outbox.iter_mut().find(|command| !command.sent)?;
        command.sent = true;
        Some(command.text.clone())
    }

    fn closed(&self, code: Option<u16>, bye: Option<Duration>) -> Disconnect {
        if code == Some(CloseCode::Resync.code()) {
            let mut state = self.state.borrow_mut();
            let before = (state.topics.scene(), state.topics.score());
            for (_, topic) in RESUMED {
                state.topics.forget(topic);
                self.crowd.note().moved(topic, before, &state.topics);
            }
        }
        let ending = Disconnect::of_close(code, bye);
        if ending.is_unexpected(code) {
            self.crowd.trouble(format!("the server closed a connection with {code:?}"));
        }
        ending
    }

    /// A random time of up to a second at first, doubling to at most 4 s.
    fn random_pause(&self) -> Duration {
        let mut state = self.state.borrow_mut();
        let most = f64::from(1 << state.misses.min(2));
        state.misses += 1;
        Duration::from_secs_f64(most * state.rng.f64())
    }
}
