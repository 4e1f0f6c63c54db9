//! How a connection ends, and whether the client reconnects: chapter 7 of `docs/protocol.md`.

use std::time::Duration;

use parterre_protocol::CloseCode;

use crate::http::HttpResponse;

/// The status of a request that timed out on the server. A browser cannot see it and reconnects, as
/// after a lost network.
pub const TIMED_OUT: u16 = 408;

/// The statuses with which a proxy answers if the server was lost or too slow.
const LOST: [u16; 2] = [502, 504];

/// What follows the end of a connection.
#[derive(Debug, PartialEq)]
pub enum Disconnect {
    /// The client left.
    Left,
    /// The client was cut off and reconnects after this time.
    Cut(Duration),
    /// Reconnect after this time, or after a random one.
    Back(Option<Duration>),
    /// Do not reconnect, for this reason.
    Never(String),
}

impl Disconnect {
    /// After a close frame with this code, and a `bye` that named a time.
    pub fn of_close(code: Option<u16>, bye: Option<Duration>) -> Self {
        match code {
            Some(code) if !comes_back(code) => Self::Never(format!("the server closed with {code}")),
            _ => Self::Back(bye),
        }
    }

    /// After an HTTP answer in place of an upgrade.
    pub fn of_refusal(answer: &HttpResponse) -> Self {
        match answer.status {
            TIMED_OUT | 429 | 503 => Self::Back(answer.retry()),
            status if LOST.contains(&status) => Self::Back(None),
            _ => Self::Never(format!("the server refused to connect: {answer}")),
        }
    }

    /// Whether a close with this code is an error of the server. A load test only expects that it
    /// stops, or that it gives a retry time.
    pub fn is_unexpected(&self, code: Option<u16>) -> bool {
        matches!(self, Self::Back(_))
            && code.is_some_and(|code| ![CloseCode::Restart.code(), CloseCode::TryLater.code()].contains(&code))
    }
}

fn comes_back(code: u16) -> bool {
    match CloseCode::ALL.iter().find(|known| known.code() == code) {
        Some(known) => known.comes_back(),
        None => (4000..4500).contains(&code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_says_whether_to_come_back() {
        let pause = Some(Duration::from_millis(1370));
        assert_eq!(Disconnect::of_close(Some(1012), pause), Disconnect::Back(pause));
        assert_eq!(Disconnect::of_close(None, None), Disconnect::Back(None));
        assert_eq!(Disconnect::of_close(Some(4123), None), Disconnect::Back(None));
        for code in [1002, 1008, 4500, 4502, 4777] {
            assert!(matches!(Disconnect::of_close(Some(code), None), Disconnect::Never(_)), "{code}");
        }
        assert!(Disconnect::Back(None).is_unexpected(Some(1011)) && !Disconnect::Back(None).is_unexpected(Some(1012)));
    }
}
