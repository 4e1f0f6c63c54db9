//! Delays, and their percentiles.

use std::{fmt, time::Duration};

use hdrhistogram::Histogram;
use serde::Serialize;

/// Longer delays count as an hour.
const LONGEST_MICROS: u64 = 3_600_000_000;

/// Delays as they are collected, to the microsecond, three digits exact.
pub struct Delays(Histogram<u64>);

impl Default for Delays {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_MICROS, 3).expect("these bounds are allowed"))
    }
}

impl Delays {
    /// Notes one delay.
    pub fn record(&mut self, delay: Duration) {
        self.0.saturating_record(u64::try_from(delay.as_micros()).unwrap_or(u64::MAX));
    }

    /// Removes all recorded delays.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The percentiles, if any delay was recorded.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let at = |percentile| self.0.value_at_percentile(percentile) as f64 / 1000.0;
        let max = self.0.max() as f64 / 1000.0;
        (!self.0.is_empty()).then(|| Percentiles {
            count: self.0.len(),
            p50: at(50.0),
            p95: at(95.0),
            p99: at(99.0),
            max,
        })
    }
}

/// How long something took, over all that were measured, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Percentiles {
    /// How many were measured.
    pub count: u64,
    /// Half took no longer.
    pub p50: f64,
    /// 95 of 100 took no longer.
    pub p95: f64,
    /// 99 of 100 took no longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl fmt::Display for Percentiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50, p95, p99, max, .. } = self;
        write!(f, "p50 {p50:>8.1} ms   p95 {p95:>8.1} ms   p99 {p99:>8.1} ms   max {max:>8.1} ms")
    }
}

impl Percentiles {
    /// Of differences in milliseconds, which may be negative.
    pub fn of(mut figures: Vec<f64>) -> Option<Self> {
        figures.sort_by(f64::total_cmp);
        let at = |share: f64| figures[((figures.len() - 1) as f64 * share).ceil() as usize];
        let max = *figures.last()?;
        Some(Self { count: figures.len() as u64, p50: at(0.5), p95: at(0.95), p99: at(0.99), max })
    }
}

/// The middle one of an odd number of figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_what_was_recorded() {
        let mut delays = Delays::default();
        assert!(delays.percentiles().is_none());
        (1..=100).for_each(|ms| delays.record(Duration::from_millis(ms)));
        let Percentiles { count, p50, p99, max, .. } = delays.percentiles().unwrap();
        assert_eq!(count, 100);
        for (figure, ms) in [(p50, 50.0), (p99, 99.0), (max, 100.0)] {
            assert!((figure - ms).abs() / ms < 0.001, "{figure} is not {ms}");
        }
    }

    #[test]
    fn percentiles_of_differences_may_be_negative() {
        assert!(Percentiles::of(Vec::new()).is_none());
        let found = Percentiles::of((-10..=90).map(f64::from).collect()).unwrap();
        assert_eq!((found.p50, found.p95, found.p99, found.max, found.count), (40.0, 85.0, 89.0, 90.0, 101));
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }
}
