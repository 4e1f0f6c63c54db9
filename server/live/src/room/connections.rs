//! Which connections each participant has on this node, and how many of those who are here have
//! answered what is on stage.

use std::collections::{HashMap, HashSet};

use parterre_protocol::{ActivityId, ParticipantId, limits::CONNECTIONS_PER_DEVICE, topics::RespondentsHere};

use crate::workers::ConnectionId;

/// The participants' connections of one room. Nearly everyone has one, so one takes no list.
#[derive(Debug, Default)]
pub struct ConnectionsByParticipant {
    by_participant: HashMap<ParticipantId, Connections>,
    /// Who came with a first connection or left with the last since this was last asked; none where
    /// nobody asks. Which of both is seen when it is asked: whoever did both counts as what they
    /// are then.
    changed: Option<HashSet<ParticipantId>>,
    /// Who has answered what is on stage, whether they are here or not.
    answerers: HashSet<ParticipantId>,
    /// The activity and the round that these have answered.
    answering: Option<(ActivityId, u32)>,
    /// How many of them are here.
    respondents: usize,
}

#[derive(Debug)]
enum Connections {
    One(ConnectionId),
    Many(Vec<ConnectionId>),
}

impl ConnectionsByParticipant {
    /// No connections. `gathers`: notes who comes and leaves, for somebody who asks.
    pub fn new(gathers: bool) -> Self {
        Self { changed: gathers.then(HashSet::new), ..Self::default() }
    }

    /// Seats a connection. Returns the oldest one where that makes more than a device may have.
    pub fn add(&mut self, participant: ParticipantId, id: ConnectionId) -> Option<ConnectionId> {
        let Some(held) = self.by_participant.get_mut(&participant) else {
            self.by_participant.insert(participant, Connections::One(id));
            self.respondents += usize::from(self.answerers.contains(&participant));
            self.note(participant);
            return None;
        };
        let mut ids = held.ids().to_vec();
        ids.push(id);
        let oldest = (ids.len() > CONNECTIONS_PER_DEVICE).then(|| ids.remove(0));
        *held = Connections::Many(ids);
        oldest
    }

    /// Takes a connection away.
    pub fn leave(&mut self, participant: ParticipantId, id: ConnectionId) {
        let Some(held) = self.by_participant.get_mut(&participant) else { return };
        let rest: Vec<ConnectionId> = held.ids().iter().copied().filter(|other| *other != id).collect();
        match rest[..] {
            [] => {
                self.by_participant.remove(&participant);
                self.respondents -= usize::from(self.answerers.contains(&participant));
                self.note(participant);
            }
            [only] => *held = Connections::One(only),
            _ => *held = Connections::Many(rest),
        }
    }

    /// The participant's connections, oldest first.
    pub fn connections(&self, participant: ParticipantId) -> &[ConnectionId] {
        self.by_participant.get(&participant).map_or(&[], Connections::ids)
    }

    /// How many participants are connected.
    pub fn people(&self) -> usize {
        self.by_participant.len()
    }

    /// Everyone who is connected.
    pub fn everyone(&self) -> impl Iterator<Item = ParticipantId> {
        self.by_participant.keys().copied()
    }

    /// Something is on stage, and these have answered it; without them those who had, if it is what
    /// was there before.
    pub fn stage(&mut self, answering: Option<(ActivityId, u32)>, answerers: Option<Vec<ParticipantId>>) {
        if answerers.is_none() && answering == self.answering {
            return;
        }
        self.answering = answering;
        self.answerers = answerers.unwrap_or_default().into_iter().collect();
        self.respondents = self.answerers.iter().filter(|who| self.by_participant.contains_key(who)).count();
    }

    /// Somebody has answered what is on stage, or taken back what they had said.
    pub fn answer(&mut self, participant: ParticipantId, counts: bool) {
        let (here, set) = (usize::from(self.by_participant.contains_key(&participant)), &mut self.answerers);
        if counts && set.insert(participant) {
            self.respondents += here;
        } else if !counts && set.remove(&participant) {
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
    pub fn restore_changed(&mut self, taken: impl IntoIterator<Item = ParticipantId>) {
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

impl Connections {
    fn ids(&self) -> &[ConnectionId] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Many(ids) => ids,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn people_are_counted_once_and_the_ninth_connection_takes_the_place_of_the_oldest() {
        let (mut connections, who) = (ConnectionsByParticipant::default(), ParticipantId::new(Uuid::nil()));
        let place = |key| ConnectionId { worker: 0, key, generation: key };
        for key in 0..CONNECTIONS_PER_DEVICE as u32 {
            assert_eq!(connections.add(who, place(key)), None);
        }
        assert_eq!(connections.add(who, place(99)), Some(place(0)));
        assert_eq!(connections.people(), 1);
        connections.leave(who, place(0));
        for key in 1..CONNECTIONS_PER_DEVICE as u32 {
            connections.leave(who, place(key));
        }
        assert_eq!(connections.connections(who), [place(99)]);
        connections.leave(who, place(99));
        assert_eq!(connections.people(), 0);
        assert!(connections.take_changed().is_empty(), "nobody asks, so nothing is kept");
    }

    #[test]
    fn of_those_who_have_answered_those_count_who_are_here() {
        let [stays, leaves, silent, away] = [1, 2, 3, 4].map(|n| ParticipantId::new(Uuid::from_bytes([n; 16])));
        let (activity, place) = (ActivityId::new(Uuid::nil()), |key| ConnectionId { worker: 0, key, generation: key });
        let mut connections = ConnectionsByParticipant::default();
        assert_eq!(connections.respondents(), None, "nothing is on stage");
        for (key, who) in [(1, stays), (2, leaves), (3, silent), (4, stays)] {
            connections.add(who, place(key));
        }
        connections.stage(Some((activity, 1)), Some(vec![stays, away]));
        let count = |connections: &ConnectionsByParticipant| connections.respondents().unwrap().count;
        assert_eq!(count(&connections), 1);
        for _ in 0..2 {
            connections.answer(leaves, true);
            assert_eq!(count(&connections), 2, "once, however often they change their mind");
        }
        connections.leave(leaves, place(2));
        connections.leave(stays, place(4));
        assert_eq!(count(&connections), 1, "who has another tab is still here");
        connections.add(away, place(5));
        assert_eq!(count(&connections), 2, "who answered before they came");
        connections.answer(away, false);
        connections.answer(silent, false);
        assert_eq!(count(&connections), 1);
        connections.stage(Some((activity, 1)), None);
        assert_eq!(count(&connections), 1, "the same as before");
        connections.stage(Some((activity, 2)), None);
        assert_eq!(connections.respondents(), Some(RespondentsHere { activity, round: 2, count: 0 }));
        connections.answer(stays, true);
        connections.stage(None, None);
        assert_eq!(connections.respondents(), None);
    }

    #[test]
    fn who_came_or_left_is_told_once_and_again_when_it_is_given_back() {
        let [here, gone, tabs] = [1, 2, 3].map(|n| ParticipantId::new(Uuid::from_bytes([n; 16])));
        let mut connections = ConnectionsByParticipant::new(true);
        let place = |key| ConnectionId { worker: 0, key, generation: key };
        connections.add(here, place(1));
        connections.add(gone, place(2));
        connections.leave(gone, place(2));
        connections.add(tabs, place(3));
        assert_eq!(connections.take_changed(), HashSet::from([here, gone, tabs]));
        assert!(connections.take_changed().is_empty());
        connections.add(tabs, place(4));
        connections.leave(tabs, place(3));
        assert!(connections.take_changed().is_empty(), "neither a first connection nor the last");
        connections.leave(here, place(1));
        let taken = connections.take_changed();
        connections.leave(tabs, place(4));
        connections.restore_changed(taken);
        assert_eq!(connections.take_changed(), HashSet::from([here, tabs]));
        assert_eq!(connections.people(), 0);
    }
}
