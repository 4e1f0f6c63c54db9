//! The settings of the network test.

use std::num::NonZeroU32;

use serde::{Deserialize, Deserializer, de::Error as _};

/// Settings of the network test.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Netcheck {
    /// How long connections are left silent, in seconds, the shortest first.
    #[serde(deserialize_with = "silences")]
    pub silence_s: Vec<u32>,
    /// Tests at the same time; 0 switches the network test off.
    pub tests: u32,
    /// Bytes that all tests together move in a minute.
    #[serde(deserialize_with = "bytes_per_minute")]
    pub bytes_per_minute: u64,
    /// With this many phones or more, an event with an open activity or open questions counts as
    /// busy.
    pub busy_phones: NonZeroU32,
    /// Connections that all tests with a facilitator's token may hold together.
    pub phones: u32,
    /// Reports that are kept.
    pub reports: NonZeroU32,
    /// Bytes of all of them.
    #[serde(deserialize_with = "report_bytes")]
    pub report_bytes: u64,
    /// For how many days each.
    pub report_days: NonZeroU32,
    /// Room tests of a workspace that are kept.
    pub room_tests: NonZeroU32,
    /// For how many days each.
    pub room_test_days: NonZeroU32,
    /// Whom the people who run a network ask; empty where nobody is named.
    #[serde(deserialize_with = "contact")]
    pub contact: String,
}

impl Netcheck {
    /// Whether there is a network test at all.
    pub const fn is_on(&self) -> bool {
        self.tests > 0
    }
}

/// Less would leave no room for one request of each of two networks.
const LEAST_BYTES: u64 = 8_000_000;

fn bytes_per_minute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let bytes = u64::deserialize(deserializer)?;
    let wrong = || {
        D::Error::custom(format!(
            "netcheck.bytes_per_minute must be at least {LEAST_BYTES}; to switch off the network test, set netcheck.tests = 0"
        ))
    };
    if bytes >= LEAST_BYTES { Ok(bytes) } else { Err(wrong()) }
}

/// The longest report in each half.
const LEAST_REPORT_BYTES: u64 = 2 * 32 * 1024;

fn report_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let bytes = u64::deserialize(deserializer)?;
    let wrong = || D::Error::custom(format!("netcheck.report_bytes must be at least {LEAST_REPORT_BYTES}"));
    if bytes >= LEAST_REPORT_BYTES { Ok(bytes) } else { Err(wrong()) }
}

/// The longest contact: a name, a number and an address.
const CONTACT_CHARS: usize = 200;

fn contact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let contact = String::deserialize(deserializer)?;
    let fits = contact.chars().count() <= CONTACT_CHARS && !contact.contains(char::is_control);
    let wrong = || D::Error::custom(format!("netcheck.contact must be one line of at most {CONTACT_CHARS} characters"));
    if fits { Ok(contact.trim().to_owned()) } else { Err(wrong()) }
}

/// The most silences of one test, and the longest: an hour.
const SILENCES: (usize, u32) = (8, 3600);

/// Seconds as a list, or with commas between them as the environment has it.
fn silences<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        List(Vec<u32>),
        One(u32),
        Text(String),
    }
    let wrong = || {
        let (most, longest) = SILENCES;
        D::Error::custom(format!(
            "netcheck.silence_s must be 1 to {most} different numbers of seconds, each from 1 to {longest}"
        ))
    };
    let mut seconds = match Written::deserialize(deserializer)? {
        Written::List(seconds) => seconds,
        Written::One(seconds) => vec![seconds],
        Written::Text(text) => {
            text.split(',').map(|number| number.trim().parse()).collect::<Result<_, _>>().map_err(|_| wrong())?
        }
    };
    seconds.sort_unstable();
    seconds.dedup();
    let (most, longest) = SILENCES;
    let fits = (1..=most).contains(&seconds.len()) && seconds.iter().all(|it| (1..=longest).contains(it));
    if fits { Ok(seconds) } else { Err(wrong()) }
}
