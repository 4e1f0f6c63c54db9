//! A run that is constructed step by step: what clients did, received and saw, and what is stored.

use parterre_protocol::{
    Act, ActivityId, Answer, Choice, ChoicePoll, ChoiceTally, ClientMessage, CommandId, Control, EventId, Outcome,
    ParticipantId, PostCommand, PostId, Prompt, PromptVersion, RefusalCode, Rev, ServerMessage, Tally, Vote,
    kinds::choice::PollOption,
    posts::{PostRef, PostState, Queue},
    texts::{ShownText, Texts},
    topics::{ActivityState, Audience, EventState, Posts, Results, ShownPost, StagedActivity, Topic},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::judge;
use crate::faults::{
    db_snapshot::{
        DbSnapshot, PostChange, PostPlace, StoredAct, StoredActivity, StoredAnswer, StoredEvent, StoredPost,
        StoredReceipt, StoredVote,
    },
    history::{History, Time, Who},
    observations::{Frame, Observations},
};

pub(super) const POST: PostId = PostId::new(1);

pub(super) fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(super) fn event() -> EventId {
    EventId::new(uuid(1))
}

pub(super) fn poll() -> ActivityId {
    ActivityId::new(uuid(10))
}

pub(super) fn participant(phone: usize) -> ParticipantId {
    ParticipantId::new(uuid(100 + phone as u128))
}

pub(super) fn option(id: u16) -> Answer {
    Answer::Choice(Choice { options: vec![id], other: None })
}

pub(super) fn stored(at: i64) -> Outcome {
    Outcome::Stored { at }
}

pub(super) fn refused(code: RefusalCode) -> Outcome {
    Outcome::Refused { code, message: String::new() }
}

/// A run: two phones (clients 0 and 1), a screen (2), a studio (3) and a moderator (4) of one
/// event.
pub(super) struct Run {
    pub(super) history: History,
    pub(super) observations: Observations,
    pub(super) snapshot: DbSnapshot,
    pub(super) cids: u128,
    pub(super) rev: Rev,
}

/// An answer to the poll in its first round.
pub(super) fn response(cid: CommandId, answer: Answer) -> ClientMessage {
    let (activity, version) = (poll(), PromptVersion::FIRST);
    ClientMessage::Respond { cid, activity, round: 1, version, answer }
}

impl Run {
    pub(super) fn new() -> Self {
        let mut history = History::default();
        for phone in [0, 1] {
            let (name, participant) = (format!("phone {phone}"), Some(participant(phone)));
            history.client(Who { name, event: event(), audience: Audience::Phone, participant });
        }
        for (name, audience) in
            [("screen", Audience::Screen), ("studio", Audience::Studio), ("moderator", Audience::Moderator)]
        {
            history.client(Who { name: name.to_owned(), event: event(), audience, participant: None });
        }
        let mut snapshot = DbSnapshot::default();
        let (state, staged) = (EventState::Live, Some(poll()));
        snapshot.events.insert(event(), StoredEvent { id: event(), rev: 0, state, staged, joined: 2 });
        let activity = StoredActivity {
            id: poll(),
            event_id: event(),
            state: ActivityState::Closed,
            round: 1,
            results: true,
            overdue: None,
        };
        snapshot.activities.insert(poll(), activity);
        Self { history, observations: Observations::default(), snapshot, cids: 1000, rev: 10 }
    }

    /// A run in which everything happens and nothing goes wrong.
    pub(super) fn good() -> Self {
        let mut run = Self::new();
        run.control(Control::Open { activity: poll() }, 0);
        run.shows_stage(ActivityState::Open);
        run.answers(0, 1, 10);
        run.answers(1, 2, 20);
        run.shows_counts(&[(1, 1), (2, 1)]);
        run.answers(0, 2, 30);
        run.shows_counts(&[(1, 0), (2, 2)]);
        run.asks(0, 40);
        run.publishes(50);
        run.votes(1, Vote::Up, 60);
        run.shows_post(2);
        run.control(Control::Close { activity: poll() }, 70);
        run.shows_stage(ActivityState::Closed);
        let late = response(run.cid(), option(1));
        run.sends(1, late, 90, Some(refused(RefusalCode::Closed)));
        run
    }

    pub(super) fn cid(&mut self) -> CommandId {
        self.cids += 1;
        CommandId::new(uuid(self.cids))
    }

    /// A client sends a command and receives the outcome 5 ms later.
    pub(super) fn sends(&mut self, client: usize, message: ClientMessage, at: Time, outcome: Option<Outcome>) {
        let cid = match &message {
            ClientMessage::Respond { cid, .. }
            | ClientMessage::Post { cid, .. }
            | ClientMessage::Moderate { cid, .. }
            | ClientMessage::Control { cid, .. } => *cid,
            ClientMessage::Ping => return,
        };
        self.history.made(client, message, at);
        if let Some(outcome) = outcome {
            self.history.told(cid, &outcome, at + 5);
        }
    }

    pub(super) fn receipt(&mut self, client: usize, cid: CommandId, at: Time) {
        let sender = self.history.clients[client].participant.map_or(uuid(500), ParticipantId::uuid);
        self.snapshot.receipts.push(StoredReceipt { sender, cid, event_id: event(), at: at as i64 });
    }

    pub(super) fn control(&mut self, control: Control, at: Time) {
        let cid = self.cid();
        self.rev += 1;
        self.sends(3, ClientMessage::Control { cid, control }, at, Some(stored(at as i64)));
        self.receipt(3, cid, at);
    }

    pub(super) fn answers(&mut self, phone: usize, picked: u16, at: Time) {
        self.answer(phone, option(picked), at, true);
    }

    pub(super) fn answer(&mut self, phone: usize, answer: Answer, at: Time, told: bool) {
        let cid = self.cid();
        let message = response(cid, answer.clone());
        self.sends(phone, message, at, told.then(|| stored(at as i64)));
        self.stores(phone, cid, answer, at);
    }

    pub(super) fn stores(&mut self, phone: usize, cid: CommandId, answer: Answer, at: Time) {
        self.rev += 1;
        let own = participant(phone);
        for before in self.snapshot.answers.iter_mut().filter(|it| it.participant_id == own && it.replaced_at.is_none())
        {
            before.replaced_at = Some(at as i64);
        }
        self.snapshot.answers.push(StoredAnswer {
            participant_id: own,
            cid,
            event_id: event(),
            activity_id: poll(),
            round: 1,
            answer: Some(answer),
            at: at as i64,
            rev: self.rev,
            replaced_at: None,
        });
    }

    pub(super) fn asks(&mut self, phone: usize, at: Time) {
        let (cid, text) = (self.cid(), "Why?".to_owned());
        self.rev += 1;
        let post = PostCommand::Ask { text: text.clone(), name: None };
        self.sends(phone, ClientMessage::Post { cid, post }, at, Some(stored(at as i64)));
        self.receipt(phone, cid, at);
        self.snapshot.posts.push(StoredPost {
            event_id: event(),
            number: POST,
            activity_id: None,
            round: None,
            participant_id: participant(phone),
            text,
            state: PostState::Review,
            merged_into: None,
            root: POST,
            at: at as i64,
            answered_at: None,
            version: self.rev,
        });
        self.stores_vote(phone, 1);
    }

    pub(super) fn publishes(&mut self, at: Time) {
        let (cid, version) = (self.cid(), self.rev);
        self.rev += 1;
        let act = Act::Move { posts: vec![PostRef { post: POST, version }], to: Queue::Published };
        self.sends(4, ClientMessage::Moderate { cid, act }, at, Some(stored(at as i64)));
        self.receipt(4, cid, at);
        let place = |state| PostPlace { state, merged_into: None };
        let change = PostChange { post: POST, before: place(PostState::Review), after: place(PostState::Published) };
        self.snapshot.acts.push(StoredAct { event_id: event(), rev: self.rev, changes: vec![change] });
        self.snapshot.posts[0].state = PostState::Published;
    }

    pub(super) fn votes(&mut self, phone: usize, vote: Vote, at: Time) {
        let cid = self.cid();
        self.rev += 1;
        let post = PostCommand::Vote { post: POST, vote };
        self.sends(phone, ClientMessage::Post { cid, post }, at, Some(stored(at as i64)));
        self.receipt(phone, cid, at);
        self.stores_vote(phone, i64::from(vote == Vote::Up));
    }

    pub(super) fn stores_vote(&mut self, phone: usize, vote: i64) {
        let participant_id = participant(phone);
        self.snapshot.votes.retain(|it| it.participant_id != participant_id);
        self.snapshot.votes.push(StoredVote { participant_id, event_id: event(), post: POST, vote, rev: self.rev });
    }

    /// The screen receives a frame.
    pub(super) fn shows(&mut self, topic: Topic, data: &impl serde::Serialize) {
        let data = serde_json::to_value(data).unwrap();
        self.shows_to(2, topic, self.rev, &data);
    }

    pub(super) fn shows_to(&mut self, client: usize, topic: Topic, rev: Rev, held: &Value) {
        let text = serde_json::to_string(&ServerMessage::Full { topic, rev, data: held.clone() }).unwrap();
        let frame = Frame { client, at: 1, topic, rev, from: None, text: &text, held };
        self.observations.look(&self.history.clients[client], &frame);
    }

    pub(super) fn shows_counts(&mut self, counts: &[(u16, u32)]) {
        let tally = Tally::Choice(ChoiceTally { counts: counts.iter().copied().collect(), other: None, texts: None });
        let respondents = Some(counts.iter().map(|(_, count)| count).sum());
        self.shows(
            Topic::Results,
            &Results { activity: Some(poll()), round: 1, respondents, tally: Some(tally), written: None },
        );
    }

    /// A text wall replaces the poll, and a text is stored and visible.
    pub(super) fn sends_text(&mut self, phone: usize, at: Time) {
        self.asks(phone, at);
        let text = self.snapshot.posts.last_mut().unwrap();
        (text.activity_id, text.round, text.state) = (Some(poll()), Some(1), PostState::Published);
    }

    pub(super) fn shows_text(&mut self, text: &str, respondents: u32) {
        let shown = ShownText { text: text.to_owned(), name: None, people: 1, pinned: false };
        let tally = Tally::Open(Texts { texts: [(POST, shown)].into(), shown: 1, highlight: None });
        let respondents = Some(respondents);
        self.shows(
            Topic::Results,
            &Results { activity: Some(poll()), round: 1, respondents, tally: Some(tally), written: None },
        );
    }

    pub(super) fn shows_stage(&mut self, state: ActivityState) {
        let options = [1, 2].map(|id| PollOption { id, text: id.to_string() }).to_vec();
        let prompt = Prompt::Choice(ChoicePoll {
            title: "Where?".to_owned(),
            options,
            min: 1,
            max: 1,
            other: false,
            changeable: true,
        });
        let activity = StagedActivity {
            id: poll(),
            state,
            round: 1,
            version: PromptVersion::FIRST,
            results: true,
            closes_at: None,
            place: 1,
            of: 1,
            prompt,
        };
        let data = json!({
            "event": {"id": event(), "name": "E", "code": "E", "state": "live", "names": false},
            "activity": activity,
            "qa": {"state": "open", "review": true, "names": "either", "downvotes": false, "labels": [], "on_screen": false},
        });
        self.shows(Topic::Stage, &data);
    }

    pub(super) fn shows_post(&mut self, votes: u32) {
        let shown = ShownPost {
            text: "Why?".to_owned(),
            votes,
            down: None,
            at: 1,
            name: None,
            labels: Vec::new(),
            pinned: false,
            answered: false,
            edited: false,
            reply: None,
        };
        let posts = [(POST, shown)].into();
        self.shows(Topic::Posts, &Posts { posts, highlight: None, published: 1, answered_posts: 0, summary: None });
    }

    /// The names of the checks that fail.
    pub(super) fn fails(&self) -> Vec<&'static str> {
        let verdicts = judge(&self.history, &self.observations, &self.snapshot);
        verdicts.iter().filter(|verdict| verdict.wrong > 0).map(|verdict| verdict.name).collect()
    }
}
