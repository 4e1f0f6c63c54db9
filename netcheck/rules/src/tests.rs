//! The rules, with the figures of networks as they are.

use serde_json::json;

mod live;
mod names;
mod networks;
mod obstacles;

use self::networks::{good, plan};
use crate::{plan::Sizes, *};

fn found(plan: &Plan, measures: &Measures, step: Step) -> (Verdict, Code) {
    let judged = judge(plan, measures, 500);
    let finding = judged.findings.iter().find(|finding| finding.step == step).expect("something is said of it");
    (finding.verdict, finding.code)
}

fn answers(measures: &Measures) -> (Verdict, Verdict) {
    let summary = judge(&plan(), measures, 500).summary;
    (summary.take_part.verdict, summary.run.verdict)
}

const WARNING: Verdict = Verdict::Warning;
const FAILED: Verdict = Verdict::Failed;
const YES: Verdict = Verdict::Success;
const OPEN: Verdict = Verdict::Skipped;

#[test]
fn a_good_network_raises_no_alarm() {
    let judged = judge(&plan(), &good(), 500);
    let alarms: Vec<_> = judged.findings.iter().filter(|finding| finding.verdict > OPEN).collect();
    assert!(alarms.is_empty(), "{alarms:?}");
    let steps: Vec<String> = judged.findings.iter().map(|finding| finding.step.to_string()).collect();
    assert_eq!(steps[..3], ["page", "name", "portal"]);
    assert_eq!(steps[20..], ["idle_30", "idle_60", "idle_600"]);
    assert_eq!(answers(&good()), (YES, YES));
}

#[test]
fn nothing_is_said_before_it_is_known() {
    let judged = judge(&plan(), &Measures::default(), 500);
    assert_eq!(judged.findings, []);
    assert_eq!((judged.summary.take_part.verdict, judged.summary.run.verdict), (OPEN, OPEN));
}

#[test]
fn a_room_needs_the_more_of_arriving_and_voting() {
    let one = Participant { arrive_bytes: 60_000, live_bytes_s: 100, answer_bytes: 1_000, measured: false };
    assert_eq!((one.needs(1).down, one.needs(1).up), (10_000, 1_000));
    assert_eq!(Participant { live_bytes_s: 2_000, ..one }.needs(100).down, 2_000_000);
    assert_eq!(one.needs(u32::MAX).down, 42_949_672_950_000);

    // 500 of the plan's participants need 2.1 Mbit/s.
    assert_eq!(plan().participant.needs(500).down, 2_083_334);
    for (mbit, code) in [(4.2, Code::DownloadFine), (4.1, Code::DownloadShort), (2.0, Code::DownloadLow)] {
        let download = Some(Measurement::Figures(Transfer { bytes: (mbit * 125_000.0) as u64, ms: 1_000.0 }));
        let measures = Measures { download, ..good() };
        assert_eq!(found(&plan(), &measures, Step::Download).1, code, "{mbit}");
        assert_eq!(answers(&measures).0, YES, "one can take part");
    }
}

#[test]
fn measures_are_what_a_page_hands_in() {
    let text = r#"{"websocket": {"trouble": {"kind": "no_answer"}}, "poll": {"trouble": {"kind": "foreign", "status": 302}},
        "idle": [{"seconds": 30, "hold": {"figures": {"end": "survived", "ms": 30000.4}}}],
        "seen": {"figures": {"protocol": "h2", "proxies": [["via", "1.1 box"]]}}}"#;
    let measures: Measures = serde_json::from_str(text).unwrap();
    assert_eq!(measures.websocket, Some(Measurement::Trouble(Trouble::NoAnswer)));
    assert_eq!(measures.idle[0].seconds, 30);
    assert_eq!(measures.page, None);
    assert!(serde_json::from_str::<Measures>(r#"{"speed": {}}"#).is_err());
    let back = serde_json::to_string(&good()).unwrap();
    assert_eq!(serde_json::from_str::<Measures>(&back).unwrap(), good());
    let finding = &judge(&plan(), &measures, 500).findings[0];
    let shown = serde_json::to_value(finding).unwrap();
    assert_eq!(
        (&shown["step"], &shown["verdict"], &shown["change"]),
        (&json!("portal"), &json!("failed"), &json!("sign_in"))
    );
}

#[test]
fn names_are_different() {
    let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len());
}

#[test]
fn what_is_measured_on_the_server_s_own_machine_is_no_yes() {
    let at = Some("http://192.0.2.7:8080".to_owned());
    let here = Plan { this_machine: true, phones_at: at, ..plan() };
    let nowhere = Plan { phones_at: None, ..here.clone() };
    // A warning is a yes, too.
    let slow = Measures { websocket: Some(Measurement::Trouble(Trouble::NoAnswer)), ..good() };
    for (plan, code) in [(&here, Code::AddressThisMachine), (&nowhere, Code::AddressUnreachable)] {
        for measures in [good(), slow.clone()] {
            let judged = judge(plan, &measures, 500);
            for answer in [&judged.summary.take_part, &judged.summary.run] {
                let expected = (Verdict::Skipped, Some(Step::Address), Some(code));
                assert_eq!((answer.verdict, answer.step, answer.code), expected);
            }
        }
    }
    let judged = judge(&here, &good(), 500);
    let found = judged.findings.iter().find(|finding| finding.step == Step::Address).unwrap();
    assert_eq!(found.figures["at"], Figure::Text("http://192.0.2.7:8080".to_owned()));
    // What fails there fails everywhere.
    let blocked = Measures { seen: Some(Measurement::Trouble(Trouble::NoAnswer)), ..good() };
    let answers = |plan| {
        let summary = judge(plan, &blocked, 500).summary;
        (summary.take_part, summary.run)
    };
    assert_eq!(answers(&here), answers(&plan()));
    let lossy = Measures { messages: Some(Measurement::Trouble(Trouble::Silent)), ..good() };
    let answer = judge(&here, &lossy, 500).summary.take_part;
    assert_eq!((answer.verdict, answer.code), (Verdict::Failed, Some(Code::Silent)));
    // By any other address nothing is different.
    assert_eq!(judge(&plan(), &good(), 500).summary.run.verdict, Verdict::Success);
}
