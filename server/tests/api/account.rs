//! `/studio/account`, the way back in after a forgotten password, and what is noted of both.

use std::process::{Command, Output};

use parterre::http::auth::SESSION_COOKIE;

use crate::{
    PROGRAM,
    browser::Browser,
    data::Data,
    process::Process,
    timed::{EMAIL, PASSWORD, Timed},
};

const WRONG: &str = "another long password";
const NEXT: &str = "the next long password";

fn change(browser: &Browser, current: &str, password: &str) -> crate::browser::HttpResponse {
    browser.post("/studio/account/password", &[("current", current), ("password", password)])
}

/// What the page calls the sessions that can be ended there.
fn endable(page: &str) -> Vec<String> {
    let values = page.split("name=\"end\" value=\"").skip(1);
    values.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[test]
fn a_member_changes_the_password_with_the_current_one_and_all_other_sessions_end() {
    let server = Timed::start();
    let [here, elsewhere] = [(); 2].map(|()| server.try_password(PASSWORD).0);
    let wrong = change(&here, WRONG, NEXT).expect(422);
    assert!(wrong.body.contains("This is not your current password") && !wrong.body.contains(WRONG));
    let short = change(&here, PASSWORD, "short").expect(422);
    assert!(short.body.contains("password-problem") && !short.body.contains(PASSWORD));
    elsewhere.get("/studio").expect(200);

    assert_eq!(change(&here, PASSWORD, NEXT).leads(), (303, "/studio/account?done=password"));
    assert!(here.get("/studio/account?done=password").expect(200).body.contains("Your password has been changed"));
    assert_eq!(elsewhere.get("/studio").leads(), (303, "/login"));
    server.try_password(PASSWORD).1.expect(401);
    server.try_password(NEXT).1.expect(303);
    // The other browser is a stranger again, and the one here is known.
    for _ in 0..5 {
        server.try_password(WRONG);
    }
    let sign_in = |browser: &Browser| browser.post("/login", &[("email", EMAIL), ("password", NEXT)]);
    sign_in(&elsewhere).expect(429);
    sign_in(&here).expect(303);
}

#[test]
fn whoever_has_a_session_guesses_the_password_no_faster_than_others() {
    let server = Timed::start();
    let (browser, _) = server.try_password(PASSWORD);
    let statuses: Vec<u16> = (0..6).map(|_| change(&browser, WRONG, NEXT).status.as_u16()).collect();
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429]);
    assert_eq!(change(&browser, PASSWORD, NEXT).expect(429).header("retry-after"), "2");
}

#[test]
fn a_member_sees_the_own_sessions_and_ends_them() {
    let server = Timed::start();
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let sign_in = |browser: Browser| {
        browser.post("/login", &[("email", EMAIL), ("password", PASSWORD)]).expect(303);
        browser
    };
    let others = [(); 2].map(|()| sign_in(Browser::new(server.address).with("User-Agent", firefox)));
    let here = sign_in(Browser::new(server.address));
    let page = here.get("/studio/account").expect(200).body;
    assert_eq!(page.matches("Firefox on Linux").count(), 4, "two, each with its button");
    assert!(page.contains("This browser") && !page.contains("127.0.0.1"));
    // The owner's own session of the set-up is among them.
    let ids = endable(&page);
    assert_eq!(ids.len(), 4, "{ids:?}");

    let one = here.post("/studio/account/sessions", &[("end", &ids[0])]);
    assert_eq!(one.leads(), (303, "/studio/account?done=session"));
    assert_eq!(endable(&here.get("/studio/account").body).len(), 3);
    assert_eq!(here.post("/studio/account/sessions", &[("end", "others")]).leads().0, 303);
    for other in others {
        assert_eq!(other.get("/studio").leads(), (303, "/login"));
    }
    assert_eq!(endable(&here.get("/studio/account").expect(200).body), [""; 0]);

    let stranger = Browser::new(server.address);
    for (path, form) in [
        ("/studio/account/password", [("current", PASSWORD), ("password", NEXT)]),
        ("/studio/account/sessions", [("end", "others"), ("", "")]),
        ("/studio/account/failed-attempts", [("attempts", "1"), ("", "")]),
    ] {
        assert_eq!(stranger.post(path, &form).leads(), (303, "/login"), "{path}");
    }
    assert_eq!(stranger.get("/studio/account").leads(), (303, "/login"));
}

#[test]
fn a_member_is_told_of_failed_attempts_once() {
    let server = Timed::start();
    for _ in 0..3 {
        server.try_password(WRONG).1.expect(401);
    }
    let (browser, _) = server.try_password(PASSWORD);
    assert!(
        browser.get("/studio").expect(200).body.contains("3 failed attempts to sign in to your account since 2026-")
    );
    let french = Browser::new(server.address)
        .with_cookie(SESSION_COOKIE, &browser.cookie(SESSION_COOKIE).expect("one"))
        .with("Accept-Language", "fr");
    assert!(french.get("/studio").expect(200).body.contains("3 tentatives de connexion à votre compte"));
    assert_eq!(browser.post("/studio/account/failed-attempts", &[("attempts", "3")]).leads(), (303, "/studio"));
    assert!(!browser.get("/studio").expect(200).body.contains("failed-attempts"));
}

/// A server with its owner, and the program beside it.
struct Operated {
    process: Process,
    data: Data,
}

impl Operated {
    fn start() -> Self {
        let data = Data::create();
        let mut process = data.start(PROGRAM, &[]);
        let link = process.next_line();
        let (_, key) = link.rsplit_once("key=").expect("the setup link");
        let form = [("key", key), ("name", "Inès"), ("email", EMAIL), ("password", PASSWORD)];
        Browser::new(process.address).post("/setup", &form).expect(303);
        Self { process, data }
    }

    fn browser(&self) -> Browser {
        Browser::new(self.process.address)
    }

    fn sign_in(&self, password: &str) -> (Browser, u16) {
        let browser = self.browser();
        let status = browser.post("/login", &[("email", EMAIL), ("password", password)]).status.as_u16();
        (browser, status)
    }

    /// Runs the program beside the server, with the same data.
    fn order(&self, arguments: &[&str]) -> Output {
        order(&self.data, arguments)
    }

    /// The path of a link for a forgotten password.
    fn link(&self) -> String {
        let told = self.order(&["sign-in-link", "--email", " Ines@example.org"]);
        assert!(told.status.success(), "{told:?}");
        let said = String::from_utf8(told.stdout).expect("text");
        let link = said.lines().next().expect("a line");
        link[link.find("/sign-in-link/").expect("a link")..].to_owned()
    }

    /// The security log, once it holds this.
    fn log(&self, last: &str) -> String {
        loop {
            let told = self.order(&["security-log"]);
            let log = String::from_utf8(told.stdout).expect("text");
            if log.contains(last) {
                return log;
            }
        }
    }
}

fn order(data: &Data, arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(arguments)
        .arg("--data")
        .arg(data.path())
        .env_remove("DATABASE_URL")
        .env_remove("REDIS_URL")
        .envs(data.addresses())
        .output()
        .expect("the program runs")
}

#[test]
fn the_operator_lets_a_member_back_in_who_forgot_the_password() {
    let server = Operated::start();
    let (signed_in, status) = server.sign_in(PASSWORD);
    assert_eq!(status, 303);
    let former = server.link();
    let link = server.link();
    let browser = server.browser();
    browser.get(&former).expect(410);
    for _ in 0..2 {
        let page = browser.get(&link).expect(200);
        assert!(page.body.contains(EMAIL));
    }
    signed_in.get("/studio").expect(200);
    browser.post(&link, &[("password", "short")]).expect(422);
    assert_eq!(browser.post(&link, &[("password", NEXT)]).leads(), (303, "/studio"));
    browser.get("/studio").expect(200);
    assert_eq!(signed_in.get("/studio").leads(), (303, "/login"), "all others are signed out");
    assert_eq!([PASSWORD, NEXT].map(|password| server.sign_in(password).1), [401, 303]);
    server.browser().get(&link).expect(410);
    assert!(server.browser().post(&link, &[("password", WRONG)]).expect(410).body.contains("no longer works"));

    let log = server.log("sign_in_link_used");
    for kind in ["account_created", "signed_in", "sign_in_link_created", "sign_in_link_used"] {
        assert!(log.contains(kind), "{kind} in {log}");
    }
    assert!(!log.contains(EMAIL) && !log.contains("127.0.0") && !log.contains("Inès"), "{log}");
}

#[test]
fn the_operator_is_told_in_words_what_is_wrong() {
    let server = Operated::start();
    for (arguments, words) in [
        (&["sign-in-link", "--email", "nobody@example.org"][..], "no member has the email address nobody@example.org"),
        (&["sign-in-link", "--email", "nobody"], "is not an email address"),
    ] {
        let told = server.order(arguments);
        let said = String::from_utf8(told.stderr).expect("text");
        assert!(!told.status.success() && said.contains(words), "{said}");
    }
    if std::env::var("DATABASE_URL").is_err() {
        let nothing = Data::create();
        let told = order(&nothing, &["sign-in-link", "--email", EMAIL]);
        assert!(String::from_utf8(told.stderr).expect("text").contains("there is no database in"));
        assert!(nothing.path().read_dir().expect("a folder").next().is_none(), "and none is made");
    }
}

#[test]
fn what_happens_to_links_exports_and_the_refused_is_in_the_security_log() {
    let server = Operated::start();
    let (owner, _) = server.sign_in(PASSWORD);
    server.sign_in(WRONG);
    let event = owner.ask("POST", "/api/v1/events", &serde_json::json!({"name": "Talk"})).expect(201).json();
    let path = format!("/api/v1/events/{}", event["id"].as_str().expect("an id"));
    let link = serde_json::json!({"kind": "moderator", "name": "Mo", "hours": 1});
    let link = owner.ask("POST", &format!("{path}/links"), &link).expect(201).json();
    let url = link["url"].as_str().expect("an address");
    for _ in 0..2 {
        server.browser().get(&url[url.find("/l/").expect("a link")..]).expect(303);
    }
    owner.get(&format!("{path}/export/questions.csv")).expect(200);
    owner.ask("DELETE", &format!("{path}/links/{}", link["id"].as_str().expect("an id")), &serde_json::json!({}));
    server.browser().get("/setup?key=guess").expect(410);
    server.browser().with_cookie("a", "b").with("Origin", "https://evil.example").post("/login", &[]).expect(403);
    owner.post("/logout", &[]).expect(303);
    let log = server.log("signed_out");
    for kind in ["link_created", "link_revoked", "exported", "refused", "sign_in_failed"] {
        assert!(log.contains(kind), "{kind} in {log}");
    }
    assert_eq!(log.matches("link_first_opened").count(), 1, "{log}");
}
