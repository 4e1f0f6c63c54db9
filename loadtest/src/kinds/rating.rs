//! Ratings: every statement, unevenly.

use parterre_protocol::{Rating, RatingTally, Ratings};

use super::{Counts, Sample};

/// The rating.
pub(super) enum Kind {}

/// The part that a value of a statement adds one to.
fn part(statement: u16, value: usize) -> String {
    format!("{statement}:{value}")
}

impl Sample for Kind {
    type Answer = Ratings;
    type Settings = Rating;
    type Tally = RatingTally;

    fn answer(rng: &mut fastrand::Rng, rating: &Rating) -> Ratings {
        let values = rating.scale.lowest()..=rating.scale.highest();
        // Uneven, so that counts that are mixed up are seen.
        let mut value = || rng.u8(values.clone()).max(rng.u8(values.clone()));
        Ratings { ratings: rating.statements.iter().map(|statement| (statement.id, value())).collect() }
    }

    fn parts(answer: &Ratings) -> Vec<String> {
        answer.ratings.iter().map(|(statement, value)| part(*statement, usize::from(*value))).collect()
    }

    fn tally(rating: &Rating, counts: Counts) -> RatingTally {
        let values = || usize::from(rating.scale.lowest())..=usize::from(rating.scale.highest());
        let counts = &counts;
        let of = |statement: u16| values().map(move |value| counts.get(&part(statement, value)).copied().unwrap_or(0));
        let ids = rating.statements.iter().map(|statement| statement.id);
        RatingTally { counts: ids.map(|id| (id, of(id).collect())).collect() }
    }

    fn counts(tally: &RatingTally) -> Counts {
        let of = |(id, counts): (&u16, &Vec<u32>)| {
            // No scale but that from 0 to 10 has eleven values.
            let lowest = usize::from(counts.len() <= 10);
            let parts = counts.iter().enumerate().map(|(place, count)| (part(*id, lowest + place), *count));
            parts.collect::<Vec<_>>()
        };
        tally.counts.iter().flat_map(of).filter(|(_, count)| *count > 0).collect()
    }
}
