//! What each audience sees of a room, made from the room's state.

use std::sync::Arc;

use parterre_protocol::{
    Millis, Rev,
    posts::QaState,
    topics::{Audience, EventState, Presence, Qa, Results, Stage, Topic},
};

use super::topic::{Frame, Published};
use crate::{domain::tally::Shown, store::RoomState};

/// The audiences, in the order in which rooms and workers keep them.
pub const AUDIENCES: [Audience; 5] =
    [Audience::Phone, Audience::Screen, Audience::Studio, Audience::Moderator, Audience::Speaker];

/// The topics that are the same for a whole audience, in the order in which a connection keeps its revs.
pub const TOPICS: [Topic; 5] = [Topic::Stage, Topic::Results, Topic::Posts, Topic::Moderation, Topic::Presence];

/// The newest frame of each topic for one audience.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// By the order of [`TOPICS`].
    pub frames: [Option<Arc<Frame>>; TOPICS.len()],
}

/// Makes one audience's view.
#[derive(Debug)]
pub struct Viewer {
    audience: Audience,
    topics: [Published; TOPICS.len()],
}

impl Viewer {
    /// A view of which nothing was published yet.
    pub fn new(audience: Audience) -> Self {
        Self { audience, topics: TOPICS.map(Published::new) }
    }

    /// The newest frames.
    pub fn view(&self) -> Arc<View> {
        Arc::new(View { frames: self.topics.each_ref().map(Published::frame) })
    }

    /// Publishes the stage. Returns whether it changed.
    pub fn publish_stage(&mut self, state: &RoomState) -> bool {
        self.topics[0].publish(state.event.rev, &stage(state, self.audience))
    }

    /// Publishes the results. Returns whether they changed.
    pub fn publish_results(&mut self, state: &RoomState) -> bool {
        self.topics[1].publish(state.event.rev, &results(state, self.audience))
    }

    /// Publishes who is here; phones are not told. The rev is the clock, or a step on where the clock did not move.
    pub fn publish_presence(&mut self, presence: Presence, now: Millis) -> bool {
        let last: Rev = self.topics[4].frame().map_or(0, |frame| frame.rev);
        self.audience != Audience::Phone && self.topics[4].publish(now.max(last + 1), &presence)
    }
}

/// The topic `stage` for an audience.
pub fn stage(state: &RoomState, audience: Audience) -> Stage {
    let of = state.activities.len() as u32;
    let staged = state.activities.iter().zip(1..).find(|(activity, _)| Some(activity.id) == state.staged);
    let answered = |id| state.answered.get(id).copied().unwrap_or(0);
    let rundown = || state.activities.iter().map(|activity| activity.listed(answered(&activity.id))).collect();
    Stage {
        event: state.event.public(),
        activity: staged
            .filter(|_| state.event.state == EventState::Live)
            .map(|(activity, place)| activity.staged(place, of)),
        qa: qa(state, audience),
        rundown: (audience == Audience::Studio).then(rundown),
    }
}

/// How an event takes questions, for an audience.
fn qa(state: &RoomState, audience: Audience) -> Qa {
    let settings = &state.forum.settings;
    let over = state.event.state == EventState::Ended && settings.state == QaState::Open;
    let outside = matches!(audience, Audience::Phone | Audience::Screen);
    Qa {
        state: if over { QaState::Closed } else { settings.state },
        review: settings.review,
        names: settings.names,
        downvotes: settings.downvotes,
        labels: settings.labels.iter().filter(|label| label.public || !outside).cloned().collect(),
        on_screen: state.forum.on_screen,
    }
}

/// The topic `results` for an audience.
pub fn results(state: &RoomState, audience: Audience) -> Results {
    let staged = state.activities.iter().find(|activity| Some(activity.id) == state.staged);
    let (Some(activity), Some(tally)) = (staged, &state.tally) else { return Results::default() };
    let shown = match audience {
        Audience::Phone | Audience::Moderator | Audience::Speaker => Shown { words: 30, others: 0 },
        Audience::Screen => Shown { words: 80, others: 0 },
        Audience::Studio => Shown { words: 80, others: 20 },
    };
    let visible = activity.results || audience == Audience::Studio;
    Results {
        activity: Some(activity.id),
        round: activity.round,
        answered: (visible || audience == Audience::Screen).then_some(tally.answered),
        tally: visible.then(|| tally.view(shown)),
    }
}
