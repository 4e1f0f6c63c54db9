//! The checker: compares what clients did, received and saw with what the database holds. It is
//! pure and independent of how the run came about, so that it can be tested on made-up histories.

mod closed;
mod content;
mod once;
mod refusals;
mod signed_out;
#[cfg(test)]
mod tests;
mod timed;

use parterre_protocol::ActivityId;
use serde::Serialize;

pub use self::content::{Count, Walls};

use super::{
    db_snapshot::DbSnapshot,
    history::History,
    observations::{Observations, Wrongs},
};

/// A condition that had to hold, and whether it did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// A short name.
    pub name: &'static str,
    /// The condition.
    pub what: String,
    /// How often it was violated.
    pub wrong: usize,
    /// The first violations, described.
    pub told: Vec<String>,
}

impl Verdict {
    /// The result of a check.
    pub fn of(name: &'static str, what: impl Into<String>, wrongs: Wrongs) -> Self {
        Self { name, what: what.into(), wrong: wrongs.count, told: wrongs.told }
    }
}

/// Checks a run against everything that was stored. For what clients hold at the end, see
/// `convergence`.
pub fn judge(history: &History, observations: &Observations, snapshot: &DbSnapshot) -> Vec<Verdict> {
    let checks = [
        (
            "confirmed-once",
            "every confirmed answer, vote, question and act is stored exactly once",
            once::confirmed(history, snapshot),
        ),
        (
            "unknown-at-most-once",
            "what was not confirmed is stored at most once, and what was refused not at all",
            once::unconfirmed(history, snapshot),
        ),
        (
            "last-counts",
            "of everyone's answers and votes the last counts, and no other",
            once::last_counts(history, snapshot),
        ),
        ("refused-rightly", "nothing was refused without reason", refusals::wrong(history)),
        ("rev-forwards", "no client was shown a rev going backwards", observations.backwards.clone()),
        ("one-content", "a version of a topic is the same bytes for all, on all nodes", observations.differing.clone()),
        (
            "held-results",
            "all counts that were shown are those of the database at that version",
            content::results(observations, snapshot),
        ),
        (
            "held-posts",
            "all questions that were shown were published at that version, with votes that they had",
            content::posts(observations, snapshot),
        ),
        (
            "closed-is-closed",
            "nothing committed after the close of an activity is counted",
            closed::late(history, observations, snapshot),
        ),
        (
            "in-time",
            "all is stored by one time, what was to happen by itself has happened, and no answer after it counts",
            timed::wrong(history, snapshot),
        ),
        (
            "signed-out",
            "nothing is stored that a session sent after it was signed out, on any node",
            signed_out::stored(history, snapshot),
        ),
        (
            "apart",
            "no frame of one event, or of one participant, reached a client of another",
            content::astray(observations, snapshot),
        ),
    ];
    checks.map(|(name, what, wrongs)| Verdict::of(name, what, wrongs)).into()
}

/// The counts of a round, from all stored answers.
pub fn counted(snapshot: &DbSnapshot, activity: ActivityId, round: u32) -> Count {
    content::counted(snapshot, activity, round)
}
