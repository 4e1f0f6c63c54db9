//! What happens by itself: that it does, and that no answer counts which was committed when the
//! time was up.

use std::collections::HashMap;

use parterre_protocol::{ActivityId, ClientMessage, Control, Millis};

use crate::faults::{
    db_snapshot::Truth,
    history::{CommandFate, History},
    observations::Wrongs,
};

/// After how many milliseconds something that is due must have been done, whoever was to do it.
const MAX_LATE_MS: Millis = 5000;

/// How far the server's time may seem to be from ours beside the usual, in milliseconds: what a
/// node is off that has read the database's clock over the slowest links.
const APART: Millis = 5000;

/// Commands that the server says were stored at another time than they were: it went by a clock
/// that was set, forwards or back. Each was stored after it was made and before that was told, so
/// how far ahead of ours the server's time is lies between two bounds, and is one and the same for
/// all.
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

/// What is overdue, what was stored by another time, and answers that came when the time was up. An
/// answer is judged and a countdown reckoned by the time that the server gives to both, so not a
/// millisecond is given away.
pub(super) fn wrong(history: &History, truth: &Truth) -> Wrongs {
    let (mut wrongs, ends) = (Wrongs::default(), ends(history));
    misdated(history, &mut wrongs);
    for activity in truth.activities.values().filter(|activity| activity.overdue.is_some_and(|due| due > MAX_LATE_MS)) {
        wrongs.note(|| format!("not done yet: {activity:?}"));
    }
    for stored in &truth.answers {
        if let Some(end) = ends.get(&(stored.activity_id, stored.round)).filter(|end| stored.at >= **end) {
            wrongs.note(|| format!("the time was up at {end}: {stored:?}"));
        }
    }
    for (round, _, stored) in truth.texts() {
        if let Some(end) = ends.get(&round).filter(|end| stored.at >= **end) {
            wrongs.note(|| format!("the time was up at {end}: {stored:?}"));
        }
    }
    wrongs
}

/// When the countdown of each round is over. Facilitators of a run start one at most, and open it
/// with that.
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
