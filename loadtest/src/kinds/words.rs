//! Word clouds: words that are few, and already in the form in which they are merged.

use parterre_protocol::{WordCloud, Words, WordsTally};

use super::{Counts, Sample};

/// Words that phones send: few enough that every one is shown to everybody.
const WORDS: [&str; 12] =
    ["sun", "sea", "rain", "tulip", "bread", "light", "music", "friends", "coffee", "river", "bicycle", "winter"];

/// The word cloud.
pub(super) enum Kind {}

impl Sample for Kind {
    type Answer = Words;
    type Settings = WordCloud;
    type Tally = WordsTally;

    fn answer(rng: &mut fastrand::Rng, cloud: &WordCloud) -> Words {
        let words = rng.choose_multiple(WORDS, cloud.words_per_person.into());
        Words { words: words.into_iter().map(str::to_owned).collect() }
    }

    fn blank() -> Option<Words> {
        Some(Words::default())
    }

    fn parts(answer: &Words) -> Vec<String> {
        answer.words.clone()
    }

    fn tally(_: &WordCloud, counts: Counts) -> WordsTally {
        WordsTally { distinct: counts.len() as u32, words: counts }
    }

    fn counts(tally: &WordsTally) -> Counts {
        tally.words.clone()
    }
}
