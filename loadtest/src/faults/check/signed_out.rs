//! A signed-out session can no longer do anything. The transaction of each act checks the session,
//! so there is no grace period: nothing that was sent after the server confirmed the end of the
//! session may be stored.

use std::collections::HashSet;

use crate::faults::{
    db_snapshot::DbSnapshot,
    history::{History, Time},
    observations::Wrongs,
};

/// Commands that are stored although the server had confirmed the sender's sign-out before they
/// were sent.
pub(super) fn stored(history: &History, snapshot: &DbSnapshot) -> Wrongs {
    let mut wrongs = Wrongs::default();
    let receipts: HashSet<_> = snapshot.receipts.iter().map(|receipt| receipt.cid).collect();
    for command in &history.commands {
        let over = history.signed_out(command).map_or(Time::MAX, |ended| ended.told);
        if command.made > over && (command.is_confirmed() || receipts.contains(&command.cid())) {
            wrongs.note(|| format!("signed out since {over} ms: {} {command:?}", history.who(command).name));
        }
    }
    wrongs
}
