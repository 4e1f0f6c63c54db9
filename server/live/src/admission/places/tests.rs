//! Who gets a place, and who has to leave for it.

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
