//! Browsers in which a member has signed in before. Each has a cookie that says so, and guesses
//! there are counted apart from those of strangers, who so cannot keep the member out.
//!
//! The cookie has no other use: it opens no session and reveals nothing about one. It is valid
//! until the member's password changes, so someone who knew the old password is a stranger again.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use parterre_domain::ids::MemberId;
use parterre_protocol::Millis;
use parterre_system::{allowance::ClientNetwork, random};

/// The key by which such cookies are known; all nodes share it, and the database keeps it.
pub struct KnownDevices(hmac::Key);

impl KnownDevices {
    /// A key as it is kept.
    pub fn make_key() -> String {
        URL_SAFE_NO_PAD.encode(random::bytes::<32>())
    }

    /// The key that was kept so; none if it is none.
    pub fn open(kept: &str) -> Option<Self> {
        let key = URL_SAFE_NO_PAD.decode(kept).ok().filter(|key| key.len() == 32)?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// What the cookie of another device of this member holds, as long as the password has this
    /// hash.
    pub fn issue(&self, member: MemberId, password_hash: &str) -> String {
        let device = random::token();
        let tag = hmac::sign(&self.0, signed(member, &device, password_hash).as_bytes());
        format!("{device}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// Which device it is that holds this, if it is one of this member's.
    pub fn device<'a>(&self, held: &'a str, member: MemberId, password_hash: &str) -> Option<&'a str> {
        let (device, tag) = held.split_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.0, signed(member, device, password_hash).as_bytes(), &tag).is_ok().then_some(device)
    }
}

/// How long a browser's waiting time counts; after that, it starts again.
const WAITED_MS: Millis = 10 * 60 * 1000;

impl KnownDevices {
    /// What a browser holds that found no place to wait, so that it goes before those who come
    /// later. It is good in its own network alone, where a turn puts it behind all others again.
    pub fn issue_ticket(&self, since: Millis, network: ClientNetwork) -> String {
        let tag = hmac::sign(&self.0, waiting(since, network).as_bytes());
        format!("{since}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// Since when a browser that holds this has been coming.
    pub fn coming_since(&self, held: &str, network: ClientNetwork, now: Millis) -> Option<Millis> {
        let (since, tag) = held.split_once('.')?;
        let since: Millis = since.parse().ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        let good = hmac::verify(&self.0, waiting(since, network).as_bytes(), &tag).is_ok();
        (good && (now - WAITED_MS..=now).contains(&since)).then_some(since)
    }
}

fn waiting(since: Millis, network: ClientNetwork) -> String {
    format!("waiting to sign in\n{since}\n{network}")
}

/// What is signed. None of the three can hold a line end, so no two devices have the same.
fn signed(member: MemberId, device: &str, password_hash: &str) -> String {
    format!("known device\n{}\n{device}\n{password_hash}", member.uuid())
}

impl std::fmt::Debug for KnownDevices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KnownDevices")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_known_for_its_member_and_until_the_password_changes() {
        let kept = KnownDevices::make_key();
        let devices = KnownDevices::open(&kept).unwrap();
        let member = MemberId::new(random::opaque_id());
        let held = devices.issue(member, "hash");
        let device = KnownDevices::open(&kept).unwrap().device(&held, member, "hash").unwrap().to_owned();
        assert!(held.starts_with(&device));
        assert_eq!(devices.device(&held, MemberId::new(random::opaque_id()), "hash"), None);
        assert_eq!(devices.device(&held, member, "another hash"), None);
        assert_eq!(KnownDevices::open(&KnownDevices::make_key()).unwrap().device(&held, member, "hash"), None);
        for forged in ["", ".", "a.b", &held[1..], &held[..held.len() - 2]] {
            assert_eq!(devices.device(forged, member, "hash"), None, "{forged}");
        }
        assert!(KnownDevices::open("c2hvcnQ").is_none());
    }

    #[test]
    fn who_came_in_vain_is_known_for_a_while_where_they_came_from() {
        let devices = KnownDevices::open(&KnownDevices::make_key()).unwrap();
        let [here, there] = ["192.0.2.1", "198.51.100.1"].map(|address| ClientNetwork::of(address.parse().unwrap()));
        let held = devices.issue_ticket(1000, here);
        assert_eq!(devices.coming_since(&held, here, 2000), Some(1000));
        assert_eq!(devices.coming_since(&held, here, 1000 + WAITED_MS), Some(1000));
        assert_eq!(devices.coming_since(&held, here, 1001 + WAITED_MS), None);
        assert_eq!(devices.coming_since(&held, there, 2000), None);
        assert_eq!(devices.coming_since(&held.replacen("1000", "1", 1), here, 2000), None);
    }
}
