//! Who sees the counts, and when.

use parterre_protocol::{
    Answer, Choice, ChoicePoll, ChoiceTally, Control, Settings, Tally, WordsTally, topics::Audience,
};
use serde_json::json;

use crate::{
    event::{Event, cloud, pick, poll, strict_poll, words},
    house::House,
    live::Live,
};

/// Whether anything that a client heard holds this.
fn heard(live: &Live, word: &str) -> bool {
    live.heard.iter().any(|text| text.contains(word))
}

#[test]
fn hidden_counts_reach_the_studio_and_nobody_else() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let (mut studio, mut screen, early) = (event.studio(), event.screen(), event.phone());
    studio.steer(Control::Open { activity });
    let mut others = [event.phone(), event.phone()];
    for (other, option) in others.iter_mut().zip([1, 2]) {
        other.respond(activity, pick(option));
    }
    studio.until("both answers", |studio| studio.results().respondents == Some(2));
    let Some(Tally::Choice(ChoiceTally { counts, .. })) = studio.results().tally else {
        panic!("the studio sees the counts")
    };
    assert_eq!(counts, [(1, 1), (2, 1)].into());
    screen.until("how many answered", |screen| screen.results().respondents == Some(2));

    let page = event.device().get(&event.page("")).body;
    assert!(!page.contains("\"round\":1,\"respondents\":") && !page.contains("\"tally\":"), "nor does the page tell");
    let late = event.phone();
    // With the change of the stage, all that is to be said of the results was said.
    studio.steer(Control::Lobby);
    for mut phone in [early, late] {
        phone.until("the waiting screen", |phone| phone.staged().is_none());
        phone.catch_up();
        let tells = |text: &String| text.contains("\"topic\":\"results\"") && text.contains("\"respondents\"");
        assert!(!phone.heard.iter().any(tells) && !heard(&phone, "\"tally\""), "{:?}", phone.heard);
    }
    screen.until("the waiting screen", |screen| screen.staged().is_none());
    assert!(!heard(&screen, "\"tally\"") && !heard(&screen, "\"counts\""), "{:?}", screen.heard);
}

#[test]
fn shown_counts_reach_all_and_hidden_again_they_are_gone() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let (mut studio, mut screen, mut phone) = (event.studio(), event.screen(), event.phone());
    studio.steer(Control::Open { activity });
    phone.respond(activity, pick(2));
    studio.steer(Control::Results { activity, visible: true });
    for live in [&mut screen, &mut phone] {
        live.until("the counts", |live| live.results().tally.is_some());
        let Some(Tally::Choice(ChoiceTally { counts, .. })) = live.results().tally else { panic!("it is a poll") };
        assert_eq!(counts, [(1, 0), (2, 1)].into(), "every option is there");
    }
    assert!(event.device().get(&event.page("")).body.contains("\"tally\""));
    studio.steer(Control::Results { activity, visible: false });
    for live in [&mut screen, &mut phone] {
        live.until("no counts", |live| live.results().tally.is_none());
    }
    assert_eq!((screen.results().respondents, phone.results().respondents), (Some(1), None));
}

#[test]
fn what_people_typed_themselves_is_for_the_studio() {
    let house = House::shared();
    let event = Event::new(&house, &[Settings::Choice(ChoicePoll { other: true, ..strict_poll() })]);
    let activity = event.activities[0];
    let (mut studio, mut screen) = (event.studio(), event.screen());
    studio.steer(Control::Open { activity });
    studio.steer(Control::Results { activity, visible: true });
    let own = Choice { options: vec![], other: Some("By train".to_owned()) };
    event.phone().respond(activity, Answer::Choice(own));
    let other = |live: &Live| match live.results().tally {
        Some(Tally::Choice(ChoiceTally { other, texts, .. })) => (other, texts),
        _ => (None, None),
    };
    studio.until("the text", |studio| other(studio) == (Some(1), Some([("By train".to_owned(), 1)].into())));
    screen.until("the count", |screen| other(screen) == (Some(1), None));
    assert!(!heard(&screen, "By train"));
}

#[test]
fn what_people_typed_themselves_counts_as_the_option_that_says_the_same() {
    let house = House::shared();
    let event = Event::new(&house, &[Settings::Choice(ChoicePoll { other: true, changeable: true, ..strict_poll() })]);
    let activity = event.activities[0];
    let (mut studio, device) = (event.open(activity), event.device());
    let own = Choice { options: vec![], other: Some("  by the SEA! ".to_owned()) };
    let mut phone = event.enter(Audience::Phone, &device);
    phone.respond(activity, Answer::Choice(own));
    let counted = |live: &Live| match live.results().tally {
        Some(Tally::Choice(ChoiceTally { counts, other, texts })) => {
            Some((counts[&1], other, texts.map(|texts| texts.len())))
        }
        _ => None,
    };
    studio.until("the listed option", |studio| counted(studio) == Some((1, Some(0), Some(0))));
    let back = event.enter(Audience::Phone, &device);
    assert_eq!(back.me().responses[&activity].answer, pick(1), "and is stored so");
}

#[test]
fn words_are_counted_as_people_read_them_and_taken_back_whole() {
    let house = House::shared();
    let event = Event::new(&house, &[cloud()]);
    let activity = event.activities[0];
    let mut studio = event.open(activity);
    let (mut one, mut two) = (event.phone(), event.phone());
    one.respond(activity, words(&["Soleil", "soleil", "Mer"]));
    two.respond(activity, words(&["  soleil! "]));
    let cloud = |live: &Live| match live.results().tally {
        Some(Tally::Words(WordsTally { words, distinct })) => Some((words.into_iter().collect::<Vec<_>>(), distinct)),
        _ => None,
    };
    let spelt = |word: &str, count| (word.to_owned(), count);
    studio.until("the words", |studio| {
        cloud(studio).is_some_and(|(words, distinct)| distinct == 2 && words.iter().any(|(_, count)| *count == 2))
    });
    one.respond(activity, words(&[]));
    studio.until("one word", |studio| cloud(studio).is_some_and(|(words, _)| words.len() == 1 && words[0].1 == 1));
    two.respond(activity, words(&["été"]));
    studio.until("the new word", |studio| cloud(studio) == Some((vec![spelt("été", 1)], 1)));
}

#[test]
fn a_new_round_begins_from_nothing_and_hidden() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let (mut studio, mut phone) = (event.open(activity), event.phone());
    studio.steer(Control::Results { activity, visible: true });
    phone.respond(activity, pick(1));
    phone.until("the count", |phone| phone.results().respondents == Some(1));
    studio.steer(Control::Reset { activity, round: 1 });
    phone.until("the round", |phone| phone.results().round == 2);
    assert_eq!(phone.results().respondents, None);
    studio.until("the round", |studio| studio.results().round == 2);
    assert_eq!(studio.results().respondents, Some(0));
    let mut again = event.enter(Audience::Studio, &house.owner());
    again.catch_up();
    assert_eq!(again.results(), studio.results());
}

#[test]
fn any_round_of_any_activity_can_be_looked_at_before_and_after_the_end() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), cloud()]);
    let [asked, other] = [event.activities[0], event.activities[1]];
    let mut studio = event.open(asked);
    let mut phones = [event.phone(), event.phone()];
    for phone in &mut phones {
        phone.respond(asked, pick(2));
    }
    studio.until("both answers", |studio| studio.results().respondents == Some(2));
    let told = serde_json::to_value(studio.results()).unwrap();
    let (owner, device) = (house.owner(), event.device());
    let results = |activity, query: &str| event.path(&format!("/activities/{activity}/results{query}"));
    let mut read = owner.get(&results(asked, "")).expect(200).json();
    assert_eq!(read["rounds"], json!([{"round": 1, "respondents": 2}]));
    read.as_object_mut().unwrap().remove("rounds");
    assert_eq!(read, told, "as the studio is told on stage, hidden or not");

    studio.steer(Control::Reset { activity: asked, round: 1 });
    studio.steer(Control::Open { activity: other });
    phones[0].respond(other, words(&["mer"]));
    studio.steer(Control::End);
    let current = owner.get(&results(asked, "")).expect(200).json();
    assert_eq!((&current["round"], &current["respondents"]), (&json!(2), &json!(0)));
    assert_eq!(current["rounds"], json!([{"round": 1, "respondents": 2}, {"round": 2, "respondents": 0}]));
    let earlier = owner.get(&results(asked, "?round=1")).expect(200).json();
    assert_eq!(earlier["tally"]["counts"], json!({"1": 0, "2": 2}));
    let cloud = owner.get(&results(other, "?round=1")).expect(200).json();
    assert_eq!(cloud["tally"]["words"], json!({"mer": 1}));
    assert_eq!(cloud["written"]["shown"], json!({"mer": 1}));

    assert_eq!(owner.get(&results(asked, "?round=3")).status, 404);
    assert_eq!(owner.get(&results(asked, "?round=x")).status, 400);
    let elsewhere = Event::new(&house, &[]);
    assert_eq!(owner.get(&elsewhere.path(&format!("/activities/{asked}/results"))).status, 404);
    for stranger in [device, house.stranger()] {
        assert_eq!(stranger.get(&results(asked, "")).status, 401, "only for those who run the event");
    }
}

#[test]
fn the_page_of_results_says_what_was_answered_and_asked_to_those_who_ran_the_event() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), cloud()]);
    let address = format!("/studio/events/{}/results", event.id);
    let owner = house.owner();
    let empty = owner.get(&address).expect(200).body;
    assert!(empty.contains("Nobody has answered.") && empty.contains("<dd>0</dd>"), "{empty}");

    let mut studio = event.open(event.activities[0]);
    let mut phone = event.phone();
    phone.respond(event.activities[0], pick(2));
    studio.steer(Control::Open { activity: event.activities[1] });
    phone.respond(event.activities[1], words(&["<b>mer"]));
    studio.steer(Control::End);
    let shown = owner.get(&address).expect(200).body;
    for part in ["<b>100%</b></td><td>1</td>", "&#60;b&#62;mer", "1 person", "data-state=\"ended\""] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("<b>mer"), "what people write stays text");
    assert_eq!(house.stranger().get(&address).leads(), (303, "/login"));
    house.other_team().get(&address).expect(404);
}

#[test]
fn programs_get_all_results_of_an_event_as_tables() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), cloud()]);
    let mut studio = event.open(event.activities[0]);
    let mut phone = event.phone();
    phone.respond(event.activities[0], pick(2));
    studio.steer(Control::Reset { activity: event.activities[0], round: 1 });
    studio.steer(Control::Open { activity: event.activities[1] });
    phone.respond(event.activities[1], words(&["mer"]));
    let owner = house.owner();
    let read = owner.get(&event.path("/results")).expect(200).json();
    assert_eq!((&read["event"]["code"], &read["joined"]), (&json!(event.code), &json!(1)));
    assert_eq!((&read["answered"], &read["answers"]), (&json!(1), &json!(2)));
    let rounds = &read["activities"][0]["rounds"];
    assert_eq!([&rounds[0]["round"], &rounds[0]["respondents"]], [&json!(2), &json!(0)]);
    assert_eq!([&rounds[1]["round"], &rounds[1]["respondents"]], [&json!(1), &json!(1)]);
    let table = &rounds[1]["table"]["groups"][0];
    let of_option = |row: usize| (&table["rows"][row]["label"]["option"]["place"], &table["rows"][row]["count"]);
    assert_eq!(of_option(1), (&json!(1), &json!(1)));
    assert_eq!(table["of"], 1);
    let written = &read["activities"][1]["rounds"][0]["table"]["groups"][0]["rows"];
    assert_eq!(written, &json!([{"label": {"written": "mer"}, "count": 1}]));
    assert_eq!(house.other_team().get(&event.path("/results")).refusal().0, 404);
    assert_eq!(house.stranger().get(&event.path("/results")).refusal().0, 401);
}

#[test]
fn results_are_split_by_another_activity_once_the_event_is_over_and_tell_of_no_few() {
    let house = House::shared();
    let event = Event::new(&house, &[Settings::Choice(strict_poll()), Settings::Choice(strict_poll()), cloud()]);
    let [by, target, written] = [event.activities[0], event.activities[1], event.activities[2]];
    let owner = house.owner();
    let address = event.path(&format!("/results?by={by}"));
    let mut studio = event.open(by);
    // Seven, six, and two who do not answer; one of the first does not answer the other question.
    let mut phones: Vec<_> = (0..15).map(|_| event.phone()).collect();
    for (person, phone) in phones.iter_mut().enumerate().take(13) {
        phone.respond(by, pick(if person < 7 { 1 } else { 2 }));
    }
    studio.steer(Control::Open { activity: target });
    for (person, phone) in phones.iter_mut().enumerate().skip(1) {
        phone.respond(target, pick(if person % 2 == 0 { 1 } else { 2 }));
    }
    studio.steer(Control::Open { activity: written });
    for phone in &mut phones {
        phone.respond(written, words(&["mer"]));
    }
    let groups = |address: &str| {
        let read = owner.get(address).expect(200).json();
        (read["activities"][1]["groups"].clone(), read["split_by"].clone(), read["activities"][2]["groups"].clone())
    };
    assert_eq!(groups(&address), (json!(null), json!([]), json!(null)), "not while it runs");

    studio.steer(Control::End);
    let (split, offered, of_words) = groups(&address);
    assert_eq!(offered, json!([by, target]));
    assert_eq!(of_words, json!(null), "what people wrote is not split");
    // So that the difference tells nothing of the two, the first of two groups of six is hidden.
    let split = split.as_array().expect("groups").clone();
    assert_eq!(split.len(), 1, "{split:?}");
    assert_eq!((&split[0]["people"], &split[0]["label"]["option"]["place"]), (&json!(6), &json!(1)));
    assert_eq!(split[0]["table"]["groups"][0]["rows"][0]["count"], 3);
    assert_eq!(groups(&event.path("/results")).0, json!(null), "only where it is asked for");
    let page = owner.get(&format!("/studio/events/{}/results?by={by}", event.id)).expect(200).body;
    assert!(page.contains("In the mountains (6)") && page.contains("Groups of fewer than 5 people"), "{page}");

    // One more answer after the end changes no group.
    studio.steer(Control::Start);
    studio.steer(Control::Open { activity: target });
    phones[0].respond(target, pick(1));
    studio.steer(Control::End);
    assert_eq!(groups(&address).0, json!(split));
    let read = owner.get(&address).expect(200).json();
    assert_eq!(read["activities"][1]["rounds"][0]["respondents"], 15);
    assert_eq!(house.other_team().get(&address).refusal().0, 404);
}
