//! Has what is kept for a time go when its time is over: once an hour, whether or not anybody visits.

use std::{sync::Arc, time::Duration};

use parterre_protocol::Millis;
use tokio::time::sleep;

use crate::{
    config::{Config, Netcheck},
    live::hub::Hub,
    store::{KeptReports, StoreError, Terms},
};

/// How often it is looked for what has to go.
const CHECK_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// Between two batches everybody else has the database.
const REST: Duration = Duration::from_millis(20);
/// How long failures to sign in are remembered after the last of them.
const LOGIN_FAILURES: Millis = 24 * 60 * 60 * 1000;
const DAY: Millis = 24 * 60 * 60 * 1000;

/// Looks after it for as long as the server runs.
pub async fn run(hub: Arc<Hub>, config: Config) {
    loop {
        if let Err(error) = forget(&hub, &config).await {
            tracing::warn!(%error, "what was kept for long enough could not be deleted; trying again in an hour");
        }
        sleep(CHECK_INTERVAL).await;
    }
}

/// Deletes all whose time is over.
async fn forget(hub: &Hub, config: &Config) -> Result<(), StoreError> {
    let now = hub.clock.now();
    let terms = terms(config, now);
    hub.store.forget_reports(kept_reports(&config.netcheck, now)).await?;
    loop {
        let gone = hub.store.forget_room_tests(&terms).await?;
        gone.iter().for_each(|(event, rev)| hub.changed(*event, *rev));
        let more = hub.store.forget_aged(&terms).await? | hub.store.forget_deleted(&terms).await?;
        if gone.is_empty() && !more {
            return Ok(());
        }
        sleep(REST).await;
    }
}

/// Which reports of the network test are kept at this time.
pub fn kept_reports(settings: &Netcheck, now: Millis) -> KeptReports {
    let since = now - DAY * Millis::from(settings.report_days.get());
    KeptReports { since, most: settings.reports.get(), bytes: settings.report_bytes }
}

/// What the settings say at this time.
fn terms(config: &Config, now: Millis) -> Terms {
    let before = |days: u32| now - DAY * Millis::from(days);
    Terms {
        now,
        reports: before(config.netcheck.report_days.get()),
        room_tests: before(config.netcheck.room_test_days.get()),
        login_failures: now - LOGIN_FAILURES,
        deleted: before(config.retention.deleted_days.get()),
    }
}
