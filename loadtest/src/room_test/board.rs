//! The checks of the board: it must show the confirmed readings, once, until the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context, Result};
use parterre_protocol::{
    Control, Tally,
    kinds::readings::{Board, Verdict, Verdicts},
    topics::Results,
};
use tokio::time::timeout;

use super::{RUN_TIMEOUT, phone::Done};
use crate::{crowd::CrowdTotals, facilitator::Facilitator, ledger::Checks};

/// One in this many phones sends its reading again, as after a lost receipt.
const AGAIN: usize = 10;
/// The most rows that the board shows; with more phones, when each was shown is not looked at.
const ROWS: usize = 400;

/// The board of these results.
pub(super) fn board_of(results: Results) -> Board {
    match results.tally {
        Some(Tally::Readings(board)) => board,
        _ => Board::default(),
    }
}

/// Checks that the board shows the confirmed readings.
pub(super) async fn check_board(facilitator: &Facilitator, done: &[Done], checks: &Checks) -> Result<Board> {
    let count = |like: &dyn Fn(&Done) -> &str| {
        let mut groups: BTreeMap<String, Verdicts> = BTreeMap::new();
        done.iter().for_each(|it| groups.entry(like(it).to_owned()).or_default().count(it.reading.verdict));
        groups
    };
    let (networks, places) = (count(&|it| &it.reading.network), count(&|it| &it.place_key));
    let complete = |results: &Results| board_of(results.clone()).verdicts.total() as usize == done.len();
    let board = board_of(facilitator.results_when(RUN_TIMEOUT, complete).await?);
    checks.equal("the board counts every phone", &(done.len() as u32), &board.phones);
    let mut verdicts = Verdicts::default();
    done.iter().for_each(|it| verdicts.count(it.reading.verdict));
    checks.equal("the board counts the verdicts that the phones were told", &verdicts, &board.verdicts);
    let on_board = board.networks.iter().map(|(key, group)| (key.clone(), group.verdicts)).collect();
    checks.equal("so it does by network", &networks, &on_board);
    let on_board = board.places.iter().map(|(key, group)| (key.clone(), group.verdicts)).collect();
    checks.equal("and by place", &places, &on_board);
    let failed = done.iter().filter(|it| it.reading.verdict == Verdict::Failed).count();
    let blocked = done.iter().filter(|it| it.blocked).count();
    checks.equal("who had no live connection fails, and nobody else", &blocked, &failed);
    if done.len() <= ROWS {
        let sent: BTreeSet<_> = done.iter().map(|it| it.key.clone()).collect();
        checks.equal("every reading is listed once", &sent, &board.readings.keys().cloned().collect());
    }
    Ok(board)
}

/// The same reading sent again gets the same receipt and changes nothing.
pub(super) async fn check_once(facilitator: &Facilitator, done: &[Done], board: &Board, checks: &Checks) -> Result<()> {
    let mut other = 0;
    for it in done.iter().step_by(AGAIN) {
        other += usize::from(it.send_again().await? != it.receipt);
    }
    checks.equal("a reading that comes again gets the receipt that it had", &0, &other);
    let fresh = facilitator.studio.afresh();
    timeout(RUN_TIMEOUT, fresh.until_joined()).await.context("a fresh board got no state")?;
    let same = |_: &CrowdTotals| fresh.topics().results().map(board_of).as_ref() == Some(board);
    // A timeout is found by the check below.
    drop(fresh.crowd().until("the board", Duration::from_secs(15), same).await);
    let wrong = (fresh.topics().results().map(board_of).as_ref() != Some(board)).then(|| "it shows another".to_owned());
    checks.note("a fresh board shows the same", wrong);
    fresh.leave();
    Ok(())
}

/// The end changes nothing.
pub(super) async fn check_end(facilitator: &Facilitator, board: &Board, checks: &Checks) -> Result<()> {
    facilitator.control(Control::End).await?;
    let same = |results: &Results| board_of(results.clone()) == *board;
    let after = facilitator.results_when(Duration::from_secs(15), same).await?;
    checks.equal("the end leaves the board as it was", &board.verdicts, &board_of(after).verdicts);
    let troubles: Vec<_> =
        facilitator.crowd.seen().troubles.iter().map(|(what, times)| format!("{times} × {what}")).collect();
    checks.note("the server did nothing wrong to the board", (!troubles.is_empty()).then(|| troubles.join("; ")));
    Ok(())
}
