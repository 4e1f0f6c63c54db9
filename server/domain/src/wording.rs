//! Which of the words that people have written are shown, and as what: by what moderators have
//! decided of them and by what the word filter finds. Nothing that was written is lost: what is
//! hidden today can be restored.
//!
//! Words are the same where `text::word_key` says so. The filter looks at that key, so that all
//! spellings of a word are shown or none.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, OnceLock},
};

use parterre_protocol::{
    limits::{OPTION_CHARS, WORDS_DECIDED},
    posts::WordFilter,
};
use serde::{Deserialize, Serialize};

use super::{
    filter::Filter,
    text::{filled_line, word_key},
};

/// A word's key, or one of its spellings.
pub(super) type Text = Arc<str>;

/// What a moderator has decided of a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Only those see it who moderate.
    Hidden,
    /// It is shown as itself, whatever the word filter finds.
    Shown,
    /// It is merged into this one and shares its fate.
    Into(String),
    /// The same of a word that was hidden before: it adds to the count, and its own spelling stays
    /// hidden.
    HiddenInto(String),
}

impl Decision {
    /// The word as which it is counted.
    pub fn counted_as(&self) -> Option<&str> {
        match self {
            Self::Into(into) | Self::HiddenInto(into) => Some(into),
            Self::Hidden | Self::Shown => None,
        }
    }
}

/// What was decided of one word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Decided {
    /// The word in one of its spellings. Its key is made when it is needed, by the rules of that
    /// day.
    word: String,
    to: Decision,
}

/// What was decided of the words of one activity, each once. It holds in every round.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Decisions(Vec<Decided>);

impl Decisions {
    /// What was decided of a word, if anything was.
    pub fn of(&self, word: &str) -> Option<&Decision> {
        let key = word_key(word);
        self.0.iter().find(|decided| word_key(&decided.word) == key).map(|decided| &decided.to)
    }

    /// Has this decided of a word, in place of what was; none: nothing.
    pub fn decide(&mut self, word: &str, to: Option<Decision>) {
        let key = word_key(word);
        let place = self.0.iter().position(|decided| word_key(&decided.word) == key);
        match (place, to) {
            (Some(place), Some(to)) => self.0[place].to = to,
            (Some(place), None) => drop(self.0.remove(place)),
            (None, Some(to)) => self.0.push(Decided { word: word.to_owned(), to }),
            (None, None) => {}
        }
    }

    /// Whether moderators can have decided so: not of too many words, each once, and none of them is
    /// counted as itself.
    pub fn is_sound(&self) -> bool {
        let is_clean = |word: &str| filled_line("word", word, OPTION_CHARS).is_ok_and(|clean| clean == word);
        let each = |decided: &Decided| {
            let into = decided.to.counted_as();
            is_clean(&decided.word) && into.is_none_or(|into| is_clean(into) && !self.leads_to(into, &decided.word))
        };
        self.0.len() <= WORDS_DECIDED && self.keyed().len() == self.0.len() && self.0.iter().all(each)
    }

    /// Of how many words something was decided.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The decisions, by the words' keys: following words from one to the next computes each key
    /// once.
    fn keyed(&self) -> HashMap<String, &Decided> {
        self.0.iter().map(|decided| (word_key(&decided.word), decided)).collect()
    }

    /// Whether a word is this one, or is counted as it on its way to the one as which both are
    /// counted.
    pub fn leads_to(&self, word: &str, through: &str) -> bool {
        let (keyed, through) = (self.keyed(), word_key(through));
        let mut key = word_key(word);
        // No longer than there are decisions, should they ever lead round in a circle.
        for _ in &self.0 {
            match keyed.get(&key).and_then(|decided| decided.to.counted_as()) {
                Some(into) if key != through => key = word_key(into),
                _ => break,
            }
        }
        key == through
    }

    /// Whether a moderator has hidden a word, or one that it is counted as on its way.
    pub fn hide(&self, word: &str) -> bool {
        let keyed = self.keyed();
        let mut key = word_key(word);
        for _ in 0..=self.0.len() {
            match keyed.get(&key).map(|decided| &decided.to) {
                Some(Decision::Hidden | Decision::HiddenInto(_)) => return true,
                Some(Decision::Into(into)) => key = word_key(into),
                Some(Decision::Shown) | None => break,
            }
        }
        false
    }
}

/// The word filter's settings, and the filter once it was needed.
#[derive(Debug, Default)]
struct FilterOnce {
    settings: WordFilter,
    made: OnceLock<Filter>,
}

/// Where a decided word ends: as itself or as another, and what was decided of that.
#[derive(Debug)]
struct End {
    key: Text,
    /// Whether it is hidden; none: as the filter finds.
    hidden: Option<bool>,
    /// The word that it is counted as first, on its way there, and whether it was hidden before
    /// that.
    next: Option<(Text, bool)>,
}

/// The words that are counted as one other. All see that one under a spelling in which it was sent;
/// where it was not, under one of those that are no secret.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// Whether the one as which they are counted is hidden.
    pub(super) hidden: bool,
    /// Those whose spelling may stand for all: neither they nor any on their way were hidden or are
    /// found by the filter.
    pub(super) lending: Vec<Text>,
    /// Those that a moderator had hidden, or that come by way of such a one.
    pub(super) withheld: Vec<Text>,
}

/// What decides of words: the filter, and what moderators have said. Copies share all of it.
#[derive(Clone, Debug)]
pub struct Screening {
    filter: Arc<FilterOnce>,
    decisions: Arc<Decisions>,
    /// By the keys of the words that were decided on.
    ends: Arc<BTreeMap<Text, End>>,
    /// By key, how those of them and of their ends are spelt that nobody has sent.
    spelt: Arc<HashMap<Text, Text>>,
    /// By the keys of words that others are counted as, once it was needed.
    joined: Arc<OnceLock<BTreeMap<Text, Joined>>>,
}

/// With a filter that is off, and nothing decided.
impl Default for Screening {
    fn default() -> Self {
        Self::new(&WordFilter { on: false, ..WordFilter::default() }, &Arc::default())
    }
}

/// Whatever has been made of it.
impl PartialEq for Screening {
    fn eq(&self, other: &Self) -> bool {
        self.has_filter(&other.filter.settings) && self.decisions == other.decisions
    }
}

impl Screening {
    /// By these settings of the filter and these decisions.
    pub fn new(settings: &WordFilter, decisions: &Arc<Decisions>) -> Self {
        let filter = Arc::new(FilterOnce { settings: settings.clone(), made: OnceLock::new() });
        let (ends, spelt, joined) = Default::default();
        Self { filter, decisions: Arc::default(), ends, spelt, joined }.with(decisions)
    }

    /// The same filter with other decisions.
    #[must_use]
    pub fn with(&self, decisions: &Arc<Decisions>) -> Self {
        let keyed = decisions.keyed();
        let (mut ends, mut spelt) = (BTreeMap::new(), HashMap::new());
        for (key, decided) in &keyed {
            let (mut end, mut last) = (key.clone(), *decided);
            let mut hidden = None;
            let next = decided
                .to
                .counted_as()
                .map(|into| (word_key(into).into(), matches!(decided.to, Decision::HiddenInto(_))));
            for _ in 0..=keyed.len() {
                let Some(into) = last.to.counted_as() else {
                    hidden = Some(last.to == Decision::Hidden);
                    break;
                };
                end = word_key(into);
                spelt.entry(end.as_str().into()).or_insert_with(|| into.into());
                match keyed.get(&end) {
                    Some(next) => last = next,
                    None => break,
                }
            }
            ends.insert(key.as_str().into(), End { key: end.into(), hidden, next });
            spelt.insert(key.as_str().into(), decided.word.as_str().into());
        }
        Self {
            filter: Arc::clone(&self.filter),
            decisions: Arc::clone(decisions),
            ends: Arc::new(ends),
            spelt: Arc::new(spelt),
            joined: Arc::default(),
        }
    }

    /// Whether the filter is one with these settings.
    pub fn has_filter(&self, settings: &WordFilter) -> bool {
        self.filter.settings == *settings
    }

    /// Whether these are the decisions.
    pub fn has_decisions(&self, decisions: &Arc<Decisions>) -> bool {
        Arc::ptr_eq(&self.decisions, decisions) || self.decisions == *decisions
    }

    /// Whether both go by the same filter, be it by the same copy of it.
    pub(super) fn filters_like(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.filter, &other.filter) || self.filter.settings == other.filter.settings
    }

    /// The key of the word as which the word of this key is counted.
    pub(super) fn end(&self, key: &Text) -> Text {
        self.ends.get(key).map_or_else(|| key.clone(), |end| end.key.clone())
    }

    /// Whether the word of this key, which is an end, is hidden.
    pub(super) fn hides(&self, key: &Text) -> bool {
        let decided = self.ends.get(key).filter(|end| end.key == *key).and_then(|end| end.hidden);
        decided.unwrap_or_else(|| self.finds(key))
    }

    /// Whether the filter finds something in the word of this key, whatever was decided of it.
    fn finds(&self, key: &Text) -> bool {
        self.filter.made.get_or_init(|| Filter::new(&self.filter.settings)).finds(key)
    }

    /// The words that are counted as the one with this key; `None` if there are no others.
    pub(super) fn joined(&self, key: &Text) -> Option<&Joined> {
        self.joined.get_or_init(|| self.join()).get(key)
    }

    fn join(&self) -> BTreeMap<Text, Joined> {
        let mut all = BTreeMap::<Text, Joined>::new();
        let merged = self.ends.iter().filter(|(_, end)| end.next.is_some());
        let found: BTreeSet<&Text> = merged.map(|(key, _)| key).filter(|key| self.finds(key)).collect();
        for (key, end) in self.merged() {
            let joined =
                all.entry(end.clone()).or_insert_with(|| Joined { hidden: self.hides(end), ..Joined::default() });
            let (mut was_hidden, mut is_found, mut at) = (false, false, key);
            for _ in 0..self.ends.len() {
                let Some((next, hidden)) = self.ends.get(at).and_then(|end| end.next.as_ref()) else { break };
                was_hidden |= hidden;
                is_found |= found.contains(at);
                at = next;
            }
            match (was_hidden, is_found) {
                (true, _) => joined.withheld.push(key.clone()),
                (false, true) => {}
                (false, false) => joined.lending.push(key.clone()),
            }
        }
        all
    }

    /// Whether it was a moderator who had the word of this key hidden.
    pub(super) fn is_hidden_by_hand(&self, key: &Text) -> bool {
        self.ends.get(key).is_some_and(|end| end.key == *key && end.hidden == Some(true))
    }

    /// A spelling of a word that was decided on, or that another is counted as.
    pub(super) fn spelt(&self, key: &Text) -> Option<&Text> {
        self.spelt.get(key)
    }

    /// The keys of all words that something was decided of, here or there.
    pub(super) fn decided_with(&self, other: &Self) -> BTreeSet<Text> {
        self.ends.keys().chain(other.ends.keys()).cloned().collect()
    }

    /// The words that a moderator has hidden, by their keys.
    pub(super) fn hidden_by_hand(&self) -> impl Iterator<Item = &Text> {
        self.ends.keys().filter(|key| self.is_hidden_by_hand(key))
    }

    /// The words that are counted as others: their keys, and those of the others.
    pub(super) fn merged(&self) -> impl Iterator<Item = (&Text, &Text)> {
        self.ends.iter().filter(|(key, end)| end.key != **key).map(|(key, end)| (key, &end.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(all: &[(&str, Decision)]) -> Arc<Decisions> {
        let mut decisions = Decisions::default();
        all.iter().for_each(|(word, to)| decisions.decide(word, Some(to.clone())));
        Arc::new(decisions)
    }

    fn fate(screening: &Screening, word: &str) -> (String, bool) {
        let end = screening.end(&word_key(word).into());
        (end.to_string(), screening.hides(&end))
    }

    #[test]
    fn what_was_decided_of_a_word_holds_for_all_its_spellings() {
        let decisions = decided(&[("Idiot!", Decision::Hidden), ("seaside", Decision::Into("Sea".to_owned()))]);
        assert_eq!(decisions.of("ＩＤＩＯＴ"), Some(&Decision::Hidden));
        assert!(decisions.leads_to("SEASIDE", "sea!") && !decisions.leads_to("sea", "seaside"));
        let screening = Screening::new(&WordFilter::default(), &decisions);
        assert_eq!(fate(&screening, "idiot"), ("idiot".to_owned(), true));
        assert_eq!(fate(&screening, "“Seaside”"), ("sea".to_owned(), false));
        assert_eq!(fate(&screening, "fuck"), ("fuck".to_owned(), true));
    }

    #[test]
    fn the_last_decision_counts_and_outdoes_the_filter() {
        let mut decisions = Decisions::clone(&decided(&[("Dick", Decision::Hidden)]));
        decisions.decide("dick", Some(Decision::Shown));
        decisions.decide("shit", Some(Decision::Into("weather".to_owned())));
        assert_eq!(decisions.len(), 2);
        let screening = Screening::new(&WordFilter::default(), &Arc::new(decisions.clone()));
        assert_eq!(fate(&screening, "Dick"), ("dick".to_owned(), false));
        assert_eq!(fate(&screening, "Shit"), ("weather".to_owned(), false));
        decisions.decide("DICK", None);
        decisions.decide("shit", None);
        assert!(decisions.is_empty());
    }

    #[test]
    fn what_becomes_of_a_word_becomes_of_those_counted_as_it() {
        let (a, b) = (Decision::Into("b".to_owned()), Decision::Into("c".to_owned()));
        let screening = Screening::new(&WordFilter::default(), &decided(&[("a", a.clone()), ("b", b.clone())]));
        assert_eq!(fate(&screening, "a"), ("c".to_owned(), false));
        let hidden = screening.with(&decided(&[("a", a.clone()), ("b", b.clone()), ("c", Decision::Hidden)]));
        assert_eq!(fate(&hidden, "a"), ("c".to_owned(), true));
        // No action creates a cycle. If something else did, this would still end.
        let circle = screening.with(&decided(&[("a", a), ("b", Decision::Into("a".to_owned()))]));
        assert!(["a", "b"].contains(&fate(&circle, "a").0.as_str()));
    }

    #[test]
    fn what_was_hidden_lends_no_spelling_nor_does_what_comes_by_way_of_it() {
        let into = |word: &str| Decision::Into(word.to_owned());
        let decisions = decided(&[
            ("gone", Decision::HiddenInto("sea".to_owned())),
            ("by way", into("Gone")),
            ("shit", into("sea")),
            ("by shit", into("shit")),
            ("ocean", into("sea")),
        ]);
        assert!(decisions.hide("by way") && decisions.hide("gone") && !decisions.hide("ocean"));
        let screening = Screening::new(&WordFilter::default(), &decisions);
        let joined = screening.joined(&"sea".into()).unwrap();
        let texts = |all: &[Text]| all.iter().map(Text::to_string).collect::<Vec<_>>();
        assert_eq!(
            (texts(&joined.lending), texts(&joined.withheld)),
            (vec!["ocean".to_owned()], vec!["by way".to_owned(), "gone".to_owned()])
        );
        assert!(!joined.hidden && screening.joined(&"shit".into()).is_none());
    }

    #[test]
    fn the_key_of_a_disguised_word_is_found_like_the_word() {
        let screening = Screening::new(&WordFilter::default(), &Arc::default());
        for word in [
            "Fuck!",
            "“SHIT”",
            "sh1t",
            "sh*t",
            "bull$h1t",
            "B!tch",
            "fuuuuck",
            "f.u.c.k",
            "(f u c k)",
            "𝐟𝐮𝐜𝐤",
            "fu\u{200b}ck",
        ] {
            assert!(fate(&screening, word).1, "{word}");
        }
        for word in ["Scunthorpe", "assess", "Essex", "C++", ":)", "Sea"] {
            assert!(!fate(&screening, word).1, "{word}");
        }
    }
}
