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

/// Everyone must be admitted within this time.
pub(super) const ADMISSION_LIMIT: Duration = Duration::from_secs(1);
/// Who is not admitted within this time counts as never admitted.
const ADMISSION_TIMEOUT: Duration = Duration::from_secs(5);

/// Who is admitted, and how long it took, in milliseconds.
pub(super) async fn admissions(bench: &Bench) -> Vec<(&'static str, f64)> {
    let (facilitator, address, seed) = (&bench.facilitator, &bench.addresses[0], bench.seed());
    let connect = async |way: ConnectOptions| {
        let client = Client::start(0, Rc::default(), way, seed);
        let joined = timeout(ADMISSION_TIMEOUT, client.until_joined()).await;
        client.leave();
        Ok(joined?)
    };
    let join = async || {
        let phone = timeout(ADMISSION_TIMEOUT, phones::one_more(address, &facilitator.event.code, seed)).await??;
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

/// How long an admission took, in milliseconds; infinity if it failed.
async fn timed(entering: impl Future<Output = Result<()>>) -> f64 {
    let began = Instant::now();
    match entering.await {
        Ok(()) => began.elapsed().as_secs_f64() * 1000.0,
        Err(_) => f64::INFINITY,
    }
}

/// The facilitator signs in again in a known browser, repeating it until it succeeds.
async fn sign_in(facilitator: &Facilitator) -> Result<()> {
    let trying = async {
        loop {
            if facilitator.signs_in_again().await? {
                return anyhow::Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(ADMISSION_TIMEOUT, trying).await.context("the facilitator cannot sign in")?
}
