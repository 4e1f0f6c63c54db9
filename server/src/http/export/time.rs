//! Times as programs write them (ISO 8601, UTC).

use actix_web::cookie::time::OffsetDateTime;
use parterre_protocol::Millis;

/// The day, such as `2026-11-21`.
pub fn day(at: Millis) -> String {
    let moment = moment(at);
    format!("{:04}-{:02}-{:02}", moment.year(), u8::from(moment.month()), moment.day())
}

/// The moment, such as `2026-11-21T09:12:05.123Z`.
pub fn iso(at: Millis) -> String {
    let moment = moment(at);
    let (hour, minute, second) = (moment.hour(), moment.minute(), moment.second());
    format!("{}T{hour:02}:{minute:02}:{second:02}.{:03}Z", day(at), moment.millisecond())
}

/// The minute for people, such as `2026-11-21 09:12 UTC`.
pub fn minute(at: Millis) -> String {
    let iso = iso(at);
    format!("{} {} UTC", &iso[..10], &iso[11..16])
}

fn moment(at: Millis) -> OffsetDateTime {
    let nanos = i128::from(at) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_programs_do() {
        assert_eq!(iso(1_790_000_000_123), "2026-09-21T14:13:20.123Z");
        assert_eq!(day(0), "1970-01-01");
    }
}
