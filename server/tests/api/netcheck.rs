//! The network test: its doors and their bounds.

use serde_json::{Value, json};

use crate::house::House;

pub(crate) const API: &str = "/api/v1/netcheck";

#[test]
fn the_plan_is_that_of_the_settings() {
    let house = House::new(&[("PARTERRE_NETCHECK__SILENCE_S", "5,2"), ("PARTERRE_LIVE__PING_MS", "12000")]);
    let answer = house.stranger().get(&format!("{API}/plan")).expect(200);
    assert_eq!(answer.header("parterre-netcheck"), "1");
    let plan = answer.json();
    let port = house.address().port();
    assert_eq!(plan["silence_s"], json!([2, 5]));
    assert_eq!((&plan["ping_ms"], &plan["host"], &plan["port"]), (&json!(12_000), &json!("127.0.0.1"), &json!(port)));
    assert_eq!((&plan["secure"], &plan["certificate"]), (&json!(false), &Value::Null));
    assert_eq!(plan["participant"]["measured"], json!(false));
}

#[test]
fn what_is_seen_is_what_came() {
    let house = House::shared();
    let plain = house.stranger().get(&format!("{API}/seen")).json();
    assert_eq!((&plain["address"], &plain["version"]), (&json!("127.0.0.1"), &json!("HTTP/1.1")));
    assert_eq!((&plain["proxies"], &plain["trusted"]), (&json!([]), &json!(false)));
    assert!(plain["now"].is_i64());
    let proxied =
        house.stranger().with("Via", "1.1 box").with("X-Forwarded-For", &"9".repeat(900)).get(&format!("{API}/seen"));
    let proxied = proxied.json();
    assert_eq!(proxied["proxies"][0], json!(["via", "1.1 box"]));
    assert_eq!(proxied["proxies"][1][1], json!("9".repeat(200)));
    // Whom nobody trusts, nobody believes.
    assert_eq!(proxied["address"], json!("127.0.0.1"));

    let house = House::new(&[("PARTERRE_PROXIES", "127.0.0.0/8")]);
    let proxied = house.stranger().with("X-Forwarded-For", "192.0.2.7").get(&format!("{API}/seen")).json();
    assert_eq!((&proxied["address"], &proxied["trusted"]), (&json!("192.0.2.7"), &json!(true)));
}

#[test]
fn measures_are_judged_and_nonsense_is_refused() {
    let house = House::shared();
    let judge = |body: Value| house.stranger().ask("POST", &format!("{API}/judge"), &body);
    let measures = json!({"websocket": {"trouble": {"kind": "no_answer"}}, "seen": {"figures": {"protocol": "h2"}}});
    let judged = judge(json!({"participants": 1000, "measures": measures})).expect(200).json();
    assert_eq!(judged["summary"]["take_part"]["code"], "websocket_blocked");
    assert_eq!(judged["summary"]["bandwidth"]["participants"], 1000);
    for (body, status) in [
        (json!({"measures": {"speed": 9}}), 400),
        (json!({"measures": {"delay": {"figures": {"sent": -1, "ms": []}}}}), 400),
        (json!({"participants": 3}), 400),
        (json!({"participants": 0, "measures": {}}), 422),
        (json!({"participants": 1_000_001, "measures": {}}), 422),
        (json!({"measures": {"delay": {"figures": {"sent": 1, "ms": vec![1.0; 60_000]}}}}), 413),
    ] {
        judge(body).expect(status);
    }
}

#[test]
fn a_test_by_an_address_of_the_servers_own_machine_is_no_yes() {
    let figures = json!({
        "page": {"figures": {"secure": false, "port": 80, "ms": 20, "slowest_ms": 30, "missing": 0}},
        "seen": {"figures": {"protocol": "http/1.1", "version": "HTTP/1.1", "address": "127.0.0.1"}},
        "websocket": {"figures": {"ms": 20}},
        "messages": {"figures": {"sent": 8, "back": 8, "changed": 0, "in_order": true, "largest": 65536, "binary": true}},
        "cookies": {"figures": {"set": true, "sent": true}},
        "delay": {"figures": {"sent": 20, "ms": vec![5.0; 20]}},
        "burst": {"figures": {"asked": 200, "came": 200, "ms": 80.0}},
        "download": {"figures": {"bytes": 2_000_000, "ms": 400}},
        "upload": {"figures": {"bytes": 500_000, "ms": 200}},
        "phones": {"figures": {"asked": 30, "opened": 30, "busy": 0, "kept": 30, "ms": [5.0]}},
        "idle": [{"seconds": 600, "hold": {"figures": {"end": "survived", "ms": 600000}}}],
    });
    let answers = |house: &House, host: &str| {
        let browser = house.stranger().with("Host", host).with("Origin", &format!("http://{host}"));
        let judged = browser.ask("POST", &format!("{API}/judge"), &json!({"measures": figures})).expect(200).json();
        ["take_part", "run"].map(|it| {
            let answer = &judged["summary"][it];
            [&answer["verdict"], &answer["code"]].map(|text| text.as_str().unwrap_or_default().to_owned())
        })
    };
    let yes = ["success", ""].map(str::to_owned);
    let nowhere = ["skipped", "address_unreachable"].map(str::to_owned);
    let house = House::shared();
    assert_eq!(answers(&house, "vote.example.org"), [yes.clone(), yes]);
    for host in ["localhost:8080", "127.0.0.1", "[::1]:8080"] {
        assert_eq!(answers(&house, host), [nowhere.clone(), nowhere.clone()], "{host}");
    }
}

#[test]
fn an_answer_takes_the_time_that_is_asked_for() {
    let house = House::shared();
    let poll = house.stranger().get(&format!("{API}/poll?after_ms=20")).expect(200);
    assert_eq!(poll.json()["after_ms"], 20);
    let stranger = house.stranger().with("Accept-Encoding", "br, gzip");
    let events = stranger.get(&format!("{API}/sse?count=5&every_ms=20")).expect(200);
    assert_eq!((events.header("content-type"), events.header("x-accel-buffering")), ("text/event-stream", "no"));
    assert!(events.header("cache-control").contains("no-transform"));
    let events: Vec<Value> = events
        .body
        .split_terminator("\n\n")
        .map(|it| serde_json::from_str(&it["data: ".len()..]).expect("JSON"))
        .collect();
    let times: Vec<i64> = events.iter().map(|event| event["at"].as_i64().expect("a time")).collect();
    assert_eq!(
        events.iter().map(|event| event["n"].as_u64()).collect::<Vec<_>>(),
        (0..5).map(Some).collect::<Vec<_>>()
    );
    assert!(times.is_sorted());
}

#[test]
fn what_is_asked_for_beyond_the_bounds_is_refused() {
    let house = House::shared();
    for path in [
        "poll?after_ms=0",
        "poll?after_ms=10001",
        "sse?count=51",
        "sse?count=0",
        "sse?every_ms=1001",
        "download?bytes=0",
        "download?bytes=4000001",
    ] {
        assert_eq!(
            house.stranger().get(&format!("{API}/{path}")).refusal(),
            (422, "out_of_range".to_owned()),
            "{path}"
        );
    }
    assert_eq!(house.stranger().get(&format!("{API}/poll?after_ms=soon")).refusal().0, 400);
}

#[test]
fn bytes_come_and_go_as_they_are() {
    let house = House::shared();
    let stranger = house.stranger().with("Accept-Encoding", "br, gzip");
    let down = stranger.get(&format!("{API}/download?bytes=300001")).expect(200);
    assert_eq!(down.bytes.len(), 300_001);
    assert_eq!(down.header("content-length"), "300001");
    // Each value is about as frequent as every other: nothing to compress.
    let mut counts = [0usize; 256];
    down.bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    assert!(counts.iter().all(|count| (900..1450).contains(count)), "{counts:?}");
    let up = |bytes: usize| {
        house.stranger().send("POST", &format!("{API}/upload"), "application/octet-stream", &vec![7; bytes])
    };
    assert_eq!(up(200_000).expect(200).json()["bytes"], 200_000);
    assert_eq!(up(0).expect(200).json()["bytes"], 0);
    assert_eq!(up(4_000_001).status, 413);
}

#[test]
fn cookies_and_a_page_come_as_they_are_and_are_told_beside() {
    let house = House::shared();
    let browser = house.stranger().with_cookie("parterre_netcheck_sent", "abc1");
    let answer = browser.get(&format!("{API}/cookies?set=xyz2")).expect(200);
    assert_eq!(answer.json()["sent"], "abc1");
    assert_eq!(browser.cookie("parterre_netcheck").as_deref(), Some("xyz2"));
    assert_eq!(house.stranger().get(&format!("{API}/cookies?set=xyz2")).json()["sent"], Value::Null);
    for wrong in ["", "a;b", "a%20b", &"x".repeat(41)] {
        assert_eq!(browser.get(&format!("{API}/cookies?set={wrong}")).status, 422, "{wrong}");
    }
    let page = browser.get(&format!("{API}/document")).expect(200);
    assert_eq!((page.header("content-type"), page.header("parterre-netcheck")), ("text/html; charset=utf-8", "1"));
    let told = browser.get(&format!("{API}/document?form=json")).expect(200).json();
    assert_eq!(told["text"].as_str(), Some(page.body.as_str()));
    assert!(!page.body.contains("<script"), "what counts scripts counts none of ours");
}
