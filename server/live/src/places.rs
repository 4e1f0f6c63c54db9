//! Who has a place on this node, and who gives up theirs for whom once it is full.
//!
//! A venue is one address, so it is not addresses that are told apart but what is known of a client: whoever was invited,
//! by an account or by a private link, always gets in, because some places are kept for them; phones have the rest; whoever
//! only looks on has a share of it. Once a node is full, the place of who looks on, or of a phone that has sent nothing yet,
//! goes to somebody of whom more is known: the one who came last leaves first.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroUsize,
};

use parterre_protocol::EventId;
use uuid::Uuid;

use super::connections::ConnectionId;

/// How much is known of a client. Who is further down in this list goes before whoever is further up.
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

    /// How many connections a node can hold, beside the places that it keeps, of so many that there can be in all.
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

    /// Gives a newcomer at this place a ticket; with it, who has to leave for them, whose place is theirs from now on.
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
        let leaves = match self.find(event, rank, held)? {
            Taken::Nobodys => None,
            Taken::OfTheLast(Rank::Onlooker) => self.onlookers.pop_last().map(|(_, (event, place))| {
                self.look_away(event);
                place
            }),
            Taken::OfTheLast(_) => self.joined.pop_last().map(|(_, place)| place),
            Taken::OfHolder(holder) => {
                self.holders.get_mut(&holder).and_then(BTreeMap::pop_last).map(|(_, place)| place)
            }
        };
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(n: u128) -> EventId {
        EventId::new(Uuid::from_u128(n))
    }

    fn place(key: u32) -> ConnectionId {
        ConnectionId { worker: 0, key, generation: key }
    }

    #[test]
    fn who_was_invited_is_not_kept_out_by_all_that_another_has_opened() {
        let mut places = Places::new(Bounds::of(NonZeroUsize::new(40).unwrap()));
        let (link, member) = (Newcomer::Invited(Uuid::from_u128(1)), Newcomer::Invited(Uuid::from_u128(2)));
        let all = places.bounds.all() as u32;
        let held: Vec<_> = (0..all).map(|n| places.enter(event(0), link, place(n)).unwrap().0).collect();
        assert!(held.iter().all(|ticket| ticket.rank == Rank::Invited));
        assert!(places.has_place(event(0), Rank::Invited));
        for n in 0..3 {
            let (ticket, leaves) = places.enter(event(0), member, place(100 + n)).unwrap();
            assert_eq!((ticket.rank, leaves), (Rank::Invited, Some(place(all - 1 - n))));
        }
        // Nor do they keep each other out in turn, for ever.
        let (_, leaves) = places.enter(event(0), Newcomer::Invited(Uuid::from_u128(3)), place(200)).unwrap();
        assert_eq!(leaves, Some(place(all - 4)));
        held.iter().for_each(|ticket| places.leave(ticket));
        assert_eq!(places.taken(), 4);
    }

    #[test]
    fn a_node_full_of_onlookers_takes_phones_and_whoever_was_invited() {
        let mut places = Places::new(Bounds::of(NonZeroUsize::new(100).unwrap()));
        let came = |rank| Newcomer::Other(rank);
        let looking = (0..200).filter(|n| places.enter(event(0), came(Rank::Onlooker), place(*n)).is_ok()).count();
        assert_eq!(looking, 10, "half of the onlookers' share is for one event");
        let elsewhere = (0..200).filter(|n| places.enter(event(1), came(Rank::Onlooker), place(*n)).is_ok()).count();
        assert_eq!(elsewhere, 10);
        assert_eq!(places.enter(event(2), came(Rank::Onlooker), place(999)).err(), Some(Full));
        for n in 0..80 {
            assert_eq!(places.enter(event(0), came(Rank::Joined), place(n)).unwrap().1, None);
        }
        let (_, leaves) = places.enter(event(0), came(Rank::Joined), place(80)).unwrap();
        assert_eq!(leaves, Some(place(9)), "the onlooker who came last");
        for n in 0..16 {
            let member = Newcomer::Invited(Uuid::from_u128(7));
            assert_eq!(places.enter(event(0), member, place(100 + n)).unwrap().1, None, "a place is kept");
        }
        assert_eq!(places.taken(), 116);
    }

    #[test]
    fn who_has_answered_takes_the_place_of_who_has_not_and_keeps_it() {
        let mut places = Places::new(Bounds::of(NonZeroUsize::new(2).unwrap()));
        let joined = Newcomer::Other(Rank::Joined);
        let (mut first, _) = places.enter(event(0), joined, place(1)).unwrap();
        let (second, _) = places.enter(event(0), joined, place(2)).unwrap();
        assert_eq!(places.enter(event(0), joined, place(3)).err(), Some(Full));
        places.promote(&mut first);
        assert_eq!(places.enter(event(0), Newcomer::Other(Rank::Active), place(4)).unwrap().1, Some(place(2)));
        assert!(!places.has_place(event(0), Rank::Active));
        places.leave(&second);
        assert_eq!(places.taken(), 2, "its place is another's");
        places.leave(&first);
        assert!(places.has_place(event(0), Rank::Joined));
    }

    #[test]
    fn with_too_many_connections_a_holder_looks_on() {
        let mut places = Places::new(Bounds::of(NonZeroUsize::new(1_000).unwrap()));
        let link = Newcomer::Invited(Uuid::from_u128(1));
        let ranks = (0..OF_HOLDER as u32 + 2).map(|n| places.enter(event(0), link, place(n)).unwrap().0);
        let tickets: Vec<_> = ranks.collect();
        assert_eq!(tickets.iter().filter(|ticket| ticket.rank == Rank::Invited).count(), OF_HOLDER);
        tickets.iter().for_each(|ticket| places.leave(ticket));
        assert_eq!((places.taken, places.holders.len(), places.onlookers_of.len()), (0, 0, 0));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Enter { event: u128, rank: Rank, holder: u128 },
        Leave(prop::sample::Index),
        Promote(prop::sample::Index),
    }

    fn step() -> impl Strategy<Value = Step> {
        let ranks = prop::sample::select(vec![Rank::Onlooker, Rank::Joined, Rank::Active, Rank::Invited]);
        prop_oneof![
            6 => (0u128..3, ranks, 0u128..3).prop_map(|(event, rank, holder)| Step::Enter { event, rank, holder }),
            2 => any::<prop::sample::Index>().prop_map(Step::Leave),
            1 => any::<prop::sample::Index>().prop_map(Step::Promote),
        ]
    }

    /// Somebody who is there, in the order in which they came.
    struct Guest {
        ticket: Ticket,
        event: EventId,
        place: ConnectionId,
        /// Whether the place has gone to somebody else.
        sent_away: bool,
    }

    impl Guest {
        fn holder(&self) -> Option<Uuid> {
            self.ticket.holder.as_deref().copied()
        }
    }

    proptest! {
        #[test]
        fn what_fits_leaves_room_for_the_places_that_are_kept(all in 17usize..200_000) {
            let most = Bounds::within(NonZeroUsize::new(all).unwrap());
            prop_assert!(Bounds::of(most).all() <= all);
            prop_assert!(all < 400 || most.get() >= all * 9 / 10);
        }

        #[test]
        fn bounds_hold_and_only_the_last_of_a_lower_rank_or_of_who_has_more_leaves(
            most in 1usize..12, kept in 0usize..4, onlookers in 1usize..5, of_event in 1usize..4, of_holder in 1usize..6,
            steps in prop::collection::vec(step(), 0..200),
        ) {
            let bounds = Bounds { most, kept, onlookers, onlookers_of_event: of_event, of_holder };
            let mut places = Places::new(bounds);
            let mut guests: Vec<Guest> = Vec::new();
            for (n, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Enter { event: e, rank, holder } => {
                        let newcomer = if rank == Rank::Invited { Newcomer::Invited(Uuid::from_u128(holder)) } else { Newcomer::Other(rank) };
                        let place = place(n as u32);
                        let seated = |rank| guests.iter().filter(move |guest| !guest.sent_away && guest.ticket.rank == rank);
                        let lowest = [Rank::Onlooker, Rank::Joined].into_iter().find_map(|rank| seated(rank).next_back());
                        let lowest = lowest.map(|guest| (guest.ticket.rank, guest.place));
                        let before = places.taken();
                        match places.enter(event(e), newcomer, place) {
                            Ok((ticket, None)) => {
                                let free = if ticket.rank == Rank::Invited { bounds.all() } else { most };
                                prop_assert!(before < free);
                                guests.push(Guest { ticket, event: event(e), place, sent_away: false });
                            }
                            Ok((ticket, Some(leaves))) => {
                                prop_assert!(before >= most);
                                let of = |holder: Option<Uuid>| {
                                    let theirs = move |guest: &&Guest| !guest.sent_away && guest.holder() == holder;
                                    guests.iter().filter(theirs).map(|guest| guest.place)
                                };
                                if let Some((lower, last)) = lowest {
                                    prop_assert!(lower < ticket.rank);
                                    prop_assert_eq!(last, leaves);
                                } else {
                                    prop_assert_eq!((ticket.rank, before), (Rank::Invited, bounds.all()));
                                    let whose = guests.iter().find(|guest| guest.place == leaves).and_then(Guest::holder);
                                    prop_assert!(of(whose).count() > of(ticket.holder.as_deref().copied()).count() + 1);
                                    prop_assert_eq!(of(whose).next_back(), Some(leaves));
                                }
                                guests.iter_mut().filter(|guest| guest.place == leaves).for_each(|guest| guest.sent_away = true);
                                guests.push(Guest { ticket, event: event(e), place, sent_away: false });
                            }
                            Err(Full) => {
                                let full = before >= if rank == Rank::Invited { bounds.all() } else { most };
                                let looks_on = rank == Rank::Onlooker || rank == Rank::Invited;
                                prop_assert!(looks_on || full && lowest.is_none_or(|(lower, _)| lower >= rank));
                            }
                        }
                    }
                    Step::Leave(index) if !guests.is_empty() => {
                        let guest = guests.remove(index.index(guests.len()));
                        places.leave(&guest.ticket);
                    }
                    Step::Promote(index) if !guests.is_empty() => {
                        let at = index.index(guests.len());
                        places.promote(&mut guests[at].ticket);
                    }
                    Step::Leave(_) | Step::Promote(_) => {}
                }
                let seated: Vec<_> = guests.iter().filter(|guest| !guest.sent_away).collect();
                prop_assert_eq!(places.taken(), seated.len());
                prop_assert!(seated.len() <= bounds.all());
                let look_on = seated.iter().filter(|guest| guest.ticket.rank == Rank::Onlooker);
                prop_assert!(look_on.clone().count() <= onlookers);
                for n in 0..3 {
                    prop_assert!(look_on.clone().filter(|guest| guest.event == event(n)).count() <= of_event);
                }
            }
            guests.iter().for_each(|guest| places.leave(&guest.ticket));
            prop_assert_eq!(places.taken, 0);
            prop_assert!(places.onlookers_of.is_empty() && places.holders.is_empty());
        }
    }
}
