//! Whatever participants and moderators do: every client of every audience ends with what the
//! audience is to see, whichever frames it gets, and no frame holds a word that is not for it.

mod world;

use std::collections::BTreeMap;

use parterre_protocol::{
    LabelId, Rev, ServerMessage, Vote, patch,
    topics::{Audience, Topic},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use self::world::{PRIVATE_LABEL, Step, World, step};
use super::*;
use crate::room::{
    effect::{Effect, authors_of_what_differs},
    me::me_of,
};

/// The labels of the speakers who look: of none, of a public, of a private one, and of one that
/// there is not.
const LABELS: [Option<LabelId>; 4] = [None, Some(1), Some(PRIVATE_LABEL), Some(9)];

/// A client of one audience that believes the protocol.
#[derive(Default)]
struct Client {
    held: BTreeMap<usize, (Rev, Value)>,
}

impl Client {
    /// Takes the newest frame of each topic.
    fn take(&mut self, view: &View, label: Option<LabelId>) {
        for place in 0..TOPICS.len() {
            let labelled = view.labelled.get(&label).filter(|_| place == POSTS);
            let Some(frame) = labelled.or(view.frames[place].as_ref()) else { continue };
            let held = self.held.get(&place).map_or(0, |(rev, _)| *rev);
            let Some(bytes) = frame.bytes_from(held) else { continue };
            match serde_json::from_slice(payload(bytes)).unwrap() {
                ServerMessage::Full { rev, data, .. } => drop(self.held.insert(place, (rev, data))),
                ServerMessage::Delta { from, rev, patch: change, .. } => {
                    let (held, data) = self.held.get_mut(&place).unwrap();
                    assert_eq!(*held, from, "a delta is for what is held");
                    patch::apply(data, &change);
                    *held = rev;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn holds(&self, place: usize) -> Option<&Value> {
        self.held.get(&place).map(|(_, value)| value)
    }
}

/// The text of a frame that the server sends.
fn payload(frame: &[u8]) -> &[u8] {
    match frame[1] {
        126 => &frame[4..],
        127 => &frame[10..],
        _ => &frame[2..],
    }
}

/// Who looks, each by one client that takes every frame and one that takes a few.
struct Room {
    world: World,
    publisher: Publisher,
    views: [watch::Receiver<Arc<View>>; AUDIENCES.len()],
    /// By audience, and of speakers by label.
    clients: Vec<(Audience, Option<LabelId>, [Client; 2])>,
}

impl Room {
    fn new() -> Self {
        let world = World::new();
        let mut publisher = Publisher::new(&world.state, 0);
        let views = publisher.views();
        publisher.set_labels(&world.state, &LABELS.into());
        publisher.moderation(&world.state);
        publisher.flush();
        let speakers = LABELS.map(|label| (Audience::Speaker, label));
        let others = AUDIENCES.iter().filter(|audience| **audience != Audience::Speaker).map(|it| (*it, None));
        let clients = others.chain(speakers).map(|(audience, label)| (audience, label, Default::default()));
        let clients = clients.collect();
        Self { world, publisher, views, clients }
    }

    /// Carries a step out and publishes as a room does: at once what is urgent, the rest where
    /// `beat` says that it is time.
    fn carry_out(&mut self, step: &Step, beat: bool) -> Effect {
        let effect = self.world.carry_out(step);
        let state = &self.world.state;
        if effect.is_urgent || beat {
            self.publisher.stage(state);
            self.publisher.results(state, |_| true);
            self.publisher.posts(state, |_| true);
            self.publisher.moderation(state);
            self.publisher.flush();
        }
        effect
    }

    /// The newest frames for a client.
    fn view(&self, audience: Audience) -> Arc<View> {
        Arc::clone(&self.views[audience_index(audience)].borrow())
    }

    fn take(&mut self, skips: bool) {
        let views = AUDIENCES.map(|audience| self.view(audience));
        for (audience, label, [every, some]) in &mut self.clients {
            let view = &views[audience_index(*audience)];
            every.take(view, *label);
            if !skips {
                some.take(view, *label);
            }
        }
    }

    /// What an audience is to hold of a topic.
    fn expected(&self, audience: Audience, label: Option<LabelId>, place: usize) -> Option<Value> {
        let state = &self.world.state;
        let watcher = match audience {
            Audience::Phone => Viewer::Phone,
            Audience::Screen => Viewer::Screen,
            _ => Viewer::Speaker(label),
        };
        let value = match TOPICS[place] {
            Topic::Stage => json!(view::stage(state, audience)),
            Topic::Results if sees(audience, Topic::Results) => json!(view::results(state, audience)),
            Topic::Posts if sees(audience, Topic::Posts) => json!(view::posts(state, watcher)),
            Topic::Moderation if sees(audience, Topic::Moderation) => json!(view::moderation(state, &state.forum)),
            _ => return None,
        };
        Some(value)
    }

    fn check_content(&self) {
        for (audience, label, clients) in &self.clients {
            for client in clients {
                for place in [STAGE, RESULTS, POSTS, MODERATION] {
                    let expected = self.expected(*audience, *label, place);
                    assert_eq!(client.holds(place), expected.as_ref(), "{audience} {label:?} {:?}", TOPICS[place]);
                }
            }
        }
    }

    /// No frame that a client could get now holds a word that its audience is not to see.
    fn check_words(&self) {
        for (audience, label, _) in self.clients.iter().filter(|(audience, ..)| !moderates(*audience)) {
            let view = self.view(*audience);
            let posts = view.labelled.get(label).or(view.frames[POSTS].as_ref());
            let frames = [STAGE, RESULTS, MODERATION, PRESENCE].map(|place| view.frames[place].as_ref());
            for frame in frames.into_iter().chain([posts]).flatten() {
                for bytes in [Some(&frame.full), frame.delta.as_ref().map(|(_, bytes)| bytes)].into_iter().flatten() {
                    let text = std::str::from_utf8(payload(bytes)).unwrap();
                    self.world.check_outside(text, *audience, *label);
                }
            }
        }
    }

    /// What each participant is told of their own says nothing of others.
    fn check_me(&self) {
        for known in self.world.known() {
            let (_, me) = me_of(&known, &self.world.state.forum, self.world.state.event.rev);
            self.world.check_own(&serde_json::to_string(&me).unwrap(), known.id);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_client_ends_with_what_its_audience_sees_and_no_frame_says_more(
        steps in prop::collection::vec((step(), any::<bool>(), any::<bool>()), 1..60)
    ) {
        let mut room = Room::new();
        room.take(false);
        for (step, beat, skips) in &steps {
            let before = room.world.mine();
            let forum = Arc::clone(&room.world.state.forum);
            let effect = room.carry_out(step, *beat);
            // Whoever's own questions say something else is told, by a notification and by what was
            // read again.
            let reread = authors_of_what_differs(&forum, &room.world.state.forum);
            for (participant, own) in room.world.mine() {
                if before[&participant] != own {
                    prop_assert!(effect.authors.contains(&participant) && reread.contains(&participant), "{step:?}");
                }
            }
            room.take(*skips);
            room.check_words();
            room.check_me();
        }
        room.carry_out(&Step::Nothing, true);
        room.take(false);
        room.check_content();
    }
}

#[test]
fn a_list_that_says_the_same_is_not_made_again() {
    let mut room = Room::new();
    for post in 0..30 {
        room.carry_out(&Step::Ask { who: post % 3, named: true }, false);
    }
    room.world.publish_all();
    room.carry_out(&Step::Nothing, true);
    let before = room.view(Audience::Screen);
    // The screen has ten of them; a vote far behind these, and an answer somewhere else, are not
    // its concern.
    room.carry_out(&Step::Vote { who: 1, post: 29, vote: Vote::Down }, true);
    room.world.state.event.rev += 5;
    room.carry_out(&Step::Nothing, true);
    let after = room.view(Audience::Screen);
    for place in [STAGE, POSTS] {
        assert_eq!(before.frames[place].as_ref().unwrap().rev, after.frames[place].as_ref().unwrap().rev);
    }
}

#[test]
fn what_moderators_see_is_made_only_while_one_looks_and_is_then_what_is_true() {
    let mut room = Room::new();
    room.publisher.forget_moderation();
    room.publisher.flush();
    assert!(room.view(Audience::Moderator).frames[MODERATION].is_none(), "nobody comes to what was true once");
    room.carry_out(&Step::Ask { who: 0, named: false }, false);
    room.publisher.moderation(&room.world.state);
    room.publisher.flush();
    let [moderator, studio] = [Audience::Moderator, Audience::Studio].map(|audience| room.view(audience));
    let frames = [moderator, studio].map(|view| view.frames[MODERATION].clone().unwrap());
    assert!(Arc::ptr_eq(&frames[0], &frames[1]), "one frame for both");
    assert!(std::str::from_utf8(payload(&frames[0].full)).unwrap().contains("text"));
}

/// What a phone is sent while the whole room asks and votes for a minute: 2,000 questions and
/// 50,000 votes, most of them for what is at the top, as people do.
#[test]
fn a_minute_of_a_full_rooms_questions_costs_a_phone_far_less_than_300_kb() {
    let mut room = Room::new();
    room.world.long_texts();
    let (mut phone, mut late, mut chance) = (0, 0, 1u64);
    let mut random = |below: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % below
    };
    for beat in 0..30 {
        for n in 0..66u32 {
            room.world.put_published(beat * 66 + n);
        }
        for _ in 0..1_666 {
            let posts = u64::from((beat + 1) * 66);
            // The least of three: the older a question is, the more it was seen and supported.
            let post = random(posts).min(random(posts)).min(random(posts));
            room.world.support(post as u32 + 1);
        }
        room.carry_out(&Step::Nothing, true);
        let frame = room.view(Audience::Phone).frames[POSTS].clone().unwrap();
        phone += frame.delta.as_ref().map_or(frame.full.len(), |(_, bytes)| bytes.len());
        late += frame.full.len();
    }
    println!("a phone: {phone} bytes of posts in a minute; one that always gets the whole: {late}");
    assert!(phone < 100_000, "{phone}");
    assert!(late < 300_000, "{late}");
}
