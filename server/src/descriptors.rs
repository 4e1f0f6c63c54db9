//! Open files, of which a connection is one: how many this program may have, and how they are
//! shared out, so that no kind of connection leaves none for the others, nor for the database.

use std::num::NonZeroUsize;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files that are neither live nor HTTP connections: the database, other nodes, certificates,
/// the log, listeners.
const OTHERS: usize = 256;
/// HTTP connections of one worker at a time; where they become that many, the longest idle ones are
/// closed, and beyond, accepting waits. Live connections are counted by `live::admission::capacity`
/// instead.
const HTTP_MOST: usize = 16_384;
/// Each worker gets at least this many. With fewer, nobody would get far enough to learn that the
/// server is full.
const HTTP_LEAST: usize = 64;

/// Has this program open as many files as the system lets it, since a shell's usual 1,024 would end
/// a room of a thousand phones; says how many those are, or `None` if there is no limit.
pub fn raise() -> Option<usize> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Where it may not be raised, what there is has to do.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let limit = if raised { maximum } else { current };
    limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// How open files are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Live connections that there can be.
    pub live: NonZeroUsize,
    /// HTTP connections of each worker.
    pub http: usize,
}

impl Shares {
    /// Divides this many open files among the workers, for the wanted number of live connections.
    /// Without a limit, all are granted.
    pub fn of(limit: Option<usize>, wanted: NonZeroUsize, workers: usize) -> Self {
        let Some(limit) = limit else { return Self { live: wanted, http: HTTP_MOST } };
        let files = limit.saturating_sub(OTHERS);
        let live = wanted.min(NonZeroUsize::new(files / 4 * 3).unwrap_or(NonZeroUsize::MIN));
        let http = files.saturating_sub(live.get()) / workers.max(1);
        Self { live, http: http.clamp(HTTP_LEAST, HTTP_MOST) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(limit: usize, wanted: usize, workers: usize) -> (usize, usize) {
        let shares = Shares::of(Some(limit), NonZeroUsize::new(wanted).expect("some"), workers);
        (shares.live.get(), shares.http)
    }

    #[test]
    fn there_is_room_for_every_kind() {
        assert_eq!(shares(65_536, 26_250, 2), (26_250, 16_384));
        assert_eq!(shares(65_536, 26_250, 8), (26_250, 4_878));
        assert_eq!(shares(1_024, 26_250, 2), (576, 96));
        assert_eq!(shares(1_024, 100, 2), (100, 334));
        assert_eq!(shares(0, 100, 2), (1, 64));
        for (limit, wanted, workers) in [(1_024, 25_000, 1), (4_096, 25_000, 8), (65_536, 60_000, 4)] {
            let (live, http) = shares(limit, wanted, workers);
            assert!(live + http * workers + OTHERS <= limit, "{limit}");
        }
    }

    #[test]
    fn the_limit_is_told() {
        assert!(raise().is_none_or(|limit| limit > OTHERS));
    }
}
