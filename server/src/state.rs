//! What every request handler may use.

use std::{net::IpAddr, sync::Arc};

use tokio::sync::Semaphore;

use crate::{
    clock::Clock,
    config::{Config, TlsMode},
    live::hub::Hub,
    random,
    store::{Store, StoreError},
};

/// Passwords that are hashed at the same time: each takes a core for a moment, and the room's answers come first.
const HASHING: usize = 1;

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
    pub hashing: Semaphore,
}

impl State {
    /// The server's parts around a hub.
    pub async fn new(hub: Arc<Hub>, config: Config, lan: Option<IpAddr>) -> Result<Self, StoreError> {
        let setup_key = (!hub.store.has_owner().await?).then(random::token);
        if let Some(key) = &setup_key {
            hub.store.add_setup_key(key, hub.clock.now()).await?;
        }
        Ok(Self { hub, config, setup_key, lan, hashing: Semaphore::new(HASHING) })
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.hub.store
    }

    /// The time.
    pub fn clock(&self) -> &Clock {
        &self.hub.clock
    }

    /// Whether browsers reach this server over TLS.
    pub fn secure(&self) -> bool {
        match &self.config.public_url {
            Some(url) => url.starts_with("https://"),
            None => self.config.tls.mode != TlsMode::Off,
        }
    }

    /// How the addresses of this server begin, where no other address is set.
    pub fn scheme(&self) -> &'static str {
        if self.config.tls.mode == TlsMode::Off { "http" } else { "https" }
    }
}
