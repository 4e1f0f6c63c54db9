//! Which connections each participant has on this node, and how many of those who are here have answered what is on stage.

use std::collections::{HashMap, HashSet};

use parterre_protocol::{ActivityId, ParticipantId, limits::CONNECTIONS_PER_DEVICE, topics::RespondentsHere};

/// Where a connection is: the worker that owns it, and its place there. The generation tells it from a later
/// connection at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    /// The worker's index in the hub.
    pub worker: u16,
    /// The connection's key within the worker.
    pub key: u32,
    /// Counts the connections of the worker.
    pub generation: u32,
}

/// The participants' connections of one room. Nearly everyone has one, so one takes no list.
#[derive(Debug, Default)]
pub struct ConnectionsByParticipant {
    seats: HashMap<ParticipantId, Seat>,
    /// Who came with a first connection or left with the last since this was last asked; none where nobody asks. Which
    /// of both is seen when it is asked: whoever did both counts as what they are then.
    changed: Option<HashSet<ParticipantId>>,
    /// Who has answered what is on stage, whether they are here or not.
    answerers: HashSet<ParticipantId>,
    /// The activity and the round that these have answered.
    answering: Option<(ActivityId, u32)>,
    /// How many of them are here.
    respondents: usize,
}

#[derive(Debug)]
enum Seat {
    One(ConnectionId),
    Many(Vec<ConnectionId>),
}

impl ConnectionsByParticipant {
    /// No connections. `gathers`: notes who comes and leaves, for somebody who asks.
    pub fn new(gathers: bool) -> Self {
        Self { changed: gathers.then(HashSet::new), ..Self::default() }
    }

    /// Seats a connection. Returns the oldest one where that makes more than a device may have.
    pub fn add(&mut self, participant: ParticipantId, place: ConnectionId) -> Option<ConnectionId> {
        let Some(seat) = self.seats.get_mut(&participant) else {
            self.seats.insert(participant, Seat::One(place));
            self.respondents += usize::from(self.answerers.contains(&participant));
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
    pub fn leave(&mut self, participant: ParticipantId, place: ConnectionId) {
        let Some(seat) = self.seats.get_mut(&participant) else { return };
        let rest: Vec<ConnectionId> = seat.places().iter().copied().filter(|other| *other != place).collect();
        match rest[..] {
            [] => {
                self.seats.remove(&participant);
                self.respondents -= usize::from(self.answerers.contains(&participant));
                self.note(participant);
            }
            [only] => *seat = Seat::One(only),
            _ => *seat = Seat::Many(rest),
        }
    }

    /// The participant's connections, oldest first.
    pub fn connections(&self, participant: ParticipantId) -> &[ConnectionId] {
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

    /// Something is on stage, and these have answered it; without them those who had, if it is what was there before.
    pub fn stage(&mut self, answering: Option<(ActivityId, u32)>, answerers: Option<Vec<ParticipantId>>) {
        if answerers.is_none() && answering == self.answering {
            return;
        }
        self.answering = answering;
        self.answerers = answerers.unwrap_or_default().into_iter().collect();
        self.respondents = self.answerers.iter().filter(|who| self.seats.contains_key(who)).count();
    }

    /// Somebody has answered what is on stage, or taken back what they had said.
    pub fn answer(&mut self, participant: ParticipantId, holds_anything: bool) {
        let (here, set) = (usize::from(self.seats.contains_key(&participant)), &mut self.answerers);
        if holds_anything && set.insert(participant) {
            self.respondents += here;
        } else if !holds_anything && set.remove(&participant) {
            self.respondents -= here;
        }
    }

    /// How many of those who are connected have answered what is on stage.
    pub fn respondents(&self) -> Option<RespondentsHere> {
        self.answering.map(|(activity, round)| RespondentsHere { activity, round, count: self.respondents as u32 })
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
    fn places(&self) -> &[ConnectionId] {
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
        let (mut seats, who) = (ConnectionsByParticipant::default(), ParticipantId::new(Uuid::nil()));
        let place = |key| ConnectionId { worker: 0, key, generation: key };
        for key in 0..CONNECTIONS_PER_DEVICE as u32 {
            assert_eq!(seats.add(who, place(key)), None);
        }
        assert_eq!(seats.add(who, place(99)), Some(place(0)));
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
    fn of_those_who_have_answered_those_count_who_are_here() {
        let [stays, leaves, silent, away] = [1, 2, 3, 4].map(|n| ParticipantId::new(Uuid::from_bytes([n; 16])));
        let (activity, place) = (ActivityId::new(Uuid::nil()), |key| ConnectionId { worker: 0, key, generation: key });
        let mut seats = ConnectionsByParticipant::default();
        assert_eq!(seats.respondents(), None, "nothing is on stage");
        for (key, who) in [(1, stays), (2, leaves), (3, silent), (4, stays)] {
            seats.add(who, place(key));
        }
        seats.stage(Some((activity, 1)), Some(vec![stays, away]));
        let count = |seats: &ConnectionsByParticipant| seats.respondents().unwrap().count;
        assert_eq!(count(&seats), 1);
        for _ in 0..2 {
            seats.answer(leaves, true);
            assert_eq!(count(&seats), 2, "once, however often they change their mind");
        }
        seats.leave(leaves, place(2));
        seats.leave(stays, place(4));
        assert_eq!(count(&seats), 1, "who has another tab is still here");
        seats.add(away, place(5));
        assert_eq!(count(&seats), 2, "who answered before they came");
        seats.answer(away, false);
        seats.answer(silent, false);
        assert_eq!(count(&seats), 1);
        seats.stage(Some((activity, 1)), None);
        assert_eq!(count(&seats), 1, "the same as before");
        seats.stage(Some((activity, 2)), None);
        assert_eq!(seats.respondents(), Some(RespondentsHere { activity, round: 2, count: 0 }));
        seats.answer(stays, true);
        seats.stage(None, None);
        assert_eq!(seats.respondents(), None);
    }

    #[test]
    fn who_came_or_left_is_told_once_and_again_when_it_is_given_back() {
        let [here, gone, tabs] = [1, 2, 3].map(|n| ParticipantId::new(Uuid::from_bytes([n; 16])));
        let mut seats = ConnectionsByParticipant::new(true);
        let place = |key| ConnectionId { worker: 0, key, generation: key };
        seats.add(here, place(1));
        seats.add(gone, place(2));
        seats.leave(gone, place(2));
        seats.add(tabs, place(3));
        assert_eq!(seats.take_changed(), HashSet::from([here, gone, tabs]));
        assert!(seats.take_changed().is_empty());
        seats.add(tabs, place(4));
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
