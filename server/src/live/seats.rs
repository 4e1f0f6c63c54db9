//! Which connections each participant has on this node.

use std::collections::HashMap;

use parterre_protocol::{ParticipantId, limits::CONNECTIONS_PER_DEVICE};

/// Where a connection is: the worker that owns it, and its place there. The generation tells it from a later
/// connection at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
pub struct Seats(HashMap<ParticipantId, Seat>);

#[derive(Debug)]
enum Seat {
    One(Place),
    Many(Vec<Place>),
}

impl Seats {
    /// Seats a connection. Returns the oldest one where that makes more than a device may have.
    pub fn sit(&mut self, participant: ParticipantId, place: Place) -> Option<Place> {
        let Some(seat) = self.0.get_mut(&participant) else {
            self.0.insert(participant, Seat::One(place));
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
        let Some(seat) = self.0.get_mut(&participant) else { return };
        let rest: Vec<Place> = seat.places().iter().copied().filter(|other| *other != place).collect();
        match rest[..] {
            [] => drop(self.0.remove(&participant)),
            [only] => *seat = Seat::One(only),
            _ => *seat = Seat::Many(rest),
        }
    }

    /// The participant's connections, oldest first.
    pub fn connections(&self, participant: ParticipantId) -> &[Place] {
        self.0.get(&participant).map_or(&[], Seat::places)
    }

    /// How many participants are connected.
    pub fn people(&self) -> usize {
        self.0.len()
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
    }
}
