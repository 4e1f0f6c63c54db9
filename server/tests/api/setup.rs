//! `/setup`: the owner's account, once.

use crate::{PROGRAM, browser::Browser, data::Data};

const FORM: [(&str, &str); 3] =
    [("name", "Inès"), ("email", "ines@example.org"), ("password", "a long enough password")];

#[test]
fn the_link_that_the_server_says_makes_one_owner_and_no_second() {
    let data = Data::create();
    let mut process = data.start(PROGRAM, &[]);
    let link = process.next_line();
    let (_, key) = link.rsplit_once("key=").expect("the setup link");
    let browser = Browser::new(process.address);

    for wrong in ["/setup", "/setup?key=", "/setup?key=guess"] {
        browser.get(wrong).expect(403);
    }
    browser.post("/setup", &[&FORM[..], &[("key", "guess")]].concat()).expect(403);
    assert!(browser.get(&format!("/setup?key={key}")).expect(200).body.contains(key));
    let short = [("name", "Inès"), ("email", "ines@example.org"), ("password", "short"), ("key", key)];
    let again = browser.post("/setup", &short).expect(422);
    assert!(again.body.contains("ines@example.org") && !again.body.contains("short"), "all but the password is kept");

    let form = [&FORM[..], &[("key", key)]].concat();
    let made = browser.post("/setup", &form);
    assert_eq!(made.leads(), (303, "/studio"));
    let cookie = made.header("set-cookie");
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
    browser.get("/studio").expect(200);

    browser.get(&format!("/setup?key={key}")).expect(410);
    let second = Browser::new(process.address);
    second.post("/setup", &form).expect(410);
    assert_eq!(second.get("/studio").leads(), (303, "/login"));

    drop(process);
    let process = data.start(PROGRAM, &[]);
    let browser = Browser::new(process.address);
    browser.get(&format!("/setup?key={key}")).expect(410);
    browser.get("/setup?key=").expect(410);
    assert_eq!(browser.post("/login", &FORM).leads(), (303, "/studio"), "the account outlives the process");
}
