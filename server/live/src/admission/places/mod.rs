//! Who has a place on this node, and who gives up theirs for whom once it is full.
//!
//! A venue is one address, so it is not addresses that are told apart but what is known of a
//! client: whoever was invited, by an account or by a private link, always gets in, because some
//! places are kept for them; phones have the rest; whoever only looks on has a share of it. Once a
//! node is full, the place of who looks on, or of a phone that has sent nothing yet, goes to
//! somebody of whom more is known: the one who came last leaves first.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroUsize,
};

use parterre_protocol::EventId;
use uuid::Uuid;

use crate::workers::ConnectionId;

/// How much is known of a client. Who is further down in this list goes before whoever is further
/// up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Nothing: a screen that anybody may look at.
    Onlooker,
    /// A phone that has joined and sent nothing yet.
    Joined,
    /// A phone that has answered, asked or voted.
    Active,
    /// A member who is signed in, or somebody with a private link.
    Invited,
}

/// Who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newcomer {
    /// Somebody of whom this is known.
    Other(Rank),
    /// Somebody who was invited: the member or the private link.
    Invited(Uuid),
}

/// So many are let in of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Connections of all.
    pub most: usize,
    /// Places beside these, which are for who was invited alone.
    pub kept: usize,
    /// Of all, those of onlookers.
    pub onlookers: usize,
    /// Of these, those of one event.
    pub onlookers_of_event: usize,
    /// Connections with which one member or private link counts as invited; with more it looks on.
    pub of_holder: usize,
}

/// The places kept for who was invited, on the smallest node.
const KEPT_LEAST: usize = 16;
/// Of so many places, one is kept beside them for who was invited.
const KEPT_OF: usize = 20;
/// Of so many places, one may be an onlooker's.
const ONLOOKERS_OF: usize = 5;
/// Tabs, screens and devices of one member, or of all who have one private link.
const OF_HOLDER: usize = 64;

impl Bounds {
    /// Of a node that holds so many connections.
    pub fn of(most: NonZeroUsize) -> Self {
        let most = most.get();
        let onlookers = (most / ONLOOKERS_OF).max(1);
        Self {
            most,
            kept: (most / KEPT_OF).max(KEPT_LEAST),
            onlookers,
            onlookers_of_event: (onlookers / 2).max(1),
            of_holder: OF_HOLDER,
        }
    }

    /// How many connections a node can hold, beside the places that it keeps, of so many that there
    /// can be in all.
    pub fn within(all: NonZeroUsize) -> NonZeroUsize {
        let all = all.get();
        let most = (all * KEPT_OF / (KEPT_OF + 1)).min(all.saturating_sub(KEPT_LEAST));
        NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN)
    }

    /// Connections of this node, whoever they are.
    pub const fn all(&self) -> usize {
        self.most + self.kept
    }
}

/// A place that somebody has, to be given back.
#[derive(Debug)]
pub struct Ticket {
    number: u64,
    rank: Rank,
    /// Behind a pointer, because few were invited.
    holder: Option<Box<Uuid>>,
}

impl Ticket {
    /// By what it is held.
    pub const fn rank(&self) -> Rank {
        self.rank
    }
}

/// There is no place for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// The places of a node.
#[derive(Debug)]
pub struct Places {
    bounds: Bounds,
    taken: usize,
    /// Counts everybody who ever came in.
    came: u64,
    /// Those who give up their place for others, in the order in which they came.
    onlookers: BTreeMap<u64, (EventId, ConnectionId)>,
    joined: BTreeMap<u64, ConnectionId>,
    onlookers_of: HashMap<EventId, usize>,
    /// The connections of each who was invited, in the order in which they came.
    holders: HashMap<Uuid, BTreeMap<u64, ConnectionId>>,
}

/// Whose place somebody takes.
enum Taken {
    Nobodys,
    OfTheLast(Rank),
    /// The last one of this holder.
    OfHolder(Uuid),
}

impl Places {
    /// Places within these bounds, all free.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            taken: 0,
            came: 0,
            onlookers: BTreeMap::new(),
            joined: BTreeMap::new(),
            onlookers_of: HashMap::new(),
            holders: HashMap::new(),
        }
    }

    /// How many places are taken.
    pub const fn taken(&self) -> usize {
        self.taken
    }

    /// Whether somebody of this rank would get in.
    pub fn has_place(&self, event: EventId, rank: Rank) -> bool {
        self.find(event, rank, 0).is_ok()
    }

    /// A place for one of this rank, who holds so many already.
    fn find(&self, event: EventId, rank: Rank, held: usize) -> Result<Taken, Full> {
        let Bounds { most, onlookers, onlookers_of_event, .. } = self.bounds;
        let free = self.taken < if rank == Rank::Invited { self.bounds.all() } else { most };
        if rank == Rank::Onlooker {
            let here = self.onlookers_of.get(&event).copied().unwrap_or_default();
            let free = free && self.onlookers.len() < onlookers && here < onlookers_of_event;
            return if free { Ok(Taken::Nobodys) } else { Err(Full) };
        }
        if free {
            Ok(Taken::Nobodys)
        } else if !self.onlookers.is_empty() {
            Ok(Taken::OfTheLast(Rank::Onlooker))
        } else if rank > Rank::Joined && !self.joined.is_empty() {
            Ok(Taken::OfTheLast(Rank::Joined))
        } else if rank == Rank::Invited {
            // One who was invited does not keep out another with all that they have opened.
            let most = self.holders.iter().max_by_key(|(_, places)| places.len());
            most.filter(|(_, places)| places.len() > held + 1).map(|(holder, _)| Taken::OfHolder(*holder)).ok_or(Full)
        } else {
            Err(Full)
        }
    }

    /// Gives a newcomer at this place a ticket; with it, who has to leave for them, whose place is
    /// theirs from now on.
    pub fn enter(
        &mut self,
        event: EventId,
        newcomer: Newcomer,
        place: ConnectionId,
    ) -> Result<(Ticket, Option<ConnectionId>), Full> {
        let (rank, holder) = match newcomer {
            Newcomer::Other(rank) => (rank, None),
            Newcomer::Invited(holder) if self.held_by(holder) < self.bounds.of_holder => (Rank::Invited, Some(holder)),
            Newcomer::Invited(_) => (Rank::Onlooker, None),
        };
        let held = holder.map_or(0, |holder| self.held_by(holder));
        let taken = self.find(event, rank, held)?;
        let leaves = self.displace(taken);
        self.taken += usize::from(leaves.is_none());
        self.came += 1;
        let number = self.came;
        match rank {
            Rank::Onlooker => {
                self.onlookers.insert(number, (event, place));
                *self.onlookers_of.entry(event).or_default() += 1;
            }
            Rank::Joined => drop(self.joined.insert(number, place)),
            Rank::Active | Rank::Invited => {}
        }
        if let Some(holder) = holder {
            self.holders.entry(holder).or_default().insert(number, place);
        }
        Ok((Ticket { number, rank, holder: holder.map(Box::new) }, leaves))
    }

    /// Takes the place away from whoever has to leave it, and says which it was.
    fn displace(&mut self, taken: Taken) -> Option<ConnectionId> {
        match taken {
            Taken::Nobodys => None,
            Taken::OfTheLast(Rank::Onlooker) => self.onlookers.pop_last().map(|(_, (event, place))| {
                self.look_away(event);
                place
            }),
            Taken::OfTheLast(_) => self.joined.pop_last().map(|(_, place)| place),
            Taken::OfHolder(holder) => {
                self.holders.get_mut(&holder).and_then(BTreeMap::pop_last).map(|(_, place)| place)
            }
        }
    }

    /// Takes a ticket back. It frees no place where that went to somebody else.
    pub fn leave(&mut self, ticket: &Ticket) {
        let had_it = match ticket.rank {
            Rank::Onlooker => {
                let left = self.onlookers.remove(&ticket.number);
                left.inspect(|(event, _)| self.look_away(*event)).is_some()
            }
            Rank::Joined => self.joined.remove(&ticket.number).is_some(),
            Rank::Invited => ticket.holder.as_deref().is_none_or(|holder| self.give_up(*holder, ticket.number)),
            Rank::Active => true,
        };
        self.taken -= usize::from(had_it);
    }

    /// A phone has sent something: it keeps its place from now on.
    pub fn promote(&mut self, ticket: &mut Ticket) {
        // One that has to leave has none to keep.
        if self.joined.remove(&ticket.number).is_some() {
            ticket.rank = Rank::Active;
        }
    }

    fn held_by(&self, holder: Uuid) -> usize {
        self.holders.get(&holder).map_or(0, BTreeMap::len)
    }

    /// Whether the holder still had this connection's place.
    fn give_up(&mut self, holder: Uuid, number: u64) -> bool {
        let Some(places) = self.holders.get_mut(&holder) else { return false };
        let had_it = places.remove(&number).is_some();
        if places.is_empty() {
            self.holders.remove(&holder);
        }
        had_it
    }

    fn look_away(&mut self, event: EventId) {
        if let Some(count) = self.onlookers_of.get_mut(&event) {
            *count -= 1;
            if *count == 0 {
                self.onlookers_of.remove(&event);
            }
        }
    }
}

#[cfg(test)]
mod tests;
