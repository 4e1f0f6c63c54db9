//! Why a server cannot start, in words for the operator.

use std::{io, net::SocketAddr};

use parterre_live::bus::RedisError;
use parterre_store::StoreError;

use crate::{
    lock::LockError,
    tls::{AcmeError, TlsError},
};

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be made.
    #[error("the data directory {path} cannot be used: {error}")]
    Data {
        /// The directory.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}. Is another program using it? Choose another address with --listen.")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The data directory is another server's.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The file of the database cannot be used.
    #[error("the database {path} cannot be opened: {error}{}", if error.is_full() { ". Free some disk space, or choose another folder with --data" } else { "" })]
    File {
        /// Its path.
        path: String,
        /// Why.
        error: StoreError,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There can be no TLS as configured.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There can be no certificate by ACME as configured.
    #[error(transparent)]
    Acme(#[from] AcmeError),
    /// The settings of the bus cannot be used.
    #[error(transparent)]
    Bus(#[from] RedisError),
}
