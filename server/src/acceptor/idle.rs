//! HTTP connections on which no request is under way. Each costs its owner nothing, and one device
//! can hold ten thousand; a worker has a bounded number of them. Where they become too many, the
//! one that has been idle for longest is closed: a browser that is cut off between two requests
//! opens another connection and notices nothing.
//!
//! There is no limit per network: a venue is one address.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    future::{Future, poll_fn},
    io,
    pin::pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

use parterre_system::metrics::IntCounter;

/// The HTTP connections of one worker.
pub struct Connections {
    /// With more than these the longest idle one is closed.
    most: usize,
    count: Cell<usize>,
    next: Cell<u64>,
    /// Those that are idle, the longest first.
    idle: RefCell<BTreeMap<u64, Rc<Connection>>>,
    closed: IntCounter,
    /// How many came or went, counted together with those of the other workers.
    turnover: Arc<AtomicU64>,
}

impl Connections {
    /// None yet, of those that the worker may have; the ones that are closed are counted, and all
    /// that come or go.
    pub fn new(allowed: usize, closed: IntCounter, turnover: Arc<AtomicU64>) -> Rc<Self> {
        // While connections are being closed, new ones are still accepted.
        let most = allowed - allowed / 8;
        Rc::new(Self { most, count: Cell::new(0), next: Cell::new(0), idle: RefCell::default(), closed, turnover })
    }

    /// Takes in one that is idle.
    pub fn enter(self: &Rc<Self>) -> ConnectionSlot {
        let connection = Rc::new(Connection {
            connections: Rc::clone(self),
            turn: Cell::new(None),
            closed: Cell::new(false),
            waker: RefCell::new(None),
        });
        self.count.set(self.count.get() + 1);
        self.turnover.fetch_add(1, Ordering::Relaxed);
        if self.count.get() > self.most {
            self.close_longest_idle();
        }
        connection.idle();
        ConnectionSlot(connection)
    }

    fn close_longest_idle(&self) {
        let Some((_, connection)) = self.idle.borrow_mut().pop_first() else { return };
        self.closed.inc();
        connection.turn.set(None);
        connection.closed.set(true);
        if let Some(waker) = connection.waker.take() {
            waker.wake();
        }
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("count", &self.count).finish_non_exhaustive()
    }
}

/// One of them, as those who handle its requests see it.
#[derive(Debug)]
pub struct Connection {
    connections: Rc<Connections>,
    /// Its turn among those that are idle; none while a request is under way.
    turn: Cell<Option<u64>>,
    closed: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Connection {
    /// No request is under way from now on.
    pub fn idle(self: &Rc<Self>) {
        if self.closed.get() {
            return;
        }
        self.busy();
        let turn = self.connections.next.get();
        self.connections.next.set(turn + 1);
        self.turn.set(Some(turn));
        self.connections.idle.borrow_mut().insert(turn, Rc::clone(self));
    }

    /// A request is under way.
    pub fn busy(&self) {
        if let Some(turn) = self.turn.take() {
            self.connections.idle.borrow_mut().remove(&turn);
        }
    }
}

/// The place of a connection among the others, free again when dropped.
#[derive(Debug)]
pub struct ConnectionSlot(Rc<Connection>);

impl ConnectionSlot {
    /// The connection, for those who handle its requests.
    pub fn connection(&self) -> Rc<Connection> {
        Rc::clone(&self.0)
    }

    /// Something was taken by the client: it is the last to be closed.
    pub fn moved(&self) {
        if self.0.turn.get().is_some() {
            self.0.idle();
        }
    }

    /// Whether the connection must close. Its task is woken when that changes.
    pub fn is_closed(&self, cx: &Context<'_>) -> bool {
        let mut waker = self.0.waker.borrow_mut();
        match waker.as_mut() {
            Some(waker) => waker.clone_from(cx.waker()),
            None => *waker = Some(cx.waker().clone()),
        }
        self.0.closed.get()
    }

    /// Does something before the first request, unless the connection must close.
    pub async fn unless_closed<T>(&self, what: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let mut what = pin!(what);
        let done = poll_fn(|cx| if self.is_closed(cx) { Poll::Ready(Err(closed())) } else { what.as_mut().poll(cx) });
        let done = done.await?;
        self.moved();
        Ok(done)
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        // Whatever is left of a request must not count it as idle again: nobody would ever take it
        // out.
        self.0.closed.set(true);
        self.0.busy();
        let connections = &self.0.connections;
        connections.count.set(connections.count.get() - 1);
        connections.turnover.fetch_add(1, Ordering::Relaxed);
    }
}

/// The error of a connection that was closed.
pub fn closed() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn connections(most: usize) -> Rc<Connections> {
        let connections =
            Connections::new(most, IntCounter::new("closed", "closed").expect("a counter"), Arc::default());
        assert_eq!(connections.most, most);
        connections
    }

    fn closed_ones<const N: usize>(places: [&ConnectionSlot; N]) -> [bool; N] {
        places.map(|place| place.is_closed(&Context::from_waker(Waker::noop())))
    }

    #[test]
    fn the_longest_idle_one_is_closed_and_none_with_a_request() {
        let connections = connections(3);
        let [first, second, third] = [connections.enter(), connections.enter(), connections.enter()];
        assert_eq!(closed_ones([&first, &second, &third]), [false; 3]);
        first.connection().busy();
        second.moved();
        let fourth = connections.enter();
        assert_eq!(closed_ones([&first, &second, &third, &fourth]), [false, false, true, false]);
        first.connection().idle();
        drop(third);
        let fifth = connections.enter();
        assert_eq!(closed_ones([&first, &second, &fourth, &fifth]), [false, true, false, false]);
        assert_eq!(connections.closed.get(), 2);
    }

    #[test]
    fn where_all_have_a_request_none_is_closed() {
        let connections = connections(2);
        let places = [connections.enter(), connections.enter()];
        places.iter().for_each(|place| place.connection().busy());
        let more = connections.enter();
        assert_eq!(closed_ones([&places[0], &places[1], &more]), [false; 3]);
        drop(places);
        drop(more);
        assert_eq!((connections.count.get(), connections.idle.borrow().len()), (0, 0));
    }

    #[test]
    fn what_a_request_leaves_behind_does_not_bring_its_connection_back() {
        let connections = connections(1);
        let place = connections.enter();
        let connection = place.connection();
        connection.busy();
        drop(place);
        connection.idle();
        assert_eq!((connections.count.get(), connections.idle.borrow().len()), (0, 0));
    }

    #[test]
    fn what_is_closed_does_not_come_back() {
        let connections = connections(1);
        let first = connections.enter();
        let _second = connections.enter();
        first.connection().idle();
        first.moved();
        assert_eq!(closed_ones([&first]), [true]);
        assert_eq!(connections.idle.borrow().len(), 1);
    }
}
