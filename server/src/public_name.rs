//! The addresses that the server's own name has, for those who set up firewalls: looked up now and
//! then, and only the name of the settings, never one that somebody asked by.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    net::lookup_host,
    time::{Instant, timeout},
};

use crate::config::Config;

/// How long a result is reused.
const KEPT: Duration = Duration::from_secs(300);
/// How long a page waits for it.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(1);
/// No name that people are to allow has more.
const MAX_ADDRESSES: usize = 16;

/// What was found.
#[derive(Debug, Default)]
pub struct PublicName(Mutex<(Option<Instant>, Vec<String>)>);

impl PublicName {
    /// Those that were found last.
    pub fn known(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Resolves the server's name, unless that was done recently; a slow result is not used.
    pub async fn look_up(&self, config: &Config) {
        let Some(name) = config.public_url.as_ref().filter(|url| !url.is_this_machine()).map(|url| url.host()) else {
            return;
        };
        if name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
            return;
        }
        {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if kept.0.is_some_and(|at| now < at + KEPT) {
                return;
            }
            kept.0 = Some(now);
        }
        let Ok(Ok(found)) = timeout(LOOKUP_TIMEOUT, lookup_host((name.as_str(), 0))).await else { return };
        let mut found: Vec<IpAddr> = found.map(|address| address.ip()).take(MAX_ADDRESSES).collect();
        found.sort_unstable();
        found.dedup();
        let found = found.iter().map(ToString::to_string).collect();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = found;
    }
}
