//! Times as programs write them (ISO 8601, UTC).

use parterre_protocol::Millis;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The day, such as `2026-11-21`.
pub fn day(at: Millis) -> String {
    let (year, month, day) = civil(at.div_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

/// The moment, such as `2026-11-21T09:12:05.123Z`.
pub fn iso(at: Millis) -> String {
    let within = at.rem_euclid(DAY);
    let (hour, minute, second) = (within / 3_600_000, within / 60_000 % 60, within / 1000 % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}.{:03}Z", day(at), within % 1000)
}

/// The minute for people, such as `2026-11-21 09:12 UTC`.
pub fn minute(at: Millis) -> String {
    let iso = iso(at);
    format!("{} {} UTC", &iso[..10], &iso[11..16])
}

/// Year, month and day of a day since 1970, by Howard Hinnant's `civil_from_days`: years begin in
/// March, so that a leap day is the last of one.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (400 * era + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_programs_do() {
        assert_eq!(iso(1_790_000_000_123), "2026-09-21T14:13:20.123Z");
        assert_eq!(day(0), "1970-01-01");
        let days = [(-1, "1969-12-31"), (951_782_400_000, "2000-02-29"), (1_772_323_200_000, "2026-03-01")];
        days.iter().for_each(|(at, written)| assert_eq!(day(*at), *written));
    }
}
