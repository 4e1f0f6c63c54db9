//! What every request handler may use.

use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use parterre_live::{admission::AdmissionLimiter, hub::Hub};
use parterre_protocol::Millis;
use parterre_store::{Store, StoreError};
use parterre_system::{
    allowance::{Allowance, Allowances, ClientNetwork},
    clock::Clock,
    random,
};
use tokio::time::Instant;

use crate::{
    byte_budget::ByteBudget,
    config::{Config, Netcheck},
    counted_results::CountedResults,
    device::DeviceKey,
    hashing::Hashing,
    known_devices::KnownDevices,
    lease_pool::LeasePool,
    origin::Origin,
    public_name::PublicName,
    readiness::LastLook,
    searches::Searches,
    security_log::SecurityLog,
    signer::Signer,
    tls::Certificate,
};

/// What the signer's key is for.
const REPORTS: &str = "netcheck_reports";
/// What the key of devices is for, by which members are known.
const KNOWN_DEVICES: &str = "known_devices";
/// How many unknown codes one network can try before it is told to wait. A room of 5,000 behind one
/// address mistypes a few a second; a program that guesses tries hundreds.
const UNKNOWN_CODES: Allowance = Allowance { burst: 1_000, interval: Duration::from_millis(100) };
/// How many participants of one network are stored for nothing but the name that they give. A room
/// of 5,000 that all join twice never meets it.
const NAMES: Allowance = Allowance { burst: 10_000, interval: Duration::from_millis(100) };
/// Archives, and files of all results, at the same time. Each takes a connection to the database and
/// most of a core, at low priority.
const ARCHIVES: usize = 2;
/// Networks that are remembered for each of these.
const NETWORKS: usize = 10_000;

/// The server's parts.
#[derive(Debug)]
pub struct AppState {
    /// All that is live.
    pub hub: Arc<Hub>,
    /// The settings.
    pub config: Config,
    /// The secret of this node's link that creates the owner, if there was none at its start. It
    /// works on every node.
    pub setup_key: Option<String>,
    /// This machine's address in the local network, for people whose browser says `localhost`.
    pub lan: Option<IpAddr>,
    /// Leave to hash a password.
    pub hashing: Hashing,
    /// Knows browsers in which a member has signed in before.
    pub known_devices: KnownDevices,
    /// What happens to accounts and links.
    pub security: Arc<SecurityLog>,
    /// The certificate that the server shows; none without TLS of its own.
    pub certificate: Option<Arc<Certificate>>,
    /// Issues and recognises the tokens of devices.
    pub devices: DeviceKey,
    /// How often codes of no event may still be tried.
    pub unknown_codes: Allowances<Option<ClientNetwork>>,
    /// How many may still be stored for their names alone.
    pub names: Allowances<Option<ClientNetwork>>,
    /// When the server began; what the allowances go by.
    pub began: Instant,
    /// Signs reports of the network test.
    pub signer: Signer,
    /// Places of the network test.
    pub tests: Tests,
    /// What the log says once.
    pub logged_once: LoggedOnce,
    /// What was found out last of the database, for those who ask whether the server is ready.
    pub last_look: LastLook,
    /// How often each client has searched.
    pub searches: Searches,
    /// The results that others than facilitators look at.
    pub counted_results: CountedResults,
    /// Leave to write an archive, or all results of an event.
    pub archives: LeasePool,
}

/// What was logged lately: a mistake in the settings is one line, and not one for every request.
#[derive(Debug, Default)]
pub struct LoggedOnce(Mutex<(Millis, HashSet<String>)>);

impl LoggedOnce {
    /// The maximum number of remembered entries; beyond that, nothing is logged until the hour is
    /// over, because strangers can cause log lines too.
    const MAX_REMEMBERED: usize = 32;
    const HOUR: Millis = 60 * 60 * 1000;

    /// Whether this was not said yet within the hour.
    pub fn first(&self, what: String, now: Millis) -> bool {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now - logged.0 >= Self::HOUR {
            *logged = (now, HashSet::new());
        }
        logged.1.len() < Self::MAX_REMEMBERED && logged.1.insert(what)
    }
}

/// Why phones cannot reach the address that they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// The setting leads everybody to their own machine.
    PublicUrl,
    /// The server listens on its own machine alone.
    Listen,
    /// The machine has no address in a network that the server listens on.
    NoNetwork,
}

/// What all network tests together may do at once.
#[derive(Debug)]
pub struct Tests {
    /// Connections.
    pub channels: LeasePool,
    /// Connections that come about many at a time, to find a limit of their number.
    pub crowd: LeasePool,
    /// Answers that take their time.
    pub waits: LeasePool,
    /// Bytes in large numbers.
    pub transfers: LeasePool,
    /// Reports of strangers in a minute.
    pub reports: LeasePool,
    /// Those of facilitators.
    pub facilitators_reports: LeasePool,
    /// Connections of those who have a facilitator's token.
    pub phones: LeasePool,
    /// Bytes that are moved to see how fast they come and go.
    pub bytes: ByteBudget,
    /// Bytes of connections by a facilitator's token: strangers leave them their own.
    pub phone_bytes: ByteBudget,
    /// The addresses of the server's name.
    pub name: PublicName,
}

/// The number of connections that one test opens at the same time.
const CROWD: usize = 32;

impl Tests {
    fn new(settings: &Netcheck) -> Self {
        let tests = settings.tests as usize;
        Self {
            // One for each silence, and one that speaks; another that was just given up may not
            // have gone yet.
            channels: LeasePool::new(tests * (settings.silence_s.len() + 2)),
            // A test does this for seconds only.
            crowd: LeasePool::new(tests.div_ceil(4) * CROWD),
            waits: LeasePool::new(tests * 2),
            // A test does this for seconds only, and the room needs the line too.
            transfers: LeasePool::new(tests.div_ceil(4)),
            reports: LeasePool::halved(tests),
            facilitators_reports: LeasePool::new(tests),
            phones: LeasePool::new(settings.phones as usize),
            bytes: ByteBudget::new(settings.bytes_per_minute),
            phone_bytes: ByteBudget::new(settings.bytes_per_minute),
            name: PublicName::default(),
        }
    }
}

impl AppState {
    /// The server's parts around a hub.
    pub async fn new(
        hub: Arc<Hub>,
        config: Config,
        lan: Option<IpAddr>,
        certificate: Option<Arc<Certificate>>,
    ) -> Result<Self, StoreError> {
        let (store, now) = (&hub.context.store, hub.context.clock.now());
        let setup_key = setup_key(store, now).await?;
        let signer = store.signing_key(REPORTS, &Signer::make(), now).await?;
        let signer = Signer::open(&signer).ok_or(StoreError::Unreadable("the key that signs reports"))?;
        let kept = store.signing_key(KNOWN_DEVICES, &KnownDevices::make_key(), now).await?;
        let known_devices = KnownDevices::open(&kept).ok_or(StoreError::Unreadable("the key of known devices"))?;
        let devices = store.signing_key(DeviceKey::PURPOSE, &DeviceKey::make(), now).await?;
        let devices = DeviceKey::open(&devices).ok_or(StoreError::Unreadable("the key of device tokens"))?;
        let tests = Tests::new(&config.netcheck);
        Ok(Self {
            hub,
            config,
            setup_key,
            lan,
            hashing: Hashing::default(),
            known_devices,
            security: Arc::default(),
            certificate,
            devices,
            unknown_codes: Allowances::new(UNKNOWN_CODES, NETWORKS),
            names: Allowances::new(NAMES, NETWORKS),
            began: Instant::now(),
            signer,
            tests,
            logged_once: LoggedOnce::default(),
            last_look: LastLook::default(),
            searches: Searches::default(),
            counted_results: CountedResults::default(),
            archives: LeasePool::new(ARCHIVES),
        })
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.hub.context.store
    }

    /// Why phones cannot reach this address, if it leads to this machine alone.
    pub fn unreachable(&self, address: &Origin) -> Option<Unreachable> {
        let why = || match &self.config {
            config if config.public_url.is_some() => Unreachable::PublicUrl,
            config if config.listen.ip().is_loopback() => Unreachable::Listen,
            _ => Unreachable::NoNetwork,
        };
        address.is_this_machine().then(why)
    }

    /// The time.
    pub fn clock(&self) -> &Clock {
        &self.hub.context.clock
    }

    /// The token for a client that is told to return to this place after this time.
    pub fn retry_token(&self, place: &str, wait: Duration) -> String {
        self.devices.sign_retry(place, self.clock().now() + wait.as_millis() as Millis)
    }

    /// Whether a client's token says that it was told to return to this place now, by any node.
    pub fn redeems_retry(&self, limiter: &AdmissionLimiter, place: &str, shown: Option<&str>) -> bool {
        let moment = shown.and_then(|shown| Some((shown, self.devices.signed_retry(place, shown)?)));
        moment.is_some_and(|(shown, moment)| limiter.redeem(shown, moment, self.clock().now()))
    }
}

/// A key for the setup link, where there is no owner yet.
async fn setup_key(store: &Store, now: Millis) -> Result<Option<String>, StoreError> {
    let key = (!store.has_owner().await?).then(random::token);
    if let Some(key) = &key {
        store.add_setup_key(key, now).await?;
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_a_thing_once_an_hour_and_not_everything() {
        let logged = LoggedOnce::default();
        let now = 1_790_000_000_000;
        assert!(logged.first("a".to_owned(), now) && !logged.first("a".to_owned(), now + 1));
        assert!(logged.first("a".to_owned(), now + LoggedOnce::HOUR));
        let said = (0..100).filter(|n| logged.first(n.to_string(), now + LoggedOnce::HOUR)).count();
        assert_eq!(said, LoggedOnce::MAX_REMEMBERED - 1);
    }
}
