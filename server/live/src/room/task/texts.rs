//! Who has sent texts to the activities of a room whose answers are posts.

use std::collections::{BTreeMap, BTreeSet};

use parterre_domain::{activity::Activity, forum::ForumChange};
use parterre_protocol::{ParticipantId, posts::ActivityRound};

use super::{RoomTask, ticks::Tick};
use crate::room::Room;

impl RoomTask {
    /// Counts anew who has sent texts to the activities to which these posts were sent, and has
    /// their results told.
    pub(super) fn count_senders(&mut self, room: &Room, changes: &[ForumChange]) {
        let posts = changes.iter().filter_map(|change| match change {
            ForumChange::Post(post) => Some((post.to?, post.author)),
            _ => None,
        });
        let mut sent: BTreeMap<ActivityRound, BTreeSet<ParticipantId>> = BTreeMap::new();
        for (to, author) in posts {
            sent.entry(to).or_default().insert(author);
        }
        for (to, authors) in sent {
            let is_current = |activity: &Activity| (activity.id, activity.round) == (to.activity, to.round);
            if !self.state.activities.iter().any(is_current) {
                continue;
            }
            let senders = self.state.forum.senders(to);
            self.state.respondents.insert(to.activity, senders.len() as u32);
            if self.state.staged_round() == Some((to.activity, to.round)) {
                let mut connections = room.connections_by_participant();
                authors.iter().for_each(|author| connections.answer(*author, senders.contains(author)));
                [Tick::Fast, Tick::Slow].into_iter().for_each(|tick| self.ticks.mark(tick));
            }
        }
    }
}
