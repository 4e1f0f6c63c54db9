//! Choice polls: one option, unevenly.

use parterre_protocol::{Choice, ChoicePoll, ChoiceTally};

use super::{Counts, Sample};

/// The part that a write-in adds one to.
const OTHER: &str = "other";

/// The choice poll.
pub(super) enum Kind {}

impl Sample for Kind {
    type Answer = Choice;
    type Settings = ChoicePoll;
    type Tally = ChoiceTally;

    fn answer(rng: &mut fastrand::Rng, poll: &ChoicePoll) -> Choice {
        // Uneven, so that counts that are mixed up are seen.
        let place = rng.usize(0..poll.options.len()).min(rng.usize(0..poll.options.len()));
        Choice { options: vec![poll.options[place].id], other: None }
    }

    fn parts(choice: &Choice) -> Vec<String> {
        let options = choice.options.iter().map(ToString::to_string);
        options.chain(choice.other.iter().map(|_| OTHER.to_owned())).collect()
    }

    fn tally(poll: &ChoicePoll, mut counts: Counts) -> ChoiceTally {
        let other = counts.remove(OTHER).unwrap_or_default();
        let count = |id: u16| counts.get(&id.to_string()).copied().unwrap_or_default();
        ChoiceTally {
            counts: poll.options.iter().map(|option| (option.id, count(option.id))).collect(),
            other: poll.other.then_some(other),
            texts: None,
        }
    }

    fn counts(tally: &ChoiceTally) -> Counts {
        let options = tally.counts.iter().map(|(id, count)| (id.to_string(), *count));
        let others = tally.other.map(|count| (OTHER.to_owned(), count));
        options.chain(others).filter(|(_, count)| *count > 0).collect()
    }
}
