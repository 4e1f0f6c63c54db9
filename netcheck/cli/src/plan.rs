//! The server's test plan, within bounds: an impostor that answers in its place must not make this
//! device do more than a test.

use netcheck_rules::{Participant, Plan, Sizes};

use crate::target::Target;

/// Where the server says what it wants to be tried.
pub(crate) const PATH: &str = "/api/v1/netcheck/plan";

/// The most silences, and the longest, in seconds.
const SILENCES: (usize, u32) = (8, 3_600);
/// The most of everything, which is what a server allows.
const MAX_SIZES: Sizes = Sizes {
    messages: 1_000,
    message_every_ms: 1_000,
    large_bytes: 64 * 1024,
    burst_frames: 1_000,
    burst_bytes: 4_096,
    events: 50,
    event_every_ms: 1_000,
    poll_ms: 10_000,
    download_bytes: 4_000_000,
    upload_bytes: 4_000_000,
};

/// Takes from a plan what is beyond all measure.
pub(crate) fn bound(plan: &mut Plan) {
    let (most, longest) = SILENCES;
    plan.silence_s.truncate(most);
    plan.silence_s.iter_mut().for_each(|seconds| *seconds = (*seconds).min(longest));
    let it = &mut plan.sizes;
    for (size, most) in [
        (&mut it.messages, MAX_SIZES.messages),
        (&mut it.message_every_ms, MAX_SIZES.message_every_ms),
        (&mut it.large_bytes, MAX_SIZES.large_bytes),
        (&mut it.burst_frames, MAX_SIZES.burst_frames),
        (&mut it.burst_bytes, MAX_SIZES.burst_bytes),
        (&mut it.events, MAX_SIZES.events),
        (&mut it.event_every_ms, MAX_SIZES.event_every_ms),
        (&mut it.poll_ms, MAX_SIZES.poll_ms),
        (&mut it.download_bytes, MAX_SIZES.download_bytes),
        (&mut it.upload_bytes, MAX_SIZES.upload_bytes),
    ] {
        *size = (*size).min(most);
    }
}

/// A plan for when the server has not said its own: nothing is tried by it, and what is known is
/// judged.
pub(crate) fn unknown(target: &Target) -> Plan {
    Plan {
        host: target.host.clone(),
        port: target.port,
        this_machine: false,
        phones_at: None,
        addresses: Vec::new(),
        secure: target.secure,
        own_tls: false,
        certificate: None,
        ping_ms: 25_000,
        silence_s: Vec::new(),
        phones: 0,
        sizes: Sizes {
            messages: 0,
            message_every_ms: 0,
            large_bytes: 0,
            burst_frames: 0,
            burst_bytes: 0,
            events: 0,
            event_every_ms: 0,
            poll_ms: 0,
            download_bytes: 0,
            upload_bytes: 0,
        },
        participant: Participant { arrive_bytes: 25_000, live_bytes_s: 800, answer_bytes: 1_500, measured: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_can_ask_for_more_than_a_test() {
        let mut plan = unknown(&Target::parse("vote.example.org").unwrap());
        plan.silence_s = vec![u32::MAX; 100];
        plan.sizes = Sizes { messages: u32::MAX, upload_bytes: u32::MAX, poll_ms: 3_000, ..plan.sizes };
        bound(&mut plan);
        assert_eq!(plan.silence_s, [3_600; 8]);
        assert_eq!((plan.sizes.messages, plan.sizes.upload_bytes, plan.sizes.poll_ms), (1_000, 4_000_000, 3_000));
    }
}
