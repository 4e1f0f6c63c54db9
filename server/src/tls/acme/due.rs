//! When to renew a certificate, and when to retry after a failure. Time and randomness are
//! arguments.

use std::time::Duration;

use parterre_protocol::Millis;

/// How long after the first failure to retry; by then, the operator has seen the reason.
const FIRST: Duration = Duration::from_mins(1);
/// Each failure makes the next wait this much longer: so there are at most five in the first hour,
/// as many as Let's Encrypt forgives (<https://letsencrypt.org/docs/rate-limits/>).
const LONGER: u32 = 3;
/// The longest wait: even a certificate of six days has several tries left in its last third.
const LONGEST: Duration = Duration::from_hours(6);
/// The share of a wait by which chance makes it longer, so that servers that failed together do not
/// come back together.
const JITTER: f64 = 0.5;
/// The share of its life for which a certificate is left alone: most of a day for one of three
/// months.
const REST: u32 = 100;

/// When to renew a certificate that is valid from the first to the second time: at this fraction of
/// the window that the authority suggests, or after two thirds of its life if the authority
/// suggests none.
pub(super) fn due((from, until): (Millis, Millis), suggested: Option<(Millis, Millis)>, fraction: f64) -> Millis {
    match suggested {
        Some((start, end)) if start <= end => (start + ((end - start) as f64 * fraction) as Millis).min(until),
        _ => until - (until - from) / 3,
    }
}

/// How long at least to leave a certificate that was just obtained, whatever is suggested and
/// whatever the clock says: an authority, or a clock, that takes every certificate to be due would
/// else be asked for one after another.
pub(super) fn rest((from, until): (Millis, Millis)) -> Duration {
    Duration::from_millis(u64::try_from(until - from).unwrap_or(0)) / REST
}

/// How long to wait after this many consecutive failures.
pub(super) fn again(failures: u32, fraction: f64) -> Duration {
    let wait = LONGER.checked_pow(failures.saturating_sub(1)).and_then(|times| FIRST.checked_mul(times));
    wait.map_or(LONGEST, |wait| wait.min(LONGEST)).mul_f64(1.0 + JITTER * fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_suggestion_a_certificate_is_renewed_after_two_thirds_of_its_life() {
        assert_eq!(due((1000, 10_000), None, 0.9), 7000);
        assert_eq!(due((1000, 10_000), Some((9, 3)), 0.9), 7000, "a time that ends before it begins is none");
    }

    #[test]
    fn within_a_suggested_time_chance_decides() {
        assert_eq!(due((0, 10_000), Some((4000, 6000)), 0.0), 4000);
        assert_eq!(due((0, 10_000), Some((4000, 6000)), 0.75), 5500);
        assert_eq!(due((0, 10_000), Some((-5000, -4000)), 0.5), -4500, "at once: it is to be revoked");
        assert_eq!(due((0, 10_000), Some((20_000, 30_000)), 0.5), 10_000, "never later than its end");
    }

    #[test]
    fn a_certificate_is_not_replaced_as_soon_as_it_is_there() {
        assert_eq!(rest((1000, 11_000)), Duration::from_millis(100));
        assert_eq!(rest((2, 1)), Duration::ZERO);
    }

    #[test]
    fn after_failures_the_wait_grows_to_its_bound_and_chance_spreads_it() {
        let minutes = |failures| again(failures, 0.0).as_secs() / 60;
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 1000].map(minutes), [1, 3, 9, 27, 81, 243, 360, 360]);
        assert_eq!(again(1, 0.5), Duration::from_secs(75));
    }
}
