//! The security log: sign-ins, links, exports, refusals. Kept for some days, without names and
//! addresses, to find out what happened to an account.
//!
//! Nobody waits for it: what happened is gathered in memory and written together. What strangers
//! can cause as often as they like is written down a few times for each network, then once a
//! minute.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_lc_rs::hmac;
use parterre_domain::ids::MemberId;
use parterre_protocol::Millis;
use parterre_store::{SecurityEvent, Store};
use parterre_system::{
    allowance::{Allowance, Allowances, ClientNetwork},
    random,
};
use tokio::time::{Instant, sleep};

/// How often what was gathered is written.
const WRITTEN_EVERY: Duration = Duration::from_secs(1);
/// The maximum number of events held while the database is unavailable; further ones are only
/// counted.
const GATHERED: usize = 1000;
/// How often a network has the same refusal written down.
const REFUSALS: Allowance = Allowance { burst: 20, interval: Duration::from_secs(60) };
/// How many networks' refusals are distinguished.
const NETWORKS: usize = 10_000;
const DAY: Millis = 24 * 60 * 60 * 1000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happening {
    /// The owner's account was created.
    AccountCreated,
    /// A member signed in.
    SignedIn,
    /// An attempt to sign in failed.
    SignInFailed,
    /// An attempt to sign in was not checked: too many.
    SignInSlowed,
    /// A member signed out.
    SignedOut,
    /// A member ended other sessions.
    SessionsEnded,
    /// A member changed the password.
    PasswordChanged,
    /// The operator made a link for a forgotten password.
    SignInLinkCreated,
    /// It was used to set another.
    SignInLinkUsed,
    /// A private link was created.
    LinkCreated,
    /// A private link was revoked.
    LinkRevoked,
    /// Somebody said what of an event's results is shown to others.
    ResultsShared,
    /// A private link was opened for the first time.
    LinkFirstOpened,
    /// A file was exported.
    Exported,
    /// Somebody was refused what they may not do (403).
    Refused,
}

impl Happening {
    /// As the log has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountCreated => "account_created",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignInSlowed => "sign_in_slowed",
            Self::SignedOut => "signed_out",
            Self::SessionsEnded => "sessions_ended",
            Self::PasswordChanged => "password_changed",
            Self::SignInLinkCreated => "sign_in_link_created",
            Self::SignInLinkUsed => "sign_in_link_used",
            Self::LinkCreated => "link_created",
            Self::LinkRevoked => "link_revoked",
            Self::ResultsShared => "results_shared",
            Self::LinkFirstOpened => "link_first_opened",
            Self::Exported => "exported",
            Self::Refused => "refused",
        }
    }

    /// Whether anybody can cause it as often as they like.
    const fn is_refusal(self) -> bool {
        matches!(self, Self::SignInFailed | Self::SignInSlowed | Self::Refused)
    }

    /// As it is kept.
    pub fn event(self, now: Millis, member: Option<MemberId>, network: Option<String>) -> SecurityEvent {
        let (id, kind) = (random::ordered_id(now), self.as_str().to_owned());
        SecurityEvent { id, at: now, kind, member_id: member.map(MemberId::uuid), network }
    }
}

/// What happened on this node and is not written yet.
#[derive(Debug)]
pub struct SecurityLog {
    started: Instant,
    refusals: Allowances<(Happening, Option<ClientNetwork>)>,
    gathered: Mutex<EventCounts>,
}

#[derive(Debug)]
struct EventCounts {
    events: VecDeque<SecurityEvent>,
    lost: u64,
    key: DayKey,
}

/// The key of today's digests. It is nowhere else, and gone tomorrow: then nobody can find out
/// which network it was.
#[derive(Debug)]
struct DayKey {
    day: Millis,
    key: hmac::Key,
}

impl DayKey {
    fn of(day: Millis) -> Self {
        Self { day, key: hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>()) }
    }
}

impl Default for SecurityLog {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            refusals: Allowances::new(REFUSALS, NETWORKS),
            gathered: Mutex::new(EventCounts { events: VecDeque::new(), lost: 0, key: DayKey::of(0) }),
        }
    }
}

impl SecurityLog {
    /// Notes what happened now, to this member's account and from this network, as far as they are
    /// known.
    pub fn record(&self, now: Millis, what: Happening, member: Option<MemberId>, network: Option<ClientNetwork>) {
        if what.is_refusal() && self.refusals.take((what, network), self.started.elapsed()).is_err() {
            return;
        }
        tracing::info!(kind = what.as_str(), "security event");
        let mut gathered = self.gathered();
        if gathered.events.len() >= GATHERED {
            gathered.lost += 1;
            return;
        }
        let network = network.map(|network| gathered.digest(now, network));
        gathered.events.push_back(what.event(now, member, network));
    }

    /// Writes what was gathered.
    pub async fn write(&self, store: &Store) {
        let (events, lost) = {
            let mut gathered = self.gathered();
            (std::mem::take(&mut gathered.events), std::mem::take(&mut gathered.lost))
        };
        if lost > 0 {
            tracing::warn!(lost, "too many security events; some were dropped");
        }
        if events.is_empty() {
            return;
        }
        let mut events = Vec::from(events);
        if let Err(error) = store.add_security_events(&events).await {
            tracing::warn!(%error, "security events could not be written; retrying");
            let mut gathered = self.gathered();
            events.truncate(GATHERED.saturating_sub(gathered.events.len()));
            events.into_iter().rev().for_each(|event| gathered.events.push_front(event));
        }
    }

    fn gathered(&self) -> MutexGuard<'_, EventCounts> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventCounts {
    /// A digest of a network: the same for all that comes from there on the same day, and on no
    /// other.
    fn digest(&mut self, now: Millis, network: ClientNetwork) -> String {
        let day = now / DAY;
        if self.key.day != day {
            self.key = DayKey::of(day);
        }
        let tag = hmac::sign(&self.key.key, network.to_string().as_bytes());
        tag.as_ref()[..6].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Writes what happens, for as long as the server runs.
pub async fn keep(log: Arc<SecurityLog>, store: Store) {
    loop {
        log.write(&store).await;
        sleep(WRITTEN_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Option<ClientNetwork> {
        Some(ClientNetwork::of(address.parse().unwrap()))
    }

    #[test]
    fn networks_are_told_apart_for_a_day() {
        let log = SecurityLog::default();
        let (here, there) = (network("192.0.2.1"), network("198.51.100.1"));
        for (at, from) in [(0, here), (1, here), (2, there), (DAY, here), (DAY, None)] {
            log.record(at, Happening::SignedIn, None, from);
        }
        let networks: Vec<_> = log.gathered().events.iter().map(|event| event.network.clone()).collect();
        assert_eq!(networks[0], networks[1]);
        assert!(networks[0] != networks[2] && networks[0] != networks[3] && networks[4].is_none());
        assert!(networks.iter().flatten().all(|digest| digest.len() == 12));
    }

    #[test]
    fn a_flood_of_refusals_is_written_down_a_few_times_and_what_is_gathered_has_a_bound() {
        let log = SecurityLog::default();
        for _ in 0..5000 {
            log.record(0, Happening::SignInSlowed, None, network("192.0.2.1"));
        }
        assert_eq!(log.gathered().events.len(), REFUSALS.burst as usize);
        log.record(0, Happening::SignInSlowed, None, network("198.51.100.1"));
        assert_eq!(log.gathered().events.len(), REFUSALS.burst as usize + 1);
        for _ in 0..5000 {
            log.record(0, Happening::Exported, None, None);
        }
        let gathered = log.gathered();
        assert_eq!(gathered.events.len() as u64 + gathered.lost, 5000 + u64::from(REFUSALS.burst) + 1);
        assert_eq!(gathered.events.len(), GATHERED);
    }
}
