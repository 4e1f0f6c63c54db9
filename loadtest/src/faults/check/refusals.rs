//! Whether each refusal had a reason. Phones only answer what their stage shows as open, so a
//! permanent refusal must be explained by a change that somebody had at least requested.

use std::collections::HashMap;

use parterre_protocol::{
    Act, ActivityId, ClientMessage, Control, EventId, PostCommand, PostId, RefusalCode, posts::PostRef,
};

use crate::faults::{
    history::{Command, CommandFate, History, Time},
    observations::Wrongs,
};

/// How far apart the clocks of two nodes may be, in milliseconds: half the round trip to the
/// database on the slowest links.
const CLOCKS: Time = 1000;

/// When changes were first requested.
#[derive(Default)]
struct Changes {
    /// Closing an activity: explicitly, or by opening another one.
    closing: HashMap<EventId, Vec<(Time, Option<ActivityId>)>>,
    /// Starting another round of an activity.
    resetting: HashMap<ActivityId, Time>,
    /// Moderating a question.
    moderating: HashMap<(EventId, PostId), Time>,
}

/// Commands that were refused without a reason.
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
            // Opening an activity closes all others.
            Control::Open { activity } => closing.push((at, Some(*activity))),
            // Here too. The activity itself closes when its time is up, by a clock that is nearly
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
            // Two moderators may act at the same time: the second is too late, or finds it already
            // done.
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

/// The questions whose place or group an act may change, which voters would notice.
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
