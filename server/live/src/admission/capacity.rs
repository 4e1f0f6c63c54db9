//! Counts the connections of this node in and out, and sends away who has to leave for somebody of
//! whom more is known.

use std::{
    sync::{Arc, Mutex, MutexGuard, atomic::Ordering},
    time::Duration,
};

use parterre_protocol::{CloseCode, EventId, ParticipantId};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::places::{Bounds, Newcomer, Places, Rank, Ticket};
use crate::{
    context::Context,
    disconnect::Disconnect,
    lock::lock,
    room::Room,
    rooms::Rooms,
    workers::{ConnectionId, WorkerCommand},
};

/// So many who come to a full node and say that they were invited are looked up at the same time,
/// and for so long the others wait for their turn: strangers say so too.
const LOOKED_UP_TOGETHER: usize = 32;
const LOOKED_UP_WITHIN: Duration = Duration::from_secs(2);

/// The places of this node, and who has them.
#[derive(Debug)]
pub struct Capacity {
    context: Arc<Context>,
    rooms: Arc<Rooms>,
    places: Mutex<Places>,
    /// How many who say that they were invited are looked up at the same time once the node is
    /// full.
    looked_up: Semaphore,
}

impl Capacity {
    /// All places are free.
    pub fn new(context: Arc<Context>, rooms: Arc<Rooms>, bounds: Bounds) -> Self {
        let looked_up = Semaphore::new(LOOKED_UP_TOGETHER);
        Self { context, rooms, places: Mutex::new(Places::new(bounds)), looked_up }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        lock(&self.places)
    }

    /// Connections of this node.
    pub fn connections(&self) -> usize {
        self.places().taken()
    }

    /// Whether somebody can be let in who turns out to be of this rank at best: as can be said
    /// before anything is asked.
    pub fn check_open(&self, event: EventId, rank: Rank) -> Result<(), Disconnect> {
        self.context.lifecycle.check_serving()?;
        if self.places().has_place(event, rank) { Ok(()) } else { Err(self.context.lifecycle.full_ending()) }
    }

    /// Waits for the turn of somebody who says that they were invited, to be looked up. Where there
    /// are places for all, there is nothing to wait for.
    pub async fn turn(&self, event: EventId) -> Result<Option<SemaphorePermit<'_>>, Disconnect> {
        if self.places().has_place(event, Rank::Joined) {
            return Ok(None);
        }
        let turn = timeout(LOOKED_UP_WITHIN, self.looked_up.acquire()).await;
        turn.ok().and_then(Result::ok).map(Some).ok_or_else(|| self.context.lifecycle.full_ending())
    }

    /// Gives a connection a ticket, unless there is none for it or the node is stopping. Who has to
    /// leave for it is told.
    pub fn admit(&self, room: &Arc<Room>, newcomer: Newcomer, connection: ConnectionId) -> Result<Ticket, Disconnect> {
        let Context { lifecycle, workers, metrics, .. } = &*self.context;
        lifecycle.check_serving()?;
        let entered = self.places().enter(room.event, newcomer, connection);
        let (ticket, leaves) = entered.map_err(|_| lifecycle.full_ending())?;
        if let Some(leaves) = leaves {
            metrics.displaced.inc();
            workers.tell(leaves, |connection| WorkerCommand::End(connection, lifecycle.full_ending()));
        }
        room.connections.fetch_add(1, Ordering::AcqRel);
        // Asked after it is counted: an empty room closes only while nobody is counted in.
        if !self.rooms.is_open(room) {
            self.dismiss(room, &ticket);
            let ending = Disconnect::new(CloseCode::TryLater, "The event's room was closed just now. Connect again.");
            return Err(ending.retry(Duration::from_secs(1)));
        }
        Ok(ticket)
    }

    /// Counts a connection out.
    pub fn dismiss(&self, room: &Room, ticket: &Ticket) {
        self.places().leave(ticket);
        room.connections.fetch_sub(1, Ordering::AcqRel);
    }

    /// Notes that a phone which has just joined has sent something: it keeps its place from now on.
    pub fn promote(&self, ticket: &mut Ticket) {
        if ticket.rank() == Rank::Joined {
            self.places().promote(ticket);
        }
    }

    /// The same for all of a participant's connections.
    pub fn promote_all(&self, room: &Room, participant: ParticipantId) {
        let connections = room.connections_by_participant().connections(participant).to_vec();
        connections.into_iter().for_each(|connection| self.context.workers.tell(connection, WorkerCommand::Promote));
    }
}
