//! What was refused, and whether there was a reason. Phones answer only what their stage shows as
//! open, so a node that refuses for good must know of a change that somebody had at least asked
//! for.

use std::collections::HashMap;

use parterre_protocol::{
    Act, ActivityId, ClientMessage, Control, EventId, PostCommand, PostId, RefusalCode, posts::PostRef,
};

use crate::faults::{
    history::{Command, CommandFate, History, Time},
    observations::Wrongs,
};

/// How far apart the clocks of two nodes may be, in milliseconds: half of what a word to the
/// database and back takes on the slowest links.
const CLOCKS: Time = 1000;

/// When it was first asked for that something be otherwise.
#[derive(Default)]
struct Changes {
    /// That an activity be closed: by name, or because something else takes its place.
    closing: HashMap<EventId, Vec<(Time, Option<ActivityId>)>>,
    /// That an activity have another round.
    resetting: HashMap<ActivityId, Time>,
    /// That something be done with a question.
    moderating: HashMap<(EventId, PostId), Time>,
}

/// Commands that were refused without reason.
pub(super) fn wrong(history: &History) -> Wrongs {
    let (mut wrongs, changes) = (Wrongs::default(), Changes::of(history));
    for command in &history.commands {
        let CommandFate::Refused { told, code } = command.fate else { continue };
        if !changes.explain(history, command, code, told) {
            wrongs.note(|| format!("{} {command:?}", history.who(command).name));
        }
    }
    wrongs
}

impl Changes {
    fn of(history: &History) -> Self {
        let mut changes = Self::default();
        for command in &history.commands {
            let event = history.who(command).event;
            match &command.message {
                ClientMessage::Control { control, .. } => changes.steered(event, control, command.made),
                ClientMessage::Moderate { act, .. } => {
                    for post in posts(act) {
                        changes.moderating.entry((event, post)).or_insert(command.made);
                    }
                }
                _ => {}
            }
        }
        changes
    }

    fn steered(&mut self, event: EventId, control: &Control, at: Time) {
        let closing = self.closing.entry(event).or_default();
        match control {
            // Whatever else is open is closed.
            Control::Open { activity } => closing.push((at, Some(*activity))),
            // So it is here, and the activity itself when the time is up, by a clock that is nearly
            // right.
            Control::Countdown { activity, seconds } => {
                closing.push((at, Some(*activity)));
                closing.push((at + (Time::from(*seconds) * 1000).saturating_sub(CLOCKS), None));
            }
            Control::Reset { activity, .. } => {
                self.resetting.entry(*activity).or_insert(at);
            }
            Control::Start | Control::Results { .. } => {}
            _ => closing.push((at, None)),
        }
    }

    fn explain(&self, history: &History, command: &Command, code: RefusalCode, told: Time) -> bool {
        let event = history.who(command).event;
        let is_over = |activity: ActivityId| match code {
            RefusalCode::Closed => self
                .closing
                .get(&event)
                .into_iter()
                .flatten()
                .any(|(at, opened)| *at <= told && opened.is_none_or(|opened| opened != activity)),
            RefusalCode::Round => self.resetting.get(&activity).is_some_and(|at| *at <= told),
            _ => false,
        };
        match &command.message {
            ClientMessage::Respond { activity, .. } => is_over(*activity),
            ClientMessage::Post { post: PostCommand::Send { to, .. }, .. } => is_over(to.activity),
            ClientMessage::Post { post: PostCommand::Vote { post, .. }, .. } => {
                let moderated = self.moderating.get(&(event, *post)).is_some_and(|at| *at <= told);
                matches!(code, RefusalCode::Closed | RefusalCode::Unknown | RefusalCode::Invalid) && moderated
            }
            ClientMessage::Post { .. } => false,
            // Two may do the same at the same time: the second is late, or finds it done.
            ClientMessage::Moderate { .. } => {
                matches!(code, RefusalCode::Stale | RefusalCode::Invalid | RefusalCode::Unknown)
            }
            ClientMessage::Control { .. } => match code {
                RefusalCode::Stale => true,
                RefusalCode::Forbidden => history.signed_out(command).is_some_and(|ended| ended.asked <= told),
                _ => false,
            },
            ClientMessage::Ping => true,
        }
    }
}

/// The questions that an act may change for who votes: where they are, and what they are a part of.
fn posts(act: &Act) -> Vec<PostId> {
    let all = |posts: &[PostRef]| posts.iter().map(|seen| seen.post).collect();
    match act {
        Act::Move { posts, .. } | Act::Decline { posts, .. } | Act::Hide { posts } | Act::Restore { posts } => {
            all(posts)
        }
        Act::Answered { posts, .. } | Act::Unmerge { posts } => all(posts),
        Act::Merge { into, posts } => posts.iter().chain([into]).map(|seen| seen.post).collect(),
        _ => Vec::new(),
    }
}
