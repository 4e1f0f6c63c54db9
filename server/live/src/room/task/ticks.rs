//! At what rates a room publishes.

use std::time::Duration;

use tokio::time::Instant;

use crate::settings::Live;

/// For so many times as long as publishing took there is none of the same kind, where its rate does
/// not ask for more.
const PUBLISHING_RESTS: u32 = 9;

/// What is published at a rate of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tick {
    /// Results and presence for screens, studios and moderators.
    Fast,
    /// Results for phones.
    Slow,
    /// Questions for screens.
    ScreenPosts,
    /// Questions for phones and speakers.
    Posts,
    /// What moderators see.
    Moderation,
}

impl Tick {
    /// All, in the order in which they are published.
    pub(super) const ALL: [Self; 5] = [Self::Fast, Self::Slow, Self::ScreenPosts, Self::Posts, Self::Moderation];
}

/// What is to be published when.
#[derive(Debug)]
pub(super) struct Ticks {
    /// By the order of [`Tick`].
    limits: [RateLimit; Tick::ALL.len()],
}

/// A bounded rate.
#[derive(Clone, Copy, Debug)]
struct RateLimit {
    interval: Duration,
    /// When something is due; none while there is nothing new.
    due: Option<Instant>,
    last: Instant,
}

impl Ticks {
    /// Nothing is due, and all was just published.
    pub(super) fn new(settings: &Live) -> Self {
        let last = Instant::now();
        let limits = Tick::ALL.map(|tick| {
            let interval = match tick {
                Tick::Fast | Tick::ScreenPosts => settings.screen_tick,
                Tick::Slow => settings.phone_tick,
                Tick::Posts => settings.posts_tick,
                Tick::Moderation => settings.moderation_tick,
            };
            RateLimit { interval, due: None, last }
        });
        Self { limits }
    }

    /// There is something new: due at once, or as soon as the rate allows.
    pub(super) fn mark(&mut self, tick: Tick) {
        let limit = &mut self.limits[tick as usize];
        limit.due.get_or_insert((limit.last + limit.interval).max(Instant::now()));
    }

    /// It is published now.
    pub(super) fn done(&mut self, tick: Tick, now: Instant) {
        let limit = &mut self.limits[tick as usize];
        (limit.due, limit.last) = (None, now);
    }

    /// It was published, which took so long: the next time has to wait in proportion, so that this
    /// thread has time for everything else however much a room has sent.
    pub(super) fn took(&mut self, tick: Tick, time: Duration) {
        self.limits[tick as usize].last += time * PUBLISHING_RESTS;
    }

    /// When this is due.
    pub(super) fn due(&self, tick: Tick) -> Option<Instant> {
        self.limits[tick as usize].due
    }

    /// When the first of all is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.limits.iter().filter_map(|limit| limit.due).min()
    }
}
