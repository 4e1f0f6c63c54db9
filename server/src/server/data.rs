//! What a server keeps its data in: the database, and the folder that no other server may use
//! meanwhile.

use std::{path::Path, time::Duration};

use parterre_protocol::Millis;
use parterre_store::{Store, StoreError, settings::Database};
use tokio::time::{Instant, sleep};

use super::StartError;
use crate::{
    config::{Config, TlsMode},
    lock::Lock,
    process,
};

/// The file of the database in the data folder.
const DATABASE: &str = "parterre.db";
/// How long to wait before a database that was not there is tried again.
const OPEN_AGAIN: Duration = Duration::from_millis(500);

/// Takes for this server alone what no other may use meanwhile: the data folder where something is
/// kept there, and a database in a file.
pub(super) fn lock(config: &Config, now: Millis) -> Result<Vec<Lock>, StartError> {
    let own_tls = matches!(config.tls.mode, TlsMode::SelfSigned | TlsMode::Acme);
    let file = match &config.database.url {
        Some(url) => Store::file(url.reveal())?,
        None => Some(config.data.join(DATABASE)),
    };
    if own_tls || config.database.url.is_none() {
        let fail = |error| StartError::Data { path: config.data.display().to_string(), error };
        process::make_private_folder(&config.data).map_err(fail)?;
        process::warn_of_open_folder(&config.data);
    }
    let folder = own_tls.then(|| config.data.clone());
    let guarded = file.into_iter().filter(|file| !is_in_memory(file)).chain(folder);
    guarded.map(|path| Ok(Lock::take(&path, now)?)).collect()
}

/// Whether this file of a database is none.
fn is_in_memory(file: &Path) -> bool {
    let name = file.to_string_lossy();
    name.is_empty() || name.contains(":memory:") || name.starts_with("file:sqlx-in-memory")
}

pub(super) async fn open_store(config: &Config) -> Result<Store, StartError> {
    let (url, settings) = (config.database.url.as_ref().map(|url| url.reveal()), &config.database);
    let file = match url {
        Some(url) => Store::file(url)?,
        None => {
            let fail = |error| StartError::Data { path: config.data.display().to_string(), error };
            Some(config.data.canonicalize().map_err(fail)?.join(DATABASE))
        }
    };
    let Some(file) = file else { return Ok(open_when_there(url.unwrap_or_default(), settings).await?) };
    let path = file.display().to_string();
    let from_folder = format!("sqlite://{path}");
    let store = Store::open_with(url.unwrap_or(&from_folder), settings).await;
    let store = store.map_err(|error| StartError::File { path: path.clone(), error })?;
    if let Err(error) = store.check().await {
        tracing::error!(database = path, %error, "cannot write to the database: is the disk full? Storing resumes once there is space");
    }
    Ok(store)
}

/// Opens a database that may come up after this node: a machine that starts has its services in any
/// order.
async fn open_when_there(url: &str, settings: &Database) -> Result<Store, StoreError> {
    let end = Instant::now() + settings.connect_timeout;
    let mut logged = false;
    loop {
        match Store::open_with(url, settings).await {
            Err(error) if error.is_retryable() && Instant::now() < end => {
                if !std::mem::replace(&mut logged, true) {
                    tracing::warn!(%error, "the database is not available yet; retrying");
                }
                sleep(OPEN_AGAIN).await;
            }
            done => return done,
        }
    }
}
