//! What every answer says to the browser, and the methods that an address knows.

use crate::{
    browser::HttpResponse,
    event::{Event, cloud, poll},
    house::House,
};

/// What a page may weigh so that it comes with a connection's first flight of packets (ten of 1,460
/// bytes).
const FIRST_FLIGHT: usize = 14 * 1024;

/// Addresses that can be got, with the status that the owner gets.
fn addresses(event: &Event) -> Vec<(String, u16)> {
    let (code, id) = (&event.code, event.id);
    vec![
        ("/".to_owned(), 200),
        ("/join?code=nosuch".to_owned(), 404),
        (format!("/join?code={code}"), 303),
        (format!("/e/{code}"), 200),
        (format!("/e/{code}/screen"), 200),
        (format!("/e/{code}/qr.svg"), 200),
        ("/e/NOSUCH".to_owned(), 404),
        ("/language/fr?back=/".to_owned(), 303),
        ("/setup".to_owned(), 410),
        ("/login".to_owned(), 200),
        ("/studio".to_owned(), 200),
        (format!("/studio/events/{id}"), 200),
        ("/netcheck".to_owned(), 200),
        ("/netcheck/requirements".to_owned(), 200),
        ("/netcheck/token".to_owned(), 200),
        ("/netcheck/reports/none".to_owned(), 404),
        ("/.well-known/security.txt".to_owned(), 404),
        ("/healthz".to_owned(), 200),
        ("/readyz".to_owned(), 200),
        ("/metrics".to_owned(), 200),
        ("/api/v1/events".to_owned(), 200),
        (format!("/api/v1/events/{id}"), 200),
        ("/api/v1/live".to_owned(), 426),
        ("/api/v1/nothing".to_owned(), 404),
        ("/nothing".to_owned(), 404),
    ]
}

fn check(path: &str, answer: &HttpResponse) {
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("script-src 'self'"), "{path}: {policy}");
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    let ancestors = if path.ends_with("/screen") { "frame-ancestors 'self'" } else { "frame-ancestors 'none'" };
    assert!(policy.contains(ancestors), "{path}: {policy}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    let referrer = if path == "/setup" { "strict-origin" } else { "same-origin" };
    assert_eq!(answer.header("referrer-policy"), referrer, "{path}");
    assert!(answer.header("cache-control").starts_with("no-"), "{path}");
    assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
    if answer.header("content-type").starts_with("text/html") && !answer.body.is_empty() {
        assert!(policy.contains("require-trusted-types-for 'script'; trusted-types lit-html"), "{path}: {policy}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(answer.header("permissions-policy").contains("camera=()"), "{path}");
        assert_eq!(answer.all("x-robots-tag").next(), (path != "/").then_some("noindex"), "{path}");
        only_our_scripts(path, policy, &answer.body);
    }
}

/// Each script carries the nonce that the policy names, and says what it has to be.
fn only_our_scripts(path: &str, policy: &str, page: &str) {
    let tags = |begin: &'static str| page.split(begin).skip(1).filter_map(|rest| rest.split('>').next());
    let scripts =
        tags("<script ").filter(|tag| !tag.contains("application/json")).chain(tags(r#"<link rel="modulepreload""#));
    let scripts: Vec<&str> = scripts.collect();
    let nonce =
        policy.split_once("script-src 'nonce-").and_then(|(_, rest)| rest.split_once('\'')).map(|(nonce, _)| nonce);
    assert_eq!(nonce.is_some(), !scripts.is_empty(), "{path}: {policy}");
    for tag in scripts {
        assert!(tag.contains(&format!("nonce=\"{}\"", nonce.unwrap_or_default())), "{path}: {tag}");
        assert!(tag.contains(r#" integrity="sha256-"#), "{path}: {tag}");
    }
    assert!(tags(r#"<link rel="stylesheet""#).all(|tag| tag.contains(r#" integrity="sha256-"#)), "{path}: {page}");
}

#[test]
fn no_two_answers_have_the_same_nonce() {
    let house = House::shared();
    for coding in ["gzip", "identity"] {
        let reader = house.stranger().with("Accept-Encoding", coding);
        let pages = [(); 5].map(|()| reader.get("/netcheck").expect(200));
        let policies: std::collections::BTreeSet<&str> =
            pages.iter().map(|page| page.header("content-security-policy")).collect();
        assert_eq!(policies.len(), pages.len(), "{coding}");
        pages.iter().for_each(|page| check("/netcheck", page));
    }
}

#[test]
fn who_signs_out_leaves_no_page_behind() {
    let house = House::new(&[]);
    let answer = house.owner().post("/logout", &[]).expect(303);
    assert_eq!(answer.header("clear-site-data"), "\"cache\"");
}

#[test]
fn behind_a_proxy_that_speaks_tls_browsers_are_to_come_by_tls_only() {
    let house = House::new(&[("PARTERRE_PROXIES", "127.0.0.1"), ("PARTERRE_TLS__HSTS_SUBDOMAINS", "true")]);
    for (scheme, promise) in [("https", "max-age=31536000; includeSubDomains"), ("http", "")] {
        let reader = house.stranger().with("X-Forwarded-For", "203.0.113.9").with("X-Forwarded-Proto", scheme);
        for path in ["/", "/login", "/api/v1/nothing", "/healthz", "/nothing"] {
            assert_eq!(reader.get(path).header("strict-transport-security"), promise, "{scheme} {path}");
        }
    }
}

#[test]
fn every_answer_protects_the_browser_and_head_answers_as_get() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let owner = house.owner();
    for (path, status) in addresses(&event) {
        let got = owner.get(&path);
        assert_eq!(got.status, status, "{path}");
        check(&path, &got);
        let head = owner.send("HEAD", &path, "", &[]);
        assert_eq!((head.status, head.body.as_str()), (got.status, ""), "HEAD {path}");
        check(&path, &head);
    }
    let refused = house.owner().with("Origin", "http://evil.example").post("/logout", &[]);
    check("a refusal before any handler", &refused.expect(403));
}

#[test]
fn a_method_that_an_address_does_not_know_is_refused_with_those_it_knows() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let owner = house.owner();
    for (method, path, allowed) in [
        ("TRACE", "/", "GET, HEAD"),
        ("BREW", "/login", "GET, HEAD, POST"),
        ("DELETE", "/logout", "POST"),
        ("PUT", &event.page("/join"), "GET, HEAD, POST"),
        ("GET", &event.page("/respond"), "POST"),
        ("TRACE", "/api/v1/events", "GET, HEAD, POST"),
        ("PUT", &event.path(""), "GET, HEAD, PATCH, DELETE"),
        ("OPTIONS", &event.path("/order"), "PUT"),
        ("POST", "/healthz", "GET, HEAD"),
    ] {
        let answer = owner.send(method, path, "", &[]).expect(405);
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
        check(path, &answer);
        if path.starts_with("/api/") {
            assert_eq!(answer.json()["code"], "method_not_allowed", "{method} {path}");
        }
    }
}

#[test]
fn the_phone_s_page_comes_in_the_first_flight_of_packets() {
    let house = House::shared();
    for question in [poll(), cloud()] {
        let event = Event::new(&house, &[question]);
        let device = event.device();
        let page = || device.get(&event.page("")).expect(200).body.len();
        let waiting = page();
        let _studio = event.open(event.activities[0]);
        let open = page();
        assert!(waiting < FIRST_FLIGHT && open < FIRST_FLIGHT, "{waiting} and {open} bytes");
    }
}

#[test]
fn whom_to_tell_of_a_weakness_is_said_where_the_settings_say_it() {
    let house = House::new(&[("PARTERRE_SECURITY_CONTACT", "mailto:security@example.org")]);
    let told = house.stranger().get("/.well-known/security.txt").expect(200);
    assert!(told.header("content-type").starts_with("text/plain"));
    assert!(told.body.starts_with("Contact: mailto:security@example.org\nExpires: 2"), "{}", told.body);
}
