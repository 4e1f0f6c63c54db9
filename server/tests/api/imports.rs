//! Archives become events again: all of it the same, or nothing.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    archive::{archived, lines, story, unpacked},
    browser::HttpResponse,
    event::{Event, poll},
    house::House,
};

const IMPORT: &str = "/api/v1/events/import";
/// The bytes of a file that comes slowly.
const SLOW_BYTES: usize = 14;
/// An archive of this release, kept for those to come.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/archive-1.zip");

fn kept() -> Vec<u8> {
    std::fs::read(KEPT).expect("the archive that is kept")
}

fn import(house: &House, query: &str, bytes: &[u8]) -> HttpResponse {
    house.owner().send("POST", &format!("{IMPORT}{query}"), "application/zip", bytes)
}

fn packed<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name, SimpleFileOptions::default()).expect("a file");
        zip.write_all(content).expect("memory");
    }
    zip.finish().expect("a zip file").into_inner()
}

fn repacked(files: &BTreeMap<String, String>) -> Vec<u8> {
    packed(files.iter().map(|(name, text)| (&**name, text.as_bytes())))
}

/// The files without what is another for each import: times, the code, and the archive's own.
fn comparable(files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut files = files.clone();
    let mut manifest: Value = serde_json::from_str(&files["archive.json"]).expect("JSON");
    for field in ["created_at", "people"] {
        manifest[field] = Value::Null;
    }
    for field in ["created_at", "code"] {
        manifest["event"][field] = Value::Null;
    }
    files.insert("archive.json".to_owned(), manifest.to_string());
    files
}

fn archive_of(house: &House, imported: &HttpResponse) -> BTreeMap<String, String> {
    let id = imported.json()["id"].as_str().expect("an id").to_owned();
    unpacked(&house.owner().get(&format!("/api/v1/events/{id}/archive")).expect(200).bytes)
}

fn events(house: &House) -> Vec<String> {
    house.texts("SELECT CAST(COUNT(*) AS TEXT) FROM events")
}

/// What the studio shows of the results of each activity, in each round.
fn results(house: &House, event: &str) -> Vec<Value> {
    let owner = house.owner();
    let shown = owner.get(&format!("/api/v1/events/{event}")).expect(200).json();
    let activities = shown["activities"].as_array().expect("a list").clone();
    let of = |activity: &Value| {
        let (id, rounds) = (activity["id"].as_str().expect("an id"), activity["round"].as_u64().expect("a round"));
        let path = format!("/api/v1/events/{event}/activities/{id}/results");
        let mut each: Vec<_> =
            (1..=rounds).map(|round| owner.get(&format!("{path}?round={round}")).expect(200).json()).collect();
        each.iter_mut().for_each(|results| results["activity"] = Value::Null);
        Value::Array(each)
    };
    activities.iter().map(of).collect()
}

#[test]
fn what_was_archived_comes_back_the_same() {
    let house = House::shared();
    let (event, _phones) = story(&house);
    let answer = house.owner().get(&event.path("/archive")).expect(200);
    let files = unpacked(&answer.bytes);
    let imported = import(&house, "", &answer.bytes).expect(201);
    let shown = imported.json();
    assert_eq!((&shown["name"], &shown["state"]), (&json!("Annual meeting"), &json!("ended")));
    assert_ne!(shown["code"].as_str(), Some(&*event.code), "the code is taken");
    let again = archive_of(&house, &imported);
    assert_eq!(comparable(&again), comparable(&files));
    let (before, after) = (event.id.to_string(), shown["id"].as_str().expect("an id").to_owned());
    assert_eq!(results(&house, &after), results(&house, &before));
    for export in ["questions", "texts", "ledger"] {
        let export = |event: &str| {
            let path = format!("/api/v1/events/{event}/export/{export}.csv");
            house.owner().get(&path).expect(200).body
        };
        assert_eq!(export(&after), export(&before));
    }
    // And it is an event like any other.
    house.owner().get(&format!("/studio/events/{after}")).expect(200);
    house.owner().ask("DELETE", &format!("/api/v1/events/{after}"), &json!({})).expect(204);
    house.owner().ask("POST", &format!("/api/v1/events/{after}/restore"), &json!({})).expect(204);
}

#[test]
fn people_who_were_not_linked_stay_so_and_all_counts_are_the_same() {
    let house = House::shared();
    let (event, _phones) = story(&house);
    let bytes = house.owner().get(&event.path("/archive?people=unlinked")).expect(200).bytes;
    let imported = import(&house, "", &bytes).expect(201);
    let again = archive_of(&house, &imported);
    for file in ["activities.jsonl", "responses.jsonl", "posts.jsonl", "votes.jsonl", "acts.jsonl"] {
        let sorted = |files: &BTreeMap<String, String>| {
            let mut lines: Vec<_> = files[file].lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&again), sorted(&unpacked(&bytes)), "{file}");
    }
    let id = imported.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(results(&house, &id), results(&house, &event.id.to_string()));
}

#[test]
fn the_code_is_kept_on_wish_if_it_is_free_and_what_is_live_ends() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    event.open(event.activities[0]);
    let bytes = house.owner().get(&event.path("/archive")).expect(200).bytes;
    let taken = import(&house, "?code=keep", &bytes).expect(201).json();
    assert_ne!(taken["code"].as_str(), Some(&*event.code));
    assert_eq!(taken["state"], "ended");
    house.owner().ask("DELETE", &event.path(""), &json!({})).expect(204);
    let kept = import(&house, "?code=keep", &bytes).expect(201);
    assert_eq!(kept.json()["code"].as_str(), Some(&*event.code));
    let activity = lines(&archive_of(&house, &kept), "activities.jsonl").remove(0);
    assert_eq!(activity["state"], "closed");
}

#[test]
fn what_is_no_archive_is_refused_with_a_word_and_nothing_is_stored() {
    let house = House::new(&[]);
    let (event, _phones) = story(&house);
    let bytes = house.owner().get(&event.path("/archive")).expect(200).bytes;
    let files = unpacked(&bytes);
    let with = |file: &str, change: &dyn Fn(&str) -> String| {
        let mut files = files.clone();
        let changed = change(&files[file]);
        files.insert(file.to_owned(), changed);
        repacked(&files)
    };
    let and = |name: &str, content: &[u8]| {
        packed(files.iter().map(|(name, text)| (&**name, text.as_bytes())).chain([(name, content)]))
    };
    let without = |name: &str| {
        packed(files.iter().filter(|(other, _)| *other != name).map(|(name, text)| (&**name, text.as_bytes())))
    };
    let mut damaged = bytes.clone();
    damaged[bytes.len() / 3] ^= 0xff;
    // Two of a name, which a program that packs would not make.
    let twice = {
        let mut bytes = and("acts.jsonX", b"");
        let name = b"acts.jsonX";
        let places: Vec<_> =
            bytes.windows(name.len()).enumerate().filter(|(_, at)| *at == name).map(|(at, _)| at).collect();
        for place in places {
            bytes[place..place + name.len()].copy_from_slice(b"acts.jsonl");
        }
        bytes
    };
    let many: Vec<_> = (0..200).map(|n| format!("{n}.jsonl")).collect();
    let bomb = {
        let mut files = files.clone();
        files.insert("acts.jsonl".to_owned(), format!("{{\"at\":1,\"by\":\"{}\"}}\n", " ".repeat(5_000_000)));
        repacked(&files)
    };
    let replace = |from: &'static str, to: &'static str| move |text: &str| text.replacen(from, to, 1);
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("nothing", "archive.unreadable", Vec::new()),
        ("no zip file", "archive.unreadable", b"{\"format\":\"parterre-archive\"}".to_vec()),
        ("half of it", "archive.unreadable", bytes[..bytes.len() / 2].to_vec()),
        ("all but the end", "archive.unreadable", bytes[..bytes.len() - 10].to_vec()),
        ("damaged", "archive.unreadable or archive.line", damaged),
        ("another format", "archive.unreadable", with("archive.json", &replace("parterre-archive", "other"))),
        ("a later version", "archive.version", with("archive.json", &replace("\"version\": 1", "\"version\": 2"))),
        ("no answers", "archive.missing", without("responses.jsonl")),
        ("no manifest", "archive.missing", without("archive.json")),
        ("a way out", "archive.unexpected", and("../../outside", b"x")),
        ("a path from the root", "archive.unexpected", and("/etc/passwd", b"x")),
        ("a picture", "archive.unexpected", and("media/1.png", b"x")),
        ("many files", "archive.unexpected", packed(many.iter().map(|name| (&**name, &b""[..])))),
        ("two of a name", "archive.twice", twice),
        ("much from little", "archive.too_large", bomb),
        (
            "a line too few",
            "archive.lines",
            with("responses.jsonl", &|text| text.lines().skip(1).collect::<Vec<_>>().join("\n")),
        ),
        ("no JSON", "archive.line", with("responses.jsonl", &replace("{", "{{"))),
        ("a deep one", "archive.line", with("acts.jsonl", &|text| text.replacen('{', &"[".repeat(10_000), 1))),
        ("nobody", "archive.line", with("responses.jsonl", &replace("\"participant\":1", "\"participant\":9"))),
        ("an unknown activity", "archive.line", with("responses.jsonl", &replace("\"activity\":1", "\"activity\":0"))),
        ("a round to come", "archive.line", with("responses.jsonl", &replace("\"round\":1", "\"round\":3"))),
        (
            "one who answers twice",
            "archive.line",
            with("responses.jsonl", &|text| {
                let first = text.lines().next().expect("a line");
                format!(
                    "{first}\n{}",
                    text.replacen(text.lines().nth(1).expect("a line"), first, 1)
                        .lines()
                        .skip(1)
                        .collect::<Vec<_>>()
                        .join("\n")
                )
            }),
        ),
        (
            "the answer of another kind",
            "archive.line",
            with("responses.jsonl", &replace("\"kind\":\"choice\",\"options\":[1]", "\"kind\":\"words\",\"words\":[]")),
        ),
        ("an empty question", "archive.line", with("posts.jsonl", &replace("Is travel paid?", ""))),
        ("a text turned around", "archive.line", with("posts.jsonl", &replace("Is travel paid?", "\\u202e"))),
        ("a part of itself", "archive.line", with("posts.jsonl", &replace("\"merged_into\":3", "\"merged_into\":4"))),
        ("a part of nothing", "archive.line", with("posts.jsonl", &replace("\"merged_into\":3", "\"merged_into\":99"))),
        ("two votes", "archive.line", with("votes.jsonl", &replace("\"up\":[1", "\"up\":[1,1"))),
        ("an act of nobody", "archive.line", with("acts.jsonl", &replace("\"by\":\"", "\"by\":\"\",\"was\":\""))),
        (
            "a word that is itself",
            "archive.line",
            with("activities.jsonl", &replace("\"to\":\"hidden\"", "\"to\":{\"into\":\"Wordtohide\"}")),
        ),
        ("a poll without options", "archive.line", with("activities.jsonl", &replace("\"max\":1", "\"max\":9"))),
        ("no name", "archive.line", with("archive.json", &replace("Annual meeting", " "))),
        ("a crowd", "archive.line", with("archive.json", &replace("\"joined\": 2", "\"joined\": 4000000000"))),
    ];
    let before = events(&house);
    for (what, code, bytes) in cases {
        let answer = import(&house, "", &bytes);
        assert!(answer.status == 422, "{what}: {answer:?}");
        let said = answer.json()["code"].as_str().expect("a code").to_owned();
        assert!(code.split(" or ").any(|code| code == said), "{what}: {}", answer.body);
    }
    assert_eq!(events(&house), before);
    for (browser, status) in [(house.stranger(), 401), (house.other_team(), 201)] {
        browser.send("POST", IMPORT, "application/zip", &bytes).expect(status);
    }
}

#[test]
fn a_form_does_the_same_and_says_what_is_wrong() {
    let house = House::new(&[("PARTERRE_ARCHIVE__IMPORT_BYTES", "100000")]);
    let form = |bytes: &[u8]| {
        let head = "--b0\r\nContent-Disposition: form-data; name=\"archive\"; filename=\"a.zip\"\r\n\
                    Content-Type: application/zip\r\n\r\n";
        let body = [head.as_bytes(), bytes, b"\r\n--b0--\r\n"].concat();
        house.owner().send("POST", "/studio/events/import", "multipart/form-data; boundary=b0", &body)
    };
    let imported = form(&kept()).expect(303);
    let event = imported.header("location").rsplit('/').next().expect("an id").to_owned();
    house.owner().get(&format!("/api/v1/events/{event}")).expect(200);
    let refused = form(b"not a zip file").expect(422);
    assert!(refused.body.contains("is not an event’s archive"), "{}", refused.body);
    let large = form(&vec![0; 100_001]).expect(413);
    assert!(large.body.contains("0.1 MB") && large.body.contains("archive.import_bytes"), "{}", large.body);
    let large = import(&house, "", &vec![0; 200_000]).expect(413).json();
    assert_eq!(
        large["message"],
        "The file has 0.2 MB; this server accepts 0.1 MB. Its operator can raise archive.import_bytes."
    );
    house.stranger().send("POST", "/studio/events/import", "multipart/form-data; boundary=b0", b"").expect(303);
    let elsewhere = house.owner().with("Origin", "http://elsewhere.example");
    elsewhere.send("POST", IMPORT, "application/zip", &kept()).expect(403);
}

/// `UPDATE=1` writes it anew, which only the first release of a version of the format may.
#[test]
fn an_archive_of_an_earlier_release_is_read() {
    let house = House::shared();
    if std::env::var_os("UPDATE").is_some() {
        let (event, _phones) = story(&house);
        std::fs::write(KEPT, house.owner().get(&event.path("/archive")).expect(200).bytes).expect("a file");
    }
    let imported = import(&house, "", &kept()).expect(201);
    let (now, then) = (archive_of(&house, &imported), unpacked(&kept()));
    for file in ["participants.jsonl", "responses.jsonl", "posts.jsonl", "votes.jsonl", "acts.jsonl"] {
        assert_eq!(lines(&now, file), lines(&then, file), "{file}");
    }
    let event = Event {
        server: &house,
        id: imported.json()["id"].as_str().expect("an id").parse().expect("a UUID"),
        code: String::new(),
        activities: Vec::new(),
    };
    assert_eq!(archived(&event, "")["responses.jsonl"], now["responses.jsonl"]);
}

#[test]
fn a_file_may_take_longer_to_arrive_than_other_requests() {
    let limits = [("PARTERRE_LIMITS__HEADER_TIMEOUT_MS", "300"), ("PARTERRE_LIMITS__BODY_TIMEOUT_MS", "300")];
    let house = House::new(&limits);
    let (address, cookie) = (house.address(), house.owner().cookie_header());
    let mut facilitator = TcpStream::connect(address).expect("the server accepts");
    let head = format!(
        "POST {IMPORT} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nCookie: {cookie}\r\n\
         Connection: close\r\nContent-Type: application/zip\r\nContent-Length: {SLOW_BYTES}\r\n\r\n"
    );
    facilitator.write_all(head.as_bytes()).expect("the server reads");
    for _ in 0..SLOW_BYTES {
        // For longer than a connection may be idle and both limits together.
        thread::sleep(Duration::from_millis(500));
        facilitator.write_all(b"x").expect("the server still reads");
    }
    let mut answer = String::new();
    facilitator.read_to_string(&mut answer).expect("the server answers");
    assert!(answer.starts_with("HTTP/1.1 422 "), "{answer}");
}
