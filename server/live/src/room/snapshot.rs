//! What a room holds, for those who check commands and draw pages: made once for all of them, and
//! never changed.

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use parterre_domain::{
    filter::Filter,
    forum::{Forum, Sort, Viewer},
    post::Post,
};
use parterre_protocol::{
    Rev,
    topics::{Audience, EventState, Posts, Results, Topic},
};
use parterre_store::RoomState;

use super::view::{self, AUDIENCES, audience_index, sees};

/// A room's state for those who check commands and draw pages: all of it but the counts, in whose
/// place there is what is shown of them. It is made once for all pages, which so cost the same
/// however much was sent.
#[derive(Debug)]
pub struct StateSnapshot {
    state: RoomState,
    /// By the order of [`AUDIENCES`].
    results: [Results; AUDIENCES.len()],
}

impl StateSnapshot {
    pub(super) fn new(state: &RoomState) -> Self {
        let results = AUDIENCES.map(|audience| {
            if sees(audience, Topic::Results) { view::results(state, audience) } else { Results::default() }
        });
        Self { state: RoomState { tally: None, ..state.clone() }, results }
    }

    /// The topic `results` for an audience.
    pub const fn results(&self, audience: Audience) -> &Results {
        &self.results[audience_index(audience)]
    }
}

impl Deref for StateSnapshot {
    type Target = RoomState;

    fn deref(&self) -> &RoomState {
        &self.state
    }
}

/// The questions of a room, what pages show of them, and what finds words in new ones.
#[derive(Debug)]
pub struct QuestionSnapshot {
    /// The event's version with them.
    pub rev: Rev,
    /// The questions.
    pub forum: Arc<Forum>,
    /// Whether the event is over.
    ended: bool,
    /// The first questions, for phones and for screens; made when a page first needs them.
    windows: [OnceLock<Posts>; 2],
    /// All published ones by the order of [`Sort`], made likewise.
    orders: [OnceLock<Vec<Arc<Post>>>; 4],
    /// Made when first needed, once for each version of the settings.
    filter: Arc<OnceLock<Filter>>,
}

impl QuestionSnapshot {
    pub(super) fn new(state: &RoomState, former: Option<&Self>) -> Self {
        let forum = Arc::clone(&state.forum);
        let same = former.filter(|former| former.forum.settings.filter == forum.settings.filter);
        let filter = same.map(|former| Arc::clone(&former.filter)).unwrap_or_default();
        let ended = state.event.state == EventState::Ended;
        Self { rev: state.event.rev, forum, ended, windows: Default::default(), orders: Default::default(), filter }
    }

    /// The topic `posts` for phones.
    pub fn for_phones(&self) -> &Posts {
        self.windows[0].get_or_init(|| self.forum.window(Viewer::Phone, self.ended))
    }

    /// All published questions in an order.
    pub fn shown(&self, sort: Sort) -> &[Arc<Post>] {
        self.orders[sort as usize].get_or_init(|| self.forum.shown(sort, None, "").into_iter().cloned().collect())
    }

    /// The topic `posts` for screens.
    pub fn for_screens(&self) -> &Posts {
        self.windows[1].get_or_init(|| self.forum.window(Viewer::Screen, self.ended))
    }

    /// Whether the event's word filter finds something in the text.
    pub fn flags(&self, text: &str) -> bool {
        self.filter.get_or_init(|| Filter::new(&self.forum.settings.filter)).finds(text)
    }
}
