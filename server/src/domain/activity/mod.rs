//! The kinds of activity.
//!
//! A kind is one file here (its rules), one variant in the protocol's `Question`, `Answer` and `Tally`, and one line in
//! each `match` of this file and of `domain::tally`; in `web/js/kinds/` it is one editor, one phone view and one screen
//! view. Nothing else in the server asks what kind an activity is of.

pub mod choice;
pub mod readings;
pub mod versions;
pub mod words;

use std::{borrow::Cow, sync::Arc};

use parterre_protocol::{
    ActivityId, Answer, EventId, Millis, Question, QuestionVersion, RefusalCode,
    topics::{ActivityState, RundownItem, StagedActivity},
};

use self::versions::Versions;
use super::{Problem, Refusal, timer::Timer, wording::Decisions};

/// One thing the audience is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Its id.
    pub id: ActivityId,
    /// In which event.
    pub event: EventId,
    /// What it asks; checked by [`check_question`].
    pub question: Question,
    /// Which versions that has had.
    pub versions: Versions,
    /// Draft, open or closed.
    pub state: ActivityState,
    /// Its round, from 1.
    pub round: u32,
    /// Whether screens and phones see its results while it is on stage.
    pub results: bool,
    /// What it does by itself.
    pub timer: Timer,
    /// What moderators have decided of the words that were sent to it.
    pub words: Arc<Decisions>,
}

impl Activity {
    /// Whether an answer given in `round` may be counted now. When the time is up it may not, whether or not anybody has
    /// closed the activity yet.
    pub fn accepts(&self, round: u32, now: Millis) -> Result<(), Refusal> {
        if round != self.round {
            return Err(Refusal::new(RefusalCode::Round, "This was started again; please answer anew."));
        }
        if self.state != ActivityState::Open {
            return Err(Refusal::new(RefusalCode::Closed, "Voting on this is closed."));
        }
        if self.timer.is_up(now) {
            return Err(Refusal::new(RefusalCode::Closed, "The time is up."));
        }
        Ok(())
    }

    /// The answer, checked and cleaned, if it may be counted for the question as it is now. One that was made for another version
    /// may where it says the same.
    pub fn understands(&self, version: QuestionVersion, answer: Answer) -> Result<Answer, Refusal> {
        let changed = || {
            let message =
                "The question was changed before this came, and the answer may not say the same any more. Answer anew.";
            Refusal::new(RefusalCode::Stale, message)
        };
        if version == self.versions.current {
            return Ok(check_answer(&self.question, answer)?);
        }
        if !self.versions.still_says_the_same(version, &answer) {
            return Err(changed());
        }
        check_answer(&self.question, answer).map_err(|_| changed())
    }

    /// Whether a participant who has answered may answer again.
    pub fn changeable(&self) -> bool {
        match &self.question {
            Question::Choice(poll) => poll.changeable,
            Question::Words(_) | Question::Readings(_) => true,
        }
    }

    /// What a participant's answer is with what is sent now: that, or where answers go on, that and what was there.
    pub fn merge_with<'a>(&self, before: Option<&Answer>, sent: &'a Answer) -> Result<Cow<'a, Answer>, Refusal> {
        match &self.question {
            Question::Choice(_) | Question::Words(_) => Ok(Cow::Borrowed(sent)),
            Question::Readings(_) => readings::merge(before, sent),
        }
    }

    /// Whether screens and phones may see the results now. Readings hold addresses, and are the facilitator's to see.
    pub const fn shows_results(&self) -> bool {
        self.results && !matches!(self.question, Question::Readings(_))
    }

    /// The activity as it stands on stage, at `place` of `of`.
    pub fn staged(&self, place: u32, of: u32) -> StagedActivity {
        let Self { id, state, round, results, timer, .. } = *self;
        let closes_at = timer.closes_at.filter(|_| state == ActivityState::Open);
        StagedActivity {
            id,
            state,
            round,
            version: self.versions.current,
            results,
            place,
            of,
            closes_at,
            question: self.question.clone(),
        }
    }

    /// The activity as the studio lists it; how many have answered where nothing else tells it.
    pub fn listed(&self, answered: Option<u32>) -> RundownItem {
        let Self { id, state, round, results, timer: Timer { opens_at, closes_at }, .. } = *self;
        RundownItem {
            id,
            state,
            round,
            version: self.versions.current,
            results,
            answered,
            opens_at,
            closes_at,
            question: self.question.clone(),
        }
    }
}

/// Checks what an activity asks, and cleans its texts.
pub fn check_question(question: Question) -> Result<Question, Problem> {
    match question {
        Question::Choice(poll) => choice::check(poll).map(Question::Choice),
        Question::Words(cloud) => words::check(cloud).map(Question::Words),
        // Made with its event and in no other, so what comes from outside is none.
        Question::Readings(_) => Err(Problem::WrongKind),
    }
}

/// Checks an answer against what was asked, and cleans its texts.
pub fn check_answer(question: &Question, answer: Answer) -> Result<Answer, Problem> {
    match (question, answer) {
        (Question::Choice(poll), Answer::Choice(choice)) => choice::check_answer(poll, choice).map(Answer::Choice),
        (Question::Words(cloud), Answer::Words(words)) => words::check_answer(cloud, words).map(Answer::Words),
        // Readings are judged by the server, and come by a door of their own.
        _ => Err(Problem::WrongKind),
    }
}

/// Whether people write words of their own in answer to it.
pub const fn takes_words(question: &Question) -> bool {
    match question {
        Question::Choice(poll) => poll.other,
        Question::Words(_) => true,
        Question::Readings(_) => false,
    }
}

/// The option as which a text counts that somebody writes; none where it is a text of their own.
pub fn option_said<'a>(question: &'a Question, text: &str) -> Option<&'a str> {
    let Question::Choice(poll) = question else { return None };
    let id = choice::listed(poll, text)?;
    poll.options.iter().find(|option| option.id == id).map(|option| option.text.as_str())
}

/// Whether an answer says something; one that takes back what was sent before does not.
pub fn holds_anything(answer: &Answer) -> bool {
    match answer {
        Answer::Choice(_) => true,
        Answer::Words(words) => !words.words.is_empty(),
        Answer::Readings(readings) => !readings.readings.is_empty(),
    }
}

/// The name of a question's kind, as the database and the pages call it.
pub const fn kind(question: &Question) -> &'static str {
    match question {
        Question::Choice(_) => "choice",
        Question::Words(_) => "words",
        Question::Readings(_) => "readings",
    }
}

/// What a question asks, in one line.
pub fn title(question: &Question) -> &str {
    match question {
        Question::Choice(poll) => &poll.title,
        Question::Words(cloud) => &cloud.title,
        Question::Readings(test) => &test.title,
    }
}
