//! The answers of an event one by one, for files: read a page at a time, all at one moment.
//!
//! Answers without a name are read as how often each was given, in the order of the answers
//! themselves. So there is nothing to shuffle and nothing to forget: neither their order nor their
//! place in a file can tell who gave one, when, or which other answers are of the same person.

use parterre_domain::{activity::Activity, forum::Forum};
use parterre_protocol::{Answer, EventId, Millis, ParticipantId};
use uuid::Uuid;

use super::{
    EventMetadata, Store, StoreError, columns,
    posts::forum,
    sql::{Tx, query},
    stage::outline,
};

/// Rows that are read at a time. A page is also what is in memory of the answers.
const PAGE: i64 = 500;
/// Different answers without names that are read at a time. More than of the others: for each page
/// the database puts all that are left of a round in order.
const COUNTED_PAGE: i64 = 5000;

/// An event at one moment, whose answers can be read.
#[derive(Debug)]
pub struct EventAnswers {
    /// The event and its rundown.
    pub outline: EventMetadata,
    /// Its questions and texts.
    pub forum: Forum,
    /// Reads the answers.
    pub reader: AnswerReader,
}

/// Reads the answers of an event at one moment. It holds a connection: not to be kept for longer
/// than the file takes to be written.
pub struct AnswerReader {
    tx: Tx,
    has_names: bool,
}

/// An answer that counts.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerRecord {
    /// In which round of its activity.
    pub round: u32,
    /// What was answered.
    pub answer: Answer,
    /// By whom and when, where the event asks for names and one was given.
    pub by: Option<(String, Millis)>,
    /// How often it was given; once by somebody with a name.
    pub count: u32,
}

/// Up to where the answers to an activity have been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AnswerCursor {
    /// Nothing was read yet.
    #[default]
    Start,
    /// Those of people with names, up to this person in this round.
    Named(u32, ParticipantId),
    /// Those of people with names, and others up to this answer in this round, as it is stored.
    Unnamed(u32, String),
    /// All were read.
    End,
}

row! {
    struct NamedRow {
        round: i64,
        participant_id: Uuid,
        name: String,
        at: Millis,
        answer: String,
    }
}

impl Store {
    /// The event at this moment, with a reader of its answers.
    pub async fn answers_of(&self, event: EventId) -> Result<Option<EventAnswers>, StoreError> {
        let mut tx = self.snapshot().await?;
        let Some(outline) = outline(&mut tx, event).await? else { return Ok(None) };
        let forum = forum(&mut tx, event, outline.qa.clone()).await?;
        let reader = AnswerReader { tx, has_names: outline.event.names };
        Ok(Some(EventAnswers { outline, forum, reader }))
    }
}

impl AnswerReader {
    /// The next answers to an activity that count, of all its rounds; none once all were read.
    pub async fn page(
        &mut self,
        activity: &Activity,
        cursor: &mut AnswerCursor,
    ) -> Result<Vec<AnswerRecord>, StoreError> {
        loop {
            let (records, next) = match &*cursor {
                AnswerCursor::Start if self.has_names => self.named(activity, 0, ParticipantId::new(Uuid::nil())).await,
                AnswerCursor::Named(round, last) => self.named(activity, *round, *last).await,
                AnswerCursor::Start => self.unnamed(activity, 0, "").await,
                AnswerCursor::Unnamed(round, last) => self.unnamed(activity, *round, last).await,
                AnswerCursor::End => return Ok(Vec::new()),
            }?;
            *cursor = next;
            if !records.is_empty() {
                return Ok(records);
            }
        }
    }

    /// Answers of people with names, by round and person.
    async fn named(
        &mut self,
        activity: &Activity,
        round: u32,
        last: ParticipantId,
    ) -> Result<(Vec<AnswerRecord>, AnswerCursor), StoreError> {
        let tx = &mut self.tx;
        let found = query!(tx.fetch_all::<NamedRow>(
            "SELECT responses.round, responses.participant_id, participants.name, responses.at, responses.answer
             FROM responses JOIN participants ON participants.id = responses.participant_id
             WHERE responses.activity_id = $1 AND (responses.round, responses.participant_id) > ($2, $3)
                 AND responses.replaced_at IS NULL AND responses.given AND participants.name IS NOT NULL
             ORDER BY responses.round, responses.participant_id LIMIT $4",
            activity.id.uuid(),
            i64::from(round),
            last.uuid(),
            PAGE,
        ))?;
        let next = match found.last() {
            Some(row) if found.len() == PAGE as usize => {
                AnswerCursor::Named(columns::count(row.round), ParticipantId::new(row.participant_id))
            }
            _ => AnswerCursor::Unnamed(0, String::new()),
        };
        let record = |row: NamedRow| {
            let (round, answer) = (columns::count(row.round), columns::answer(&row.answer)?);
            Ok(AnswerRecord { round, answer, by: Some((row.name, row.at)), count: 1 })
        };
        Ok((found.into_iter().map(record).collect::<Result<_, StoreError>>()?, next))
    }

    /// Answers of people without names, or of all where names are not asked for: equal ones
    /// together, by round and answer.
    async fn unnamed(
        &mut self,
        activity: &Activity,
        round: u32,
        last: &str,
    ) -> Result<(Vec<AnswerRecord>, AnswerCursor), StoreError> {
        let (tx, has_names) = (&mut self.tx, self.has_names);
        // Postgres would compare by the rules of a language, slowly; by bytes the order is the same
        // on both.
        let found = query!(tx.fetch_all::<(i64, String, i64)>({
            sqlite "SELECT round, answer, COUNT(*) FROM responses
             WHERE activity_id = $1 AND (round, answer) > ($2, $3) AND replaced_at IS NULL AND given
                 AND NOT ($4 AND EXISTS (SELECT 1 FROM participants
                     WHERE participants.id = responses.participant_id AND participants.name IS NOT NULL))
             GROUP BY round, answer ORDER BY round, answer LIMIT $5",
            postgres "SELECT round, answer, COUNT(*) FROM responses
             WHERE activity_id = $1 AND (round, answer COLLATE \"C\") > ($2, $3) AND replaced_at IS NULL AND given
                 AND NOT ($4 AND EXISTS (SELECT 1 FROM participants
                     WHERE participants.id = responses.participant_id AND participants.name IS NOT NULL))
             GROUP BY round, answer ORDER BY round, answer COLLATE \"C\" LIMIT $5"
        },
            activity.id.uuid(),
            i64::from(round),
            last,
            has_names,
            COUNTED_PAGE,
        ))?;
        let next = match found.last() {
            Some((round, answer, _)) if found.len() == COUNTED_PAGE as usize => {
                AnswerCursor::Unnamed(columns::count(*round), answer.clone())
            }
            _ => AnswerCursor::End,
        };
        let record = |(round, answer, count): (i64, String, i64)| {
            let (round, answer) = (columns::count(round), columns::answer(&answer)?);
            Ok(AnswerRecord { round, answer, by: None, count: columns::count(count) })
        };
        Ok((found.into_iter().map(record).collect::<Result<_, StoreError>>()?, next))
    }
}

impl std::fmt::Debug for AnswerReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnswerReader").field("has_names", &self.has_names).finish_non_exhaustive()
    }
}
