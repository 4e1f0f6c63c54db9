//! The network test's reports, and what it requires of a network.

use std::{fs, path::Path, process::Command};

use serde_json::json;

use crate::{house::House, netcheck::API};

/// How a report is checked with OpenSSL, in the words of its page.
const CHECK: &str = "pkeyutl -verify -pubin -inkey key.pem -rawin -in report.json -sigfile report.sig";

/// Whether the report in this folder is as it was signed.
fn is_good(folder: &Path) -> bool {
    let checked = Command::new("openssl").args(CHECK.split(' ')).current_dir(folder).output();
    checked.expect("this test needs openssl").status.success()
}

#[test]
fn a_report_is_signed_and_can_be_checked_by_anybody() {
    let house = House::new(&[]);
    let stranger = house.stranger();
    let measures = json!({"websocket": {"trouble": {"kind": "no_answer"}}, "seen": {"figures": {"protocol": "h2"}},
        "idle": [{"seconds": 60, "hold": {"figures": {"end": "closed", "ms": 20000.0}}}]});
    let draft = json!({"place": " Salle <b>des fêtes</b>\n", "participants": 300, "measures": measures});
    let made = stranger.ask("POST", &format!("{API}/reports"), &draft).expect(201).json();
    let (id, page) = (made["id"].as_str().expect("an id"), made["page"].as_str().expect("a page"));
    assert_eq!((id.len(), page), (43, format!("/netcheck/reports/{id}").as_str()));

    let document = stranger.get(&format!("{API}/reports/{id}")).expect(200);
    let report = document.json();
    assert_eq!((&report["place"], &report["participants"]), (&json!("Salle <b>des fêtes</b>"), &json!(300)));
    assert_eq!(report["judgement"]["summary"]["take_part"]["code"], "websocket_blocked");
    assert_eq!(report["measures"]["websocket"], measures["websocket"]);

    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    fs::write(file("report.json"), &document.bytes).expect("a file");
    fs::write(file("report.sig"), stranger.get(&format!("{API}/reports/{id}/signature")).expect(200).bytes)
        .expect("a file");
    fs::write(file("key.pem"), stranger.get(&format!("{API}/key")).expect(200).bytes).expect("a file");
    assert!(is_good(folder.path()));
    fs::write(file("report.json"), document.body.replace("300", "900")).expect("a file");
    assert!(!is_good(folder.path()));

    let page = stranger.get(page).expect(200).body;
    assert!(page.contains("Salle &#60;b&#62;des fêtes&#60;/b&#62;") && page.contains(CHECK), "{page}");
    assert!(page.contains("Pages get through, live connections do not."));
    let french = house.stranger().with("Accept-Language", "fr").get(&format!("/netcheck/reports/{id}")).expect(200);
    assert!(french.body.contains("Les pages passent, pas les connexions en direct."));
}

#[test]
fn a_report_that_was_never_made_is_not_found_and_a_place_that_is_too_long_is_refused() {
    let house = House::shared();
    let stranger = house.stranger();
    for nothing in [format!("{API}/reports/{}", "x".repeat(43)), format!("{API}/reports/{}/signature", "x".repeat(43))]
    {
        assert_eq!(stranger.get(&nothing).refusal(), (404, "not_found".to_owned()));
    }
    assert_eq!(stranger.get("/netcheck/reports/x").status, 404);
    let long = json!({"place": "x".repeat(121), "measures": {}});
    assert_eq!(stranger.ask("POST", &format!("{API}/reports"), &long).refusal(), (422, "problem.too_long".to_owned()));
}

#[test]
fn a_report_holds_what_is_judged_and_no_more() {
    let house = House::new(&[]);
    let report = |samples: usize, milliseconds: f64| {
        let delay = json!({"figures": {"sent": samples, "ms": vec![milliseconds; samples]}});
        house.stranger().ask("POST", &format!("{API}/reports"), &json!({"measures": {"delay": delay}}))
    };
    let id = report(20_000, 1.5).expect(201).json()["id"].as_str().expect("an id").to_owned();
    let kept = house.stranger().get(&format!("{API}/reports/{id}")).expect(200).body;
    assert!(kept.len() < 8_000, "{} bytes", kept.len());
    // A whole test, with all digits that a browser gives.
    report(200, 12.300000000745058).expect(201);
    let idle: Vec<_> = (0..2_000).map(|n| json!({"seconds": n, "hold": {"trouble": {"kind": "silent"}}})).collect();
    let measures = json!({"measures": {"idle": idle}});
    let refused = house.stranger().ask("POST", &format!("{API}/reports"), &measures);
    assert_eq!(refused.refusal(), (413, "too_large".to_owned()));
}

#[test]
fn reports_are_kept_in_bounds_and_through_a_crash() {
    let mut house = House::new(&[("PARTERRE_NETCHECK__REPORTS", "4"), ("PARTERRE_NETCHECK__TESTS", "8")]);
    let make = |house: &House| house.stranger().ask("POST", &format!("{API}/reports"), &json!({"measures": {}}));
    let ids: Vec<String> =
        (0..3).map(|_| make(&house).expect(201).json()["id"].as_str().expect("an id").to_owned()).collect();
    let there = |house: &House| {
        ids.iter().filter(|id| house.stranger().get(&format!("{API}/reports/{id}")).status == 200).count()
    };
    assert_eq!(there(&house), 2);
    make(&house).expect(201);
    assert_eq!(make(&house).refusal(), (503, "busy".to_owned()), "half of so many in a minute");
    let key = house.stranger().get(&format!("{API}/key")).body;
    house.crash();
    assert_eq!(house.stranger().get(&format!("{API}/key")).body, key);
    assert_eq!(there(&house), 1);
}

#[test]
fn the_requirements_are_those_of_this_server() {
    let house = House::new(&[("PARTERRE_LIVE__PING_MS", "20000")]);
    let visitor = || house.stranger().with("Host", "vote.example.org:8081");
    let page = visitor().get("/netcheck/requirements").expect(200).body;
    for words in ["vote.example.org", "TCP 8081, outgoing, without TLS", "must be over 20 s"] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    let french = visitor().with("Accept-Language", "fr").get("/netcheck/requirements").expect(200).body;
    assert!(french.contains("TCP 8081, sortant, sans TLS") && french.contains("4 Mbit/s"), "{french}");
    let test = house.stranger().get("/netcheck").expect(200).body;
    assert!(test.contains("runs for up to 10 min"));
}

#[test]
fn a_report_tells_how_it_was_measured_and_what_to_ask_for() {
    let house = House::shared();
    let stranger = house.stranger().with("Host", "vote.example.org").with("Origin", "http://vote.example.org");
    let measures = json!({
        "page": {"figures": {"secure": false, "port": 80, "ms": 20, "slowest_ms": 30, "missing": 0}},
        "cookies": {"figures": {"set": false, "sent": false}},
        "download": {"figures": {"bytes": 2_000_000, "ms": 1000}},
        "upload": {"figures": {"bytes": 500_000, "ms": 1000}},
    });
    let about = json!({"browser": "Firefox/153.0", "tested_s": 90, "zone": "Europe/Zurich", "zone_minutes": 60});
    let draft = json!({"place": "Hall 3", "measures": measures, "about": about});
    let made = stranger.ask("POST", &format!("{API}/reports"), &draft).expect(201).json();
    let page = stranger.get(made["page"].as_str().expect("its page")).expect(200).body;
    for known in [
        "Firefox/153.0",
        "1.5 min",
        "(Europe/Zurich)",
        "This device saw 16 Mbit/s and 4 Mbit/s",
        "pass Cookie and Set-Cookie",
    ] {
        assert!(page.contains(known), "{known}: {page}");
    }
    assert!(page.contains(r##"<a href="#step-cookies">"##) && page.contains(r#"id="step-cookies""#), "{page}");
    for (about, status) in [(json!({"browser": "x".repeat(401)}), 422), (json!({"screen": "x"}), 400)] {
        let draft = json!({"measures": {}, "about": about});
        assert_eq!(stranger.ask("POST", &format!("{API}/reports"), &draft).status, status);
    }
}

#[test]
fn the_requirements_say_all_that_a_network_has_to_let_through() {
    let house = House::new(&[("PARTERRE_NETCHECK__CONTACT", "Ana <Roth>, +41 44 555 01 01")]);
    let page = house.stranger().get("/netcheck/requirements").expect(200).body;
    for said in [
        "Set-Cookie must pass",
        "no UDP",
        "up to 64 KB",
        "new connections per second",
        "IPv6",
        "DNS for",
        "Ana &#60;Roth&#62;",
        "/netcheck on this network",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
}
