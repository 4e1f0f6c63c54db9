//! Requests and new connections give way to live connections. All share the worker threads, and a
//! client with a thousand connections can have a thousand requests ready at once; a frame of the
//! room that is due then must not wait for all of them.
//!
//! Each time that a worker looks which sockets have something, requests may be handled for a
//! moment; those that are left wait until it has looked again, and all that is live has had its
//! turn.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker, ready},
    time::{Duration, Instant},
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

/// How long requests may be handled before whatever else is ready. A request that is being handled
/// is not interrupted.
const TURN: Duration = Duration::from_millis(1);
/// What a connection that comes costs until its first request is handled, of which most is spent by
/// others.
const ARRIVAL: Duration = Duration::from_micros(100);

/// The turns of one worker.
#[derive(Debug, Default)]
pub struct Turns {
    /// How much of the turn is spent.
    spent: Cell<Duration>,
    /// Whether there is a turn, which ends by itself.
    runs: Cell<bool>,
    /// Tasks to wake in the next turn.
    waiting: RefCell<Vec<Waker>>,
}

impl Turns {
    /// Handles a request in turns.
    pub async fn handle<B: MessageBody>(
        self: Rc<Self>,
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<B>, Error> {
        self.run(next.call(request)).await
    }

    /// Does something in turns.
    pub async fn run<F: Future>(self: Rc<Self>, what: F) -> F::Output {
        let mut what = pin!(what);
        poll_fn(|cx| self.poll(what.as_mut(), cx)).await
    }

    /// Waits until a new connection may be accepted.
    pub async fn arrive(self: &Rc<Self>) {
        poll_fn(|cx| self.take(cx).map(|()| self.spend(ARRIVAL))).await;
    }

    fn poll<F: Future>(self: &Rc<Self>, what: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        ready!(self.take(cx));
        let start = Instant::now();
        let polled = what.poll(cx);
        self.spend(start.elapsed());
        polled
    }

    /// Ready while the turn is not over.
    fn take(self: &Rc<Self>, cx: &Context<'_>) -> Poll<()> {
        if self.spent.get() >= TURN {
            self.waiting.borrow_mut().push(cx.waker().clone());
            return Poll::Pending;
        }
        if !self.runs.replace(true) {
            let turns = Rc::clone(self);
            actix_web::rt::spawn(async move {
                // It returns after the sockets have been polled, behind everything that became
                // ready there.
                tokio::task::yield_now().await;
                turns.end();
            });
        }
        Poll::Ready(())
    }

    fn spend(&self, time: Duration) {
        self.spent.set(self.spent.get() + time);
    }

    fn end(&self) {
        self.spent.set(Duration::ZERO);
        self.runs.set(false);
        let waiting = self.waiting.take();
        waiting.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio::task::{LocalSet, spawn_local, yield_now};

    use super::*;

    /// Requests that are all ready at once.
    const READY: usize = 400;
    /// What each takes.
    const WORK: Duration = Duration::from_micros(250);

    async fn request(handled: Rc<Cell<usize>>) {
        let start = Instant::now();
        while start.elapsed() < WORK {
            std::hint::spin_loop();
        }
        handled.set(handled.get() + 1);
    }

    /// How many requests at most were handled between two turns of something live.
    async fn most_at_once<F: Future<Output = ()> + 'static>(handle: impl Fn(Rc<Cell<usize>>) -> F) -> usize {
        let handled = Rc::new(Cell::new(0));
        let requests: Vec<_> = (0..READY).map(|_| spawn_local(handle(Rc::clone(&handled)))).collect();
        let (seen, mut last, mut most) = (Rc::clone(&handled), 0, 0);
        let live = spawn_local(async move {
            while last < READY {
                most = most.max(seen.get() - last);
                last = seen.get();
                yield_now().await;
            }
            most
        });
        join_all(requests).await;
        live.await.expect("the live one")
    }

    #[tokio::test]
    async fn what_is_live_waits_for_a_few_requests_and_not_for_all() {
        LocalSet::new()
            .run_until(async {
                assert!(most_at_once(request).await > 20, "without turns many go first");
                let turns = Rc::new(Turns::default());
                let most = most_at_once(move |handled| Rc::clone(&turns).run(request(handled))).await;
                assert!(most <= 4, "{most} went first");
                let turns = Rc::new(Turns::default());
                let arrive = async |handled: Rc<Cell<usize>>, turns: Rc<Turns>| {
                    turns.arrive().await;
                    handled.set(handled.get() + 1);
                };
                let most = most_at_once(move |handled| arrive(handled, Rc::clone(&turns))).await;
                assert!(most <= 10, "{most} came first");
            })
            .await;
    }
}
