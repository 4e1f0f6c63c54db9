//! Which connections each participant has on this node.

use std::collections::{HashMap, HashSet};

use parterre_protocol::{ParticipantId, limits::CONNECTIONS_PER_DEVICE};

/// Where a connection is: the worker that owns it, and its place there. The generation tells it from a later
/// connection at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The worker's index in the hub.
    pub worker: u16,
    /// The connection's key within the worker.
    pub key: u32,
    /// Counts the connections of the worker.
    pub generation: u32,
}

/// The participants' connections of one room. Nearly everyone has one, so one takes no list.
#[derive(Debug, Default)]
pub struct Seats {
    seats: HashMap<ParticipantId, Seat>,
    /// Who came with a first connection or left with the last since this was last asked; none where nobody asks. Which
    /// of both is seen when it is asked: whoever did both counts as what they are then.
    changed: Option<HashSet<ParticipantId>>,
}

#[derive(Debug)]
enum Seat {
    One(Place),
    Many(Vec<Place>),
}

impl Seats {
    /// No connections. `gathers`: notes who comes and leaves, for somebody who asks.
    pub fn new(gathers: bool) -> Self {
        Self { seats: HashMap::new(), changed: gathers.then(HashSet::new) }
    }

    /// Seats a connection. Returns the oldest one where that makes more than a device may have.
    pub fn sit(&mut self, participant: ParticipantId, place: Place) -> Option<Place> {
        let Some(seat) = self.seats.get_mut(&participant) else {
            self.seats.insert(participant, Seat::One(place));
            self.note(participant);
            return None;
        };
        let mut places = seat.places().to_vec();
        places.push(place);
        let oldest = (places.len() > CONNECTIONS_PER_DEVICE).then(|| places.remove(0));
        *seat = Seat::Many(places);
        oldest
    }

    /// Takes a connection away.
    pub fn leave(&mut self, participant: ParticipantId, place: Place) {
        let Some(seat) = self.seats.get_mut(&participant) else { return };
        let rest: Vec<Place> = seat.places().iter().copied().filter(|other| *other != place).collect();
        match rest[..] {
            [] => {
                self.seats.remove(&participant);
                self.note(participant);
            }
            [only] => *seat = Seat::One(only),
            _ => *seat = Seat::Many(rest),
        }
    }

    /// The participant's connections, oldest first.
    pub fn connections(&self, participant: ParticipantId) -> &[Place] {
        self.seats.get(&participant).map_or(&[], Seat::places)
    }

    /// How many participants are connected.
    pub fn people(&self) -> usize {
        self.seats.len()
    }

    /// Everyone who is connected.
    pub fn everyone(&self) -> impl Iterator<Item = ParticipantId> {
        self.seats.keys().copied()
    }

    /// Who came or left since this was last asked.
    pub fn take_changed(&mut self) -> HashSet<ParticipantId> {
        self.changed.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Gives back what was taken and came to nothing.
    pub fn give_back(&mut self, taken: impl IntoIterator<Item = ParticipantId>) {
        if let Some(changed) = &mut self.changed {
            changed.extend(taken);
        }
    }

    fn note(&mut self, participant: ParticipantId) {
        if let Some(changed) = &mut self.changed {
            changed.insert(participant);
        }
    }
}

impl Seat {
    fn places(&self) -> &[Place] {
        match self {
            Self::One(place) => std::slice::from_ref(place),
            Self::Many(places) => places,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn people_are_counted_once_and_the_ninth_connection_takes_the_place_of_the_oldest() {
        let (mut seats, who) = (Seats::default(), ParticipantId::new(Uuid::nil()));
        let place = |key| Place { worker: 0, key, generation: key };
        for key in 0..CONNECTIONS_PER_DEVICE as u32 {
            assert_eq!(seats.sit(who, place(key)), None);
        }
        assert_eq!(seats.sit(who, place(99)), Some(place(0)));
        assert_eq!(seats.people(), 1);
        seats.leave(who, place(0));
        for key in 1..CONNECTIONS_PER_DEVICE as u32 {
            seats.leave(who, place(key));
        }
        assert_eq!(seats.connections(who), [place(99)]);
        seats.leave(who, place(99));
        assert_eq!(seats.people(), 0);
        assert!(seats.take_changed().is_empty(), "nobody asks, so nothing is kept");
    }

    #[test]
    fn who_came_or_left_is_told_once_and_again_when_it_is_given_back() {
        let [here, gone, tabs] = [1, 2, 3].map(|n| ParticipantId::new(Uuid::from_bytes([n; 16])));
        let mut seats = Seats::new(true);
        let place = |key| Place { worker: 0, key, generation: key };
        seats.sit(here, place(1));
        seats.sit(gone, place(2));
        seats.leave(gone, place(2));
        seats.sit(tabs, place(3));
        assert_eq!(seats.take_changed(), HashSet::from([here, gone, tabs]));
        assert!(seats.take_changed().is_empty());
        seats.sit(tabs, place(4));
        seats.leave(tabs, place(3));
        assert!(seats.take_changed().is_empty(), "neither a first connection nor the last");
        seats.leave(here, place(1));
        let taken = seats.take_changed();
        seats.leave(tabs, place(4));
        seats.give_back(taken);
        assert_eq!(seats.take_changed(), HashSet::from([here, tabs]));
        assert_eq!(seats.people(), 0);
    }
}
