//! Whatever happens, what a node keeps by changes alone is what the database holds.

use std::collections::BTreeMap;

use parterre_domain::{ids::CommandId, tally::RunningTally};
use parterre_protocol::{ActivityId, Answer, Control, Millis, ParticipantId, PromptVersion, Settings};
use parterre_store::{CommittedChange, NewResponse, RoomState, Store};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

use crate::room::{Host, Room, cid, cloud, counted, picked, poll, said};

const RUNS: usize = 12;
const STEPS: usize = 30;
const PHONES: usize = 5;

/// The activities: a poll, one with final answers, a word cloud.
fn questions() -> [Settings; 3] {
    [poll(true), poll(false), cloud()]
}

#[derive(Clone, Debug)]
enum Step {
    Steer(usize, u8),
    Commit(Vec<Drawn>),
}

/// An answer: command, phone, activity, round, and a number that says which.
#[derive(Clone, Copy, Debug)]
struct Drawn(u8, usize, usize, u32, u8);

fn any_step() -> impl Strategy<Value = Step> {
    let drawn = (0..60u8, 0..PHONES, 0..3usize, 1..3u32, 0..8u8).prop_map(|(c, p, a, r, w)| Drawn(c, p, a, r, w));
    prop_oneof![
        1 => (0..3usize, 0..4u8).prop_map(|(activity, what)| Step::Steer(activity, what)),
        3 => prop::collection::vec(drawn, 1..12).prop_map(Step::Commit),
    ]
}

/// What a node keeps.
#[derive(Default)]
struct NodeCopy {
    rev: i64,
    tallies: BTreeMap<(ActivityId, u32), RunningTally>,
    answers: BTreeMap<(ParticipantId, ActivityId, u32), (Answer, Millis)>,
}

impl NodeCopy {
    fn apply(&mut self, change: &CommittedChange, questions: &BTreeMap<ActivityId, Settings>) {
        assert_eq!(change.from, self.rev, "no version is missed");
        assert!(change.rev > change.from && !change.answers.is_empty());
        self.rev = change.rev;
        for change in &change.answers {
            let empty = || counted(&questions[&change.activity], []);
            let tally = self.tallies.entry((change.activity, change.round)).or_insert_with(empty);
            change.before.iter().for_each(|(before, _)| tally.remove(before));
            tally.add(&change.after);
            let place = (change.participant, change.activity, change.round);
            assert_eq!(self.answers.insert(place, (change.after.clone(), change.at)), change.before);
        }
    }

    fn equals(&self, state: &RoomState) {
        assert_eq!(self.rev, state.event.rev);
        for activity in &state.activities {
            let empty = counted(&activity.settings, []);
            let kept = self.tallies.get(&(activity.id, activity.round)).unwrap_or(&empty);
            assert_eq!(state.respondents[&activity.id], kept.respondents);
            if state.staged == Some(activity.id) {
                assert_eq!(state.tally.as_deref(), Some(kept));
            }
        }
    }
}

pub(crate) async fn a_tally_kept_by_changes_equals_a_recount(store: &Store, host: &Host) {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    for _ in 0..RUNS {
        let steps = prop::collection::vec(any_step(), STEPS).new_tree(&mut runner).unwrap().current();
        run(store, host, &steps).await;
    }
}

async fn run(store: &Store, host: &Host, steps: &[Step]) {
    let room = Room::draft(store, host).await;
    let [_, last_word, words] = questions();
    let activities = [room.poll, room.add(&last_word).await, room.add(&words).await];
    let questions: BTreeMap<_, _> = std::iter::zip(activities, questions()).collect();
    let phones = room.join_many(PHONES).await;
    let commands: Vec<_> = (0..60).map(|_| cid()).collect();
    let mut kept = NodeCopy { rev: room.rev().await, ..NodeCopy::default() };
    for step in steps {
        match step {
            Step::Steer(activity, what) => {
                let steered = room.steer(control(activities[*activity], *what)).await;
                kept.rev = steered.rev.unwrap_or(kept.rev);
            }
            Step::Commit(drawn) => {
                let answers = drawn.iter().map(|drawn| response(&room, drawn, &commands, &phones, &activities));
                let committed = room.commit(answers.collect(), 7).await;
                committed.changes.iter().for_each(|change| kept.apply(change, &questions));
            }
        }
        kept.equals(&room.state().await);
    }
    for phone in phones {
        let known = store.participant(room.event, phone).await.unwrap().unwrap();
        for (activity, response) in known.responses {
            assert_eq!(
                kept.answers.get(&(phone, activity, response.round)).map(|(answer, _)| answer),
                Some(&response.answer)
            );
        }
    }
}

fn control(activity: ActivityId, what: u8) -> Control {
    match what {
        0 => Control::Lobby,
        1 => Control::Reset { activity, round: 1 },
        _ => Control::Open { activity },
    }
}

fn response(
    room: &Room<'_>,
    &Drawn(command, phone, activity, round, which): &Drawn,
    commands: &[CommandId],
    phones: &[ParticipantId],
    activities: &[ActivityId; 3],
) -> NewResponse {
    let answer = match (activity, which) {
        (2, 0) => said(&[]),
        (2, _) => said(&["mer", "Mer", "été"][..usize::from(which % 3) + 1]),
        (_, 0) => picked(&[], Some("by train")),
        _ => picked(&[u16::from(which % 3) + 1], (which > 4).then_some("on foot")),
    };
    let cid = commands[usize::from(command)];
    NewResponse {
        cid,
        event: room.event,
        activity: activities[activity],
        round,
        version: PromptVersion::FIRST,
        participant: phones[phone],
        answer,
    }
}
