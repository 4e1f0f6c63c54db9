//! The content of each topic.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{ActivityId, Answer, EventId, Millis, OptionId, ParticipantId, Question};

/// A separately versioned part of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// What the event shows now.
    Stage,
    /// The counts of the activity on stage.
    Results,
    /// Who is here. Ephemeral: its rev is the server's clock, and a new connection always gets it whole.
    Presence,
    /// The participant's own name and answers.
    Me,
}

/// As which of the three pages a client takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// A participant: `stage`, `results` once they are shown, `me`.
    Phone,
    /// The big screen: `stage`, `results`, `presence`.
    Screen,
    /// A facilitator: `stage` with the rundown, `results` always, `presence`.
    Studio,
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone => "phone",
            Self::Screen => "screen",
            Self::Studio => "studio",
        })
    }
}

/// The topic `stage`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Stage {
    /// The event.
    pub event: Event,
    /// The activity on stage; absent on the waiting screen and after the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub activity: Option<StagedActivity>,
    /// Every activity in order. Only for the studio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub rundown: Option<Vec<RundownItem>>,
}

/// An event as everybody may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Event {
    /// Its id, which never changes.
    pub id: EventId,
    /// Its name.
    pub name: String,
    /// Its join code, in capitals.
    pub code: String,
    /// How far it is.
    pub state: EventState,
    /// Whether a participant gives a name to join.
    pub names: bool,
}

/// How far an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EventState {
    /// Being prepared. One can join and wait.
    Draft,
    /// Running.
    Live,
    /// Over: nothing is accepted any more.
    Ended,
}

/// The activity on stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StagedActivity {
    /// Its id.
    pub id: ActivityId,
    /// Draft, open or closed.
    pub state: ActivityState,
    /// Its round, from 1; a reset begins the next.
    pub round: u32,
    /// Whether screens and phones see the results.
    pub results: bool,
    /// Its place in the rundown, from 1.
    pub place: u32,
    /// How many activities the rundown has.
    pub of: u32,
    /// What it asks.
    pub question: Question,
}

/// How far an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ActivityState {
    /// Not yet opened.
    Draft,
    /// Takes answers.
    Open,
    /// Takes no more answers.
    Closed,
}

/// An activity as the studio's rundown lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RundownItem {
    /// Its id.
    pub id: ActivityId,
    /// Draft, open or closed.
    pub state: ActivityState,
    /// Its round.
    pub round: u32,
    /// Whether its results are visible when it is on stage.
    pub results: bool,
    /// How many participants have answered in this round, as of this rev.
    pub answered: u32,
    /// What it asks.
    pub question: Question,
}

/// The topic `results`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Results {
    /// The activity on stage; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub activity: Option<ActivityId>,
    /// Its round; 0 when there is none.
    #[serde(default)]
    pub round: u32,
    /// How many participants have answered. Absent for phones while results are hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub answered: Option<u32>,
    /// The counts; absent while results are hidden, except for the studio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub tally: Option<Tally>,
}

/// The counts of one activity's current answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tally {
    /// Of a choice poll.
    Choice {
        /// How many answers hold the option. Every option is there, with 0 where nobody picked it.
        #[serde(deserialize_with = "option_counts")]
        #[cfg_attr(test, ts(type = "Record<string, number>"))]
        counts: BTreeMap<OptionId, u32>,
        /// How many answers hold an option of their own; absent where the poll allows none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        other: Option<u32>,
        /// The most frequent own options and their counts. Only for the studio.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, type = "Record<string, number>"))]
        texts: Option<BTreeMap<String, u32>>,
    },
    /// Of a word cloud.
    Words {
        /// The most frequent words and how many participants sent each.
        #[cfg_attr(test, ts(type = "Record<string, number>"))]
        words: BTreeMap<String, u32>,
        /// How many different words there are, shown or not.
        distinct: u32,
    },
}

/// Reads numeric keys from JSON's text keys, which serde does not do inside a tagged enum.
fn option_counts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<OptionId, u32>, D::Error> {
    let texts = BTreeMap::<String, u32>::deserialize(deserializer)?;
    texts.into_iter().map(|(key, count)| Ok((key.parse().map_err(D::Error::custom)?, count))).collect()
}

/// The topic `presence`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Presence {
    /// Participants who are connected now.
    pub here: u32,
    /// Participants who have ever joined the event.
    pub joined: u32,
}

/// The topic `me`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Me {
    /// Who I am in this event.
    pub participant: ParticipantId,
    /// My name, if I gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
    /// My current answer to each activity that I have answered.
    #[cfg_attr(test, ts(type = "Record<string, Response>"))]
    pub responses: BTreeMap<ActivityId, Response>,
}

/// A participant's current answer to one activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Response {
    /// The round in which it was given; it no longer counts if the activity's round is another.
    pub round: u32,
    /// The answer.
    pub answer: Answer,
    /// When it was committed.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: Millis,
}
