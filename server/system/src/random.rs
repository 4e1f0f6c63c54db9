//! Randomness from the operating system: the one place that asks for it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use parterre_protocol::Millis;
use uuid::{Builder, Uuid};

/// How many random bytes a token has: far more than anyone can guess.
const TOKEN_BYTES: usize = 32;

/// Random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("an operating system without randomness cannot run a server");
    bytes
}

/// A random number.
pub fn number() -> u64 {
    u64::from_le_bytes(bytes())
}

/// A random number from 0 up to, but not including, 1.
pub fn fraction() -> f64 {
    // The 53 bits that an f64 holds exactly.
    (number() >> 11) as f64 / (1u64 << 53) as f64
}

/// A secret that cannot be guessed, as 43 characters that fit into a URL, a cookie and a header.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<TOKEN_BYTES>())
}

/// A new id whose order is that of time (UUID version 7), which keeps a database's index compact.
pub fn ordered_id(now: Millis) -> Uuid {
    Builder::from_unix_timestamp_millis(now.try_into().unwrap_or(0), &bytes()).into_uuid()
}

/// A new id that tells nothing (UUID version 4).
pub fn opaque_id() -> Uuid {
    Builder::from_random_bytes(bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_token_is_43_safe_characters_and_never_the_same() {
        let tokens: HashSet<String> = (0..100).map(|_| token()).collect();
        assert_eq!(tokens.len(), 100);
        let safe = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        assert!(tokens.iter().all(|token| token.len() == 43 && token.bytes().all(safe)));
    }

    #[test]
    fn ordered_ids_are_in_the_order_of_time() {
        assert!(ordered_id(1_790_000_000_000) < ordered_id(1_790_000_000_001));
        assert_eq!(ordered_id(1_790_000_000_000).get_version_num(), 7);
        assert_eq!(opaque_id().get_version_num(), 4);
    }
}
