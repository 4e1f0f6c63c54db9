//! What a client sends: one JSON object per WebSocket text message.

use serde::{Deserialize, Serialize};

use crate::{Act, ActivityId, Answer, CommandId, Millis, PostCommand, PromptVersion};

/// A message from a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Asks for a `pong`: how a client that cannot see WebSocket pings finds out whether the server
    /// is still there.
    Ping,
    /// Answers an activity. Only from a phone.
    Respond {
        /// The command's id, made by the client and kept with it until its receipt.
        cid: CommandId,
        /// The activity that is answered.
        activity: ActivityId,
        /// The activity's round, as its stage said; an answer to a former round is refused.
        round: u32,
        /// The version of its question that the answer was made for, as its stage said. An absent
        /// one is the first.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<PromptVersion>"))]
        version: PromptVersion,
        /// The answer.
        answer: Answer,
    },
    /// Asks or supports a question. Only from a phone.
    Post {
        /// The command's id, made by the client and kept with it until its receipt.
        cid: CommandId,
        /// What is to happen.
        post: PostCommand,
    },
    /// Moderates questions. Only from a moderator, or a facilitator's studio or screen.
    Moderate {
        /// The command's id, made by the client and kept with it until its receipt.
        cid: CommandId,
        /// What is to happen.
        act: Act,
    },
    /// Steers the event. Only from a facilitator's studio or screen.
    Control {
        /// The command's id, made by the client and kept with it until its receipt.
        cid: CommandId,
        /// What is to happen.
        control: Control,
    },
}

impl ClientMessage {
    /// The command's id; none of what is no command.
    pub const fn cid(&self) -> Option<CommandId> {
        match self {
            Self::Ping => None,
            Self::Respond { cid, .. }
            | Self::Post { cid, .. }
            | Self::Moderate { cid, .. }
            | Self::Control { cid, .. } => Some(*cid),
        }
    }
}

/// What a facilitator does to a running event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Control {
    /// Makes a draft event live, with the waiting screen on stage; makes an ended one live again.
    Start,
    /// Puts the activity on stage and opens it for answers; makes a draft event live.
    Open {
        /// The activity.
        activity: ActivityId,
    },
    /// Puts the activity on stage without opening it, with its results where they are visible;
    /// closes another open one; makes a draft event live.
    Show {
        /// The activity.
        activity: ActivityId,
    },
    /// Closes the activity: nothing committed afterwards is counted.
    Close {
        /// The activity.
        activity: ActivityId,
    },
    /// Has the activity close by itself after this time, opening it as `Open` does where it is not
    /// open; a countdown that runs already begins anew.
    Countdown {
        /// The activity.
        activity: ActivityId,
        /// For how long from now, as the server reckons it: 1 second to 24 hours.
        seconds: u32,
    },
    /// Sets both moments of an activity: when it opens by itself, as `Open` does it, and when it
    /// closes. An absent one takes away what was set. Of an open activity, whose countdown is made
    /// longer or taken away so, only `closes_at` can be set; of a closed one neither.
    Schedule {
        /// The activity.
        activity: ActivityId,
        /// When a draft opens, by the server's clock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, type = "number"))]
        opens_at: Option<Millis>,
        /// When it closes, by the server's clock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, type = "number"))]
        closes_at: Option<Millis>,
    },
    /// Closes what is on stage and puts the next activity of the rundown there, opening it if it is
    /// a draft.
    Next {
        /// The activity that the sender sees on stage (none: the waiting screen). Where the stage
        /// has moved on meanwhile, the command is refused as `stale`, so that two people pressing
        /// at once skip nothing.
        after: Option<ActivityId>,
    },
    /// Closes what is on stage and puts the activity before it there that was shown last, without
    /// opening it; before the first one, the waiting screen.
    Previous {
        /// The activity that the sender sees on stage (none: the waiting screen), as with `Next`.
        before: Option<ActivityId>,
    },
    /// Takes the activity off the stage and shows the waiting screen; an open activity is closed.
    Lobby,
    /// Shows or hides the results of the activity on stage, to screens and phones.
    Results {
        /// The activity.
        activity: ActivityId,
        /// Whether they are visible.
        visible: bool,
    },
    /// Starts the activity again from nothing: a new round. The answers of the former round no
    /// longer count.
    Reset {
        /// The activity.
        activity: ActivityId,
        /// The round that is to end, so that pressing twice resets once.
        round: u32,
    },
    /// Ends the event: closes what is open, and phones say so.
    End,
}
