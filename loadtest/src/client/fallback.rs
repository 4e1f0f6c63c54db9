//! Which way a client takes where not every one gets through: found as the pages find it, in
//! `web/js/live.js`.

use std::time::Duration;

use tokio::time::Instant;

use super::line::Transport;

/// Without a hello by then a way is given up.
pub(super) const HELLO_LIMIT: Duration = Duration::from_secs(8);
/// The failure score at which the next transport is tried.
const TOO_MUCH: u32 = 2;
/// A connection that is cut this soon is not worth much more than none.
const SHORT: Duration = Duration::from_secs(5);

/// The transports of one client, in order of preference.
pub(super) struct Ladder {
    /// The way that is taken.
    pub transport: Transport,
    /// What speaks against it.
    against: u32,
    /// When it was taken, or the server last said hello on it.
    since: Instant,
    greeted: bool,
    /// Whether anything on the way took it.
    opened: bool,
}

impl Ladder {
    /// Begins with this way.
    pub(super) fn at(transport: Transport) -> Self {
        Self { transport, against: 0, since: Instant::now(), greeted: false, opened: false }
    }

    /// The way is tried.
    pub(super) fn tries(&mut self) {
        (self.since, self.greeted, self.opened) = (Instant::now(), false, false);
    }

    /// Something on the way took it.
    pub(super) const fn opened(&mut self) {
        self.opened = true;
    }

    /// The server said hello on it.
    pub(super) fn greeted(&mut self) {
        (self.since, self.greeted) = (Instant::now(), true);
    }

    /// The connection broke without a close code. True if the next transport should be tried,
    /// provided the server is there at all.
    pub(super) fn lost(&mut self) -> bool {
        let lived = self.since.elapsed();
        self.against = match self.greeted {
            // What is taken and then swallowed says more than what is refused: that may be a server
            // that is not there.
            false => self.against + if self.opened || lived >= HELLO_LIMIT { TOO_MUCH } else { 1 },
            true if lived < SHORT => self.against + 1,
            true => 0,
        };
        self.against >= TOO_MUCH
    }

    /// Goes on by the next way; after the last the first is tried again.
    pub(super) const fn descend(&mut self) {
        self.against = 0;
        self.transport = match self.transport {
            Transport::Socket => Transport::Sse,
            Transport::Sse => Transport::LongPolling,
            Transport::LongPolling => Transport::Socket,
        };
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_swallowed_says_more_than_what_is_refused() {
        let mut ladder = Ladder::at(Transport::Socket);
        ladder.tries();
        assert!(!ladder.lost());
        ladder.tries();
        assert!(ladder.lost());
        ladder.descend();
        ladder.tries();
        advance(HELLO_LIMIT).await;
        assert!(ladder.lost());
        ladder.descend();
        assert_eq!(ladder.transport, Transport::LongPolling);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_lasted_speaks_for_its_way() {
        let mut ladder = Ladder::at(Transport::Socket);
        for (lived, next) in [(Duration::ZERO, false), (SHORT, false), (Duration::ZERO, false), (Duration::ZERO, true)]
        {
            ladder.tries();
            ladder.greeted();
            advance(lived).await;
            assert_eq!(ladder.lost(), next);
        }
    }
}
