//! Which transport a client falls back to if not every one gets through. The same algorithm as that
//! of the pages, in `web/js/live.js`.

use std::time::Duration;

use tokio::time::Instant;

use super::transport::Transport;

/// A transport is given up without a `hello` within this time.
pub(super) const HELLO_LIMIT: Duration = Duration::from_secs(8);
/// The failure score at which the next transport is tried.
const MAX_FAILURE_SCORE: u32 = 2;
/// A connection that is cut within this time counts as a failure.
const SHORT_LIVED: Duration = Duration::from_secs(5);

/// The transports of one client, in order of preference.
pub(super) struct Fallback {
    /// The current transport.
    pub transport: Transport,
    /// How much it has failed.
    failure_score: u32,
    /// When it was last tried, or the last `hello` on it arrived.
    since: Instant,
    greeted: bool,
    /// Whether anything accepted the connection.
    opened: bool,
}

impl Fallback {
    /// Starts with this transport.
    pub(super) fn at(transport: Transport) -> Self {
        Self { transport, failure_score: 0, since: Instant::now(), greeted: false, opened: false }
    }

    /// A connection is attempted.
    pub(super) fn attempted(&mut self) {
        (self.since, self.greeted, self.opened) = (Instant::now(), false, false);
    }

    /// Something accepted the connection.
    pub(super) const fn opened(&mut self) {
        self.opened = true;
    }

    /// The server sent its `hello`.
    pub(super) fn greeted(&mut self) {
        (self.since, self.greeted) = (Instant::now(), true);
    }

    /// The connection broke without a close code. True if the next transport should be tried,
    /// provided the server is there at all.
    pub(super) fn lost(&mut self) -> bool {
        let lived = self.since.elapsed();
        self.failure_score = match self.greeted {
            // Being accepted and then ignored weighs more than being refused, which may just mean
            // that the server is down.
            false => self.failure_score + if self.opened || lived >= HELLO_LIMIT { MAX_FAILURE_SCORE } else { 1 },
            true if lived < SHORT_LIVED => self.failure_score + 1,
            true => 0,
        };
        self.failure_score >= MAX_FAILURE_SCORE
    }

    /// Switches to the next transport, and from the last to the first.
    pub(super) const fn next_transport(&mut self) {
        self.failure_score = 0;
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
    async fn being_ignored_weighs_more_than_being_refused() {
        let mut fallback = Fallback::at(Transport::Socket);
        fallback.attempted();
        assert!(!fallback.lost());
        fallback.attempted();
        assert!(fallback.lost());
        fallback.next_transport();
        fallback.attempted();
        advance(HELLO_LIMIT).await;
        assert!(fallback.lost());
        fallback.next_transport();
        assert_eq!(fallback.transport, Transport::LongPolling);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_lasted_clears_the_failure_score() {
        let mut fallback = Fallback::at(Transport::Socket);
        for (lived, next) in
            [(Duration::ZERO, false), (SHORT_LIVED, false), (Duration::ZERO, false), (Duration::ZERO, true)]
        {
            fallback.attempted();
            fallback.greeted();
            advance(lived).await;
            assert_eq!(fallback.lost(), next);
        }
    }
}
