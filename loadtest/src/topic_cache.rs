//! What a client holds of each topic, and how the server's messages change it. Also checks the
//! server: a frame that does not fit is trouble.

use std::hash::{DefaultHasher, Hash, Hasher};

use parterre_protocol::{
    ActivityId, Rev, patch,
    topics::{Me, Moderation, Posts, Presence, Results, Stage, Topic},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The topics whose revs a reconnecting client sends, with the names of the parameters.
pub const RESUMED: [(&str, Topic); 5] = [
    ("stage", Topic::Stage),
    ("results", Topic::Results),
    ("posts", Topic::Posts),
    ("moderation", Topic::Moderation),
    ("me", Topic::Me),
];

/// One topic as held.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Its version.
    pub rev: Rev,
    /// Its content.
    pub data: Value,
}

/// The topics that a client holds.
#[derive(Clone, Debug, Default)]
pub struct Topics {
    stage: Option<Held>,
    results: Option<Held>,
    posts: Option<Held>,
    moderation: Option<Held>,
    presence: Option<Held>,
    me: Option<Held>,
}

/// A delta that does not apply to what the client holds.
#[derive(Debug, PartialEq)]
pub struct WrongFrom {
    /// The topic.
    pub topic: Topic,
}

impl Topics {
    /// The topic, if it has come.
    pub fn get(&self, topic: Topic) -> Option<&Held> {
        match topic {
            Topic::Stage => &self.stage,
            Topic::Results => &self.results,
            Topic::Posts => &self.posts,
            Topic::Moderation => &self.moderation,
            Topic::Presence => &self.presence,
            Topic::Me => &self.me,
        }
        .as_ref()
    }

    /// The version held, 0 for none.
    pub fn rev(&self, topic: Topic) -> Rev {
        self.get(topic).map_or(0, |held| held.rev)
    }

    /// Forgets a topic, so that the next connection asks for it whole.
    pub fn forget(&mut self, topic: Topic) {
        *self.slot(topic) = None;
    }

    /// Takes a whole topic. True if it is new. Presence always is, because each node reports its
    /// own view.
    pub fn replace(&mut self, topic: Topic, rev: Rev, data: Value) -> bool {
        let slot = self.slot(topic);
        let news = topic == Topic::Presence || slot.as_ref().is_none_or(|held| held.rev <= rev);
        if news {
            *slot = Some(Held { rev, data });
        }
        news
    }

    /// Applies a change.
    pub fn change(&mut self, topic: Topic, from: Rev, rev: Rev, patch: &Value) -> Result<(), WrongFrom> {
        match self.slot(topic) {
            Some(held) if held.rev == from => {
                patch::apply(&mut held.data, patch);
                held.rev = rev;
                Ok(())
            }
            _ => Err(WrongFrom { topic }),
        }
    }

    fn slot(&mut self, topic: Topic) -> &mut Option<Held> {
        match topic {
            Topic::Stage => &mut self.stage,
            Topic::Results => &mut self.results,
            Topic::Posts => &mut self.posts,
            Topic::Moderation => &mut self.moderation,
            Topic::Presence => &mut self.presence,
            Topic::Me => &mut self.me,
        }
    }

    /// What the stage shows at present.
    pub fn scene(&self) -> Option<Scene> {
        Scene::of(&self.stage.as_ref()?.data)
    }

    /// How far the results are.
    pub fn score(&self) -> Option<Score> {
        Score::of(&self.results.as_ref()?.data)
    }

    /// The results, typed.
    pub fn results(&self) -> Option<Results> {
        typed(self.results.as_ref())
    }

    /// The stage, typed.
    pub fn stage(&self) -> Option<Stage> {
        typed(self.stage.as_ref())
    }

    /// The window of questions, typed.
    pub fn posts(&self) -> Option<Posts> {
        typed(self.posts.as_ref())
    }

    /// What moderators see, typed.
    pub fn moderation(&self) -> Option<Moderation> {
        typed(self.moderation.as_ref())
    }

    /// `presence`, typed.
    pub fn presence(&self) -> Option<Presence> {
        typed(self.presence.as_ref())
    }

    /// `me`, typed.
    pub fn me(&self) -> Option<Me> {
        typed(self.me.as_ref())
    }
}

fn typed<T: DeserializeOwned>(held: Option<&Held>) -> Option<T> {
    T::deserialize(&held?.data).ok()
}

/// The part of a stage by which two are distinguished, cheap to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scene {
    /// The activity on stage.
    pub activity: Option<ActivityId>,
    /// Whether it takes answers.
    pub open: bool,
    /// Its round.
    pub round: u32,
    /// Whether its results are visible.
    pub results: bool,
    /// A hash of its title.
    pub title: u64,
}

impl Scene {
    fn of(stage: &Value) -> Option<Self> {
        let Some(activity) = stage.get("activity") else {
            return Some(Self { activity: None, open: false, round: 0, results: false, title: 0 });
        };
        Some(Self {
            activity: Some(activity.get("id")?.as_str()?.parse().ok()?),
            open: activity.get("state")?.as_str()? == "open",
            round: number(activity.get("round")?)?,
            results: activity.get("results")?.as_bool()?,
            title: hash(activity.get("prompt")?.get("title")?.as_str()?),
        })
    }
}

/// The part of the results by which two are distinguished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Score {
    /// The activity counted.
    pub activity: Option<ActivityId>,
    /// Its round.
    pub round: u32,
    /// How many have answered, if it is shown.
    pub respondents: Option<u32>,
    /// Whether counts are shown.
    pub shown: bool,
}

impl Score {
    fn of(results: &Value) -> Option<Self> {
        let activity = match results.get("activity") {
            Some(id) => Some(id.as_str()?.parse().ok()?),
            None => None,
        };
        let round = results.get("round").map_or(Some(0), number)?;
        let respondents = results.get("respondents").and_then(number);
        Some(Self { activity, round, respondents, shown: results.get("tally").is_some() })
    }
}

/// The hash by which titles are compared.
pub fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn newest_wins_and_a_change_must_fit() {
        let mut topics = Topics::default();
        assert!(topics.change(Topic::Results, 0, 1, &json!({})).is_err());
        assert!(topics.replace(Topic::Results, 5, json!({"round": 1, "respondents": 1})));
        assert!(!topics.replace(Topic::Results, 4, json!({"round": 9})));
        assert_eq!(topics.change(Topic::Results, 4, 6, &json!({})), Err(WrongFrom { topic: Topic::Results }));
        topics.change(Topic::Results, 5, 9, &json!({"respondents": 2})).unwrap();
        assert_eq!(topics.get(Topic::Results), Some(&Held { rev: 9, data: json!({"round": 1, "respondents": 2}) }));
        topics.forget(Topic::Results);
        assert_eq!(topics.rev(Topic::Results), 0);
    }

    #[test]
    fn a_stage_is_told_by_its_activity() {
        let id = "01930000-0000-7000-8000-000000000001";
        let stage = |title: &str| {
            json!({"event": {}, "activity": {"id": id, "state": "open", "round": 2, "results": true,
                "prompt": {"kind": "choice", "title": title, "options": [{"id": 3, "text": "A"}]}}})
        };
        let scene = Scene::of(&stage("One?")).unwrap();
        assert_eq!((scene.activity, scene.open, scene.round), (Some(id.parse().unwrap()), true, 2));
        assert_ne!(scene, Scene::of(&stage("Two?")).unwrap());
        assert_eq!(Scene::of(&json!({"event": {}})).unwrap().activity, None);
    }

    #[test]
    fn results_are_told_by_how_many_answered() {
        let hidden = Score::of(&json!({"round": 1})).unwrap();
        assert_eq!((hidden.respondents, hidden.shown), (None, false));
        let shown = Score::of(&json!({"round": 1, "respondents": 3, "tally": {"kind": "words"}})).unwrap();
        assert_eq!((shown.respondents, shown.shown), (Some(3), true));
    }
}
