//! Who looks at the topics that are made only while somebody does.

use std::collections::{BTreeMap, BTreeSet};

use parterre_protocol::{LabelId, topics::Audience};

use super::{Inbound, Room, view::moderates};
use crate::lock::lock;

/// How many look at what.
#[derive(Debug, Default)]
pub(super) struct Viewers {
    moderators: usize,
    speakers: BTreeMap<Option<LabelId>, usize>,
}

impl Room {
    /// Somebody who is no participant begins to look.
    pub fn add_viewer(&self, audience: Audience, label: Option<LabelId>) {
        self.count_viewer(audience, label, |looking| *looking += 1);
    }

    /// Somebody who is no participant looks no more.
    pub fn remove_viewer(&self, audience: Audience, label: Option<LabelId>) {
        self.count_viewer(audience, label, |looking| *looking = looking.saturating_sub(1));
    }

    fn count_viewer(&self, audience: Audience, label: Option<LabelId>, count: impl FnOnce(&mut usize)) {
        {
            let mut viewers = lock(&self.viewers);
            match audience {
                _ if moderates(audience) => count(&mut viewers.moderators),
                Audience::Speaker => {
                    count(viewers.speakers.entry(label).or_default());
                    viewers.speakers.retain(|_, looking| *looking > 0);
                }
                _ => return,
            }
        }
        self.send(Inbound::ViewersChanged);
    }

    /// Whether a moderator or a studio is connected, and which labels connected speakers see.
    pub(super) fn viewed(&self) -> (bool, BTreeSet<Option<LabelId>>) {
        let viewers = lock(&self.viewers);
        (viewers.moderators > 0, viewers.speakers.keys().copied().collect())
    }
}
