//! Several nodes on one Postgres: whichever of them answers, people notice nothing.

use tempfile::TempDir;

use crate::{PROGRAM, browser::Browser, postgres::Postgres, process::Process};

const FORM: [(&str, &str); 3] =
    [("name", "Inès"), ("email", "ines@example.org"), ("password", "a long enough password")];

/// A node on this database, and the key that it says.
fn node(data: &TempDir, url: &str) -> (Process, String) {
    let mut process = Process::start(PROGRAM, data.path(), &[("DATABASE_URL", url)]);
    let link = process.next_line();
    let key = link.rsplit_once("key=").expect("the setup link").1.to_owned();
    (process, key)
}

#[test]
fn the_link_of_any_node_and_the_session_of_any_node_are_good_on_all() {
    let data = TempDir::new().expect("a temporary folder");
    let server = Postgres::start();
    let (first, first_key) = node(&data, &server.url());
    let (second, second_key) = node(&data, &server.url());
    assert_ne!(first_key, second_key);

    let browser = Browser::new(second.address);
    browser.get("/setup?key=guess").expect(403);
    browser.get(&format!("/setup?key={second_key}")).expect(200);
    let form = [&FORM[..], &[("key", &*first_key)]].concat();
    assert_eq!(browser.post("/setup", &form).leads(), (303, "/studio"), "the other node's key");

    // The next requests reach the other node.
    let browser = browser.sent_to(first.address);
    browser.get("/studio").expect(200);
    let other = Browser::new(first.address);
    other.get(&format!("/setup?key={second_key}")).expect(410);
    for _ in 0..5 {
        other.post("/login", &[("email", FORM[1].1), ("password", "a wrong password")]);
    }
    let slowed = Browser::new(second.address).post("/login", &FORM);
    assert_eq!(slowed.status, 429, "wrong passwords count on all nodes together");

    let made = browser.post("/studio/events", &[("name", "Annual meeting")]);
    let studio = made.header("location");
    let browser = browser.sent_to(second.address);
    browser.get(studio).expect(200);
    browser.post("/logout", &[]).expect(303);
    let browser = browser.sent_to(first.address);
    assert_eq!(browser.get("/studio").leads(), (303, "/login"), "signed out everywhere");
}

#[test]
fn a_node_says_quickly_and_in_words_that_its_database_is_away() {
    let data = TempDir::new().expect("a temporary folder");
    let mut server = Postgres::start();
    let (process, _) = node(&data, &server.url());
    let browser = Browser::new(process.address).with("Accept", "*/*");
    browser.get("/readyz").expect(200);
    server.freeze();
    let away = browser.get("/readyz").expect(503);
    assert!(away.body.contains("database does not respond"), "{}", away.body);
    browser.get("/healthz").expect(200);
    server.thaw();
    while browser.get("/readyz").status != 200 {}
}
