//! A node may be behind the database: a notification is on its way, or was lost. Whoever must not
//! be served by what is old has the room brought up to date first.

use std::{sync::Arc, time::Duration};

use parterre_protocol::{EventId, Rev};
use parterre_store::StoreError;
use tokio::time::{sleep, timeout};

use crate::{
    context::Context,
    room::{Inbound, Room, reorder::GAP_TIMEOUT},
};

/// How long a reading may take before whoever waits for it is told to come later.
const READING: Duration = Duration::from_secs(3);
/// When to ask again after the database could not say how far it is, and how often. After that,
/// heartbeats heal.
const ASK_AGAIN: (Duration, usize) = (Duration::from_millis(500), 20);

/// How far a room has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncOutcome {
    /// It knows the version.
    UpToDate,
    /// The database does not have the version.
    Unknown,
    /// It could not be read in time.
    TimedOut,
}

/// Brings the room to this version, which somebody claims to hold.
pub async fn ensure_at_least(context: &Context, room: &Room, claimed: Rev) -> Result<SyncOutcome, StoreError> {
    if wait_for_rev(room, claimed).await {
        return Ok(SyncOutcome::UpToDate);
    }
    let version = context.store.versions_of(&[room.event]).await?;
    if version.first().is_none_or(|version| version.rev < claimed) {
        return Ok(SyncOutcome::Unknown);
    }
    Ok(if read_up_to(room, claimed).await { SyncOutcome::UpToDate } else { SyncOutcome::TimedOut })
}

/// Brings the room to this version, which the database has. False where that takes too long.
pub async fn catch_up_to(room: &Room, rev: Rev) -> bool {
    wait_for_rev(room, rev).await || read_up_to(room, rev).await
}

/// Brings the room to where the database is now. False where that takes too long.
pub async fn catch_up(context: &Context, room: &Room) -> Result<bool, StoreError> {
    match context.store.versions_of(&[room.event]).await?.first() {
        Some(version) => Ok(catch_up_to(room, version.rev).await),
        None => Ok(true),
    }
}

/// Whether the room hears of the version by itself, as it does nearly always.
async fn wait_for_rev(room: &Room, rev: Rev) -> bool {
    room.rev() >= rev || timeout(GAP_TIMEOUT, room.knows(rev)).await.is_ok()
}

async fn read_up_to(room: &Room, rev: Rev) -> bool {
    // One reading does for all who ask meanwhile.
    room.send(Inbound::Behind(rev));
    timeout(READING, room.knows(rev)).await.is_ok()
}

/// Tells these rooms how far the database is, asked once for all.
pub fn compare(context: &Arc<Context>, rooms: Vec<Arc<Room>>) {
    if !rooms.is_empty() {
        let context = Arc::clone(context);
        tokio::spawn(async move { compare_now(&context, &rooms).await });
    }
}

async fn compare_now(context: &Context, rooms: &[Arc<Room>]) {
    let events: Vec<EventId> = rooms.iter().map(|room| room.event).collect();
    let (pause, times) = ASK_AGAIN;
    for _ in 0..times {
        match context.store.versions_of(&events).await {
            Ok(versions) => {
                for room in rooms {
                    let version = versions.iter().find(|version| version.event == room.event);
                    // An event that is no more is found out by reading it.
                    room.send(version.map_or(Inbound::Resync, |version| Inbound::Version(*version)));
                }
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "how far the events are could not be read; trying again");
                sleep(pause).await;
            }
        }
    }
}
