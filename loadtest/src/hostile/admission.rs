//! People who connect during an attack: facilitators, and a new phone.

use std::{rc::Rc, time::Duration};

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    bench::Bench,
    client::{Client, ConnectOptions},
    facilitator::Facilitator,
    phones,
};

/// They are in within this time.
pub(super) const ENTRY_LIMIT: Duration = Duration::from_secs(1);
/// Whoever is not in by then is not waited for any longer.
const ENTRY_TIMEOUT: Duration = Duration::from_secs(5);

/// Who comes in, and how long it took each, in milliseconds.
pub(super) async fn enter(bench: &Bench) -> Vec<(&'static str, f64)> {
    let (facilitator, address, seed) = (&bench.facilitator, &bench.addresses[0], bench.seed());
    let connect = async |way: ConnectOptions| {
        let client = Client::start(0, Rc::default(), way, seed);
        let joined = timeout(ENTRY_TIMEOUT, client.until_joined()).await;
        client.leave();
        Ok(joined?)
    };
    let join = async || {
        let phone = timeout(ENTRY_TIMEOUT, phones::one_more(address, &facilitator.event.code, seed)).await??;
        phone.leave();
        Ok(())
    };
    vec![
        ("a studio", timed(connect(facilitator.studio_at(address))).await),
        ("the facilitator's screen", timed(connect(facilitator.own_screen_at(address))).await),
        ("a phone", timed(join()).await),
        ("a sign-in", timed(sign_in(facilitator)).await),
    ]
}

/// How long it took somebody to get in, in milliseconds; without end where they did not.
async fn timed(entering: impl Future<Output = Result<()>>) -> f64 {
    let began = Instant::now();
    match entering.await {
        Ok(()) => began.elapsed().as_secs_f64() * 1000.0,
        Err(_) => f64::INFINITY,
    }
}

/// The facilitator signs in once more, on the browser that has done so before, until that succeeds.
async fn sign_in(facilitator: &Facilitator) -> Result<()> {
    let trying = async {
        loop {
            if facilitator.signs_in_again().await? {
                return anyhow::Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(ENTRY_TIMEOUT, trying).await.context("nobody is let in")?
}
