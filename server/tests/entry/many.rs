//! A certificate that is renewed while a full room is connected.

use crate::{TestSite, client::Trust};

/// As many as a hall has.
const PEOPLE: usize = 400;

#[test]
fn hundreds_stay_connected_and_are_answered_while_the_certificate_is_renewed() {
    let place = TestSite::new();
    let [former, next] = ["former", "next"].map(|name| place.authority(name));
    place.issue(&former);
    let server = place.start(&[]);
    let [of_former, of_next] = [&former, &next].map(|authority| Trust::of(&authority.certificate()));
    let enter = |trust: &Trust| trust.connect(server.address).unwrap().live(server.address, place.event);
    let mut people: Vec<_> = (0..PEOPLE).map(|_| enter(&of_former)).collect();
    place.issue(&next);
    while of_next.connect(server.address).is_err() {}
    assert!(of_former.connect(server.address).is_err());
    people.push(enter(&of_next));
    for person in &mut people {
        person.say(r#"{"t":"ping"}"#);
    }
    for person in &mut people {
        while !person.next().contains(r#""t":"pong""#) {}
    }
    let metrics = of_next.connect(server.address).unwrap().get("/metrics");
    let here = metrics.lines().find(|line| line.starts_with(r#"parterre_connections{audience="screen"}"#));
    assert_eq!(here.unwrap().rsplit(' ').next().unwrap(), (PEOPLE + 1).to_string());
    let lost = metrics.lines().filter(|line| line.starts_with("parterre_closes_total{") && !line.ends_with(" 0"));
    assert_eq!(lost.collect::<Vec<_>>(), Vec::<&str>::new(), "nobody left");
}
