//! Whatever several phones and a facilitator do at the same time: in the end the studio's counts
//! are those of the last answer that each phone was told is stored.

use std::collections::{BTreeMap, VecDeque};

use parterre_protocol::{ChoiceTally, ClientMessage, Control, Outcome, RefusalCode, Tally, limits::COMMANDS_IN_FLIGHT};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::{
    event::{Event, pick, poll},
    house::House,
    live::{Live, response},
};

const PHONES: usize = 4;

/// Something that somebody does.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A phone sends an answer and does not wait.
    Answer(usize, u16),
    /// A phone sends its newest command once more, as one does after a time without network.
    Again(usize),
    /// A phone waits for all its receipts.
    Wait(usize),
    Open,
    Close,
    Reset,
    Lobby,
}

fn step() -> impl Strategy<Value = Step> {
    let phone = || 0..PHONES;
    prop_oneof![
        8 => (phone(), 1..=2u16).prop_map(|(phone, option)| Step::Answer(phone, option)),
        2 => phone().prop_map(Step::Again),
        3 => phone().prop_map(Step::Wait),
        3 => Just(Step::Open),
        1 => Just(Step::Close),
        1 => Just(Step::Reset),
        1 => Just(Step::Lobby),
    ]
}

/// A phone that keeps what it was told.
struct Phone {
    live: Live,
    /// Its newest command: the message, the round and the option.
    newest: Option<Command>,
    /// Commands that wait for their receipts, in order.
    waiting: VecDeque<Command>,
    /// The last stored option of each round.
    stored: BTreeMap<u32, u16>,
}

type Command = (ClientMessage, u32, u16);

impl Phone {
    fn new(event: &Event) -> Self {
        Self { live: event.phone(), newest: None, waiting: VecDeque::new(), stored: BTreeMap::new() }
    }

    fn send(&mut self, command: Command) {
        if self.waiting.len() == COMMANDS_IN_FLIGHT {
            self.wait();
        }
        self.live.say(&command.0);
        self.newest = Some(command.clone());
        self.waiting.push_back(command);
    }

    /// Reads all receipts, which come in the order of the commands.
    fn wait(&mut self) {
        while let Some((ClientMessage::Respond { cid, .. }, round, option)) = self.waiting.pop_front() {
            match self.live.receipt(cid) {
                Outcome::Stored { .. } => drop(self.stored.insert(round, option)),
                Outcome::Refused { code: RefusalCode::Closed | RefusalCode::Round, .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Carries the steps out in an event of its own; what the phones hold, and the studio, in the last
/// round.
fn carry_out(event: &Event, steps: &[Step]) -> (BTreeMap<u16, u32>, Live) {
    let activity = event.activities[0];
    let (mut studio, mut round) = (event.studio(), 1);
    let mut phones: Vec<Phone> = (0..PHONES).map(|_| Phone::new(event)).collect();
    for step in steps {
        match *step {
            Step::Answer(phone, option) => phones[phone].send((response(activity, round, pick(option)), round, option)),
            Step::Again(phone) => {
                if let Some(command) = phones[phone].newest.clone() {
                    phones[phone].send(command);
                }
            }
            Step::Wait(phone) => phones[phone].wait(),
            Step::Open => studio.steer(Control::Open { activity }),
            Step::Close => studio.steer(Control::Close { activity }),
            Step::Reset => {
                studio.steer(Control::Reset { activity, round });
                round += 1;
            }
            Step::Lobby => studio.steer(Control::Lobby),
        }
    }
    phones.iter_mut().for_each(Phone::wait);
    studio.steer(Control::Open { activity });
    let mut counts = BTreeMap::from([(1, 0), (2, 0)]);
    for option in phones.iter().filter_map(|phone| phone.stored.get(&round)) {
        *counts.entry(*option).or_default() += 1;
    }
    (counts, studio)
}

#[test]
fn the_studio_counts_what_the_phones_were_told_is_stored() {
    let house = House::shared();
    // A case that fails waits long for what never comes, so it is not made smaller.
    let config = Config { cases: 24, max_shrink_iters: 0, failure_persistence: None, ..Config::default() };
    let steps = prop::collection::vec(step(), 10..60);
    let checked = TestRunner::new(config).run(&steps, |steps| {
        let event = Event::new(&house, &[poll()]);
        let (expected, mut studio) = carry_out(&event, &steps);
        let respondents: u32 = expected.values().sum();
        studio.until(
            "the counts of the receipts",
            |studio| matches!(studio.results().tally, Some(Tally::Choice(ChoiceTally { counts, .. })) if counts == expected),
        );
        let recounted = house.owner().get(&event.path("")).expect(200).json();
        prop_assert_eq!(&recounted["activities"][0]["respondents"], &serde_json::json!(respondents));
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
}
