//! What every request handler may use.

use std::{net::IpAddr, sync::Arc};

use crate::{
    clock::Clock,
    config::{Config, Netcheck},
    hashing::Hashing,
    known_devices::KnownDevices,
    live::hub::Hub,
    quota::Quota,
    random,
    security_log::SecurityLog,
    signer::Signer,
    store::{Store, StoreError},
    tls::Certificate,
};

/// What the signer's key is for.
const REPORTS: &str = "netcheck_reports";
/// What the key of devices is for, by which members are known.
const KNOWN_DEVICES: &str = "known_devices";

/// The server's parts.
#[derive(Debug)]
pub struct State {
    /// All that is live.
    pub hub: Arc<Hub>,
    /// The settings.
    pub config: Config,
    /// The secret of this node's link that creates the owner, if there was none at its start. It works on every node.
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
    /// Signs reports of the network test.
    pub signer: Signer,
    /// Places of the network test.
    pub tests: Tests,
}

/// What all network tests together may do at once.
#[derive(Debug)]
pub struct Tests {
    /// Connections.
    pub channels: Quota,
    /// Answers that take their time.
    pub waits: Quota,
    /// Bytes in large numbers.
    pub transfers: Quota,
    /// Reports in a minute.
    pub reports: Quota,
    /// Connections of those who have a facilitator's token.
    pub phones: Quota,
}

impl Tests {
    fn new(settings: &Netcheck) -> Self {
        let tests = settings.tests.get() as usize;
        Self {
            // One for each silence, and one that speaks; another that was just given up may not have gone yet.
            channels: Quota::new(tests * (settings.idle_s.len() + 2)),
            waits: Quota::new(tests * 2),
            // A test does this for seconds only, and the room needs the line too.
            transfers: Quota::new(tests.div_ceil(4)),
            reports: Quota::new(tests),
            phones: Quota::new(settings.phones as usize),
        }
    }
}

impl State {
    /// The server's parts around a hub.
    pub async fn new(
        hub: Arc<Hub>,
        config: Config,
        lan: Option<IpAddr>,
        certificate: Option<Arc<Certificate>>,
    ) -> Result<Self, StoreError> {
        let setup_key = (!hub.store.has_owner().await?).then(random::token);
        if let Some(key) = &setup_key {
            hub.store.add_setup_key(key, hub.clock.now()).await?;
        }
        let signer = hub.store.signing_key(REPORTS, &Signer::make(), hub.clock.now()).await?;
        let signer = Signer::open(&signer).ok_or(StoreError::Unreadable("the key that signs reports"))?;
        let kept = hub.store.signing_key(KNOWN_DEVICES, &KnownDevices::make_key(), hub.clock.now()).await?;
        let known_devices = KnownDevices::open(&kept).ok_or(StoreError::Unreadable("the key of known devices"))?;
        let tests = Tests::new(&config.netcheck);
        let (hashing, security) = (Hashing::default(), Arc::new(SecurityLog::default()));
        Ok(Self { hub, config, setup_key, lan, hashing, known_devices, security, certificate, signer, tests })
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.hub.store
    }

    /// The time.
    pub fn clock(&self) -> &Clock {
        &self.hub.clock
    }
}
