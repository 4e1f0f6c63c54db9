//! What the load test knows of the kinds of activity: how a person answers, and how answers are
//! counted, independently of the server.
//!
//! A kind is one file here, named by the protocol's registry.

mod choice;
mod open;
mod rating;
mod readings;
mod words;

use std::collections::BTreeMap;

use parterre_protocol::{Answer, PostCommand, Settings, Tally, kinds::ByKind, posts::ActivityRound};

/// Counts by part: by what an answer adds one to, such as an option or a word. None is 0.
pub type Counts = BTreeMap<String, u32>;

/// One kind, as people use it.
trait Sample {
    type Settings: ByKind<Settings>;
    type Answer: ByKind<Answer>;
    type Tally: ByKind<Tally>;

    /// A random answer.
    fn answer(rng: &mut fastrand::Rng, settings: &Self::Settings) -> Self::Answer;

    /// The answer that withdraws an earlier one, if the kind has one.
    fn blank() -> Option<Self::Answer> {
        None
    }

    /// A random post, if people send posts in place of answers.
    fn post(_rng: &mut fastrand::Rng, _to: ActivityRound) -> Option<PostCommand> {
        None
    }

    /// The parts of an answer, each of which adds one to a count.
    fn parts(answer: &Self::Answer) -> Vec<String>;

    /// The tally that shows these counts, without the texts of write-ins.
    fn tally(settings: &Self::Settings, counts: Counts) -> Self::Tally;

    /// The counts that a tally shows.
    fn counts(tally: &Self::Tally) -> Counts;
}

macro_rules! dispatch_to {
    ($($(#[$doc:meta])* $kind:ident($module:ident),)*) => {
        /// A random answer to such a question.
        pub fn random_answer(rng: &mut fastrand::Rng, settings: &Settings) -> Answer {
            match settings {
                $(Settings::$kind(settings) => $module::Kind::answer(rng, settings).into(),)*
            }
        }

        /// The answer that withdraws an earlier one, if the kind has one.
        pub fn blank_answer(settings: &Settings) -> Option<Answer> {
            match settings {
                $(Settings::$kind(_) => $module::Kind::blank().map(Into::into),)*
            }
        }

        /// A random post to such an activity, if people send posts in place of answers.
        pub fn random_post(rng: &mut fastrand::Rng, settings: &Settings, to: ActivityRound) -> Option<PostCommand> {
            match settings {
                $(Settings::$kind(_) => $module::Kind::post(rng, to),)*
            }
        }

        /// The parts of an answer, each of which adds one to a count. A blank answer has none.
        pub fn parts(answer: &Answer) -> Vec<String> {
            match answer {
                $(Answer::$kind(answer) => $module::Kind::parts(answer),)*
            }
        }

        /// The tally that shows these counts, without the texts of write-ins.
        pub fn tally(settings: &Settings, counts: Counts) -> Tally {
            match settings {
                $(Settings::$kind(settings) => $module::Kind::tally(settings, counts).into(),)*
            }
        }

        /// The counts that a tally shows.
        pub fn counts(tally: &Tally) -> Counts {
            match tally {
                $(Tally::$kind(tally) => $module::Kind::counts(tally),)*
            }
        }
    };
}

parterre_protocol::for_each_kind!(dispatch_to);

/// The question as the room reads it.
pub fn title(settings: &Settings) -> String {
    let settings = serde_json::to_value(settings).unwrap_or_default();
    settings["title"].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use parterre_protocol::{
        ActivityId, Choice, ChoiceTally, Rating, TextWall, Words, WordsTally,
        kinds::{choice::PollOption, rating::Scale},
        posts::NamePolicy,
    };

    use super::*;
    use crate::bench::{cloud, poll};

    #[test]
    fn answers_are_counted_by_kind() {
        let counted = |answers: &[Answer]| {
            let mut counts = Counts::new();
            answers.iter().flat_map(parts).for_each(|part| *counts.entry(part).or_default() += 1);
            counts
        };
        let picked = counted(&[Answer::Choice(Choice { options: vec![2], other: None })]);
        let shown = ChoiceTally { counts: BTreeMap::from([(1, 0), (2, 1)]), other: None, texts: None };
        assert_eq!(tally(&poll("Which way?", 2), picked), Tally::Choice(shown));
        let sent = ["mer", "mer", "lac"].map(|word| Answer::Words(Words { words: vec![word.to_owned()] }));
        let words = BTreeMap::from([("mer".to_owned(), 2), ("lac".to_owned(), 1)]);
        let shown = WordsTally { words, distinct: 2 };
        assert_eq!(tally(&cloud("What do you see?"), counted(&sent)), Tally::Words(shown));
    }

    #[test]
    fn the_texts_of_a_wall_are_those_that_people_sent() {
        let mut rng = fastrand::Rng::with_seed(7);
        let (title, names) = ("What should we stop doing?".to_owned(), NamePolicy::Anonymous);
        let wall = TextWall { title, texts_per_person: None, review: false, names }.into();
        let to = ActivityRound { activity: ActivityId::new(uuid::Uuid::nil()), round: 1 };
        let mut counted = Counts::new();
        for _ in 0..50 {
            let Some(PostCommand::Send { text, .. }) = random_post(&mut rng, &wall, to) else { panic!("a text") };
            *counted.entry(text).or_default() += 1;
        }
        let shown = tally(&wall, counted.clone());
        assert_eq!(counts(&shown), counted);
        assert!(parts(&random_answer(&mut rng, &wall)).is_empty(), "nothing is an answer to it");
        assert_eq!(random_post(&mut rng, &poll("Which way?", 2), to), None);
    }

    #[test]
    fn what_is_shown_of_counts_has_these_counts() {
        let mut rng = fastrand::Rng::with_seed(7);
        let statement = |id| PollOption { id, text: format!("Statement {id}") };
        let rating = |scale| {
            let statements = (1..=3).map(statement).collect();
            Rating { title: "Rate it".to_owned(), statements, scale, changeable: true }.into()
        };
        let ratings = [rating(Scale::Stars { points: 10 }), rating(Scale::Nps)];
        for settings in [poll("Which way?", 3), cloud("What do you see?")].into_iter().chain(ratings) {
            let mut counted = Counts::new();
            for _ in 0..50 {
                let parts = parts(&random_answer(&mut rng, &settings));
                assert!(!parts.is_empty());
                parts.into_iter().for_each(|part| *counted.entry(part).or_default() += 1);
            }
            assert_eq!(counts(&tally(&settings, counted.clone())), counted);
            assert!(blank_answer(&settings).is_none_or(|blank| parts(&blank).is_empty()));
        }
    }
}
