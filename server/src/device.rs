//! Tokens of devices: issued by the server and recognised without the database, by a key that all
//! nodes share and the database keeps. No text that a client makes up is one, so a participant
//! needs no row until there is something to keep.
//!
//! The same key signs retry times, and links to shared results.

use aws_lc_rs::hmac;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use parterre_domain::ids::LinkId;
use parterre_protocol::{EventId, Millis, ParticipantId};
use parterre_system::random;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Random bytes of a token: no two are the same, and without the key none of them is worth
/// anything.
const RANDOM: usize = 16;
/// Bytes of the signature behind them.
const SIGNATURE: usize = 32;
/// Characters of a token.
pub const TOKEN_CHARS: usize = (RANDOM + SIGNATURE) / 3 * 4;
/// Bytes of a moment's signature: what it is good for is over in seconds.
const SHORT_SIGNATURE: usize = 12;

/// The key that issues and recognises tokens.
pub struct DeviceKey {
    tokens: hmac::Key,
    moments: hmac::Key,
    results: hmac::Key,
}

/// A device's token. Its holder is this device. Only a [`DeviceKey`] can create one.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken(String);

impl DeviceKey {
    /// Under what name the key is kept.
    pub const PURPOSE: &str = "devices";

    /// A key as it is kept.
    pub fn make() -> String {
        STANDARD.encode(random::bytes::<32>())
    }

    /// The key that was kept so; none if it is none.
    pub fn open(kept: &str) -> Option<Self> {
        let kept: [u8; 32] = STANDARD.decode(kept).ok()?.try_into().ok()?;
        // A key of its own for each use, so that no signature of one is one of another.
        let root = hmac::Key::new(hmac::HMAC_SHA256, &kept);
        let key = |purpose: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, purpose).as_ref());
        Some(Self {
            tokens: key(b"device tokens"),
            moments: key(b"moments to come"),
            results: key(b"links to results"),
        })
    }

    /// The token of a device that has none.
    pub fn issue(&self) -> DeviceToken {
        let random = random::bytes::<RANDOM>();
        let signature = hmac::sign(&self.tokens, &random);
        DeviceToken(URL_SAFE_NO_PAD.encode([&random, signature.as_ref()].concat()))
    }

    /// The token that this text is; `None` if this key has not issued it.
    pub fn recognise(&self, text: &str) -> Option<DeviceToken> {
        if text.len() != TOKEN_CHARS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (random, signature) = bytes.split_at_checked(RANDOM)?;
        hmac::verify(&self.tokens, random, signature).ok()?;
        Some(DeviceToken(text.to_owned()))
    }

    /// The token of a client that was told to return to this place at this time.
    pub fn sign_retry(&self, place: &str, moment: Millis) -> String {
        let signature = hmac::sign(&self.moments, format!("{moment} {place}").as_bytes());
        format!("{moment}.{}", URL_SAFE_NO_PAD.encode(&signature.as_ref()[..SHORT_SIGNATURE]))
    }

    /// The time at which the client with this token was told to return to this place; `None` if no
    /// node issued it.
    pub fn signed_retry(&self, place: &str, shown: &str) -> Option<Millis> {
        let (moment, _) = shown.split_once('.')?;
        let right = self.sign_retry(place, moment.parse().ok()?);
        // Hashes are compared: how long that takes tells nothing of the right one.
        (Sha256::digest(right) == Sha256::digest(shown)).then(|| moment.parse().ok()).flatten()
    }
}

impl DeviceKey {
    /// The token of a link to results: what the database holds does not open it.
    pub fn results_token(&self, link: LinkId) -> String {
        let id = link.uuid().into_bytes();
        let signature = hmac::sign(&self.results, &id);
        URL_SAFE_NO_PAD.encode([&id, &signature.as_ref()[..SHORT_SIGNATURE]].concat())
    }

    /// The link that has this token; `None` if this key has not issued it.
    pub fn results_link(&self, token: &str) -> Option<LinkId> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, _) = bytes.split_first_chunk::<16>()?;
        let link = LinkId::new(Uuid::from_bytes(*id));
        // Hashes are compared: how long that takes tells nothing of the right one.
        (Sha256::digest(self.results_token(link)) == Sha256::digest(token)).then_some(link)
    }
}

impl DeviceToken {
    /// The token as the client holds it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The participant that this device is in an event: always the same. Nobody who reads the
    /// database can impersonate it, or tell that two participants in different events are one
    /// device. A token is random, so one round of hashing is enough.
    pub fn participant(&self, event: EventId) -> ParticipantId {
        let digest = Sha256::new().chain_update(event.uuid().as_bytes()).chain_update(&self.0).finalize();
        let (id, _) = digest.split_first_chunk::<16>().expect("a digest has 32 bytes");
        ParticipantId::new(Builder::from_custom_bytes(*id).into_uuid())
    }
}

impl std::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceKey")
    }
}

impl std::fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> DeviceKey {
        DeviceKey::open(&DeviceKey::make()).unwrap()
    }

    #[test]
    fn a_link_to_results_is_known_by_the_key_that_issued_it() {
        let key = DeviceKey::open(&DeviceKey::make()).unwrap();
        let link = LinkId::new(Uuid::from_bytes([7; 16]));
        let token = key.results_token(link);
        assert_eq!(key.results_link(&token), Some(link));
        assert_eq!(DeviceKey::open(&DeviceKey::make()).unwrap().results_link(&token), None);
        for wrong in ["", "A", &token[1..], &format!("{token}A"), &token.replace('B', "C")] {
            assert_eq!(key.results_link(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_token_is_recognised_by_its_own_key_alone_and_only_whole() {
        let kept = DeviceKey::make();
        let (key, token) = (DeviceKey::open(&kept).unwrap(), DeviceKey::open(&kept).unwrap().issue());
        assert_eq!(token.as_str().len(), TOKEN_CHARS);
        assert!(token.as_str().bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_'));
        assert_eq!(key.recognise(token.as_str()).as_ref(), Some(&token));
        assert_eq!(self::key().recognise(token.as_str()), None);
        for place in 0..TOKEN_CHARS {
            let mut changed = token.as_str().as_bytes().to_vec();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert_eq!(key.recognise(std::str::from_utf8(&changed).unwrap()), None, "{place}");
        }
        let (cut, longer) = (&token.as_str()[1..], format!("{}A", token.as_str()));
        for text in ["", "1", "junk", "é", cut, &longer, &"A".repeat(TOKEN_CHARS), &"=".repeat(TOKEN_CHARS)] {
            assert_eq!(key.recognise(text), None, "{text}");
        }
        assert!(DeviceKey::open("c2hvcnQ=").is_none() && DeviceKey::open("?").is_none());
    }

    #[test]
    fn a_device_is_one_participant_in_an_event_and_another_in_each_other() {
        let (key, [here, there]) = (key(), [1, 2].map(|n| EventId::new(Uuid::from_bytes([n; 16]))));
        let (one, two) = (key.issue(), key.issue());
        assert_eq!(one.participant(here), key.recognise(one.as_str()).unwrap().participant(here));
        assert_ne!(one.participant(here), one.participant(there));
        assert_ne!(one.participant(here), two.participant(here));
    }

    #[test]
    fn a_moment_is_believed_only_as_it_was_signed() {
        let key = key();
        let shown = key.sign_retry("join TULIP", 1_790_000_000_123);
        assert_eq!(key.signed_retry("join TULIP", &shown), Some(1_790_000_000_123));
        assert_eq!(key.signed_retry("join ROSE", &shown), None);
        assert_eq!(self::key().signed_retry("join TULIP", &shown), None);
        for strange in ["1", "", ".", &shown[1..], &shown[..shown.len() - 1], &shown.replacen('3', "4", 1)] {
            assert_eq!(key.signed_retry("join TULIP", strange), None, "{strange}");
        }
        assert!(shown.len() <= 32, "{shown}");
    }
}
