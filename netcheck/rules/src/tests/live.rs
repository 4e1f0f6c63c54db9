//! Live connections, and the ways around them.

use super::*;

#[test]
fn what_measures_the_delay_is_counted_as_people_feel_it() {
    let with = |sent, ms: Vec<f64>| Measures {
        delay: Some(Measurement::Figures(Delay { sent, ms, end: ChannelEnd::Done })),
        ..good()
    };
    let of = |measures: &Measures| found(&plan(), measures, Step::Delay);
    // One slow message of 200 is chance, two are the network's.
    let stalled = |n: usize| {
        let mut ms = vec![20.0; 200 - n];
        ms.extend(vec![1_800.0; n]);
        with(200, ms)
    };
    assert_eq!(of(&stalled(1)), (YES, Code::DelayFine));
    assert_eq!(of(&stalled(2)), (WARNING, Code::DelayStalls));
    assert_eq!(of(&with(200, vec![1_000.0; 200])), (YES, Code::DelayFine));
    assert_eq!(of(&with(200, vec![1_001.0; 200])), (WARNING, Code::DelaySlow));
    assert_eq!(of(&with(200, vec![3_001.0; 200])), (FAILED, Code::DelaySlow));
    assert_eq!(of(&with(200, vec![20.0; 199])), (FAILED, Code::DelayLost));
    assert_eq!(of(&with(200, vec![])), (FAILED, Code::DelayLost));
    // Nobody's figures make it panic.
    assert_eq!(of(&with(u32::MAX, vec![f64::NAN, f64::INFINITY])), (FAILED, Code::DelayLost));

    let judged = judge(&plan(), &with(4, vec![10.0, 30.0, 10.0, 50.0]), 500);
    let delay = judged.findings.iter().find(|finding| finding.step == Step::Delay).unwrap();
    let shown = serde_json::to_value(&delay.figures).unwrap();
    assert_eq!((&shown["p50"], &shown["p95"], &shown["jitter"]), (&json!(10.0), &json!(50.0), &json!(27.0)));
}

#[test]
fn a_cut_of_silence_is_judged_by_what_connections_do_in_it() {
    let with = |seconds, end, ms| Measures {
        idle: vec![Idle { seconds, hold: Measurement::Figures(Hold { end, ms, code: 1006 }) }],
        ..good()
    };
    for (end, ms, verdict, code, run) in [
        (HoldOutcome::Closed, 60_200.0, WARNING, Code::IdleClosedKept, YES),
        // It may have died at once.
        (HoldOutcome::Silent, 600_000.0, FAILED, Code::IdleSilent, FAILED),
        (HoldOutcome::Closed, 20_000.0, WARNING, Code::IdleClosed, WARNING),
        (HoldOutcome::Closed, 2_100.0, FAILED, Code::IdleClosed, FAILED),
        (HoldOutcome::Silent, 20_000.0, FAILED, Code::IdleSilent, FAILED),
        // A cut just at the ping's time is felt now and then.
        (HoldOutcome::Closed, 25_900.0, WARNING, Code::IdleClosed, WARNING),
    ] {
        let measures = with(600, end, ms);
        assert_eq!(found(&plan(), &measures, Step::Idle(600)), (verdict, code), "{end:?} at {ms}");
        assert_eq!(answers(&measures).1, run, "{end:?} at {ms}");
    }
    let mut later = with(600, HoldOutcome::Silent, 600_000.0);
    later.idle.push(Idle {
        seconds: 30,
        hold: Measurement::Figures(Hold { end: HoldOutcome::Survived, ms: 30_000.0, code: 0 }),
    });
    assert_eq!(found(&plan(), &later, Step::Idle(600)), (WARNING, Code::IdleSilentKept));
    assert_eq!(answers(&later).1, YES);
    // Who does not ask for a step is told nothing of it, and of one that is handed in twice once.
    assert!(judge(&plan(), &with(7, HoldOutcome::Closed, 1.0), 500).findings.iter().all(|it| it.step != Step::Idle(7)));
    let mut twice = good();
    twice.idle.extend(good().idle);
    assert_eq!(judge(&plan(), &twice, 500), judge(&plan(), &good(), 500));
}

#[test]
fn a_websocket_that_is_blocked_is_told_from_a_network_without_any_way() {
    let blocked = Some(Measurement::Trouble(Trouble::NoAnswer));
    let measures = Measures {
        websocket: blocked.clone(),
        messages: Some(Measurement::Trouble(Trouble::NoAnswer)),
        delay: Some(Measurement::Trouble(Trouble::NoAnswer)),
        ..good()
    };
    assert_eq!(found(&plan(), &measures, Step::WebSocket), (WARNING, Code::WebSocketAround));
    assert_eq!(found(&plan(), &measures, Step::Delay), (OPEN, Code::Stopped));
    assert_eq!(answers(&measures), (WARNING, WARNING));
    let by_poll = Measures { sse: Some(Measurement::Trouble(Trouble::Silent)), ..measures.clone() };
    assert_eq!(found(&plan(), &by_poll, Step::WebSocket), (WARNING, Code::WebSocketAround));
    let no_way = Measures { poll: Some(Measurement::Trouble(Trouble::Silent)), ..by_poll };
    assert_eq!(found(&plan(), &no_way, Step::WebSocket), (FAILED, Code::WebSocketBlocked));
    assert_eq!(answers(&no_way), (FAILED, FAILED));
    let hold = Measurement::Trouble(Trouble::NoAnswer);
    let silent = Measures { idle: vec![Idle { seconds: 30, hold }], ..measures };
    assert_eq!(found(&plan(), &silent, Step::Idle(30)), (OPEN, Code::Stopped));
    let nothing =
        Measures { websocket: blocked.clone(), seen: Some(Measurement::Trouble(Trouble::NoAnswer)), ..good() };
    assert_eq!(found(&plan(), &nothing, Step::WebSocket), (FAILED, Code::NoAnswer));
    let limited =
        Measures { websocket: blocked, poll: Some(Measurement::Trouble(Trouble::Foreign { status: 429 })), ..good() };
    assert_eq!(found(&plan(), &limited, Step::WebSocket), (FAILED, Code::Limited));
}

#[test]
fn events_that_come_in_blocks_are_seen_whatever_the_clocks_say() {
    let with = |asked, at: &[(f64, f64)]| Measures {
        sse: Some(Measurement::Figures(Sse { asked, at: at.to_vec() })),
        ..good()
    };
    let of = |measures: &Measures| found(&plan(), measures, Step::Sse);
    let punctual: Vec<_> = (0..10).map(|n| (f64::from(n) * 200.0, 1e9 + f64::from(n) * 200.0)).collect();
    let blocked: Vec<_> = (0..10).map(|n| (f64::from(n) * 200.0, 1e9 + 1_800.0)).collect();
    assert_eq!(of(&with(10, &punctual)), (YES, Code::SseFine));
    assert_eq!(of(&with(10, &blocked)), (WARNING, Code::SseHeld));
    assert_eq!(of(&with(10, &[])), (WARNING, Code::SseLost));
    assert_eq!(answers(&with(10, &blocked)), (YES, YES));
}
