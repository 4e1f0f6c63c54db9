//! Counting answers.
//!
//! A tally is kept by adding and taking away answers, and is the same, whatever the order, as counting all current
//! answers from nothing: a node keeps it up to date by changes alone and recounts only where it missed one.

use std::collections::BTreeMap;

use parterre_protocol::{Answer, OptionId, Question, readings::Verdicts, topics};

use super::{
    activity::holds_anything, room_test_summary::RoomTestSummary, word_counts::WordCounts, wording::Screening,
};

/// The counts of one activity's current answers in its current round.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// How many participants have an answer that holds anything.
    pub answered: u32,
    counts: Counts,
}

#[derive(Clone, Debug, PartialEq)]
enum Counts {
    Choice { counts: BTreeMap<OptionId, u32>, allows_other: bool, others: u32, texts: WordCounts },
    Words(WordCounts),
    Readings(RoomTestSummary),
}

/// How much of a tally is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultLimits {
    /// The most words.
    pub words: usize,
    /// The most texts of "other" options.
    pub others: usize,
}

impl Tally {
    /// The tally of no answers.
    pub fn empty(question: &Question) -> Self {
        let counts = match question {
            Question::Choice(poll) => Counts::Choice {
                counts: poll.options.iter().map(|option| (option.id, 0)).collect(),
                allows_other: poll.other,
                others: 0,
                texts: WordCounts::default(),
            },
            Question::Words(_) => Counts::Words(WordCounts::default()),
            Question::Readings(_) => Counts::Readings(RoomTestSummary::default()),
        };
        Self { answered: 0, counts }
    }

    /// The same with the words that are hidden or merged by this; what counts no words stays as it is.
    #[must_use]
    pub fn screened(mut self, screening: &Screening) -> Self {
        self.screen(screening);
        self
    }

    /// Has this decide from now on which words are shown. With the same filter as before it costs what there are decisions.
    pub fn screen(&mut self, screening: &Screening) {
        match &mut self.counts {
            Counts::Choice { allows_other: true, texts: words, .. } | Counts::Words(words) => words.screen(screening),
            Counts::Choice { .. } | Counts::Readings(_) => {}
        }
    }

    /// What decides which words are shown; none where there are no words.
    pub const fn screening(&self) -> Option<&Screening> {
        match &self.counts {
            Counts::Choice { allows_other: true, texts: words, .. } | Counts::Words(words) => Some(words.screening()),
            Counts::Choice { .. } | Counts::Readings(_) => None,
        }
    }

    /// The words as those see them who moderate, at most so many of each kind; none where there are no words.
    pub fn written(&self, most: usize) -> Option<topics::Written> {
        match &self.counts {
            Counts::Choice { allows_other: true, texts: words, .. } | Counts::Words(words) => Some(words.written(most)),
            Counts::Choice { .. } | Counts::Readings(_) => None,
        }
    }

    /// The tally of these answers.
    pub fn count<'a>(question: &Question, answers: impl IntoIterator<Item = &'a Answer>) -> Self {
        let mut tally = Self::empty(question);
        answers.into_iter().for_each(|answer| tally.add(answer));
        tally
    }

    /// Whether this is a tally of what is asked: a poll may have got other options since it was begun.
    pub fn fits(&self, question: &Question) -> bool {
        match (&self.counts, question) {
            (Counts::Choice { counts, allows_other, .. }, Question::Choice(poll)) => {
                *allows_other == poll.other
                    && counts.len() == poll.options.len()
                    && poll.options.iter().all(|option| counts.contains_key(&option.id))
            }
            (Counts::Words(_), Question::Words(_)) | (Counts::Readings(_), Question::Readings(_)) => true,
            _ => false,
        }
    }

    /// Counts one participant's answer.
    pub fn add(&mut self, answer: &Answer) {
        match (&mut self.counts, answer) {
            (Counts::Choice { counts, others, texts, .. }, Answer::Choice(choice)) => {
                // An option that was deleted since is not counted.
                choice.options.iter().for_each(|id| counts.get_mut(id).into_iter().for_each(|count| *count += 1));
                choice.other.iter().for_each(|other| texts.add(other));
                *others += u32::from(choice.other.is_some());
            }
            (Counts::Words(counts), Answer::Words(words)) => words.words.iter().for_each(|word| counts.add(word)),
            (Counts::Readings(gathered), Answer::Readings(readings)) => gathered.add(readings),
            // An activity's kind never changes, so an answer of another kind is never stored.
            _ => return,
        }
        self.answered += u32::from(holds_anything(answer));
    }

    /// Takes away an answer that was counted.
    pub fn remove(&mut self, answer: &Answer) {
        let less = |count: &mut u32| *count = count.saturating_sub(1);
        match (&mut self.counts, answer) {
            (Counts::Choice { counts, others, texts, .. }, Answer::Choice(choice)) => {
                choice.options.iter().for_each(|id| counts.get_mut(id).into_iter().for_each(less));
                if let Some(other) = &choice.other {
                    texts.remove(other);
                    less(others);
                }
            }
            (Counts::Words(counts), Answer::Words(words)) => words.words.iter().for_each(|word| counts.remove(word)),
            (Counts::Readings(gathered), Answer::Readings(readings)) => gathered.remove(readings),
            _ => return,
        }
        if holds_anything(answer) {
            less(&mut self.answered);
        }
    }

    /// How readings are; none of another kind.
    pub fn verdicts(&self) -> Option<Verdicts> {
        match &self.counts {
            Counts::Readings(gathered) => Some(gathered.verdicts()),
            Counts::Choice { .. } | Counts::Words(_) => None,
        }
    }

    /// The tally as a topic shows it.
    pub fn view(&self, shown: ResultLimits) -> topics::Tally {
        match &self.counts {
            Counts::Choice { counts, allows_other, others, texts } => topics::Tally::Choice {
                counts: counts.clone(),
                other: allows_other.then_some(*others),
                texts: (*allows_other && shown.others > 0).then(|| texts.most_frequent(shown.others)),
            },
            Counts::Words(counts) => {
                topics::Tally::Words { distinct: counts.distinct(), words: counts.most_frequent(shown.words) }
            }
            Counts::Readings(gathered) => topics::Tally::Readings(gathered.board()),
        }
    }
}

#[cfg(test)]
mod tests {
    use parterre_protocol::{Choice, ChoicePoll, WordCloud, Words, activity::PollOption};
    use proptest::prelude::*;

    use super::*;

    const ALL: ResultLimits = ResultLimits { words: 100, others: 100 };

    fn poll() -> Question {
        let options = (1..=3).map(|id| PollOption { id, text: id.to_string() }).collect();
        Question::Choice(ChoicePoll { title: "?".to_owned(), options, min: 1, max: 4, other: true, changeable: true })
    }

    fn cloud() -> Question {
        Question::Words(WordCloud { title: "?".to_owned(), words_per_person: 3 })
    }

    fn any_choice() -> impl Strategy<Value = Answer> {
        (prop::collection::btree_set(1..=4u16, 0..4), prop::option::of("[ab]{1,2}"))
            .prop_map(|(options, other)| Answer::Choice(Choice { options: options.into_iter().collect(), other }))
    }

    fn any_words() -> impl Strategy<Value = Answer> {
        prop::collection::btree_set("[aAéÉ]{1,2}", 0..3)
            .prop_map(|words| Answer::Words(Words { words: words.into_iter().collect() }))
    }

    fn changes_equal_recount(question: &Question, answers: &[(u8, Answer)]) {
        let (mut tally, mut current) = (Tally::empty(question), BTreeMap::new());
        for (who, answer) in answers {
            if let Some(before) = current.insert(who, answer) {
                tally.remove(before);
            }
            tally.add(answer);
        }
        assert_eq!(tally, Tally::count(question, current.into_values()));
    }

    proptest! {
        #[test]
        fn a_poll_kept_by_changes_equals_a_recount(answers in prop::collection::vec((0..6u8, any_choice()), 0..40)) {
            changes_equal_recount(&poll(), &answers);
        }

        #[test]
        fn a_cloud_kept_by_changes_equals_a_recount(answers in prop::collection::vec((0..6u8, any_words()), 0..40)) {
            changes_equal_recount(&cloud(), &answers);
        }
    }

    #[test]
    fn a_tally_fits_its_poll_until_the_options_are_others() {
        let (tally, mut reworded, mut longer) = (Tally::empty(&poll()), poll(), poll());
        if let (Question::Choice(reworded), Question::Choice(longer)) = (&mut reworded, &mut longer) {
            reworded.options[0].text = "One".to_owned();
            longer.options.push(PollOption { id: 9, text: "Nine".to_owned() });
        }
        assert!(tally.fits(&reworded));
        assert!(!tally.fits(&longer));
        assert!(!tally.fits(&cloud()));
    }

    #[test]
    fn spellings_merge_under_the_most_frequent() {
        let answers: Vec<_> = ["Mer", "mer", "mer", "été", "ete"]
            .map(|word| Answer::Words(Words { words: vec![word.to_owned()] }))
            .into();
        let topics::Tally::Words { words, distinct } = Tally::count(&cloud(), &answers).view(ALL) else {
            panic!("words")
        };
        assert_eq!(words, BTreeMap::from([("mer".to_owned(), 3), ("été".to_owned(), 1), ("ete".to_owned(), 1)]));
        assert_eq!(distinct, 3);
    }

    #[test]
    fn every_option_is_there_and_own_texts_only_when_asked_for() {
        let answer = Answer::Choice(Choice { options: vec![2], other: Some("Train".to_owned()) });
        let tally = Tally::count(&poll(), [&answer]);
        let topics::Tally::Choice { counts, other, texts } = tally.view(ResultLimits { words: 0, others: 0 }) else {
            panic!("choice")
        };
        assert_eq!((counts, other, texts), (BTreeMap::from([(1, 0), (2, 1), (3, 0)]), Some(1), None));
    }
}
