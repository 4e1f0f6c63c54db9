//! Finds the questions that ask about the same, beside the room's task.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use parterre_domain::similar::Similar;
use parterre_protocol::PostId;

use super::Room;
use crate::lock::lock;

/// Questions that are indexed at once, and the pause before what changed meanwhile is.
const INDEXED_AT_ONCE: usize = 16;
const INDEX_REST: Duration = Duration::from_millis(200);

/// The questions of a room by what they ask.
#[derive(Debug, Default)]
pub(super) struct SimilarIndex {
    posts: RwLock<Similar>,
    indexing: Mutex<Indexing>,
}

/// Whether somebody is at it, and whether more has changed since.
#[derive(Debug, Default)]
struct Indexing {
    is_running: bool,
    again: bool,
}

impl Room {
    /// Up to three published questions that ask about the same as this text, the most alike first.
    pub fn similar(&self, text: &str) -> Vec<PostId> {
        self.similar.posts.read().unwrap_or_else(PoisonError::into_inner).to(text)
    }

    /// Has [`Room::similar`] follow the questions that are kept now: beside the room's task, and
    /// never twice at the same time, since a thousand questions take a moment.
    pub fn index(self: &Arc<Self>) {
        let mut indexing = lock(&self.similar.indexing);
        if mem::replace(&mut indexing.is_running, true) {
            indexing.again = true;
            return;
        }
        drop(indexing);
        let room = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                let indexed = Arc::clone(&room);
                // A panic there is one of a bug, and costs the room its offers, nothing else.
                if tokio::task::spawn_blocking(move || indexed.index_now()).await.is_err() {
                    return;
                }
                tokio::time::sleep(INDEX_REST).await;
                let mut indexing = lock(&room.similar.indexing);
                if !mem::take(&mut indexing.again) {
                    indexing.is_running = false;
                    return;
                }
            }
        });
    }

    /// In small parts, so that whoever asks meanwhile waits for one of them at most.
    fn index_now(&self) {
        let similar = || self.similar.posts.write().unwrap_or_else(PoisonError::into_inner);
        let asked = self.questions();
        let stale = self.similar.posts.read().unwrap_or_else(PoisonError::into_inner).stale(&asked.forum);
        for posts in stale.chunks(INDEXED_AT_ONCE) {
            similar().update(&asked.forum, posts);
        }
        while similar().measure(INDEXED_AT_ONCE) {}
    }
}
