//! An event to try things on.

use std::sync::Arc;

use parterre_domain::{
    event::EventSettings,
    ids::{CommandId, MemberId, WorkspaceId},
    tally::RunningTally,
    wording::Screening,
};
use parterre_protocol::{
    ActivityId, Answer, Choice, ChoicePoll, Control, EventId, Millis, Outcome, ParticipantId, PromptVersion,
    QaSettings, RefusalCode, Settings, WordCloud, Words, kinds::choice::PollOption,
};
use parterre_store::{Added, Batch, Committed, Join, NewResponse, RoomState, Store};
use uuid::Uuid;

/// The facilitator of the rooms.
pub(crate) struct Host {
    pub(crate) workspace: WorkspaceId,
    pub(crate) member: MemberId,
}

/// An event with one activity, a poll.
pub(crate) struct Room<'a> {
    pub(crate) store: &'a Store,
    pub(crate) event: EventId,
    pub(crate) poll: ActivityId,
    pub(crate) host: MemberId,
}

impl<'a> Room<'a> {
    /// A draft.
    pub(crate) async fn draft(store: &'a Store, host: &Host) -> Self {
        let event = EventId::new(Uuid::new_v4());
        let made = store.create_event(event, host.workspace, &settings(&any_code()), 1).await.unwrap();
        made.unwrap();
        let mut room = Self { store, event, poll: ActivityId::new(Uuid::nil()), host: host.member };
        room.poll = room.add(&poll(true)).await;
        room
    }

    /// Live, with the poll open.
    pub(crate) async fn running(store: &'a Store, host: &Host) -> Self {
        let room = Self::draft(store, host).await;
        room.steer(Control::Open { activity: room.poll }).await;
        room
    }

    pub(crate) async fn add(&self, asked: &Settings) -> ActivityId {
        let id = ActivityId::new(Uuid::new_v4());
        let added = self.store.add_activity(self.event, id, asked, None).await.unwrap();
        assert!(matches!(added, Added::Done(_)));
        id
    }

    /// Steers, and expects it to be done.
    pub(crate) async fn steer(&self, control: Control) -> parterre_store::ControlOutcome {
        let steered = self.store.control(self.event, self.host, cid(), &control, 2).await.unwrap();
        assert_eq!(steered.outcome, Outcome::Stored { at: 2 }, "{control:?}");
        steered
    }

    pub(crate) async fn state(&self) -> RoomState {
        self.store.room(self.event).await.unwrap().unwrap()
    }

    /// How many have answered the poll.
    pub(crate) async fn respondents(&self) -> u32 {
        self.state().await.respondents[&self.poll]
    }

    /// The tally of what is on stage.
    pub(crate) async fn tally(&self) -> RunningTally {
        RunningTally::clone(&self.state().await.tally.unwrap())
    }

    /// A new participant.
    pub(crate) async fn join(&self) -> ParticipantId {
        self.join_many(1).await[0]
    }

    pub(crate) async fn join_many(&self, many: usize) -> Vec<ParticipantId> {
        let batch = Batch { joins: self.crowd(many), ..Batch::default() };
        let committed = self.store.commit(&batch, 3).await.unwrap();
        assert!(committed.changes.is_empty() && committed.attended.values().sum::<u32>() as usize == many);
        batch.joins.into_iter().map(|join| join.id).collect()
    }

    /// So many who want to join.
    pub(crate) fn crowd(&self, many: usize) -> Vec<Join> {
        let join = |_| Join { id: ParticipantId::new(Uuid::new_v4()), event: self.event, name: None };
        (0..many).map(join).collect()
    }

    /// An answer to the poll's first round.
    pub(crate) fn pick(&self, participant: ParticipantId, option: u16) -> NewResponse {
        self.answer(participant, self.poll, picked(&[option], None))
    }

    pub(crate) fn answer(&self, participant: ParticipantId, activity: ActivityId, answer: Answer) -> NewResponse {
        NewResponse {
            cid: cid(),
            event: self.event,
            activity,
            round: 1,
            version: PromptVersion::FIRST,
            participant,
            answer,
        }
    }

    pub(crate) async fn commit(&self, responses: Vec<NewResponse>, now: Millis) -> Committed {
        self.store.commit(&Batch { responses, ..Batch::default() }, now).await.unwrap()
    }

    pub(crate) async fn commit_one(&self, response: NewResponse, now: Millis) -> Outcome {
        self.commit(vec![response], now).await.responses.remove(0)
    }

    /// The event's version.
    pub(crate) async fn rev(&self) -> i64 {
        self.store.event(self.event).await.unwrap().unwrap().rev
    }
}

pub(crate) fn cid() -> CommandId {
    CommandId::new(Uuid::new_v4())
}

/// A code that no other event has.
pub(crate) fn any_code() -> String {
    let random = Uuid::new_v4().as_u128();
    (0..10).map(|n| char::from(b'A' + ((random >> (5 * n)) % 26) as u8)).collect()
}

pub(crate) fn settings(code: &str) -> EventSettings {
    EventSettings::parse("Annual meeting", code, false).unwrap()
}

pub(crate) fn poll(changeable: bool) -> Settings {
    let options = (1..=3).map(|id| PollOption { id, text: format!("option {id}") }).collect();
    Settings::Choice(ChoicePoll { title: "Where?".to_owned(), options, min: 1, max: 4, other: true, changeable })
}

pub(crate) fn cloud() -> Settings {
    Settings::Words(WordCloud { title: "One word?".to_owned(), words_per_person: 3 })
}

pub(crate) fn picked(options: &[u16], other: Option<&str>) -> Answer {
    Answer::Choice(Choice { options: options.to_vec(), other: other.map(str::to_owned) })
}

pub(crate) fn said(words: &[&str]) -> Answer {
    Answer::Words(Words { words: words.iter().map(|word| (*word).to_owned()).collect() })
}

/// The tally of these answers in an event with the usual settings of questions.
pub(crate) fn counted<'a>(asked: &Settings, answers: impl IntoIterator<Item = &'a Answer>) -> RunningTally {
    RunningTally::count(asked, answers).screened(&Screening::new(&QaSettings::default().filter, &Arc::default()))
}

/// The code of a refusal.
pub(crate) fn refused(outcome: &Outcome) -> RefusalCode {
    match outcome {
        Outcome::Refused { code, .. } => *code,
        other => panic!("not refused: {other:?}"),
    }
}
