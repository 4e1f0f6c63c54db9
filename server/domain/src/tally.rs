//! Counting answers.
//!
//! A tally is kept by adding and taking away answers, and is the same, whatever the order, as
//! counting all current answers from nothing: a node keeps it up to date by changes alone and
//! recounts only where it missed one.

use parterre_protocol::{Answer, Settings, Tally, topics::Written};

use super::{
    kinds::{Counts, Entry, ResultLimits, Reveal, is_blank},
    wording::Screening,
};

/// The counts of one activity's current answers in its current round, kept by changes.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningTally {
    /// How many participants have an answer that says something.
    pub respondents: u32,
    counts: Counts,
}

impl RunningTally {
    /// The tally of no answers.
    pub fn empty(settings: &Settings) -> Self {
        Self { respondents: 0, counts: Counts::empty(settings) }
    }

    /// The same with the words that are hidden or merged by this; what counts no words stays as it
    /// is.
    #[must_use]
    pub fn screened(mut self, screening: &Screening) -> Self {
        self.screen(screening);
        self
    }

    /// Has this decide from now on which words are shown. With the same filter as before it costs
    /// what there are decisions.
    pub fn screen(&mut self, screening: &Screening) {
        if let Some(words) = self.counts.words_mut() {
            words.screen(screening);
        }
    }

    /// What decides which words are shown; `None` if there are no words.
    pub fn screening(&self) -> Option<&Screening> {
        Some(self.counts.words()?.screening())
    }

    /// The words as moderators see them, at most this many of each kind; `None` if the activity has
    /// no words.
    pub fn written(&self, most: usize) -> Option<Written> {
        Some(self.counts.words()?.written(most))
    }

    /// The tally of these answers.
    pub fn count<'a>(settings: &Settings, answers: impl IntoIterator<Item = impl Into<Entry<'a, Answer>>>) -> Self {
        let mut tally = Self::empty(settings);
        answers.into_iter().for_each(|answer| tally.add(answer));
        tally
    }

    /// Whether this is a tally of what is asked: a poll may have got other options since it was
    /// begun.
    pub fn fits(&self, settings: &Settings) -> bool {
        self.counts.fits(settings)
    }

    /// Counts one participant's answer.
    pub fn add<'a>(&mut self, answer: impl Into<Entry<'a, Answer>>) {
        let entry = answer.into();
        if self.counts.add(entry) {
            self.respondents += u32::from(!is_blank(entry.answer));
        }
    }

    /// Takes away an answer that was counted.
    pub fn remove<'a>(&mut self, answer: impl Into<Entry<'a, Answer>>) {
        let entry = answer.into();
        if self.counts.remove(entry) {
            self.respondents = self.respondents.saturating_sub(u32::from(!is_blank(entry.answer)));
        }
    }

    /// The tally as a topic shows it.
    pub fn view(&self, limits: ResultLimits, reveal: Reveal) -> Tally {
        self.counts.tally(limits, reveal)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use parterre_protocol::{Choice, ChoicePoll, ChoiceTally, WordCloud, Words, WordsTally, kinds::choice::PollOption};

    use super::*;

    const ALL: ResultLimits = ResultLimits { words: 100, others: 100 };

    fn poll() -> Settings {
        let options = (1..=3).map(|id| PollOption { id, text: id.to_string() }).collect();
        Settings::Choice(ChoicePoll { title: "?".to_owned(), options, min: 1, max: 4, other: true, changeable: true })
    }

    fn cloud() -> Settings {
        Settings::Words(WordCloud { title: "?".to_owned(), words_per_person: 3 })
    }

    #[test]
    fn a_tally_fits_its_poll_until_the_options_are_others() {
        let (tally, mut reworded, mut longer) = (RunningTally::empty(&poll()), poll(), poll());
        if let (Settings::Choice(reworded), Settings::Choice(longer)) = (&mut reworded, &mut longer) {
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
        let Tally::Words(WordsTally { words, distinct }) =
            RunningTally::count(&cloud(), &answers).view(ALL, Reveal::Hidden)
        else {
            panic!("words")
        };
        assert_eq!(words, BTreeMap::from([("mer".to_owned(), 3), ("été".to_owned(), 1), ("ete".to_owned(), 1)]));
        assert_eq!(distinct, 3);
    }

    #[test]
    fn every_option_is_there_and_own_texts_only_when_asked_for() {
        let answer = Answer::Choice(Choice { options: vec![2], other: Some("Train".to_owned()) });
        let tally = RunningTally::count(&poll(), [&answer]);
        let Tally::Choice(ChoiceTally { counts, other, texts }) =
            tally.view(ResultLimits { words: 0, others: 0 }, Reveal::Hidden)
        else {
            panic!("choice")
        };
        assert_eq!((counts, other, texts), (BTreeMap::from([(1, 0), (2, 1), (3, 0)]), Some(1), None));
    }
}
