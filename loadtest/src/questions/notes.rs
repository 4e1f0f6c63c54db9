//! What is recorded during a run: every command and receipt, every byte by topic, every count that
//! was shown, and every text that was shown before its publication.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use parterre_protocol::{
    CommandId, Outcome, PostId, Vote,
    topics::{Audience, Topic},
};
use tokio::time::Instant;

use super::{
    record::{Record, RecordedAct},
    secrets::{Reader, Secrets},
};
use crate::{
    crowd::{Message, MessageObserver},
    measure::Delays,
};

/// This many phones record every count that they show.
const WATCHED: usize = 50;

/// The kinds by which received bytes are counted, in this order. The last is HTTP.
pub const KINDS: [&str; 6] = ["posts", "me", "stage", "results", "receipts and the rest", "http"];

/// Bytes by [`KINDS`].
pub type Bytes = [u64; KINDS.len()];

/// The counts that a client showed at one moment.
pub struct Sighting {
    client: usize,
    at: Instant,
    votes: HashMap<PostId, u32>,
}

/// Everything that is recorded.
pub struct Notes {
    /// What everybody did.
    pub record: RefCell<Record>,
    /// Texts that may not be shown.
    pub secrets: RefCell<Secrets>,
    /// What each phone received.
    pub traffic: RefCell<Vec<Bytes>>,
    on_phones: RefCell<Vec<Sighting>>,
    on_screen: RefCell<Vec<Sighting>>,
}

/// Records what clients of one audience receive.
pub struct AudienceObserver {
    of: Audience,
    notes: Rc<Notes>,
}

impl Notes {
    /// Empty notes for this many phones.
    pub fn new(phones: usize) -> Rc<Self> {
        Rc::new(Self {
            record: RefCell::default(),
            secrets: RefCell::default(),
            traffic: RefCell::new(vec![Bytes::default(); phones]),
            on_phones: RefCell::default(),
            on_screen: RefCell::default(),
        })
    }

    /// An observer of clients of this audience.
    pub fn observer(self: &Rc<Self>, of: Audience) -> Rc<AudienceObserver> {
        Rc::new(AudienceObserver { of, notes: self.clone() })
    }

    /// Records a response over HTTP that everybody in the room may read.
    pub fn fetched(&self, phone: usize, body: &[u8]) {
        self.traffic.borrow_mut()[phone][KINDS.len() - 1] += body.len() as u64;
        self.secrets.borrow_mut().inspect(Reader::Room, &String::from_utf8_lossy(body));
    }

    /// From the receipt of a vote until a screen, and until phones, showed it counted.
    pub fn delays(&self) -> (Delays, Delays) {
        let votes = plain_votes(&self.record.borrow());
        (count_delays(&votes, &self.on_screen.borrow()), count_delays(&votes, &self.on_phones.borrow()))
    }

    /// The times to the receipts of acts on at least this many posts.
    pub fn bulk_receipts(&self, posts: usize) -> Delays {
        let mut delays = Delays::default();
        for entry in self.record.borrow().entries() {
            if let RecordedAct::Act { publishes, .. } = &entry.deed
                && publishes.len() >= posts
                && let Some((_, at)) = &entry.receipt
            {
                delays.record(at.saturating_duration_since(entry.made));
            }
        }
        delays
    }

    fn see(&self, of: Audience, message: &Message<'_>) {
        let (sightings, watched) = match of {
            Audience::Screen => (&self.on_screen, true),
            Audience::Phone => {
                let every = (self.traffic.borrow().len() / WATCHED).max(1);
                (&self.on_phones, message.client.is_multiple_of(every))
            }
            _ => return,
        };
        if let Some(posts) = message.held.posts().filter(|_| watched) {
            let votes = posts.posts.into_iter().map(|(post, it)| (post, it.votes)).collect();
            sightings.borrow_mut().push(Sighting { client: message.client, at: Instant::now(), votes });
        }
    }
}

impl MessageObserver for AudienceObserver {
    fn message(&self, message: &Message<'_>) {
        let Message { client, text, topic, bytes, .. } = *message;
        let reader = match (self.of, topic) {
            (Audience::Phone, Some(Topic::Me)) => Reader::Author(client),
            (Audience::Phone | Audience::Screen, _) => Reader::Room,
            _ => return,
        };
        self.notes.secrets.borrow_mut().inspect(reader, text);
        if self.of == Audience::Phone {
            let kind = match topic {
                Some(Topic::Posts) => 0,
                Some(Topic::Me) => 1,
                Some(Topic::Stage) => 2,
                Some(Topic::Results) => 3,
                Some(Topic::Presence | Topic::Moderation) | None => 4,
            };
            self.notes.traffic.borrow_mut()[client][kind] += bytes;
        }
        if topic == Some(Topic::Posts) {
            self.notes.see(self.of, message);
        }
    }

    fn receipt(&self, cid: CommandId, outcome: &Outcome) {
        let mut record = self.notes.record.borrow_mut();
        if let Some(entry) = record.settled(cid, outcome)
            && let RecordedAct::Act { publishes, .. } = &entry.deed
        {
            let done = entry.stored_at().is_some();
            let mut secrets = self.notes.secrets.borrow_mut();
            publishes.iter().for_each(|token| secrets.settled(*token, done));
        }
    }
}

/// When the receipts of the votes on each question arrived, in order. Only for questions that were
/// never merged and on which everybody voted once, so that their counts only grow, one by one.
fn plain_votes(record: &Record) -> HashMap<PostId, Vec<Instant>> {
    let merged = record.merged();
    let mut votes: HashMap<_, Vec<_>> = HashMap::new();
    for (_, entry) in record.stored() {
        if let RecordedAct::Vote { post, vote: Vote::Up } = entry.deed
            && is_plain(post)
            && !merged.contains(&post)
            && let Some((_, at)) = entry.receipt
        {
            votes.entry(post).or_default().push(at);
        }
    }
    votes.values_mut().for_each(|receipts| receipts.sort_unstable());
    votes
}

/// Whether everybody votes once on this question and moderators never merge it, so that delays can
/// be derived from its count.
pub const fn is_plain(post: PostId) -> bool {
    post.number().is_multiple_of(2)
}

/// For each vote by which a count grew, the time since that many receipts had arrived. A question
/// that was not in the client's previous frame has no count to compare with.
fn count_delays(votes: &HashMap<PostId, Vec<Instant>>, sightings: &[Sighting]) -> Delays {
    let mut delays = Delays::default();
    let mut held = HashMap::<usize, &HashMap<PostId, u32>>::new();
    for Sighting { client, at, votes: now } in sightings {
        let before = held.insert(*client, now);
        for (post, count) in now {
            let Some((before, receipts)) = before.and_then(|before| before.get(post)).zip(votes.get(post)) else {
                continue;
            };
            // The first vote is the author's own.
            for voted in (*before..*count).filter_map(|counted| receipts.get((counted as usize).checked_sub(1)?)) {
                delays.record(at.saturating_duration_since(*voted));
            }
        }
    }
    delays
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_vote_is_seen_when_the_count_holds_as_many_as_had_receipts() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let post = PostId::new(2);
        let votes = HashMap::from([(post, vec![at(10), at(20), at(30)])]);
        let seen = |client, ms, count| Sighting { client, at: at(ms), votes: HashMap::from([(post, count)]) };
        // The first frame is not counted: the question may have entered the window with its votes.
        let sightings = [seen(0, 25, 2), seen(1, 70, 4), seen(0, 50, 3), seen(0, 60, 4)];
        let delays = count_delays(&votes, &sightings).percentiles().unwrap();
        assert_eq!(delays.count, 2);
        assert!((delays.max - 30.0).abs() < 0.1, "{delays}");
    }
}
