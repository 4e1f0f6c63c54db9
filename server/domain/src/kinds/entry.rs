//! One answer as it is counted.

use parterre_protocol::{Millis, ParticipantId};

/// A participant's current answer, as it is counted.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry<'a, A> {
    /// The answer.
    pub answer: &'a A,
    /// Who gave it, and when. Known of kinds that count people
    /// ([`Kind::COUNTS_PEOPLE`](super::Kind::COUNTS_PEOPLE)), and of no others: of those the
    /// database counts equal answers, and nodes tell each other nobody's id.
    pub by: Option<Respondent>,
}

/// Who gave an answer, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Respondent {
    /// Who.
    pub participant: ParticipantId,
    /// When it was committed, by the database's clock.
    pub at: Millis,
    /// How long after its round was first opened; 0 for rounds that were opened before that was
    /// noted.
    pub elapsed: Millis,
}

// Derived, these would ask the same of the answer.
impl<A> Clone for Entry<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Entry<'_, A> {}

impl<'a, A> Entry<'a, A> {
    /// The same of one kind's answer.
    pub(super) fn of<B>(self, answer: &'a B) -> Entry<'a, B> {
        Entry { answer, by: self.by }
    }
}

/// An answer alone, for kinds that do not count people.
impl<'a, A> From<&'a A> for Entry<'a, A> {
    fn from(answer: &'a A) -> Self {
        Self { answer, by: None }
    }
}
