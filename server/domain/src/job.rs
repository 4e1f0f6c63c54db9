//! Work in the background: the one registry of its kinds, how often each is tried, and when again.
//!
//! A kind is one line of [`registry!`] below, and one arm of the match in `jobs::Worker`, which the
//! compiler asks for. What a job needs to know is its payload, a type of the kind's own that is
//! kept as JSON: ids rather than copies of personal data, and nothing secret, since a job that
//! failed is kept for days.

use parterre_protocol::Millis;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const HOUR: Millis = 60 * 60 * 1000;

/// The pause after a first failed attempt; it doubles with each further one.
const FIRST_PAUSE: Millis = 10_000;
/// The longest pause between two attempts.
pub const MAX_PAUSE: Millis = HOUR;
/// A recurring job comes earlier by up to this part of its interval, so that jobs of the same
/// interval drift apart.
const SPREAD: f64 = 0.1;

/// Makes the kinds of jobs, and the jobs with their payloads.
macro_rules! registry {
    ($vis:vis $jobs:ident, $kinds:ident: $($(#[$doc:meta])* $kind:ident $(($payload:ty))? = $name:literal,
        $attempts:literal attempts $(, every $interval:expr)?;)*) => {
        /// Something to do in the background.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "payload")]
        $vis enum $jobs {
            $($(#[$doc])* #[serde(rename = $name)] $kind $(($payload))?,)*
        }

        /// What there is to do in the background.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis enum $kinds {
            $($(#[$doc])* $kind,)*
        }

        impl $jobs {
            /// Its kind.
            $vis const fn kind(&self) -> $kinds {
                match self {
                    $(Self::$kind { .. } => $kinds::$kind,)*
                }
            }

            /// What it needs to know, as JSON.
            $vis fn payload(&self) -> String {
                let mut job = serde_json::to_value(self).expect("payloads are texts, numbers, ids and lists of them");
                job.get_mut("payload").map_or(Value::Null, Value::take).to_string()
            }

            /// The job of a kind with this payload; `None` if this release reads it otherwise.
            $vis fn parse(kind: $kinds, payload: &str) -> Option<Self> {
                let payload: Value = serde_json::from_str(payload).ok()?;
                serde_json::from_value(json!({ "kind": kind.name(), "payload": payload })).ok()
            }
        }

        impl $kinds {
            /// All of them.
            $vis const ALL: &[Self] = &[$(Self::$kind,)*];

            /// Its name, in the database and in metrics.
            $vis const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// The kind with this name.
            $vis fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }

            /// How often one is tried before it is given up.
            $vis const fn max_attempts(self) -> u32 {
                match self {
                    $(Self::$kind => $attempts,)*
                }
            }

            /// The interval of a recurring job.
            $vis fn interval(self) -> Option<Millis> {
                match self {
                    $(Self::$kind => None$(.or(Some($interval)))?,)*
                }
            }
        }
    };
}

registry! { pub Job, JobKind:
    /// Erases reports of the network test that are too old or too many.
    ExpireReports = "expire_reports", 5 attempts, every HOUR;
    /// Erases room tests that are too old, with what phones have read.
    ExpireRoomTests = "expire_room_tests", 5 attempts, every HOUR;
    /// Erases the rest of events that were deleted long ago.
    EraseDeletedEvents = "erase_deleted_events", 5 attempts, every HOUR;
    /// Erases sessions, links and keys that are over, and counted guesses at passwords.
    ExpireSignIns = "expire_sign_ins", 5 attempts, every HOUR;
    /// Erases receipts of commands that nobody repeats any more.
    ExpireReceipts = "expire_receipts", 5 attempts, every HOUR;
    /// Erases old entries of the security log.
    ExpireSecurityLog = "expire_security_log", 5 attempts, every HOUR;
    /// Erases jobs that failed long ago.
    ExpireFailedJobs = "expire_failed_jobs", 5 attempts, every HOUR;
}

/// How long to wait after this many failed attempts: it doubles with each, with jitter, so that
/// jobs that failed together do not return together. `fraction` is random, from 0 to 1.
pub fn backoff(attempts: u32, fraction: f64) -> Millis {
    let doublings = attempts.saturating_sub(1).min(Millis::BITS / 2);
    let pause = (FIRST_PAUSE << doublings).min(MAX_PAUSE);
    pause - (pause as f64 / 2.0 * fraction.clamp(0.0, 1.0)) as Millis
}

/// In how long a recurring job is done next. `fraction` is random, from 0 to 1.
pub fn next_in(interval: Millis, fraction: f64) -> Millis {
    interval - (interval as f64 * SPREAD * fraction.clamp(0.0, 1.0)) as Millis
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Letter {
        to: String,
        pages: u32,
    }

    registry! { Sample, SampleKind:
        /// Once, with a payload.
        Letter(Letter) = "letter", 12 attempts;
        /// Again and again, without.
        Sweep = "sweep", 5 attempts, every 2 * HOUR;
    }

    #[test]
    fn a_job_is_read_back_from_its_kind_and_payload() {
        let letter = Sample::Letter(Letter { to: "Ines".to_owned(), pages: 2 });
        assert_eq!(letter.payload(), r#"{"pages":2,"to":"Ines"}"#);
        for job in [letter, Sample::Sweep] {
            assert_eq!(Sample::parse(job.kind(), &job.payload()), Some(job));
        }
        assert_eq!(Sample::parse(SampleKind::Letter, r#"{"to":"Ines"}"#), None);
        assert_eq!(Sample::parse(SampleKind::Letter, "null"), None);
        assert_eq!(Sample::parse(SampleKind::Sweep, "not JSON"), None);
        for kind in JobKind::ALL {
            let job = Job::parse(*kind, "null").expect("none of them has a payload so far");
            assert_eq!((job.kind(), job.payload().as_str()), (*kind, "null"));
        }
    }

    #[test]
    fn a_line_of_the_registry_says_what_there_is_to_a_kind() {
        let of = |kind: SampleKind| (kind.name(), kind.max_attempts(), kind.interval());
        assert_eq!(of(SampleKind::Letter), ("letter", 12, None));
        assert_eq!(of(SampleKind::Sweep), ("sweep", 5, Some(2 * HOUR)));
        assert_eq!(SampleKind::parse("sweep"), Some(SampleKind::Sweep));
        assert_eq!(SampleKind::parse("swoop"), None);
        let names: BTreeSet<_> = JobKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), JobKind::ALL.len());
    }

    proptest! {
        #[test]
        fn pauses_grow_up_to_the_longest_and_are_spread(attempts in 1u32..200, fraction in 0.0..1.0) {
            let (pause, longest) = (backoff(attempts, fraction), backoff(attempts, 0.0));
            prop_assert!(longest / 2 <= pause && pause <= longest && longest <= MAX_PAUSE);
            prop_assert!(backoff(attempts + 1, 0.0) == (2 * longest).min(MAX_PAUSE));
        }

        #[test]
        fn a_recurring_job_is_never_late_by_its_spread(interval in 1_000i64..=24 * HOUR, fraction in 0.0..1.0) {
            let next = next_in(interval, fraction);
            prop_assert!(next <= interval && next >= interval * 9 / 10);
        }
    }

    #[test]
    fn the_first_pause_is_seconds_and_a_job_of_an_hour_is_given_up_within_it() {
        assert_eq!(backoff(1, 0.0), FIRST_PAUSE);
        for kind in JobKind::ALL {
            let Some(interval) = kind.interval() else { continue };
            let pauses: Millis = (1..kind.max_attempts()).map(|attempts| backoff(attempts, 0.0)).sum();
            assert!(pauses < interval, "{}", kind.name());
        }
    }
}
