//! The rules of the kinds of activity.
//!
//! A kind is one file here, named by the protocol's registry
//! ([`for_each_kind`](parterre_protocol::for_each_kind)): a kind without its file does not compile.
//! Nothing else in the domain, the store or the live core asks of which kind an activity is, but
//! for what room tests alone have.

pub mod choice;
mod entry;
pub mod open;
pub mod rating;
pub mod readings;
pub mod versions;
pub mod words;

use std::{borrow::Cow, fmt::Debug};

use parterre_protocol::{Answer, KindName, Prompt, PromptVersion, Settings, Tally, kinds::ByKind, texts::Texts};

pub use self::entry::{Entry, Respondent};
use self::versions::Versions;
use super::{
    Problem, Refusal,
    answer_sheet::{AnswerCell, AnswerColumn},
    post_rules::PostRules,
    result_table::{ResultTable, RowLabel},
    word_counts::WordCounts,
};

/// What a kind decides: which settings and answers there are, what is shown of the settings, how
/// answers are counted.
pub trait Kind: Sized {
    /// What its activities are set to.
    type Settings: ByKind<Settings>;
    /// What is shown of that to those who answer.
    type Prompt: ByKind<Prompt>;
    /// An answer.
    type Answer: ByKind<Answer> + Clone;
    /// The counts of its answers.
    type Counts: Aggregate<Self>;
    /// What is shown of them.
    type Tally: ByKind<Tally>;

    /// Whether only the server makes its activities and answers: what comes from outside is
    /// refused.
    const INTERNAL: bool = false;
    /// Whether screens and phones may see its results.
    const RESULTS_ARE_PUBLIC: bool = true;
    /// Whether its counts need to know who gave an answer and when: scores, the closest guess. Then
    /// nodes tell each other, and answers are read one by one where otherwise the database counts
    /// equal ones.
    const COUNTS_PEOPLE: bool = false;

    /// Checks settings, and cleans their texts.
    fn check(settings: Self::Settings) -> Result<Self::Settings, Problem>;

    /// What those see of the settings who answer: while it is [`Reveal::Hidden`], nothing that they
    /// must not know yet.
    fn prompt(settings: &Self::Settings, reveal: Reveal) -> Self::Prompt;

    /// What is asked, in one line.
    fn title(settings: &Self::Settings) -> &str;

    /// Checks an answer against the settings, and cleans its texts.
    fn check_answer(settings: &Self::Settings, answer: Self::Answer) -> Result<Self::Answer, Problem>;

    /// The answer that results from what is sent now: that alone or, if answers accumulate, merged
    /// with the earlier one.
    fn merge<'a>(_before: Option<&Self::Answer>, sent: &'a Self::Answer) -> Result<Cow<'a, Self::Answer>, Refusal> {
        Ok(Cow::Borrowed(sent))
    }

    /// Whether a participant who has answered may answer again. Phones, which know no more than the
    /// prompt, say so beforehand.
    fn is_changeable(_prompt: &Self::Prompt) -> bool {
        true
    }

    /// Whether an answer says nothing: one that takes back what was sent before.
    fn is_blank(_answer: &Self::Answer) -> bool {
        false
    }

    /// Whether people write words of their own in answer.
    fn takes_words(_settings: &Self::Settings) -> bool {
        false
    }

    /// The option that a write-in counts as; `None` if it equals none.
    fn option_said<'a>(_settings: &'a Self::Settings, _text: &str) -> Option<&'a str> {
        None
    }

    /// The counts as a table, of so many respondents; nothing where results are read in another way.
    fn result_table(settings: &Self::Settings, tally: &Self::Tally, respondents: u32) -> ResultTable;

    /// The groups into which an answer to it divides people, by the rows of this table: the rows of
    /// its only group. `None` where one person may be in several, or where groups say nothing.
    fn segments(_settings: &Self::Settings) -> Option<Vec<RowLabel>> {
        None
    }

    /// Which of the groups somebody is in who answered this; none of those where none is left.
    fn segment_of(_settings: &Self::Settings, _answer: &Self::Answer) -> Option<usize> {
        None
    }

    /// The columns in which answers are written down one by one; none where there are no answers, or
    /// where they are written down in another way.
    fn answer_columns(_settings: &Self::Settings) -> Vec<AnswerColumn> {
        Vec::new()
    }

    /// What an answer says in each of these columns. What it says of parts that are no longer there
    /// is left out.
    fn answer_cells(_settings: &Self::Settings, _answer: &Self::Answer) -> Vec<AnswerCell> {
        Vec::new()
    }

    /// How posts are taken, where people send posts in place of answers: their texts are moderated,
    /// and each is one more. Then nothing is an answer to it: [`Kind::check_answer`] refuses all,
    /// and [`Kind::tally_of`] shows what was sent.
    fn post_rules(_settings: &Self::Settings) -> Option<PostRules> {
        None
    }

    /// What the topic `results` shows of these texts, where people send such.
    fn tally_of(_texts: Texts) -> Option<Tally> {
        None
    }

    /// Notes in the versions what a change of the settings makes of their parts, and gives ids to
    /// parts that are added.
    fn note_change(_versions: &mut Versions, _before: &Self::Settings, _after: &mut Self::Settings) {}

    /// Whether the parts that an answer names still say what they said in the version that it was
    /// made for.
    fn parts_are_the_same(_versions: &Versions, _seen: PromptVersion, _answer: &Self::Answer) -> bool {
        true
    }
}

/// How much of a tally is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultLimits {
    /// The most words.
    pub words: usize,
    /// The most texts of "other" options.
    pub others: usize,
}

/// Whether what respondents must not know while they answer is shown: a right answer, a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reveal {
    /// It is in nothing that leaves the server but for facilitators.
    Hidden,
    /// The activity is closed and its results are visible: so is this.
    Shown,
}

/// The counts of answers, kept by adding and taking away; whatever the order, they are as if
/// counted from nothing.
pub trait Aggregate<K: Kind>: Clone + Debug + PartialEq {
    /// Of no answers.
    fn empty(settings: &K::Settings) -> Self;

    /// Whether these are counts of what is asked: a poll may have got other options since they were
    /// begun.
    fn fits(&self, _settings: &K::Settings) -> bool {
        true
    }

    /// Counts one participant's answer.
    fn add(&mut self, entry: Entry<'_, K::Answer>);

    /// Takes away an answer that was counted.
    fn remove(&mut self, entry: Entry<'_, K::Answer>);

    /// The words that are counted, where people write words of their own.
    fn words(&self) -> Option<&WordCounts> {
        None
    }

    /// The same, to be changed.
    fn words_mut(&mut self) -> Option<&mut WordCounts> {
        None
    }

    /// As the topic `results` shows them: while it is [`Reveal::Hidden`], without anything that
    /// tells what the prompt does not.
    fn tally(&self, limits: ResultLimits, reveal: Reveal) -> Tally;
}

/// Makes `Counts`, which has the counts of each kind, and `dispatch!`.
macro_rules! dispatch_to {
    ($($(#[$doc:meta])* $kind:ident($module:ident),)*) => {
        /// The counts of an activity's answers, whatever its kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Counts {
            $($(#[$doc])* $kind(<$module::Rules as Kind>::Counts),)*
        }

        $(impl From<<$module::Rules as Kind>::Counts> for Counts {
            fn from(counts: <$module::Rules as Kind>::Counts) -> Self {
                Self::$kind(counts)
            }
        })*

        dispatch_to! { @by ($) $($kind($module))* }
    };
    (@by ($d:tt) $($kind:ident($module:ident))*) => {
        /// Goes on with what is in `$it`, and with the rules of its kind as the type `$rules`. Of a
        /// kind's name there is nothing but the rules.
        #[macro_export]
        macro_rules! dispatch {
            ($d type:ident($d it:expr), |$d rules:ident, $d inner:pat_param| $d then:expr) => {
                match $d it {
                    $($d type::$kind($d inner) => {
                        type $d rules = $crate::kinds::$module::Rules;
                        $d then
                    })*
                }
            };
            ($d type:ident($d it:expr), |$d rules:ident| $d then:expr) => {
                match $d it {
                    $($d type::$kind => {
                        type $d rules = $crate::kinds::$module::Rules;
                        $d then
                    })*
                }
            };
        }

        /// Calls `$check` with the rules of every kind.
        #[cfg(test)]
        macro_rules! check_each_kind {
            ($d check:ident) => {
                $($d check::<$module::Rules>();)*
            };
        }
    };
}

parterre_protocol::for_each_kind!(dispatch_to);

/// Checks what an activity from outside is set to, and cleans its texts.
pub fn check_settings(settings: Settings) -> Result<Settings, Problem> {
    dispatch!(Settings(settings), |K, settings| {
        if K::INTERNAL { Err(Problem::WrongKind) } else { K::check(settings).map(Into::into) }
    })
}

/// What those see of the settings who answer.
pub fn prompt(settings: &Settings, reveal: Reveal) -> Prompt {
    dispatch!(Settings(settings), |K, settings| K::prompt(settings, reveal).into())
}

/// What is asked, in one line.
pub fn title(settings: &Settings) -> &str {
    dispatch!(Settings(settings), |K, settings| K::title(settings))
}

/// Checks an answer from outside against what was asked, and cleans its texts.
pub fn check_answer(settings: &Settings, answer: Answer) -> Result<Answer, Problem> {
    dispatch!(Answer(answer), |K, answer| match <K as Kind>::Settings::of(settings) {
        Some(settings) if !K::INTERNAL => K::check_answer(settings, answer).map(Into::into),
        _ => Err(Problem::WrongKind),
    })
}

/// The answer that results from what is sent now: that alone or, if answers accumulate, merged with
/// the earlier one.
pub fn merge<'a>(before: Option<&Answer>, sent: &'a Answer) -> Result<Cow<'a, Answer>, Refusal> {
    dispatch!(Answer(sent), |K, answer| {
        let before = before.and_then(<K as Kind>::Answer::of);
        Ok(match K::merge(before, answer)? {
            Cow::Borrowed(_) => Cow::Borrowed(sent),
            Cow::Owned(merged) => Cow::Owned(merged.into()),
        })
    })
}

/// Whether a participant who has answered may answer again.
pub fn is_changeable(prompt: &Prompt) -> bool {
    dispatch!(Prompt(prompt), |K, prompt| K::is_changeable(prompt))
}

/// Whether an answer says nothing: one that takes back what was sent before.
pub fn is_blank(answer: &Answer) -> bool {
    dispatch!(Answer(answer), |K, answer| K::is_blank(answer))
}

/// Whether screens and phones may see the results of an activity that is set to this.
pub fn results_are_public(settings: &Settings) -> bool {
    dispatch!(Settings(settings), |K, _| K::RESULTS_ARE_PUBLIC)
}

/// Whether the counts of a kind need to know who gave an answer and when.
pub fn counts_people(kind: KindName) -> bool {
    dispatch!(KindName(kind), |K| K::COUNTS_PEOPLE)
}

/// Whether people write words of their own in answer to it.
pub fn takes_words(settings: &Settings) -> bool {
    dispatch!(Settings(settings), |K, settings| K::takes_words(settings))
}

/// The option that a write-in counts as; `None` if it equals none.
pub fn option_said<'a>(settings: &'a Settings, text: &str) -> Option<&'a str> {
    dispatch!(Settings(settings), |K, settings| K::option_said(settings, text))
}

/// How posts are taken, where people send posts in place of answers.
pub fn post_rules(settings: &Settings) -> Option<PostRules> {
    dispatch!(Settings(settings), |K, settings| K::post_rules(settings))
}

/// What the topic `results` shows of these texts, where people send such.
pub fn tally_of(settings: &Settings, texts: Texts) -> Option<Tally> {
    dispatch!(Settings(settings), |K, _| K::tally_of(texts))
}

/// The counts as a table; an empty one where tally and settings are of different kinds.
pub fn result_table(settings: &Settings, tally: &Tally, respondents: u32) -> ResultTable {
    dispatch!(Tally(tally), |K, tally| match <K as Kind>::Settings::of(settings) {
        Some(settings) => K::result_table(settings, tally, respondents),
        None => ResultTable::default(),
    })
}

/// The groups into which an answer divides people, where there are such.
pub fn segments(settings: &Settings) -> Option<Vec<RowLabel>> {
    dispatch!(Settings(settings), |K, settings| K::segments(settings))
}

/// Which of the groups somebody is in who answered this.
pub fn segment_of(settings: &Settings, answer: &Answer) -> Option<usize> {
    dispatch!(Answer(answer), |K, answer| K::segment_of(<K as Kind>::Settings::of(settings)?, answer))
}

/// The columns in which answers are written down one by one.
pub fn answer_columns(settings: &Settings) -> Vec<AnswerColumn> {
    dispatch!(Settings(settings), |K, settings| K::answer_columns(settings))
}

/// What an answer says in each of these columns; none where answer and settings are of different
/// kinds.
pub fn answer_cells(settings: &Settings, answer: &Answer) -> Vec<AnswerCell> {
    dispatch!(Answer(answer), |K, answer| <K as Kind>::Settings::of(settings)
        .map_or_else(Vec::new, |settings| K::answer_cells(settings, answer)))
}

/// Notes in the versions what a change of the settings makes of their parts.
pub(super) fn note_change(versions: &mut Versions, before: &Settings, after: &mut Settings) {
    dispatch!(Settings(after), |K, after| {
        if let Some(before) = <K as Kind>::Settings::of(before) {
            K::note_change(versions, before, after);
        }
    });
}

/// Whether the parts that an answer names still say what they said in the version that it was made
/// for.
pub(super) fn parts_are_the_same(versions: &Versions, seen: PromptVersion, answer: &Answer) -> bool {
    dispatch!(Answer(answer), |K, answer| K::parts_are_the_same(versions, seen, answer))
}

impl Counts {
    /// Of no answers.
    pub fn empty(settings: &Settings) -> Self {
        dispatch!(Settings(settings), |K, settings| <K as Kind>::Counts::empty(settings).into())
    }

    /// Whether these are counts of what is asked.
    pub fn fits(&self, settings: &Settings) -> bool {
        dispatch!(Self(self), |K, counts| <K as Kind>::Settings::of(settings)
            .is_some_and(|settings| counts.fits(settings)))
    }

    /// Counts one participant's answer. An activity's kind never changes, so an answer of another
    /// kind is never stored, and is not counted: then it is false.
    pub fn add(&mut self, entry: Entry<'_, Answer>) -> bool {
        dispatch!(Self(self), |K, counts| <K as Kind>::Answer::of(entry.answer)
            .map(|answer| Aggregate::<K>::add(counts, entry.of(answer)))
            .is_some())
    }

    /// Takes away an answer that was counted; false for one of another kind.
    pub fn remove(&mut self, entry: Entry<'_, Answer>) -> bool {
        dispatch!(Self(self), |K, counts| <K as Kind>::Answer::of(entry.answer)
            .map(|answer| Aggregate::<K>::remove(counts, entry.of(answer)))
            .is_some())
    }

    /// The words that are counted, where people write words of their own.
    pub fn words(&self) -> Option<&WordCounts> {
        dispatch!(Self(self), |K, counts| Aggregate::<K>::words(counts))
    }

    /// The same, to be changed.
    pub fn words_mut(&mut self) -> Option<&mut WordCounts> {
        dispatch!(Self(self), |K, counts| Aggregate::<K>::words_mut(counts))
    }

    /// As the topic `results` shows them.
    pub fn tally(&self, limits: ResultLimits, reveal: Reveal) -> Tally {
        dispatch!(Self(self), |K, counts| Aggregate::<K>::tally(counts, limits, reveal))
    }
}

#[cfg(test)]
pub mod tests;
