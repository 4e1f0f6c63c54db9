//! Which process of a cluster serves a channel.

use redis::Value;

/// Slots of a cluster.
const SLOTS: u16 = 16_384;

/// One range of slots, and who serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: u16,
    pub(super) last: u16,
    /// Empty where it is the host that was asked.
    pub(super) host: String,
    pub(super) port: u16,
}

/// The slot of all channels whose name has this between braces: CRC-16/XMODEM, as the cluster
/// specification says.
pub(super) fn slot(tag: &[u8]) -> u16 {
    let crc = tag.iter().fold(0u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| (crc << 1) ^ if crc & 0x8000 == 0 { 0 } else { 0x1021 })
    });
    crc % SLOTS
}

/// Reads the answer to `CLUSTER SLOTS`; none where it is not one, or a slot is served by nobody.
pub(super) fn ranges(answer: &Value) -> Option<Vec<Range>> {
    let mut ranges: Vec<_> = list(answer)?.iter().map(range).collect::<Option<_>>()?;
    ranges.sort_by_key(|range| range.first);
    let covered = ranges.iter().try_fold(0, |next, range| (range.first == next).then(|| range.last + 1));
    (covered == Some(SLOTS)).then_some(ranges)
}

fn range(value: &Value) -> Option<Range> {
    let [first, last, primary, ..] = list(value)? else { return None };
    let [host, port, ..] = list(primary)? else { return None };
    let host = match host {
        Value::BulkString(host) => String::from_utf8(host.clone()).ok()?,
        _ => String::new(),
    };
    // What a server says that does not know its own name.
    let host = if host == "?" { String::new() } else { host };
    Some(Range { first: number(first)?, last: number(last)?, host, port: number(port)? })
}

fn list(value: &Value) -> Option<&[Value]> {
    if let Value::Array(values) = value { Some(values) } else { None }
}

fn number(value: &Value) -> Option<u16> {
    if let Value::Int(number) = value { u16::try_from(*number).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_that_of_the_specification() {
        assert_eq!(slot(b"123456789"), 0x31c3);
        assert_eq!(slot(b"foo"), 12182);
        assert_eq!(slot(b""), 0);
    }

    #[test]
    fn ranges_are_read_in_order_and_only_whole() {
        let answer = |ranges: &[(i64, i64, &str)]| {
            let primary = |host: &str| Value::Array(vec![Value::BulkString(host.into()), Value::Int(7000)]);
            let range = |(first, last, host): &(i64, i64, &str)| {
                Value::Array(vec![Value::Int(*first), Value::Int(*last), primary(host)])
            };
            Value::Array(ranges.iter().map(range).collect())
        };
        let whole = ranges(&answer(&[(8000, 16_383, "?"), (0, 7999, "10.0.0.1")])).unwrap();
        assert_eq!(whole[0], Range { first: 0, last: 7999, host: "10.0.0.1".to_owned(), port: 7000 });
        assert_eq!((whole[1].first, whole[1].host.as_str()), (8000, ""));
        assert_eq!(ranges(&answer(&[(0, 7999, "")])), None, "the rest is served by nobody");
        assert_eq!(ranges(&answer(&[(0, 7999, ""), (8001, 16_383, "")])), None, "one slot is missing");
        assert_eq!(ranges(&Value::Okay), None);
    }
}
