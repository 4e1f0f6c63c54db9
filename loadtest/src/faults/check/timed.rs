//! Automatic changes: they must happen, and no answer may count that was committed after the time
//! was up.

use std::collections::HashMap;

use parterre_protocol::{ActivityId, ClientMessage, Control, Millis};

use crate::faults::{
    db_snapshot::DbSnapshot,
    history::{CommandFate, History},
    observations::Wrongs,
};

/// Something that is due must be done within this time, in milliseconds, by whichever node.
const MAX_LATE_MS: Millis = 5000;

/// By how much the server's time may vary, in milliseconds: the error of a node that reads the
/// database's clock over the slowest links.
const APART: Millis = 5000;

/// Commands with a wrong time of storage, because the server used a clock that had been changed.
/// Each command was stored between its sending and its receipt. This bounds the offset of the
/// server's time from ours, and the offset must be the same for all commands.
fn misdated(history: &History, wrongs: &mut Wrongs) {
    let confirmed = history.commands.iter().filter_map(|command| match command.fate {
        CommandFate::Confirmed { told, at } => Some((command, at - told as Millis, at - command.made as Millis)),
        _ => None,
    });
    let mut usual: Vec<_> = confirmed.clone().map(|(_, least, _)| least).collect();
    usual.sort_unstable();
    let Some(usual) = usual.get(usual.len() / 2).copied() else { return };
    for (command, least, most) in confirmed {
        if least > usual + APART || most < usual - APART {
            wrongs.note(|| format!("{} ms off the time of the others: {command:?}", least - usual));
        }
    }
}

/// Overdue changes, commands with a wrong time, and answers after the end of a countdown. The same
/// clock dates answers and countdowns, so there is no tolerance.
pub(super) fn wrong(history: &History, snapshot: &DbSnapshot) -> Wrongs {
    let (mut wrongs, ends) = (Wrongs::default(), ends(history));
    misdated(history, &mut wrongs);
    for activity in
        snapshot.activities.values().filter(|activity| activity.overdue.is_some_and(|due| due > MAX_LATE_MS))
    {
        wrongs.note(|| format!("not done yet: {activity:?}"));
    }
    for stored in &snapshot.answers {
        if let Some(end) = ends.get(&(stored.activity_id, stored.round)).filter(|end| stored.at >= **end) {
            wrongs.note(|| format!("the time was up at {end}: {stored:?}"));
        }
    }
    for (round, _, stored) in snapshot.texts() {
        if let Some(end) = ends.get(&round).filter(|end| stored.at >= **end) {
            wrongs.note(|| format!("the time was up at {end}: {stored:?}"));
        }
    }
    wrongs
}

/// When the countdown of each round ends. In a run, a round has at most one, which starts when it
/// opens.
fn ends(history: &History) -> HashMap<(ActivityId, u32), Millis> {
    let (mut rounds, mut ends) = (HashMap::new(), HashMap::new());
    for command in &history.commands {
        let (ClientMessage::Control { control, .. }, CommandFate::Confirmed { at, .. }) =
            (&command.message, &command.fate)
        else {
            continue;
        };
        match control {
            Control::Reset { activity, round } => drop(rounds.insert(*activity, round + 1)),
            Control::Countdown { activity, seconds } => {
                let round = rounds.get(activity).copied().unwrap_or(1);
                ends.insert((*activity, round), at + Millis::from(*seconds) * 1000);
            }
            _ => {}
        }
    }
    ends
}
