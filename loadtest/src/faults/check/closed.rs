//! Closed means closed. In a run, a closed round is never reopened, only followed by another round.
//! So no answer may be stored at a later version than one that showed the round as over, and none
//! that was sent after the close was confirmed.

use std::collections::HashMap;

use parterre_protocol::{
    ActivityId, ClientMessage, Control, EventId, PostCommand, Rev,
    topics::{ActivityState, Stage},
};

use crate::faults::{
    db_snapshot::DbSnapshot,
    history::{CommandFate, History, Time},
    observations::{Content, Observations, TopicKey, Wrongs},
};

/// When rounds were over, as far as it is known.
#[derive(Default)]
struct Closes {
    /// For each activity and round the lowest version that showed the round as over.
    shown: HashMap<ActivityId, HashMap<u32, Rev>>,
    /// When the close of an activity was confirmed, and when the next command that opens it was
    /// sent.
    confirmed: HashMap<ActivityId, Vec<(Time, Time)>>,
}

/// Answers that were stored too late.
pub(super) fn late(history: &History, observations: &Observations, snapshot: &DbSnapshot) -> Wrongs {
    let (mut wrongs, closes) = (Wrongs::default(), Closes::of(history, observations));
    for stored in &snapshot.answers {
        if let Some(rev) = closes.over_before(stored.activity_id, stored.round, stored.rev) {
            wrongs.note(|| format!("shown as over at rev {rev}, and stored since: {stored:?}"));
        }
    }
    for ((activity, round), came, stored) in snapshot.texts() {
        if let Some(rev) = closes.over_before(activity, round, came) {
            wrongs.note(|| format!("shown as over at rev {rev}, and stored at rev {came}: {stored:?}"));
        }
    }
    for command in &history.commands {
        if !matches!(command.fate, CommandFate::Confirmed { .. }) {
            continue;
        }
        let activity = match &command.message {
            ClientMessage::Respond { activity, .. } => activity,
            ClientMessage::Post { post: PostCommand::Send { to, .. }, .. } => &to.activity,
            _ => continue,
        };
        let spans = closes.confirmed.get(activity).into_iter().flatten();
        if let Some((from, _)) = spans.into_iter().find(|(from, to)| *from < command.made && command.told() < *to) {
            wrongs.note(|| format!("closed since {from} ms, and stored: {command:?}"));
        }
    }
    wrongs
}

impl Closes {
    /// The lowest version that showed this round as over, if it is lower than this one.
    fn over_before(&self, activity: ActivityId, round: u32, rev: Rev) -> Option<Rev> {
        let rounds = self.shown.get(&activity).into_iter().flatten();
        let over = rounds.filter(|(over, _)| **over >= round).map(|(_, rev)| *rev).min();
        over.filter(|over| rev > *over)
    }

    fn of(history: &History, observations: &Observations) -> Self {
        let mut closes = Self::default();
        for (version, observation) in observations.in_order(TopicKey::Stage) {
            if let Content::Stage(stage) = &observation.content {
                closes.take(stage, version.rev);
            }
        }
        let mut steered: HashMap<EventId, Vec<_>> = HashMap::new();
        for command in &history.commands {
            if let ClientMessage::Control { control, .. } = &command.message {
                steered.entry(history.who(command).event).or_default().push((command, control));
            }
        }
        for commands in steered.into_values() {
            for (place, (command, control)) in commands.iter().enumerate() {
                let (Control::Close { activity }, CommandFate::Confirmed { told, .. }) = (control, &command.fate)
                else {
                    continue;
                };
                let opens = |other: &Control| matches!(other, Control::Open { activity: other } | Control::Reset { activity: other, .. } if other == activity);
                let next = commands[place + 1..].iter().find(|(_, control)| opens(control));
                let until = next.map_or(Time::MAX, |(next, _)| next.made);
                closes.confirmed.entry(*activity).or_default().push((*told, until));
            }
        }
        closes
    }

    fn take(&mut self, stage: &Stage, rev: Rev) {
        let staged = stage.activity.iter().map(|it| (it.id, it.state, it.round));
        let rundown = stage.rundown.iter().flatten().map(|it| (it.id, it.state, it.round));
        for (activity, state, round) in staged.chain(rundown) {
            // A round that is shown as closed is over, and so is every round before the one that is
            // shown.
            let over = if state == ActivityState::Closed { round } else { round - 1 };
            let first = self.shown.entry(activity).or_default().entry(over).or_insert(rev);
            *first = rev.min(*first);
        }
    }
}
