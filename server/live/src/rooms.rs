//! The rooms that are open on this node. An event's room is opened when somebody first asks for it,
//! and closed once nobody has been in it for a while, or when the event is no more.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, atomic::Ordering},
};

use parterre_domain::event::JoinCode;
use parterre_protocol::{CloseCode, EventId};
use parterre_store::StoreError;
use tokio::sync::OnceCell;

use crate::{
    cluster::sync,
    context::Context,
    disconnect::Disconnect,
    lock::lock,
    room::{
        Room,
        task::{RoomEnd, RoomTask},
    },
    workers::WorkerCommand,
};

/// A room that is open, or that somebody is opening.
type Opening = Arc<OnceCell<Arc<Room>>>;

/// The rooms of this node.
#[derive(Debug)]
pub struct Rooms {
    context: Arc<Context>,
    rooms: Mutex<HashMap<EventId, Opening>>,
}

impl Rooms {
    /// None yet.
    pub fn new(context: Arc<Context>) -> Self {
        Self { context, rooms: Mutex::default() }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<EventId, Opening>> {
        lock(&self.rooms)
    }

    /// Those that are open.
    pub fn all(&self) -> Vec<Arc<Room>> {
        self.rooms().values().filter_map(|cell| cell.get().cloned()).collect()
    }

    /// The event's room, if it is open.
    pub fn get(&self, event: EventId) -> Option<Arc<Room>> {
        self.rooms().get(&event).and_then(|cell| cell.get().cloned())
    }

    /// The room of the event with this code, if it is open.
    pub fn by_code(&self, code: &JoinCode) -> Option<Arc<Room>> {
        let rooms = self.rooms();
        let mut open = rooms.values().filter_map(|cell| cell.get());
        open.find(|room| room.has_code(code)).cloned()
    }

    /// Does something with each open room.
    pub fn each(&self, act: impl FnMut(&Arc<Room>)) {
        self.rooms().values().filter_map(|cell| cell.get()).for_each(act);
    }

    /// Whether notifications reach this room.
    pub fn is_open(&self, room: &Arc<Room>) -> bool {
        self.get(room.event).is_some_and(|open| Arc::ptr_eq(&open, room))
    }

    /// The event's room, opened if it is not; none if there is no such event.
    pub async fn open(self: &Arc<Self>, event: EventId) -> Result<Option<Arc<Room>>, StoreError> {
        // Anybody may name any event: one that there is not is entered nowhere, and the other nodes
        // do not hear of it.
        if self.get(event).is_none() && !self.context.store.has_event(event).await? {
            return Ok(None);
        }
        loop {
            let cell = Arc::clone(self.rooms().entry(event).or_default());
            let opens = cell.get().is_none();
            // Subscribed before it is read, so that no change falls between the two.
            self.context.bus.subscribe(event);
            match cell.get_or_try_init(|| async { self.start(event).await.map_err(Some)?.ok_or(None) }).await {
                Ok(room) if self.is_open(room) => {
                    if opens {
                        // Notifications that came between the reading and now found no room.
                        sync::compare(&self.context, vec![Arc::clone(room)]);
                        // Who is there on other nodes is not known yet.
                        self.context.heartbeat_soon.notify_one();
                    }
                    return Ok(Some(Arc::clone(room)));
                }
                // It was closed while this waited.
                Ok(_) => {}
                Err(error) => {
                    self.forget(event, |_| true);
                    return error.map_or(Ok(None), Err);
                }
            }
        }
    }

    /// Reads the event and starts its room; none if there is no such event.
    async fn start(self: &Arc<Self>, event: EventId) -> Result<Option<Arc<Room>>, StoreError> {
        let Some(state) = self.context.store.room(event).await? else { return Ok(None) };
        let (room, task) = RoomTask::new(Arc::clone(&self.context), state);
        room.index();
        tokio::spawn(Arc::clone(self).keep(Arc::clone(&room), task));
        Ok(Some(room))
    }

    /// Runs a room until it is closed.
    async fn keep(self: Arc<Self>, room: Arc<Room>, mut task: RoomTask) {
        loop {
            match task.run(&room).await {
                RoomEnd::Empty if self.close_if_empty(&room) => break,
                // Somebody has come in the meantime.
                RoomEnd::Empty => {}
                RoomEnd::Gone => {
                    self.close_gone(&room);
                    break;
                }
            }
        }
    }

    /// Closes a room that nobody is in. False when somebody is.
    pub fn close_if_empty(&self, room: &Room) -> bool {
        self.forget(room.event, |_| room.connections.load(Ordering::Acquire) == 0)
    }

    /// Closes the room of an event that is no more.
    fn close_gone(&self, room: &Room) {
        self.forget(room.event, |_| true);
        let ending = || Disconnect::new(CloseCode::Gone, "This event is no more.");
        self.context.workers.tell_all(|| WorkerCommand::EndEvent(room.event, ending()));
    }

    fn forget(&self, event: EventId, when: impl FnOnce(&Room) -> bool) -> bool {
        let mut rooms = self.rooms();
        let leave = rooms.get(&event).is_some_and(|cell| cell.get().is_none_or(|room| when(room)));
        if leave {
            rooms.remove(&event);
            self.context.bus.unsubscribe(event);
        }
        leave
    }
}
