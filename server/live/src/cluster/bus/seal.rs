//! What shows that a notification comes from a node of the same database, and was said where it is
//! heard.
//!
//! Redis is a place where others may speak. So every notification carries a message authentication
//! code (HMAC-SHA-256) by a key that only the database and its nodes have, over the channel and all
//! of the notification: what others say, what was changed on the way and what was said on another
//! channel is not believed. It keeps nothing secret.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use parterre_protocol::Millis;
use parterre_store::{Store, StoreError};
use parterre_system::random;

/// What the key is for.
const PURPOSE: &str = "notices";
/// How long a seal is, in bytes.
pub const SEAL_BYTES: usize = 32;

/// The key of a database's notifications.
#[derive(Clone, Debug)]
pub struct Seal(hmac::Key);

impl Seal {
    /// The key that all nodes of a database share, made if there is none.
    pub async fn of(store: &Store, now: Millis) -> Result<Self, StoreError> {
        let kept = store.signing_key(PURPOSE, &STANDARD.encode(random::bytes::<32>()), now).await?;
        let key =
            STANDARD.decode(kept).map_err(|_| StoreError::Unreadable("the key of notifications between nodes"))?;
        Ok(Self::with(&key))
    }

    /// With this key.
    pub fn with(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The seal of these parts of a notification, said on this channel.
    pub fn put(&self, channel: &[u8], parts: [&[u8]; 2]) -> [u8; SEAL_BYTES] {
        let mut context = hmac::Context::with_key(&self.0);
        [channel, parts[0], parts[1]].into_iter().for_each(|part| context.update(part));
        context.sign().as_ref().try_into().expect("SHA-256 gives 32 bytes")
    }

    /// Whether this is that seal. How long that takes tells nothing of it.
    pub fn is_on(&self, channel: &[u8], parts: [&[u8]; 2], seal: &[u8]) -> bool {
        let text = [channel, parts[0], parts[1]].concat();
        hmac::verify(&self.0, &text, seal).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_for_one_text_on_one_channel_by_one_key() {
        let seal = Seal::with(b"key");
        let put = seal.put(b"channel", [b"head", b"body"]);
        assert!(seal.is_on(b"channel", [b"head", b"body"], &put));
        assert!(!seal.is_on(b"Channel", [b"head", b"body"], &put));
        assert!(!seal.is_on(b"channel", [b"Head", b"body"], &put));
        assert!(!seal.is_on(b"channel", [b"head", b"Body"], &put));
        assert!(!seal.is_on(b"channel", [b"head", b"body"], &put[1..]));
        assert!(!Seal::with(b"other").is_on(b"channel", [b"head", b"body"], &put));
    }
}
