//! The requests that attackers make, one after another.

use parterre_protocol::{CommandId, join::JoinRequest};
use serde_json::json;
use uuid::Uuid;

use super::Attacker;
use crate::{hostile::attack::Attack, http::form_encoded};

/// The signs of codes, as the server draws them: no vowels, nothing that looks like something else.
const SIGNS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ23456789";
/// The header line of a body of JSON.
const JSON: &str = "Content-Type: application/json\r\n";

impl Attacker {
    /// The next request, whole.
    pub(super) fn request(&mut self) -> Vec<u8> {
        let n = self.rng.u32(..);
        match self.attack {
            Attack::Bombs => self.bomb(n),
            Attack::Joins => self.join(),
            Attack::Codes => self.code(n),
            Attack::Commands => self.command(n),
            Attack::Searches => self.search(n),
            Attack::Reports => self.report(n),
            Attack::Passwords => self.password(n),
            Attack::Pages => self.page(n),
            Attack::Screens | Attack::SlowReaders | Attack::SlowHeads => unreachable!("these hold connections"),
        }
    }

    fn bomb(&self, n: u32) -> Vec<u8> {
        let path = ["/api/v1/join", "/login", "/api/v1/live", "/api/v1/netcheck/judge"][n as usize % 4];
        let kind = if path == "/login" { "application/x-www-form-urlencoded" } else { "application/json" };
        let head = format!("Content-Type: {kind}\r\nContent-Encoding: br\r\n");
        self.whole("POST", path, &head, &self.bomb)
    }

    fn join(&self) -> Vec<u8> {
        let request = JoinRequest { code: self.victim.code.clone(), name: None };
        let body = serde_json::to_vec(&request).expect("text keys only");
        self.whole("POST", "/api/v1/join", JSON, &body)
    }

    fn code(&mut self, n: u32) -> Vec<u8> {
        let code: String = (0..5).map(|_| char::from(SIGNS[self.rng.usize(..SIGNS.len())])).collect();
        let path = match n % 3 {
            0 => format!("/join?code={code}"),
            1 => format!("/e/{code}"),
            _ => format!("/e/{code}/qr.svg"),
        };
        self.whole("GET", &path, "", b"")
    }

    fn command(&self, n: u32) -> Vec<u8> {
        let answer = json!({"kind": "choice", "options": [1 + n % 4]});
        let body = json!({"t": "respond", "cid": CommandId::new(Uuid::new_v4()),
            "activity": self.victim.activity, "round": 1, "answer": answer});
        let path = format!("/api/v1/live?event={}&as=phone", self.victim.event);
        self.whole("POST", &path, &format!("{JSON}{}", self.as_device()), body.to_string().as_bytes())
    }

    fn search(&self, n: u32) -> Vec<u8> {
        let event = self.victim.event;
        let words = "when%20will%20the%20next%20meeting%20of%20all%20members%20take%20place%20".repeat(3);
        let path = match n % 2 {
            0 => format!("/api/v1/events/{event}/questions/similar?q={words}{n}"),
            _ => format!("/api/v1/events/{event}/questions?q=meeting%20{}", n % 100),
        };
        self.whole("GET", &path, &self.as_device(), b"")
    }

    fn report(&self, n: u32) -> Vec<u8> {
        let delay = json!({"figures": {"sent": 12_000, "ms": vec![1.5; 12_000]}});
        let body = json!({"place": format!("Hall {n}"), "measures": {"delay": delay}});
        self.whole("POST", "/api/v1/netcheck/reports", JSON, body.to_string().as_bytes())
    }

    fn password(&self, n: u32) -> Vec<u8> {
        let own = self.number % 4 < 2;
        let email = if own { self.victim.email.clone() } else { format!("member{}@example.org", n % 1000) };
        let form = format!("email={}&password=guess-{n}", form_encoded(&email));
        let origin = self.address.origin();
        let head = format!("Content-Type: application/x-www-form-urlencoded\r\nOrigin: {origin}\r\n");
        self.whole("POST", "/login", &head, form.as_bytes())
    }

    fn page(&self, n: u32) -> Vec<u8> {
        let code = &self.victim.code;
        let path = match n % 6 {
            0 => "/".to_owned(),
            1 => "/netcheck".to_owned(),
            2 => format!("/e/{code}"),
            3 => format!("/e/{code}/screen"),
            4 => format!("/e/{code}/qr.svg"),
            _ => "/netcheck/requirements".to_owned(),
        };
        self.whole("GET", &path, "Accept-Encoding: br, gzip\r\n", b"")
    }

    /// The header line of a device that has joined.
    fn as_device(&self) -> String {
        self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default()
    }

    fn whole(&self, method: &str, path: &str, head: &str, body: &[u8]) -> Vec<u8> {
        let (host, length) = (self.address.host(), body.len());
        let length = if method == "GET" { String::new() } else { format!("Content-Length: {length}\r\n") };
        [format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{length}{head}\r\n").as_bytes(), body].concat()
    }
}
