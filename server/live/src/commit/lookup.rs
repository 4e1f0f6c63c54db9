//! Grouped lookups: who comes in, and to which event a code leads, is asked of a shared database
//! for all together who ask at the same moment. While one group is looked up the next one gathers,
//! so nobody waits for others to come; when a whole room comes at once, a statement finds hundreds.
//!
//! What is told was read after it was asked. A file is at hand, and is asked for each by itself.

use std::{collections::BTreeMap, sync::Arc};

use parterre_domain::event::{Event, JoinCode};
use parterre_protocol::{EventId, ParticipantId};
use parterre_store::{ParticipantRecord, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::context::Context;

/// So many are looked up together at most.
const TOGETHER: usize = 256;
/// So many may wait to be looked up. Whoever finds no place here asks alone.
const QUEUE: usize = 4096;

/// The way to tell whoever waits.
type ReplyTo<T> = oneshot::Sender<Result<Option<T>, StoreError>>;

/// What is looked up, and who waits for it. Where it cannot be found out for all together, whoever
/// waits is told nothing, and asks alone.
#[derive(Debug)]
pub enum LookupRequest {
    /// What is stored of a participant of an event.
    Participant((EventId, ParticipantId), ReplyTo<ParticipantRecord>),
    /// The event with a code.
    Event(JoinCode, ReplyTo<Event>),
}

/// The way to the task that looks up.
#[derive(Debug)]
pub struct Lookups {
    context: Arc<Context>,
    queue: mpsc::Sender<LookupRequest>,
}

impl Lookups {
    /// The way, and the end at which [`run`] takes what is wanted.
    pub fn new(context: Arc<Context>) -> (Self, mpsc::Receiver<LookupRequest>) {
        let (queue, wanted) = mpsc::channel(QUEUE);
        (Self { context, queue }, wanted)
    }

    /// What is stored of this participant of the event; none where that is nothing.
    pub async fn participant(
        &self,
        event: EventId,
        id: ParticipantId,
    ) -> Result<Option<ParticipantRecord>, StoreError> {
        match self.grouped(|reply_to| LookupRequest::Participant((event, id), reply_to)).await {
            Some(found) => found,
            None => self.context.store.participant(event, id).await,
        }
    }

    /// The event with this join code.
    pub async fn event_by_code(&self, code: &JoinCode) -> Result<Option<Event>, StoreError> {
        match self.grouped(|reply_to| LookupRequest::Event(code.clone(), reply_to)).await {
            Some(found) => found,
            None => self.context.store.event_by_code(code).await,
        }
    }

    async fn grouped<T>(&self, want: impl FnOnce(oneshot::Sender<T>) -> LookupRequest) -> Option<T> {
        if !self.context.store.is_shared() {
            return None;
        }
        let (reply_to, reply) = oneshot::channel();
        self.queue.try_send(want(reply_to)).ok()?;
        reply.await.ok()
    }
}

/// Looks up what is wanted, group by group, until nobody can want anything any more.
pub(crate) async fn run(context: Arc<Context>, mut wanted: mpsc::Receiver<LookupRequest>) {
    let mut waiting = Vec::new();
    while wanted.recv_many(&mut waiting, TOGETHER).await > 0 {
        let (mut asked, mut people, mut codes) = (Vec::new(), Vec::new(), BTreeMap::<_, Vec<_>>::new());
        for one in waiting.drain(..) {
            match one {
                LookupRequest::Participant(participant, reply_to) => {
                    asked.push(participant);
                    people.push(reply_to);
                }
                LookupRequest::Event(code, reply_to) => codes.entry(code).or_default().push(reply_to),
            }
        }
        tokio::join!(find_people(&context, &asked, people), find_events(&context, codes));
    }
}

async fn find_people(context: &Context, asked: &[(EventId, ParticipantId)], who: Vec<ReplyTo<ParticipantRecord>>) {
    if asked.is_empty() {
        return;
    }
    match context.store.participants(asked).await {
        Ok(found) => who.into_iter().zip(found).for_each(|(reply_to, found)| say(reply_to, Ok(found))),
        Err(error) => fail(who, &error),
    }
}

/// One after another: many at once ask for very few.
async fn find_events(context: &Context, codes: BTreeMap<JoinCode, Vec<ReplyTo<Event>>>) {
    for (code, who) in codes {
        match context.store.event_by_code(&code).await {
            Ok(found) => who.into_iter().for_each(|reply_to| say(reply_to, Ok(found.clone()))),
            Err(error) => fail(who, &error),
        }
    }
}

/// Tells all to come again where the database is away. Else it may be about one of them: each asks
/// alone.
fn fail<T>(who: Vec<ReplyTo<T>>, error: &StoreError) {
    tracing::warn!(%error, together = who.len(), "a group could not be looked up");
    if error.is_retryable() {
        who.into_iter().for_each(|reply_to| say(reply_to, Err(StoreError::Silent)));
    }
}

fn say<T>(reply_to: ReplyTo<T>, found: Result<Option<T>, StoreError>) {
    // Who has hung up does not wait for it.
    let _ = reply_to.send(found);
}
