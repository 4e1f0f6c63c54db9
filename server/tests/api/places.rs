//! Who gets in on a node that is full: whoever was invited always, and phones before those who only
//! look on.

use parterre_protocol::{CloseCode, Control, ServerMessage, topics::Audience};

use crate::{
    event::{Event, pick, poll},
    fallback::{Fallback, Transport},
    house::House,
    live::Live,
};

/// Connections of the node in these tests. A tenth of them are for those who look on at one event.
const CONNECTIONS: usize = 20;
const ONLOOKERS: usize = 2;

fn small() -> House {
    House::new(&[("PARTERRE_LIMITS__CONNECTIONS", &CONNECTIONS.to_string()), ("PARTERRE_WORKERS", "2")])
}

/// Those who look on without being known, by all three transports in turn, who were let in.
fn look_on(event: &Event<'_>, many: usize) -> Vec<Live> {
    let come = |n: usize| {
        let transport = [Transport::Socket, Transport::Sse, Transport::LongPolling][n % 3];
        if transport == Transport::Socket {
            return event.knock(&event.server.stranger(), "as=screen");
        }
        let query = format!("event={}&as=screen", event.id);
        let mut live = Live::by_fallback(Fallback::new(transport, event.server.stranger(), query, ""));
        matches!(live.next(), ServerMessage::Hello { .. }).then_some(live)
    };
    (0..many).filter_map(come).collect()
}

#[test]
fn twice_as_many_onlookers_as_there_are_places_keep_nobody_out() {
    let house = small();
    let event = Event::new(&house, &[poll()]);
    let onlookers = look_on(&event, 2 * CONNECTIONS);
    let stay = onlookers.len() - look_on_by_asking(&onlookers);
    assert!((1..=ONLOOKERS).contains(&stay), "{stay}");
    let mut studio = event.studio();
    studio.steer(Control::Open { activity: event.activities[0] });
    let mut phones: Vec<_> = (0..CONNECTIONS - ONLOOKERS - 2).map(|_| event.phone()).collect();
    event.enter(Audience::Screen, &house.owner()).catch_up();
    phones.iter_mut().for_each(Live::catch_up);
    studio.catch_up();
}

/// How many of these ask again and again, and hold no place in between.
fn look_on_by_asking(onlookers: &[Live]) -> usize {
    onlookers.iter().filter(|live| live.polls()).count()
}

#[test]
fn on_a_full_node_phones_take_the_places_of_onlookers_and_those_who_have_answered_of_those_who_have_not() {
    let house = small();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let mut studio = event.open(activity);
    let (answered, newcomer) = (event.device(), event.device());
    let mut early = event.enter(Audience::Phone, &answered);
    early.until("the poll", |phone| phone.staged() == Some(activity));
    early.respond(activity, pick(1));
    early.leave();
    studio.until("nobody", |studio| studio.presence().here == 0);

    let screens: Vec<_> = (0..ONLOOKERS).map(|_| event.screen()).collect();
    let mut phones: Vec<_> = (0..CONNECTIONS - ONLOOKERS - 1).map(|_| event.phone()).collect();
    // The node is full now, and who comes last of those of whom less is known has to leave.
    let [first, second] = <[Live; 2]>::try_from(screens).ok().expect("two");
    phones.push(event.phone());
    let gone = second.end();
    assert_eq!(gone.code, CloseCode::TryLater.code());
    assert!(gone.retry_ms.is_some_and(|ms| ms > 0), "{gone:?}");
    phones.push(event.phone());
    assert_eq!(first.end().code, CloseCode::TryLater.code());
    assert_eq!(event.turned_away(&newcomer, "as=phone").code, CloseCode::TryLater.code());
    assert_eq!(event.turned_away(&house.stranger(), "as=screen").code, CloseCode::TryLater.code());

    // One of those who are there answers now, and stays.
    let mut last = phones.pop().expect("many");
    last.until("the poll", |phone| phone.staged() == Some(activity));
    last.respond(activity, pick(2));
    let mut back = event.enter(Audience::Phone, &answered);
    assert_eq!(phones.pop().expect("many").end().code, CloseCode::TryLater.code());
    last.catch_up();
    back.catch_up();

    // Whoever was invited takes nobody's place.
    let invited =
        [(Audience::Studio, house.owner()), (Audience::Screen, house.owner()), (Audience::Moderator, house.owner())];
    let mut invited: Vec<_> = invited.iter().map(|(audience, browser)| event.enter(*audience, browser)).collect();
    invited.iter_mut().chain(&mut phones).chain([&mut studio, &mut last, &mut back]).for_each(Live::catch_up);
    let metrics = house.stranger().get("/metrics").body;
    assert!(metrics.contains("parterre_displaced_total 3"), "{metrics}");
}

#[test]
fn an_event_that_there_is_not_is_told_so_and_opens_no_room() {
    let house = House::shared();
    let event = Event { id: parterre_protocol::EventId::new(uuid::Uuid::new_v4()), ..Event::new(&house, &[]) };
    for transport in ["sse", "poll"] {
        let query = format!("event={}&as=screen", event.id);
        assert_eq!(house.stranger().get(&format!("/api/v1/live/{transport}?{query}")).refusal().1, "unknown_event");
    }
    assert_eq!(event.connect(&house.stranger(), "as=screen").err().expect("refused").status(), 404);
}
