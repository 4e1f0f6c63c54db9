//! Whether connections are refused because there were too many. In that case, a new one is refused
//! whatever it is for, while one that was open before stays; or, without such a one, new ones are
//! accepted again after a while.

use std::time::Duration;

use netcheck_rules::{Measurement, Trouble};
use tokio::{sync::Mutex, time::sleep};

use crate::{
    channel::Channel,
    http::{ANSWER_TIMEOUT, Connection},
    route::Route,
};

/// Longer than most limits count back.
const CALM: Duration = Duration::from_secs(12);

/// What is known of it.
pub(crate) struct Crowd<'a> {
    route: &'a Route,
    known: Mutex<CrowdState>,
}

struct CrowdState {
    /// A connection that was open before.
    witness: Option<Channel>,
    /// After how many connections it began.
    after: Option<u32>,
    /// Whether a calm while was waited for already.
    waited: bool,
}

impl<'a> Crowd<'a> {
    /// Of this line, with a connection that stays open.
    pub(crate) fn new(route: &'a Route, witness: Option<Channel>) -> Self {
        Self { route, known: Mutex::new(CrowdState { witness, after: None, waited: false }) }
    }

    /// The result of an attempt, distinguished from a refusal because there were too many before.
    pub(crate) async fn told<T>(&self, result: Result<T, Trouble>) -> Measurement<T> {
        match result {
            Ok(figures) => Measurement::Figures(figures),
            Err(Trouble::NoAnswer) => match self.limit().await {
                Some(after) => Measurement::Trouble(Trouble::Crowded { after }),
                None => Measurement::Trouble(Trouble::NoAnswer),
            },
            Err(trouble) => Measurement::Trouble(trouble),
        }
    }

    /// After how many connections further ones are refused, if they are.
    pub(crate) async fn limit(&self) -> Option<u32> {
        let mut known = self.known.lock().await;
        if known.after.is_some() {
            return known.after;
        }
        let after = self.route.answers();
        if self.is_let_in().await {
            return None;
        }
        match &mut known.witness {
            // Where what was open is cut too, it is the server or the line that is gone.
            Some(witness) => {
                if !witness.is_alive().await {
                    return None;
                }
            }
            None => {
                if std::mem::replace(&mut known.waited, true) {
                    return None;
                }
                sleep(CALM).await;
                if !self.is_let_in().await {
                    return None;
                }
            }
        }
        known.after = Some(after);
        known.after
    }

    /// Whether a fresh connection has an answer, whosever.
    async fn is_let_in(&self) -> bool {
        let Ok(mut connection) = Connection::open(self.route).await else { return false };
        connection.send(crate::plan::PATH, None, ANSWER_TIMEOUT).await.is_ok()
    }
}
