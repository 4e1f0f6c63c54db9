//! The report of a room test.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
    time::Duration,
};

use parterre_protocol::kinds::readings::{Board, Verdicts};
use serde::Serialize;
use tokio::time::Instant;

use super::phone::Done;
use crate::{
    ledger::{Check, Checks},
    lines,
    measure::{Delays, Percentiles},
};

/// The report.
#[derive(Clone, Debug, Serialize)]
pub struct RoomTestReport {
    /// Whether every check held.
    pub ok: bool,
    /// Phones that joined.
    pub phones: usize,
    /// Seconds from the first request to join until the last phone was in.
    pub join_seconds: f64,
    /// From a phone's request to join until it had its stage.
    pub join: Option<Percentiles>,
    /// From sending a reading until its receipt.
    pub receipts: Option<Percentiles>,
    /// From sending a reading until the board showed it.
    pub shown: Option<Percentiles>,
    /// Bytes that the board's connection got for each reading.
    pub board_bytes_per_reading: f64,
    /// How the readings are, by the board.
    pub verdicts: Verdicts,
    /// Networks and places on it.
    pub groups: (usize, usize),
    /// Seconds until the killed node was ready again.
    pub killed: Option<f64>,
    /// All that was checked.
    pub checks: Vec<Check>,
}

/// What was observed during a room test.
pub(super) struct BoardObservations {
    /// What each phone did.
    pub(super) done: Vec<Done>,
    /// When the first request to join was sent.
    pub(super) began: Instant,
    /// When each reading was first on the board.
    pub(super) shown: BTreeMap<String, Instant>,
    /// Seconds until the killed node was ready again.
    pub(super) killed: Option<f64>,
    /// What the board showed in the end.
    pub(super) board: Board,
    /// Bytes that the board's connection got.
    pub(super) board_bytes: u64,
}

impl RoomTestReport {
    /// All of it together.
    pub(super) fn of(seen: &BoardObservations, checks: Checks) -> Self {
        let BoardObservations { done, began, shown, killed, board, board_bytes } = seen;
        let shown_after = |it: &Done| Some(shown.get(&it.key)?.saturating_duration_since(it.sent));
        let checks = checks.into_all();
        Self {
            ok: checks.iter().all(|check| check.wrong.is_none()),
            phones: done.len(),
            join_seconds: done.iter().map(|it| (it.joined - *began).as_secs_f64()).fold(0.0, f64::max),
            join: percentiles(done.iter().map(|it| it.joining)),
            receipts: percentiles(done.iter().map(|it| it.receipt_after)),
            shown: percentiles(done.iter().filter_map(shown_after)),
            board_bytes_per_reading: *board_bytes as f64 / done.len() as f64,
            verdicts: board.verdicts,
            groups: (board.networks.len(), board.places.len()),
            killed: *killed,
            checks,
        }
    }
}

fn percentiles(times: impl Iterator<Item = Duration>) -> Option<Percentiles> {
    let mut delays = Delays::default();
    times.for_each(|time| delays.record(time));
    delays.percentiles()
}

impl Display for RoomTestReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { phones, join_seconds, verdicts, groups, .. } = self;
        let per_second = *phones as f64 / join_seconds;
        writeln!(f, "Room test\n  {phones} phones joined in {join_seconds:.2} s: {per_second:.0} a second")?;
        lines::percentiles(f, "join to stage", self.join.as_ref())?;
        lines::percentiles(f, "reading to receipt", self.receipts.as_ref())?;
        lines::percentiles(f, "reading to board", self.shown.as_ref())?;
        let Verdicts { success, warning, failed, skipped } = verdicts;
        writeln!(f, "  {success} work, {warning} with trouble, {failed} do not, {skipped} not known")?;
        writeln!(
            f,
            "  {} networks, {} places, {:.0} bytes to the board for each reading",
            groups.0, groups.1, self.board_bytes_per_reading
        )?;
        if let Some(seconds) = self.killed {
            writeln!(f, "  killed in the middle, ready again after {seconds:.2} s")?;
        }
        lines::checks(f, &self.checks)
    }
}
