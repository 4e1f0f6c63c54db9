//! The connection of a client: made, used, lost and made again.

use std::{rc::Rc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use parterre_protocol::CloseCode;
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

use super::{CatchingUp, Client, Order};
use crate::{
    ending::{Ending, TIMED_OUT},
    held::RESUMED,
    http::Socket,
};

/// An attempt to connect that takes longer is given up.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

impl Client {
    /// Connects again and again until it is told to leave or may not come back.
    pub(super) async fn run(self: Rc<Self>, mut orders: UnboundedReceiver<Order>) {
        loop {
            while let Ok(order) = orders.try_recv() {
                if matches!(order, Order::Leave) {
                    return;
                }
            }
            let ending = match self.connect().await {
                Ok(mut socket) => self.session(&mut socket, &mut orders).await,
                Err(ending) => ending,
            };
            self.went_offline();
            let pause = match ending {
                Ending::Left => return,
                Ending::Never(why) => return self.crowd.trouble(why),
                Ending::Cut(offline) => offline,
                Ending::Back(Some(pause)) => pause,
                Ending::Back(None) => self.random_pause(),
            };
            sleep(pause).await;
        }
    }

    async fn connect(&self) -> Result<Socket, Ending> {
        let start = Instant::now();
        let attempt = async {
            let stream = self.way.address.connect(self.way.receive_buffer).await?;
            self.way.address.upgrade(stream, &self.path(), &self.way.head).await
        };
        match timeout(CONNECT_LIMIT, attempt).await {
            Err(_) => {
                self.crowd.trouble("an attempt to connect got no answer in 20 s");
                Err(Ending::Back(None))
            }
            // While the server is down this is to be expected; a client that never succeeds fails the scenario.
            Ok(Err(_)) => Err(Ending::Back(None)),
            Ok(Ok(Err(refusal))) => {
                if refusal.status == TIMED_OUT {
                    self.crowd.trouble("the server did not read a request in time and answered 408");
                }
                Err(Ending::of_refusal(&refusal))
            }
            Ok(Ok(Ok(socket))) => {
                let (stage, results) = self.crowd.seen().newest();
                let mut state = self.state.borrow_mut();
                state.catching_up = state.joined.then_some(CatchingUp { since: start, stage, results });
                state.outbox.iter_mut().for_each(|command| command.sent = false);
                state.rests_until = None;
                Ok(socket)
            }
        }
    }

    /// The live address with the revs that it still holds.
    fn path(&self) -> String {
        let topics = self.topics();
        let held = RESUMED.iter().filter(|(_, topic)| topics.get(*topic).is_some());
        let told = if self.state.borrow().told { "&told=1" } else { "" };
        let path = format!("{}{told}", self.way.path);
        held.fold(path, |path, (name, topic)| format!("{path}&{name}={}", topics.rev(*topic)))
    }

    async fn session(&self, socket: &mut Socket, orders: &mut UnboundedReceiver<Order>) -> Ending {
        let mut bye = None;
        if self.send_unsent(socket).await.is_err() {
            return Ending::Back(None);
        }
        loop {
            tokio::select! {
                biased;
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => match self.take(&text, &mut bye) {
                        Ok(()) => {}
                        Err(ending) => return ending,
                    },
                    Some(Ok(Message::Close(frame))) => return self.closed(frame.map(|frame| frame.code.into()), bye),
                    Some(Ok(other)) => drop(self.count(other.len())),
                    Some(Err(_)) | None => return Ending::Back(bye),
                },
                order = orders.recv() => match order {
                    Some(Order::Send) => if self.send_unsent(socket).await.is_err() {
                        return Ending::Back(None);
                    },
                    Some(Order::Cut(offline)) => {
                        self.reset_or_fin(socket);
                        return Ending::Cut(offline);
                    }
                    Some(Order::Doze(time)) => sleep(time).await,
                    Some(Order::Leave) | None => {
                        drop(socket.close(None).await);
                        return Ending::Left;
                    }
                },
            }
        }
    }

    /// A network is lost in more than one way: half of the cuts end with a TCP reset, half with a FIN.
    fn reset_or_fin(&self, socket: &Socket) {
        if self.state.borrow_mut().rng.bool() {
            drop(socket.get_ref().set_zero_linger());
        }
    }

    async fn send_unsent(&self, socket: &mut Socket) -> Result<(), tungstenite::Error> {
        while let Some(text) = self.next_unsent() {
            socket.send(Message::Text(text)).await?;
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

    fn closed(&self, code: Option<u16>, bye: Option<Duration>) -> Ending {
        if code == Some(CloseCode::Resync.code()) {
            let mut state = self.state.borrow_mut();
            let before = (state.topics.scene(), state.topics.score());
            for (_, topic) in RESUMED {
                state.topics.forget(topic);
                self.crowd.note().moved(topic, before, &state.topics);
            }
        }
        let ending = Ending::of_close(code, bye);
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
