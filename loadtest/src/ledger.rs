//! The checks: compares the answers that were confirmed to phones with what the server counts,
//! holds and shows.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use parterre_protocol::{
    ActivityId, Answer, Millis, Settings,
    topics::{Results, Topic},
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    client::Client,
    kinds::{Counts, parts, tally},
    phones::Phones,
    topic_cache::Held,
};

/// Whatever has not settled within this time counts as wrong.
const SETTLE_LIMIT: Duration = Duration::from_secs(15);

/// What all phones are shown.
const SHOWN: [Topic; 3] = [Topic::Stage, Topic::Results, Topic::Posts];

/// One thing that had to be so.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// The condition.
    pub what: String,
    /// Why it does not hold; absent if it does.
    pub wrong: Option<String>,
}

/// Every check of a run.
#[derive(Default)]
pub struct Checks(RefCell<Vec<Check>>);

impl Checks {
    /// Adds a check. `wrong` describes the violation, if there is one.
    pub fn note(&self, what: impl Into<String>, wrong: Option<String>) {
        self.0.borrow_mut().push(Check { what: what.into(), wrong });
    }

    /// Notes whether two things that had to be equal are.
    pub fn equal<T: PartialEq + std::fmt::Debug>(&self, what: impl Into<String>, expected: &T, found: &T) {
        self.note(what, (expected != found).then(|| format!("expected {expected:?}, found {found:?}")));
    }

    /// All of them, in order.
    pub fn into_all(self) -> Vec<Check> {
        self.0.into_inner()
    }
}

/// The results that the confirmed answers of a round must give, without the texts of write-ins.
pub fn expected(phones: &Phones, activity: ActivityId, round: u32, settings: &Settings) -> Results {
    let (mut respondents, mut counts) = (0, Counts::new());
    for phone in &phones.all {
        if let Some(confirmed) = phone.confirmed().get(&(activity, round)) {
            respondents += 1;
            parts(&confirmed.answer).into_iter().for_each(|part| *counts.entry(part).or_default() += 1);
        }
    }
    let tally = Some(tally(settings, counts));
    Results { activity: Some(activity), round, respondents: Some(respondents), tally, written: None }
}

/// Checks that every phone holds the same stage and results as a fresh connection. The fresh one
/// may be on a node that has not received the last change yet, so it is read repeatedly as well.
pub async fn check_all_as_fresh(phones: &Phones, fresh: &Client, checks: &Checks) {
    // The same content may have an older rev: a node that has just read everything sends it with
    // the newest one.
    let held = |client: &Client| SHOWN.map(|topic| data(client.topics().get(topic)).cloned());
    let same = |phone: &Client, fresh: &[Option<Value>; SHOWN.len()]| {
        let topics = phone.topics();
        SHOWN.iter().zip(fresh).all(|(topic, fresh)| data(topics.get(*topic)) == fresh.as_ref())
    };
    let wrong = phones.every_as(SETTLE_LIMIT, || held(fresh), same).await.err();
    let wrong =
        wrong.map(|phone| format!("phone {} holds {:?}, a fresh one {:?}", phone.number, held(phone), held(fresh)));
    checks.note("every phone holds the stage, the results and the questions that a fresh connection gets", wrong);
}

/// Checks that each phone's `me` contains its confirmed answers and when they were stored. Phones
/// get `me` when they connect, so they must have reconnected since. Unlike a real client, they do
/// not update it from receipts, because the server is under test.
pub async fn check_me(phones: &Phones, checks: &Checks) {
    let wrong = phones.every(SETTLE_LIMIT, holds_its_answers).await.err();
    let wrong = wrong.map(|phone| {
        format!(
            "phone {} was confirmed {:?}, its `me` is {:?}",
            phone.number,
            phone.confirmed(),
            phone.topics().get(Topic::Me)
        )
    });
    checks.note("of every phone that came back, `me` holds exactly the confirmed answers", wrong);
}

fn holds_its_answers(phone: &Client) -> bool {
    let topics = phone.topics();
    let Some(me) = topics.me() else { return false };
    let held = me.responses.into_iter().map(|(id, response)| (id, (response.round, response.answer, response.at)));
    // Rounds are in order, so later ones replace earlier ones.
    let confirmed = phone.confirmed();
    let confirmed = confirmed.iter().map(|((id, round), it)| (*id, (*round, it.answer.clone(), it.at)));
    type Answers = BTreeMap<ActivityId, (u32, Answer, Millis)>;
    held.collect::<Answers>() == confirmed.collect::<Answers>()
}

fn data(held: Option<&Held>) -> Option<&Value> {
    held.map(|held| &held.data)
}

/// The first phone on a new connection, holding nothing.
pub fn fresh_phone(phones: &Phones) -> Rc<Client> {
    phones.all[0].afresh()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_tells_what_was_wrong() {
        let checks = Checks::default();
        checks.equal("two is two", &2, &2);
        checks.equal("two is three", &2, &3);
        let all = checks.into_all();
        assert_eq!(all[0].wrong, None);
        assert_eq!(all[1].wrong.as_deref(), Some("expected 2, found 3"));
    }
}
