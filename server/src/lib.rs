//! Parterre: live audience interaction. ARCHITECTURE.md tells how the parts fit.

pub mod allowance;
pub mod clock;
pub mod config;
pub mod descriptors;
pub mod domain;
pub mod entry;
pub mod hashing;
pub mod http;
pub mod i18n;
pub mod known_devices;
mod lan;
pub mod live;
pub mod log;
pub mod memory;
pub mod metrics;
pub mod mutants;
pub mod operator;
pub mod origin;
pub mod proxies;
pub mod quota;
pub mod random;
pub mod security_log;
pub mod server;
pub mod signer;
pub mod state;
pub mod store;
pub mod tls;
