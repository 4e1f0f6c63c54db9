//! What the server is called, and what is said where that does not fit.

use std::net::SocketAddr;

use parterre::{
    http::auth::SESSION_COOKIE,
    i18n::{LOCALES, Locale},
};
use serde_json::{Value, json};

use crate::{PROGRAM, browser::Browser, data::Data, event::Event, house::House, ports::free_port, process::Process};

const PUBLIC: &str = "https://vote.example.org";
const FORM: [(&str, &str); 3] =
    [("name", "Inès"), ("email", "ines@example.org"), ("password", "a long enough password")];

/// A server that is set to be called by another name than it is asked for here, and the key that
/// makes its owner.
struct Named {
    process: Process,
    key: String,
    _data: Data,
}

impl Named {
    fn new() -> Self {
        let data = Data::create();
        let at = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut process = data.start_at(PROGRAM, at, &[("PARTERRE_PUBLIC_URL", "https://VOTE.example.org.:443/")]);
        assert_eq!(process.next_line(), format!("Parterre is at {PUBLIC}"));
        let key = process.next_line().rsplit_once("key=").expect("the setup link").1.to_owned();
        Self { process, key, _data: data }
    }

    fn browser(&self) -> Browser {
        Browser::new(self.process.address)
    }
}

fn of(t: Locale, key: &str) -> String {
    // As pages write it.
    t.text(key).replace('\'', "&#39;")
}

#[test]
fn whoever_signs_in_by_another_address_gets_in_and_is_told_of_the_right_one() {
    let server = Named::new();
    let (browser, form) = (server.browser(), [&FORM[..], &[("key", server.key.as_str())]].concat());
    let made = browser.post("/setup", &form);
    assert_eq!(made.leads(), (303, "/studio"));
    // A browser keeps no `Secure` cookie of a plain connection.
    let cookie = made.header("set-cookie");
    assert!(cookie.starts_with(&format!("{SESSION_COOKIE}=")) && !cookie.contains("Secure"), "{cookie}");
    for path in ["/login", "/studio"] {
        let page = browser.get(path).expect(200).body;
        assert!(page.contains(&format!(r#"data-address="{PUBLIC}">"#)), "{page}");
        assert!(page.contains(&format!(r#"href="{PUBLIC}{path}""#)), "{page}");
    }
    // The same by way of a proxy that asks by a name of its own.
    let proxied = server.browser().with("Origin", PUBLIC).post("/login", &FORM);
    assert_eq!(proxied.leads(), (303, "/studio"));
    let cookies: Vec<&str> = proxied.all("set-cookie").filter(|cookie| cookie.contains(SESSION_COOKIE)).collect();
    assert!(cookies.iter().all(|cookie| cookie.starts_with("__Host-") && cookie.contains("; Secure")), "{cookies:?}");
    let session = cookies[0].split(['=', ';']).nth(1).expect("a value");
    let name = format!("__Host-{SESSION_COOKIE}");
    server.browser().with_cookie(&name, session).get("/studio").expect(200);
}

#[test]
fn a_session_that_the_browser_does_not_keep_is_said_and_goes_round_in_no_circle() {
    let house = House::shared();
    let browser = house.stranger().with("Referer", &format!("http://{}/login", house.address()));
    assert_eq!(browser.get("/studio").leads(), (303, "/login?cookie=lost"));
    for t in LOCALES {
        let page = browser.get("/login").expect(200).body;
        assert!(!page.contains(&of(t, "studio.login.cookie_lost")));
        let told = house.stranger().with("Accept-Language", t.code()).get("/login?cookie=lost").expect(200).body;
        assert!(told.contains(&of(t, "studio.login.cookie_lost")), "{told}");
    }
    assert_eq!(house.stranger().get("/studio").leads(), (303, "/login"));
}

#[test]
fn a_refusal_names_both_addresses() {
    let (house, page) = (House::shared(), "https://vote.example.org:8443");
    let server = format!("http://{}", house.address());
    let foreign = || house.device("sometoken").with("Origin", page);
    let told = foreign().ask("POST", "/api/v1/join", &json!({"code": "TULIP"})).expect(403).json();
    assert_eq!((&told["code"], &told["args"]), (&json!("origin"), &json!({"page": page, "server": server})));
    for part in [page, &server, "public_url", "proxies", "X-Forwarded-Proto"] {
        assert!(told["message"].as_str().expect("a sentence").contains(part), "{told}");
    }
    for t in LOCALES {
        let shown = foreign().with("Accept-Language", t.code()).post("/e/TULIP/join", &[]).expect(403).body;
        for part in [&of(t, "studio.message.other_origin.title"), page, &server, "public_url", "proxies"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
    let script = house.device("sometoken").with("Origin", "https://evil.example/<script>").with("Accept", "text/html");
    let shown = script.post("/e/TULIP/join", &[]).expect(403).body;
    assert!(!shown.contains("<script>"), "{shown}");
}

#[test]
fn facilitators_are_told_where_phones_cannot_come_and_the_room_is_not() {
    let house = House::shared();
    let (event, address) = (Event::new(&house, &[]), house.address());
    let note = "address-note\" role=\"note\">";
    for path in ["/studio", &format!("/studio/events/{}", event.id)] {
        let page = house.owner().get(path).expect(200).body;
        assert!(page.contains(&format!("{note}Phones cannot join: http://{address} ")), "{page}");
        assert!(page.contains(&format!("--listen 0.0.0.0:{}", address.port())), "{page}");
        let proxied = house.owner().with("Host", "vote.example.org").without("Origin");
        assert!(!proxied.get(path).expect(200).body.contains(note));
    }
    for path in [event.page(""), event.page("/screen")] {
        assert!(!house.owner().get(&path).expect(200).body.contains("address-note"), "{path}");
    }
    let plan = |browser: Browser| browser.get("/api/v1/netcheck/plan").expect(200).json();
    let here = plan(house.stranger());
    assert_eq!((&here["this_machine"], &here["phones_at"]), (&json!(true), &Value::Null));
    let there = plan(house.stranger().with("Host", "vote.example.org"));
    assert_eq!((&there["this_machine"], &there["phones_at"]), (&json!(false), &json!("http://vote.example.org")));
}

#[test]
fn a_report_is_signed_with_a_name_that_the_settings_give_alone() {
    let report = |browser: Browser| {
        let made = browser.ask("POST", "/api/v1/netcheck/reports", &json!({"measures": {}})).expect(201).json();
        let page = browser.get(made["page"].as_str().expect("a path")).expect(200).body;
        (browser.get(&format!("/api/v1/netcheck/reports/{}", made["id"].as_str().expect("an id"))).json(), page)
    };
    let house = House::new(&[]);
    let (asked, page) = report(house.stranger().with("Host", "bank.example").without("Origin"));
    assert_eq!((&asked["server"], &asked["asked_as"]), (&Value::Null, &json!("bank.example")));
    assert!(page.contains("The browser addressed this server as bank.example"), "{page}");
    let server = Named::new();
    let (named, page) = report(server.browser().with("Host", "bank.example").without("Origin"));
    assert_eq!((&named["server"], &named["asked_as"]), (&json!("vote.example.org"), &Value::Null));
    assert!(page.contains("vote.example.org") && !page.contains("bank.example"), "{page}");
}
