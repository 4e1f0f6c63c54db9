//! How a question changed while people were answering it. Every visible change is a new version,
//! and an answer names the version it was made for: it counts for the current question if it still
//! means the same, and is refused otherwise.

use std::collections::{BTreeMap, BTreeSet};

use parterre_protocol::{Answer, OptionId, PromptVersion, Settings, kinds::choice::PollOption};
use serde::{Deserialize, Serialize};

use super::{note_change, parts_are_the_same, title};

/// The version that every question has first.
const FIRST: PromptVersion = PromptVersion::FIRST;

/// Options that are gone whose ids are remembered: many times as many as a question has.
const REMEMBERED: usize = 1_000;

/// The versions of one activity's question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The one that is shown.
    #[serde(default)]
    pub current: PromptVersion,
    /// Since which one it asks what it asks.
    #[serde(default)]
    title: PromptVersion,
    /// Since which one these options have said what they say, or not been there. Of the others:
    /// from the first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    options: BTreeMap<OptionId, PromptVersion>,
}

impl Default for Versions {
    fn default() -> Self {
        Self { current: FIRST, title: FIRST, options: BTreeMap::new() }
    }
}

impl Versions {
    /// The versions with a changed question, and the question as it is kept: an option that was not
    /// there before gets an id that none has ever had, whatever id it came with, so that it takes
    /// over no answers. `None` where nothing changes.
    pub fn with(&self, before: &Settings, mut after: Settings) -> Option<(Self, Settings)> {
        if *before == after {
            return None;
        }
        let mut versions = self.clone();
        versions.current = self.current.next();
        if title(before) != title(&after) {
            versions.title = versions.current;
        }
        note_change(&mut versions, before, &mut after);
        Some((versions, after))
    }

    /// Notes which options say something else than before, are gone, or are there for the first
    /// time, which gives them ids.
    pub fn change_options(&mut self, before: &[PollOption], after: &mut [PollOption]) {
        let known = |id: OptionId| before.iter().find(|option| option.id == id);
        for gone in before {
            if !after.iter().any(|option| option.id == gone.id) {
                self.options.insert(gone.id, self.current);
            }
        }
        let ids = before.iter().chain(&*after).map(|option| option.id);
        let used: BTreeSet<_> = ids.chain(self.options.keys().copied()).collect();
        let mut free = (1..=OptionId::MAX).filter(|id| !used.contains(id));
        for option in &mut *after {
            match known(option.id) {
                Some(same) if same.text == option.text => continue,
                Some(_) => {}
                None if !self.options.contains_key(&option.id) => {}
                // What is remembered is far less than there are ids.
                None => option.id = free.next().expect("a free id"),
            }
            self.options.insert(option.id, self.current);
        }
        self.forget_oldest(after);
    }

    /// Notes that these options say something else, though they read the same.
    pub fn restate(&mut self, options: impl Iterator<Item = OptionId>) {
        let current = self.current;
        self.options.extend(options.map(|id| (id, current)));
    }

    /// Keeps what is remembered of options that are gone within a bound, however often a question
    /// is changed.
    fn forget_oldest(&mut self, now: &[PollOption]) {
        let is_there = |id: &OptionId| now.iter().any(|option| option.id == *id);
        let mut gone: Vec<_> =
            self.options.iter().filter(|(id, _)| !is_there(id)).map(|(id, since)| (*since, *id)).collect();
        gone.sort_unstable();
        for (_, id) in &gone[..gone.len().saturating_sub(REMEMBERED)] {
            self.options.remove(id);
        }
    }

    /// Whether an answer that was made for this version says the same of the question as it is now.
    pub fn still_says_the_same(&self, seen: PromptVersion, answer: &Answer) -> bool {
        seen <= self.current && self.title <= seen && parts_are_the_same(self, seen, answer)
    }

    /// Whether an option says what it said in this version.
    pub fn option_is_the_same(&self, option: OptionId, seen: PromptVersion) -> bool {
        self.options.get(&option).copied().unwrap_or_default() <= seen
    }
}

#[cfg(test)]
mod tests {
    use parterre_protocol::{Choice, ChoicePoll, Words};

    use super::*;

    fn poll(title: &str, options: &[(OptionId, &str)]) -> Settings {
        let options = options.iter().map(|&(id, text)| PollOption { id, text: text.to_owned() }).collect();
        Settings::Choice(ChoicePoll {
            title: title.to_owned(),
            options,
            min: 1,
            max: 1,
            other: false,
            changeable: true,
        })
    }

    fn picks(option: OptionId) -> Answer {
        Answer::Choice(Choice { options: vec![option], other: None })
    }

    fn version(n: u32) -> PromptVersion {
        (1..n).fold(FIRST, |version, _| version.next())
    }

    #[test]
    fn an_answer_counts_where_it_says_the_same() {
        let (first, versions) = (poll("Shall we?", &[(1, "Yes"), (2, "No"), (3, "Later")]), Versions::default());
        let (versions, second) =
            versions.with(&first, poll("Shall we?", &[(1, "No"), (2, "Yes"), (3, "Later")])).unwrap();
        for (option, same) in [(1, false), (2, false), (3, true)] {
            assert_eq!(versions.still_says_the_same(FIRST, &picks(option)), same, "{option}");
            assert!(versions.still_says_the_same(version(2), &picks(option)));
        }
        assert!(!versions.still_says_the_same(version(3), &picks(3)), "a version that there is not");
        let (versions, _) =
            versions.with(&second, poll("Shall we not?", &[(1, "No"), (2, "Yes"), (3, "Later")])).unwrap();
        assert!(!versions.still_says_the_same(version(2), &picks(3)));
        assert!(!versions.still_says_the_same(FIRST, &Answer::Words(Words::default())));
        assert!(versions.still_says_the_same(version(3), &picks(3)));
    }

    #[test]
    fn nothing_changes_without_a_difference_and_everything_that_shows_does() {
        let (first, versions) = (poll("Shall we?", &[(1, "Yes"), (2, "No")]), Versions::default());
        assert_eq!(versions.with(&first, first.clone()), None);
        let (moved, _) = versions.with(&first, poll("Shall we?", &[(2, "No"), (1, "Yes")])).unwrap();
        assert_eq!(moved.current, version(2));
        assert!(moved.still_says_the_same(FIRST, &picks(1)));
    }

    #[test]
    fn an_id_is_never_used_again() {
        let (first, versions) = (poll("Where?", &[(1, "Sea"), (2, "City"), (3, "Hills")]), Versions::default());
        let (versions, second) = versions.with(&first, poll("Where?", &[(1, "Sea"), (2, "City")])).unwrap();
        let (versions, third) =
            versions.with(&second, poll("Where?", &[(1, "Sea"), (2, "City"), (3, "Moon")])).unwrap();
        let Settings::Choice(poll) = &third else { panic!("a poll") };
        assert_eq!(poll.options.iter().map(|option| option.id).collect::<Vec<_>>(), [1, 2, 4]);
        assert!(!versions.still_says_the_same(version(2), &picks(4)));
        assert!(versions.still_says_the_same(version(3), &picks(4)));
    }

    #[test]
    fn there_is_a_free_id_also_where_the_highest_is_taken_and_what_is_remembered_has_a_bound() {
        let (all, few) = ([(1, "Sea"), (2, "City"), (OptionId::MAX, "Hills")], [(1, "Sea"), (2, "City")]);
        let (mut versions, mut settings) = (Versions::default(), poll("Where?", &all));
        for _ in 0..REMEMBERED + 10 {
            (versions, settings) = versions.with(&settings, poll("Where?", &few)).unwrap();
            (versions, settings) = versions.with(&settings, poll("Where?", &all)).unwrap();
            let Settings::Choice(poll) = &settings else { panic!("a poll") };
            assert!(!poll.options[..2].iter().any(|option| option.id == poll.options[2].id));
        }
        assert!(versions.options.len() <= REMEMBERED + all.len());
    }

    #[test]
    fn what_is_not_written_down_is_from_the_first() {
        let read: Versions = serde_json::from_str("{}").unwrap();
        assert_eq!(read, Versions::default());
    }
}
