//! How people get in when many come at once: up to a bound at the same time, and the others are told when.
//!
//! Whoever is turned away costs no question to the database. How many are still to come of an event is kept in its room,
//! for those who look at the studio.

pub mod gate;

use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use self::gate::Gate;
use super::{
    hub::Hub,
    room::{Inbound, Room, lock},
};

/// How often those who were told a moment are counted again.
const COUNT: Duration = Duration::from_millis(100);

/// One way in.
#[derive(Debug)]
pub struct Door {
    gate: Mutex<Gate<Option<Awaited>>>,
    began: Instant,
    /// Wakes the task that counts who is still to come.
    promised: Arc<Notify>,
}

/// Somebody who was told when to come; counted in the room until then.
#[derive(Debug)]
struct Awaited(Arc<Room>);

/// Leave to go in, which counts as long as it is held.
#[derive(Debug)]
#[must_use = "the way in is free again once this is dropped"]
pub struct Pass<'a> {
    door: &'a Door,
    succeeded: bool,
}

/// The ways in of a node.
#[derive(Debug)]
pub struct Doors {
    /// Requests to join.
    pub join: Door,
    /// Phones' connections.
    pub connect: Door,
    promised: Arc<Notify>,
}

impl Doors {
    /// Doors through which so many may go at the same time, each.
    pub fn new(most: u32) -> Self {
        let promised = Arc::new(Notify::new());
        let door =
            || Door { gate: Mutex::new(Gate::new(most)), began: Instant::now(), promised: Arc::clone(&promised) };
        Self { join: door(), connect: door(), promised }
    }
}

impl Door {
    /// Lets somebody in, or says after how long to come; `told` says that they were told so before. The room is that of
    /// their event, where it is open.
    pub fn enter(&self, told: bool, room: impl FnOnce() -> Option<Arc<Room>>) -> Result<Pass<'_>, Duration> {
        match lock(&self.gate).enter(self.began.elapsed(), told, || room().map(Awaited::new)) {
            Ok(()) => Ok(Pass { door: self, succeeded: false }),
            Err(wait) => {
                self.promised.notify_one();
                Err(wait)
            }
        }
    }

    /// How many were told a moment that has not come.
    fn awaited(&self) -> usize {
        lock(&self.gate).advance(self.began.elapsed())
    }
}

impl Pass<'_> {
    /// They are in: one more for the rate.
    pub fn done(mut self) {
        self.succeeded = true;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        lock(&self.door.gate).leave(self.door.began.elapsed(), self.succeeded);
    }
}

impl Awaited {
    fn new(room: Arc<Room>) -> Self {
        room.arriving.fetch_add(1, Ordering::Relaxed);
        Self(room)
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.0.arriving.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Tells the rooms how many are still to come, for as long as the server runs.
pub(super) async fn count(hub: Arc<Hub>) {
    let Doors { join, connect, promised } = &hub.doors;
    loop {
        promised.notified().await;
        loop {
            let awaited = join.awaited() + connect.awaited();
            hub.each_room(|room| {
                if room.has_other_arrivals() {
                    room.tell(Inbound::Presence);
                }
            });
            if awaited == 0 {
                break;
            }
            sleep(COUNT).await;
        }
    }
}
