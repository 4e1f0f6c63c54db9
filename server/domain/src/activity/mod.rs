//! An activity, whatever its kind: one thing the audience is asked to do.

use std::sync::Arc;

use parterre_protocol::{
    ActivityId, Answer, EventId, Millis, ParticipantId, PromptVersion, RefusalCode, Settings,
    posts::ActivityRound,
    topics::{ActivityState, RundownItem, StagedActivity},
};

use super::{
    Refusal,
    kinds::{self, Entry, Respondent, Reveal, versions::Versions},
    post_rules::PostRules,
    timer::Timer,
    wording::Decisions,
};

/// One thing the audience is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Its id.
    pub id: ActivityId,
    /// In which event.
    pub event: EventId,
    /// What it asks; checked by [`kinds::check_settings`].
    pub settings: Settings,
    /// Which versions that has had.
    pub versions: Versions,
    /// Draft, open or closed.
    pub state: ActivityState,
    /// Its round, from 1.
    pub round: u32,
    /// When the round was first opened; none before that.
    pub round_opened_at: Option<Millis>,
    /// Whether screens and phones see its results while it is on stage.
    pub results: bool,
    /// What it does by itself.
    pub timer: Timer,
    /// What moderators have decided of the words that were sent to it.
    pub words: Arc<Decisions>,
}

impl Activity {
    /// Whether an answer given in `round` may be counted now. When the time is up it may not,
    /// whether or not anybody has closed the activity yet.
    pub fn accepts(&self, round: u32, now: Millis) -> Result<(), Refusal> {
        if round != self.round {
            return Err(Refusal::new(RefusalCode::Round, "This activity was restarted. Please answer again."));
        }
        if self.state != ActivityState::Open {
            return Err(Refusal::new(RefusalCode::Closed, "This activity is closed."));
        }
        if self.timer.is_up(now) {
            return Err(Refusal::new(RefusalCode::Closed, "The time is up."));
        }
        Ok(())
    }

    /// The answer, checked and cleaned, if it may be counted for the question as it is now. One
    /// that was made for another version may where it says the same.
    pub fn understands(&self, version: PromptVersion, answer: Answer) -> Result<Answer, Refusal> {
        let changed = || {
            let message =
                "The question was changed before this answer arrived, so the answer may no longer fit. Answer again.";
            Refusal::new(RefusalCode::Stale, message)
        };
        if version == self.versions.current {
            return Ok(kinds::check_answer(&self.settings, answer)?);
        }
        if !self.versions.still_says_the_same(version, &answer) {
            return Err(changed());
        }
        kinds::check_answer(&self.settings, answer).map_err(|_| changed())
    }

    /// How posts are taken, where people send posts in place of answers.
    pub fn post_rules(&self) -> Option<PostRules> {
        kinds::post_rules(&self.settings)
    }

    /// The place of the posts that are sent to it now; none where answers are no posts.
    pub fn texts(&self) -> Option<ActivityRound> {
        self.post_rules().map(|_| ActivityRound { activity: self.id, round: self.round })
    }

    /// Whether a participant who has answered may answer again.
    pub fn is_changeable(&self) -> bool {
        kinds::is_changeable(&kinds::prompt(&self.settings, Reveal::Hidden))
    }

    /// An answer of its current round as it is counted: by whom it is, and when it was committed,
    /// where that is known.
    pub fn entry<'a>(&self, answer: &'a Answer, by: Option<(ParticipantId, Millis)>) -> Entry<'a, Answer> {
        // The database's clock may have been set back since: nobody answers before it was opened.
        let elapsed = |at: Millis| (at - self.round_opened_at.unwrap_or(at)).max(0);
        let by = by.map(|(participant, at)| Respondent { participant, at, elapsed: elapsed(at) });
        Entry { answer, by: by.filter(|_| kinds::counts_people(self.settings.kind())) }
    }

    /// Whether what was not to be known while people answered may be known now.
    pub fn reveal(&self) -> Reveal {
        match self.state {
            ActivityState::Closed if self.shows_results() => Reveal::Shown,
            _ => Reveal::Hidden,
        }
    }

    /// Whether screens and phones may see the results now.
    pub fn shows_results(&self) -> bool {
        self.results && kinds::results_are_public(&self.settings)
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
            prompt: kinds::prompt(&self.settings, self.reveal()),
        }
    }

    /// The activity as the studio lists it; how many have answered where nothing else tells it.
    pub fn listed(&self, respondents: Option<u32>) -> RundownItem {
        let Self { id, state, round, results, timer: Timer { opens_at, closes_at }, .. } = *self;
        RundownItem {
            id,
            state,
            round,
            version: self.versions.current,
            results,
            respondents,
            opens_at,
            closes_at,
            settings: self.settings.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
