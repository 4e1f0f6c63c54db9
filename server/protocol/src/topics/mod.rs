//! The content of each topic.

mod me;
mod moderation;
mod posts;
mod presence;
mod results;
mod stage;

pub use self::{
    me::{Me, OwnPost, Response},
    moderation::{ModeratedActivity, ModeratedPost, Moderation, QueueCounts},
    posts::{Posts, QaSummary, ShownPost},
    presence::{Presence, RespondentsHere},
    results::{HiddenWord, Results, Written},
    stage::{ActivityState, Event, EventState, Qa, RundownItem, Stage, StagedActivity},
};

use std::fmt;

use serde::{Deserialize, Serialize};

/// A separately versioned part of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// What the event shows now.
    Stage,
    /// The counts of the activity on stage.
    Results,
    /// The questions that the room sees: a window of them.
    Posts,
    /// All that moderators see.
    Moderation,
    /// Who is here. Ephemeral: its rev is the server's clock, and a new connection always gets it
    /// whole.
    Presence,
    /// The participant's own name and answers.
    Me,
}

/// As which page a client takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// A participant: `stage`, `results` once they are shown, `posts`, `me`.
    Phone,
    /// The big screen: `stage`, `results`, `posts`, `presence`.
    Screen,
    /// A facilitator: `stage` with the rundown, `results` always, `moderation`, `presence`.
    Studio,
    /// A moderator, by a private link or signed in: `stage`, `results` with the words that were
    /// sent, `moderation`, `presence`.
    Moderator,
    /// A speaker, by a private link: `stage` without an activity, `posts` of the link's label.
    Speaker,
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone => "phone",
            Self::Screen => "screen",
            Self::Studio => "studio",
            Self::Moderator => "moderator",
            Self::Speaker => "speaker",
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(yes: &bool) -> bool {
    !*yes
}
