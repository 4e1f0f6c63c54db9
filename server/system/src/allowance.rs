//! How often somebody may do something: token buckets, one per key, in a bounded amount of memory.
//!
//! Anything within the allowance never waits, however much came before it. Beyond it, the caller
//! gets a retry time; nothing is queued. Time is an argument, so that tests can move it.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The network that an address belongs to: what one household, venue or provider gives out
/// together. Of IPv4 the first 24 bits, of IPv6 the first 64, which one device can choose freely
/// below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientNetwork(IpAddr);

impl ClientNetwork {
    /// The network of an address. An IPv4 address that is written as IPv6 is the same client.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & (!0 << 8))),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (!0 << 64))),
        })
    }
}

impl std::fmt::Display for ClientNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.0, if self.0.is_ipv4() { 24 } else { 64 })
    }
}

/// How much is allowed: a burst, and one more after each interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The burst that a full bucket allows; at least 1.
    pub burst: u32,
    /// One more is allowed after this time.
    pub interval: Duration,
}

/// One bucket, full at first. It stores only the moment at which it will be full again, in
/// milliseconds of its owner's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    full_at_ms: u64,
}

impl Bucket {
    /// Takes one, or says after how long there is one.
    pub fn take(&mut self, allowance: Allowance, now: Duration) -> Result<(), Duration> {
        let now_ms = now.as_millis() as u64;
        let interval_ms = (allowance.interval.as_millis() as u64).max(1);
        let full_at_ms = self.full_at_ms.max(now_ms) + interval_ms;
        let most_ms = now_ms + interval_ms * u64::from(allowance.burst.max(1));
        if full_at_ms > most_ms {
            return Err(Duration::from_millis(full_at_ms - most_ms));
        }
        self.full_at_ms = full_at_ms;
        Ok(())
    }

    /// Whether it is as one that nobody has taken from.
    pub fn is_full(&self, now: Duration) -> bool {
        self.full_at_ms <= now.as_millis() as u64
    }
}

/// A bucket for each key. No more keys than a bound are remembered: beyond it those whose buckets
/// are full are forgotten, and where there are none, keys that are not known share one bucket until
/// there is room again.
#[derive(Debug)]
pub struct Allowances<K> {
    allowance: Allowance,
    max_keys: usize,
    buckets: Mutex<Buckets<K>>,
}

#[derive(Debug)]
struct Buckets<K> {
    by_key: HashMap<K, Bucket>,
    shared: Bucket,
    /// When full buckets were last forgotten: often enough, but not at each call of a crowd of
    /// strangers.
    tidied: Duration,
    /// How many were left then.
    kept: usize,
}

/// So few keys are remembered whether their buckets are full or not.
const FEW: usize = 64;

impl<K: Eq + Hash> Allowances<K> {
    /// The same allowance for each key, with a maximum number of keys.
    pub fn new(allowance: Allowance, max_keys: usize) -> Self {
        let buckets = Buckets { by_key: HashMap::new(), shared: Bucket::default(), tidied: Duration::ZERO, kept: 0 };
        Self { allowance, max_keys, buckets: Mutex::new(buckets) }
    }

    /// Takes one from the key's bucket, or says after how long there is one.
    pub fn take(&self, key: K, now: Duration) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let Buckets { by_key, shared, tidied, kept } = &mut *buckets;
        // Once there are twice as many, so that it costs each of them little.
        let many = by_key.len() >= self.max_keys.min((*kept * 2).max(FEW));
        if many && now >= *tidied + self.allowance.interval {
            *tidied = now;
            by_key.retain(|_, bucket| !bucket.is_full(now));
            by_key.shrink_to(FEW);
            *kept = by_key.len();
        }
        let has_room = by_key.len() < self.max_keys;
        let bucket = match by_key.get_mut(&key) {
            Some(bucket) => bucket,
            None if has_room => by_key.entry(key).or_default(),
            None => shared,
        };
        bucket.take(self.allowance, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN_A_SECOND: Allowance = Allowance { burst: 3, interval: Duration::from_millis(100) };

    #[test]
    fn a_bucket_gives_its_burst_and_then_one_after_each_interval() {
        let mut bucket = Bucket::default();
        let at = Duration::from_millis;
        assert_eq!([0, 0, 0].map(|now| bucket.take(TEN_A_SECOND, at(now))), [Ok(()); 3]);
        assert_eq!(bucket.take(TEN_A_SECOND, at(0)), Err(at(100)));
        assert_eq!(bucket.take(TEN_A_SECOND, at(99)), Err(at(1)));
        assert_eq!(bucket.take(TEN_A_SECOND, at(100)), Ok(()));
        assert_eq!(bucket.take(TEN_A_SECOND, at(150)), Err(at(50)));
        assert!(!bucket.is_full(at(399)));
        assert!(bucket.is_full(at(400)));
    }

    #[test]
    fn keys_do_not_share_until_there_are_too_many() {
        let allowances = Allowances::new(TEN_A_SECOND, 2);
        let at = Duration::from_millis;
        for key in ["a", "b"] {
            assert_eq!([(); 4].map(|()| allowances.take(key, at(0)).is_ok()), [true, true, true, false], "{key}");
        }
        // There is no room for these two, so they share.
        let shared = ["c", "d", "c", "d"].map(|key| allowances.take(key, at(50)).is_ok());
        assert_eq!(shared, [true, true, true, false]);
        // Full buckets are forgotten, and there is room again.
        assert_eq!(["d", "d", "d"].map(|key| allowances.take(key, at(400)).is_ok()), [true; 3]);
    }

    #[test]
    fn keys_whose_buckets_are_full_again_are_forgotten() {
        let allowances = Allowances::new(TEN_A_SECOND, usize::MAX);
        for n in 0..100_000 {
            allowances.take(n, Duration::from_millis(n)).expect("each has a bucket of its own");
        }
        let kept = allowances.buckets.lock().unwrap().by_key.len();
        assert!(kept <= 2 * 100 + FEW, "{kept} are kept, and 100 buckets are not full");
    }

    #[test]
    fn a_network_is_what_is_given_out_together() {
        let network = |address: &str| ClientNetwork::of(address.parse().unwrap());
        assert_eq!(network("192.0.2.7"), network("192.0.2.250"));
        assert_ne!(network("192.0.2.7"), network("192.0.3.7"));
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.250"));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("192.0.2.7").to_string(), "192.0.2.0/24");
        assert_eq!(network("2001:db8:1:2::1").to_string(), "2001:db8:1:2::/64");
    }
}
