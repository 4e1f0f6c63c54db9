//! All questions of an event, as its room holds them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use parterre_protocol::{ParticipantId, PostId, QaSettings, Vote};

use super::post::Post;

/// All questions of an event and how they are taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forum {
    /// How questions are taken.
    pub settings: Arc<QaSettings>,
    /// Whether the screen shows the list in place of the stage.
    pub on_screen: bool,
    /// Which post the screen shows full screen.
    pub highlight: Option<PostId>,
    /// Every post that was ever sent.
    pub posts: BTreeMap<PostId, Arc<Post>>,
    /// The devices that may not ask.
    pub blocked: BTreeSet<ParticipantId>,
}

/// One change of a forum. Those of a commit, applied in order, lead from the version before to the one after.
#[derive(Clone, Debug, PartialEq)]
pub enum ForumChange {
    /// A post came, or is now this; its votes included.
    Post(Arc<Post>),
    /// One person's vote on a post that is not part of another, its parts taken together, is now another.
    Voted {
        /// The post that counts it.
        post: PostId,
        /// The person's vote before.
        before: Vote,
        /// The person's vote now.
        after: Vote,
    },
    /// The settings are now these.
    Settings(Arc<QaSettings>),
    /// The screen shows this post full screen, or none.
    Highlight(Option<PostId>),
    /// The screen shows the list, or does not.
    OnScreen(bool),
    /// A device may not ask any more, or may again.
    Blocked {
        /// Whose.
        participant: ParticipantId,
        /// Whether it is blocked.
        on: bool,
    },
}
