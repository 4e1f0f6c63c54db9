//! What the outside calls us, for every way in which a request can come.

use proptest::prelude::*;

use super::*;

/// A request: what the settings say, what it carries, and what is to be known of it.
#[derive(Clone, Copy, Default)]
struct Case {
    public_url: &'static str,
    proxies: &'static str,
    proxy_header: &'static str,
    tls: bool,
    host: &'static str,
    origin: &'static str,
    proto: &'static str,
    forwarded: &'static str,
}

impl Case {
    fn config(&self) -> Config {
        let public_url = (!self.public_url.is_empty()).then(|| self.public_url.parse().unwrap());
        let proxies = self.proxies.parse().unwrap();
        let mut config = Config { public_url, proxies, ..Config::default() };
        if !self.proxy_header.is_empty() {
            config.proxy_header = self.proxy_header.to_owned().try_into().unwrap();
        }
        if self.tls {
            config.tls.mode = TlsMode::Files;
        }
        config
    }

    fn read(&self) -> Outside {
        let pairs = [
            (header::HOST, self.host),
            (header::ORIGIN, self.origin),
            (FORWARDED_PROTO, self.proto),
            (HeaderName::from_static("x-forwarded-for"), if self.proto.is_empty() { "" } else { "203.0.113.7" }),
            (header::FORWARDED, self.forwarded),
        ];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let headers = pairs.map(|(name, value)| (name, HeaderValue::from_bytes(value.as_bytes()).unwrap())).collect();
        Outside::read(&self.config(), &headers, Some([127, 0, 0, 1].into()))
    }
}

const BEHIND: Case = Case {
    public_url: "",
    proxies: "127.0.0.1",
    proxy_header: "",
    tls: false,
    host: "vote.example.org",
    origin: "",
    proto: "https",
    forwarded: "",
};

const PUBLIC: &str = "https://vote.example.org";

/// Each of these requests was sent to this address, and is secure if the address says so.
fn all_were_sent_to(cases: &[(Case, &str)]) {
    for (case, asked) in cases {
        let outside = case.read();
        assert_eq!(outside.asked().unwrap().to_string(), *asked, "{} {}", case.host, case.proto);
        assert_eq!(outside.is_secure(), asked.starts_with("https:"));
    }
}

#[test]
fn every_way_of_coming_has_its_address() {
    all_were_sent_to(&[
        (Case { host: "vote.example.org", ..Case::default() }, "http://vote.example.org"),
        (Case { host: "vote.example.org:80", ..Case::default() }, "http://vote.example.org"),
        (Case { host: "Vote.Example.org.:8080", ..Case::default() }, "http://vote.example.org:8080"),
        (Case { host: "[FD00:0::7]", ..Case::default() }, "http://[fd00::7]"),
        (Case { host: "vote.example.org:443", tls: true, ..Case::default() }, "https://vote.example.org"),
        (BEHIND, "https://vote.example.org"),
        (Case { host: "vote.example.org:443", ..BEHIND }, "https://vote.example.org"),
        (Case { host: "vote.example.org:8443", ..BEHIND }, "https://vote.example.org:8443"),
        (Case { host: "[2001:db8::7]:443", ..BEHIND }, "https://[2001:db8::7]"),
        (Case { proto: "http", ..BEHIND }, "http://vote.example.org"),
        // It says what is true of the visitor, wherever TLS ends after it.
        (Case { proto: "http", tls: true, ..BEHIND }, "http://vote.example.org"),
        (Case { proxies: "", ..BEHIND }, "http://vote.example.org"),
        (Case { proxies: "10.0.0.2", ..BEHIND }, "http://vote.example.org"),
        (Case { proto: "", forwarded: "for=203.0.113.7;proto=https", ..BEHIND }, "http://vote.example.org"),
        (
            Case { proto: "", forwarded: "for=203.0.113.7;proto=https", proxy_header: "Forwarded", ..BEHIND },
            "https://vote.example.org",
        ),
        (Case { proxy_header: "Forwarded", ..BEHIND }, "http://vote.example.org"),
    ]);
    for host in ["", "a.example/evil", "a b", "user@a.example", "fd00::7"] {
        assert_eq!(Case { host, ..Case::default() }.read().asked(), None, "{host}");
    }
}

#[test]
fn settings_and_browsers_know_the_scheme_of_the_address_that_they_name_and_of_no_other() {
    all_were_sent_to(&[
        (Case { public_url: PUBLIC, proto: "", ..BEHIND }, "https://vote.example.org"),
        (Case { public_url: PUBLIC, proto: "", host: "vote.example.org:443", ..BEHIND }, "https://vote.example.org"),
        (Case { public_url: PUBLIC, host: "192.0.2.7:8080", ..Case::default() }, "http://192.0.2.7:8080"),
        (Case { public_url: PUBLIC, host: "parterre:8080", origin: PUBLIC, ..Case::default() }, PUBLIC),
        // Nobody but the browser says it.
        (Case { host: "vote.example.org:443", origin: PUBLIC, ..Case::default() }, PUBLIC),
        (Case { host: "vote.example.org:8080", origin: "https://evil.example", ..Case::default() }, {
            "http://vote.example.org:8080"
        }),
    ]);
}

/// Of each of these requests with this origin it is known whether it comes from a page of ours.
fn all_are_told_apart(cases: &[(Case, &'static str, bool)]) {
    for (case, origin, ours) in cases {
        assert_eq!(Case { origin, ..*case }.read().is_ours(), Some(*ours), "{origin} to {:?}", case.host);
    }
}

#[test]
fn only_pages_of_ours_are_ours() {
    let plain = Case { host: "room.example:8080", ..Case::default() };
    all_are_told_apart(&[
        (plain, "http://room.example:8080", true),
        (plain, "http://ROOM.example.:8080", true),
        (plain, "http://room.example", false),
        (plain, "http://evil.example", false),
        (plain, "http://room.example:8080.evil.example", false),
        (plain, "http://evilroom.example:8080", false),
        (plain, "null", false),
        (plain, "ftp://room.example:8080", false),
        (plain, "file://", false),
        (plain, "http://room.example:8080 http://evil.example", false),
        (Case { host: "room.example", ..plain }, "http://room.example:80", true),
        (Case { host: "room.example:80", ..plain }, "http://room.example", true),
        (Case { host: "room.example:443", ..plain }, "https://room.example", true),
        (Case { host: "parterre:8080", ..plain }, "https://room.example", false),
        // Where the scheme is known, it counts.
        (Case { tls: true, ..plain }, "https://room.example:8080", true),
        (Case { tls: true, ..plain }, "http://room.example:8080", false),
        (BEHIND, "https://vote.example.org", true),
        (Case { host: "vote.example.org:443", ..BEHIND }, "https://vote.example.org", true),
        (BEHIND, "http://vote.example.org", false),
        (Case { proto: "http", ..BEHIND }, "https://vote.example.org", false),
        (Case { host: "vote.example.org:8443", ..BEHIND }, "https://vote.example.org:8443", true),
        (BEHIND, "https://vote.example.org:8443", false),
        (Case { host: "", ..plain }, "http://room.example", false),
    ]);
    assert_eq!(plain.read().is_ours(), None);
}

#[test]
fn pages_of_ours_are_known_by_the_setting_where_a_proxy_asks_by_a_name_of_its_own() {
    let named = Case { public_url: PUBLIC, ..Case::default() };
    all_are_told_apart(&[
        (Case { host: "parterre:8080", ..named }, PUBLIC, true),
        (Case { host: "parterre:8080", ..named }, "https://VOTE.example.org:443", true),
        (Case { host: "parterre:8080", ..named }, "http://vote.example.org", false),
        (Case { host: "vote.example.org", ..named }, "http://vote.example.org", false),
        (Case { host: "192.0.2.7:8080", ..named }, "http://192.0.2.7:8080", true),
        (Case { host: "192.0.2.7:8080", ..named }, "https://192.0.2.7:8080", false),
    ]);
}

#[test]
fn cookies_are_for_tls_alone_where_the_browser_speaks_it() {
    let public = "https://vote.example.org";
    let plain = Case { public_url: public, host: "192.0.2.7:8080", origin: "http://192.0.2.7:8080", ..Case::default() };
    assert!(!plain.read().is_secure(), "a browser would drop them");
    assert!(Case { public_url: public, host: "parterre", origin: public, ..Case::default() }.read().is_secure());
    // A second proxy that writes its own scheme over the first one's.
    assert!(Case { public_url: public, proto: "http", origin: public, ..BEHIND }.read().is_secure());
}

proptest! {
    #[test]
    fn another_origin_is_never_ours(host in "[a-z]{1,6}\\.example", other in "[a-z]{1,6}\\.test", port in 1_u16.., secure: bool) {
        let scheme = if secure { "https" } else { "http" };
        let headers = [
            (header::HOST, HeaderValue::from_str(&format!("{host}:{port}")).unwrap()),
            (header::ORIGIN, HeaderValue::from_str(&format!("{scheme}://{other}:{port}")).unwrap()),
        ];
        let read = |headers: &HeaderMap| Outside::read(&Config::default(), headers, None).is_ours();
        prop_assert_eq!(read(&headers.clone().into_iter().collect()), Some(false));
        let own = HeaderValue::from_str(&format!("{scheme}://{host}:{port}")).unwrap();
        prop_assert_eq!(read(&[headers[0].clone(), (header::ORIGIN, own)].into_iter().collect()), Some(true));
    }

    #[test]
    fn whatever_is_sent_breaks_nothing(host in "[ -~]{0,30}", origin in "[ -~]{0,30}", forwarded in "[ -~]{0,30}") {
        let value = |text: &str| HeaderValue::from_str(text).unwrap();
        let headers = [
            (header::HOST, value(&host)),
            (header::ORIGIN, value(&origin)),
            (FORWARDED_PROTO, value(&forwarded)),
            (HeaderName::from_static("x-forwarded-for"), value(&forwarded)),
        ];
        let config = Case { proxies: "0.0.0.0/0", ..Case::default() }.config();
        let _ = Outside::read(&config, &headers.into_iter().collect(), Some([127, 0, 0, 1].into()));
    }
}
