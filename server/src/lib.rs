//! Parterre: live audience interaction. ARCHITECTURE.md tells how the parts fit.

pub mod acceptor;
pub mod allocator;
pub mod background;
pub mod byte_budget;
pub mod config;
pub mod descriptors;
pub mod device;
pub mod hashing;
pub mod http;
pub mod i18n;
pub mod jobs;
pub mod known_devices;
mod lan;
pub mod lease_pool;
pub mod lock;
pub mod log;
pub mod operator;
pub mod origin;
pub mod process;
pub mod proxies;
pub mod public_name;
pub mod security_log;
pub mod server;
pub mod signer;
pub mod state;
pub mod tls;
