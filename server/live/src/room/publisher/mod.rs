//! Makes the frames of a room's topics, each once for all who see the same, and hands them to the
//! workers.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use parterre_domain::forum::Viewer;
use parterre_protocol::{
    LabelId, Millis, Rev,
    topics::{Audience, Presence, Topic},
};
use parterre_store::RoomState;
use tokio::sync::watch;

use crate::room::{
    topic::Published,
    view::{self, AUDIENCES, TOPICS, View, audience_index, moderates, sees},
};

const STAGE: usize = 0;
const RESULTS: usize = 1;
/// The place of `posts` among [`TOPICS`].
pub const POSTS: usize = 2;
const MODERATION: usize = 3;
const PRESENCE: usize = 4;

/// The frames of all audiences.
#[derive(Debug)]
pub struct Publisher {
    audiences: [AudienceState; AUDIENCES.len()],
    /// `moderation` is the same for all who see it, and is made only while somebody does.
    moderation: Published,
    /// `posts` of speakers, for the labels that somebody looks at.
    labelled: BTreeMap<Option<LabelId>, Published>,
}

/// What one audience sees.
#[derive(Debug)]
struct AudienceState {
    kind: Audience,
    topics: [Published; TOPICS.len()],
    /// Whether something was made that the workers do not have yet.
    changed: bool,
    sender: watch::Sender<Arc<View>>,
}

impl Publisher {
    /// The first frames of a room.
    pub fn new(state: &RoomState, now: Millis) -> Self {
        let audiences = AUDIENCES.map(|audience| AudienceState {
            kind: audience,
            topics: TOPICS.map(Published::new),
            changed: true,
            sender: watch::Sender::default(),
        });
        let moderation = Published::new(Topic::Moderation);
        let mut publisher = Self { audiences, moderation, labelled: BTreeMap::new() };
        publisher.stage(state);
        publisher.results(state, |_| true);
        publisher.posts(state, |_| true);
        publisher.presence(Presence { joined: state.joined, ..Presence::default() }, now);
        publisher.flush();
        publisher
    }

    /// The channels on which the workers get the views, by the order of [`AUDIENCES`].
    pub fn views(&self) -> [watch::Receiver<Arc<View>>; AUDIENCES.len()] {
        self.audiences.each_ref().map(|audience| audience.sender.subscribe())
    }

    /// Makes the stage of all audiences.
    pub fn stage(&mut self, state: &RoomState) {
        self.each(Topic::Stage, |audience| {
            audience.topics[STAGE].publish(state.event.rev, &view::stage(state, audience.kind))
        });
    }

    /// Makes the results of these audiences.
    pub fn results(&mut self, state: &RoomState, whose: impl Fn(Audience) -> bool) {
        self.each(Topic::Results, |audience| {
            whose(audience.kind)
                && audience.topics[RESULTS].publish(state.event.rev, &view::results(state, audience.kind))
        });
    }

    /// Makes the results of all audiences anew: whole, since a change would name what is no longer
    /// to be seen.
    pub fn results_anew(&mut self, state: &RoomState) {
        self.each(Topic::Results, |audience| {
            audience.topics[RESULTS].publish_whole(state.event.rev, &view::results(state, audience.kind))
        });
    }

    /// Makes the list of questions of these audiences.
    pub fn posts(&mut self, state: &RoomState, whose: impl Fn(Audience) -> bool) {
        let rev = state.event.rev;
        let labelled = &mut self.labelled;
        for audience in self.audiences.iter_mut().filter(|audience| whose(audience.kind)) {
            let make = |topic: &mut Published, watcher| topic.publish(rev, &view::posts(state, watcher));
            audience.changed |= match audience.kind {
                Audience::Phone => make(&mut audience.topics[POSTS], Viewer::Phone),
                Audience::Screen => make(&mut audience.topics[POSTS], Viewer::Screen),
                Audience::Speaker => {
                    labelled.iter_mut().fold(false, |any, (label, topic)| make(topic, Viewer::Speaker(*label)) || any)
                }
                Audience::Studio | Audience::Moderator => false,
            };
        }
    }

    /// Makes what moderators see.
    pub fn moderation(&mut self, state: &RoomState) {
        if self.moderation.publish(state.event.rev, &view::moderation(state, &state.forum)) {
            self.changed_for_moderators();
        }
    }

    /// Forgets what moderators saw: nobody looks, and whoever does next shall see what is true
    /// then.
    pub fn forget_moderation(&mut self) {
        self.moderation = Published::new(Topic::Moderation);
        self.changed_for_moderators();
    }

    /// Whether there is something for moderators to see.
    pub fn has_moderation(&self) -> bool {
        self.moderation.frame().is_some()
    }

    /// From now on speakers look at these labels.
    pub fn set_labels(&mut self, state: &RoomState, labels: &BTreeSet<Option<LabelId>>) {
        if self.labelled.keys().eq(labels) {
            return;
        }
        self.labelled.retain(|label, _| labels.contains(label));
        for label in labels {
            self.labelled.entry(*label).or_insert_with(|| Published::new(Topic::Posts));
        }
        self.audiences[audience_index(Audience::Speaker)].changed = true;
        self.posts(state, |audience| audience == Audience::Speaker);
    }

    /// Makes known who is here. The rev is the clock, or a step on where the clock did not move.
    pub fn presence(&mut self, presence: Presence, now: Millis) {
        self.each(Topic::Presence, |audience| {
            let topic = &mut audience.topics[PRESENCE];
            let last: Rev = topic.frame().map_or(0, |frame| frame.rev);
            topic.publish(now.max(last + 1), &presence)
        });
    }

    /// Hands what is new to the workers.
    pub fn flush(&mut self) {
        for audience in self.audiences.iter_mut().filter(|audience| audience.changed) {
            audience.changed = false;
            let mut view = View { frames: audience.topics.each_ref().map(Published::frame), ..View::default() };
            if moderates(audience.kind) {
                view.frames[MODERATION] = self.moderation.frame();
            }
            if audience.kind == Audience::Speaker {
                let frames = self.labelled.iter().filter_map(|(label, topic)| Some((*label, topic.frame()?)));
                view.labelled = frames.collect();
            }
            audience.sender.send_replace(Arc::new(view));
        }
    }

    fn each(&mut self, topic: Topic, mut publish: impl FnMut(&mut AudienceState) -> bool) {
        for audience in self.audiences.iter_mut().filter(|audience| sees(audience.kind, topic)) {
            audience.changed |= publish(audience);
        }
    }

    fn changed_for_moderators(&mut self) {
        self.audiences
            .iter_mut()
            .filter(|audience| moderates(audience.kind))
            .for_each(|audience| audience.changed = true);
    }
}
