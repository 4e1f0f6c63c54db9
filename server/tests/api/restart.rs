//! A loss of power in the middle of an event.

use parterre_protocol::{ChoiceTally, Control, Outcome, Tally, topics::Audience};

use crate::{
    event::{Event, cloud, pick, poll, words},
    house::House,
    live::response,
};

#[test]
fn what_has_a_receipt_is_there_after_a_crash_and_what_comes_again_counts_once() {
    let mut house = House::new(&[]);
    let event = Event::new(&house, &[poll(), cloud()]);
    let (id, code, activities) = (event.id, event.code.clone(), event.activities.clone());
    let [poll, cloud] = activities[..] else { panic!("two were made") };
    let mut studio = event.open(cloud);
    let devices = [event.device(), event.device(), event.device()];
    let tokens = devices.each_ref().map(|device| device.cookie("parterre_device").expect("it has joined"));
    let mut phones = devices.each_ref().map(|device| event.enter(Audience::Phone, device));
    phones[0].respond(cloud, words(&["soleil"]));
    studio.steer(Control::Open { activity: poll });
    studio.steer(Control::Results { activity: poll, visible: true });
    let answers = [1, 2, 2].map(|option| response(poll, 1, pick(option)));
    let receipts = [0, 1].map(|n| phones[n].command(&answers[n]));
    assert!(receipts.iter().all(|receipt| matches!(receipt, Outcome::Stored { .. })), "{receipts:?}");
    // Whether this one is committed before the crash, nobody knows; its phone sends it again.
    phones[2].say(&answers[2]);
    let before = phones[0].me().participant;
    drop((studio, phones));
    house.crash();

    let event = Event { server: &house, id, code, activities };
    let mut studio = event.studio();
    assert_eq!(studio.staged(), Some(poll));
    let mut phones = tokens.map(|token| event.enter(Audience::Phone, &house.device(&token)));
    assert_eq!(phones[0].me().participant, before, "a device is who it was");
    assert_eq!(phones[0].me().responses[&cloud].answer, words(&["soleil"]));
    assert_eq!(phones[1].me().responses[&poll].answer, pick(2));
    for (n, receipt) in receipts.iter().enumerate() {
        assert_eq!(phones[n].command(&answers[n]), *receipt, "the same receipt, to the millisecond");
    }
    assert!(matches!(phones[2].command(&answers[2]), Outcome::Stored { .. }));
    for live in [&mut studio, &mut phones[0]] {
        live.until("three answers", |live| live.results().respondents == Some(3));
        let Some(Tally::Choice(ChoiceTally { counts, .. })) = live.results().tally else { panic!("it is shown") };
        assert_eq!(counts, [(1, 1), (2, 2)].into());
    }
    house.owner().get("/studio").expect(200);
}
