//! Who has signed out does nothing any more. Whether a session is good is looked up in the
//! transaction of the act itself, so not a moment is given away: what was made after the server had
//! said that the session is over must not be stored.

use std::collections::HashSet;

use crate::faults::{
    db_snapshot::Truth,
    history::{History, Time},
    observations::Wrongs,
};

/// What is stored although its sender had signed out, by the server's word, when it was made.
pub(super) fn stored(history: &History, truth: &Truth) -> Wrongs {
    let mut wrongs = Wrongs::default();
    let receipts: HashSet<_> = truth.receipts.iter().map(|receipt| receipt.cid).collect();
    for command in &history.commands {
        let over = history.signed_out(command).map_or(Time::MAX, |ended| ended.told);
        if command.made > over && (command.is_confirmed() || receipts.contains(&command.cid())) {
            wrongs.note(|| format!("signed out since {over} ms: {} {command:?}", history.who(command).name));
        }
    }
    wrongs
}
