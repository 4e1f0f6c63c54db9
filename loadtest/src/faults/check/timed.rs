//! What happens by itself: that it does, and that no answer counts which was committed when the time was up.

use std::collections::HashMap;

use parterre_protocol::{ActivityId, ClientMessage, Control, Millis};

use crate::faults::{
    history::{Fate, History},
    sights::Wrongs,
    truth::Truth,
};

/// After how many milliseconds something that is due must have been done, whoever was to do it.
const LIMIT: Millis = 5000;

/// What is overdue, and answers that came when the time was up. An answer is judged and a countdown reckoned by the time
/// that the server gives to both, so not a millisecond is given away.
pub(super) fn wrong(history: &History, truth: &Truth) -> Wrongs {
    let (mut wrongs, ends) = (Wrongs::default(), ends(history));
    for activity in truth.activities.values().filter(|activity| activity.overdue.is_some_and(|due| due > LIMIT)) {
        wrongs.note(|| format!("not done yet: {activity:?}"));
    }
    for stored in &truth.answers {
        if let Some(end) = ends.get(&(stored.activity_id, stored.round)).filter(|end| stored.at >= **end) {
            wrongs.note(|| format!("the time was up at {end}: {stored:?}"));
        }
    }
    wrongs
}

/// When the countdown of each round is over. Facilitators of a run start one at most, and open it with that.
fn ends(history: &History) -> HashMap<(ActivityId, u32), Millis> {
    let (mut rounds, mut ends) = (HashMap::new(), HashMap::new());
    for command in &history.commands {
        let (ClientMessage::Control { control, .. }, Fate::Confirmed { at, .. }) = (&command.message, &command.fate)
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
