//! What a client receives: messages, which it applies and counts, and receipts.

use std::time::Duration;

use parterre_protocol::{CloseCode, CommandId, Outcome, ServerMessage, topics::Topic};
use tokio::{
    task::spawn_local,
    time::{Instant, sleep_until},
};

use super::{CatchingUp, Client, ClientCommand, Confirmed};
use crate::{
    crowd::{CrowdTotals, Message, Sighting},
    disconnect::Disconnect,
    topic_cache::{Topics, WrongFrom},
};

/// The trouble with a receipt that nobody asked for.
const UNASKED: &str = "a receipt for a command that was not waiting for one";

impl Client {
    /// Applies a message. An error ends the connection.
    pub(super) fn take(&self, text: &str, bytes: usize, bye: &mut Option<Duration>) -> Result<(), Disconnect> {
        self.count(bytes);
        let (mut brings, mut revs) = (None, None);
        match serde_json::from_str(text) {
            Ok(ServerMessage::Hello { .. }) => self.greeted(),
            Ok(ServerMessage::Full { topic, rev, data }) => {
                (brings, revs) = (Some(topic), Some((rev, None)));
                self.update(topic, |topics| {
                    topics.replace(topic, rev, data);
                    Ok(())
                })?;
            }
            Ok(ServerMessage::Delta { topic, from, rev, patch }) => {
                (brings, revs) = (Some(topic), Some((rev, Some(from))));
                self.update(topic, |topics| topics.change(topic, from, rev, &patch))?;
            }
            Ok(ServerMessage::Receipt { cid, outcome }) => self.receipt(cid, outcome),
            Ok(ServerMessage::Pong) => {}
            Ok(ServerMessage::Bye { code, retry_ms, retry: shown, .. }) => {
                *bye = retry_ms.map(|ms| Duration::from_millis(ms.into()));
                let told = code == CloseCode::TryLater.code();
                self.state.borrow_mut().retry = shown;
                let mut seen = self.crowd.note();
                seen.told_to_retry += u64::from(told);
                seen.retry_delays.extend(bye.filter(|_| told));
            }
            Err(error) => self.crowd.trouble(format!("a message that is not of the protocol: {error}: {text:.200}")),
        }
        self.note_progress();
        if let Some(observer) = self.crowd.observer() {
            let held = &self.topics();
            observer.message(&Message { client: self.number, held, text, topic: brings, revs, bytes: bytes as u64 });
        }
        Ok(())
    }

    fn update(
        &self,
        topic: Topic,
        change: impl FnOnce(&mut Topics) -> Result<(), WrongFrom>,
    ) -> Result<(), Disconnect> {
        let mut state = self.state.borrow_mut();
        let before = match topic {
            Topic::Stage => (state.topics.scene(), None),
            Topic::Results => (None, state.topics.score()),
            Topic::Posts | Topic::Moderation | Topic::Presence | Topic::Me => (None, None),
        };
        if let Err(wrong) = change(&mut state.topics) {
            state.topics.forget(topic);
            let mut seen = self.crowd.note();
            seen.moved(topic, before, &state.topics);
            *seen.troubles.entry(format!("a delta of {:?} whose `from` is not held", wrong.topic)).or_default() += 1;
            return Err(Disconnect::Back(None));
        }
        let mut seen = self.crowd.note();
        seen.moved(topic, before, &state.topics);
        if topic == Topic::Results && self.way.watched {
            self.sight(&mut seen, &state.topics);
        }
        Ok(())
    }

    fn sight(&self, seen: &mut CrowdTotals, topics: &Topics) {
        let Some(score) = topics.score() else { return };
        if let (Some(activity), Some(respondents)) = (score.activity, score.respondents) {
            let sighting =
                Sighting { client: self.number, at: Instant::now(), activity, round: score.round, respondents };
            seen.sightings.push(sighting);
        }
    }

    fn greeted(&self) {
        let mut state = self.state.borrow_mut();
        let mut seen = self.crowd.note();
        seen.connected += 1;
        seen.comebacks += u64::from(state.joined);
        if let Some(lost) = state.lost.take() {
            seen.without_connection.record(lost.elapsed());
        }
        state.greeted = true;
        state.fallback.greeted();
        state.misses = 0;
        state.retry = None;
    }

    pub(super) fn went_offline(&self) {
        let mut state = self.state.borrow_mut();
        self.crowd.note().connected -= usize::from(state.greeted);
        if state.greeted {
            state.lost = Some(Instant::now());
        }
        state.greeted = false;
        state.catching_up = None;
    }

    /// Notes when it has joined, and when it is current again.
    fn note_progress(&self) {
        let mut state = self.state.borrow_mut();
        let is_phone = self.way.path.contains("as=phone");
        if !state.joined && state.topics.get(Topic::Stage).is_some() {
            state.joined = !is_phone || state.topics.get(Topic::Me).is_some();
            if state.joined {
                self.crowd.note().joined += 1;
                self.joined.notify_one();
            }
        }
        let holds = |back: &CatchingUp| {
            state.greeted
                && state.topics.rev(Topic::Stage) >= back.stage
                && state.topics.rev(Topic::Results) >= back.results
        };
        if state.catching_up.as_ref().is_some_and(holds) {
            let back = state.catching_up.take().expect("it was there just now");
            self.crowd.note().current_again.record(back.since.elapsed());
        }
    }

    fn receipt(&self, cid: CommandId, outcome: Outcome) {
        if let Outcome::Later { retry_ms } = outcome {
            return self.rest(cid, Duration::from_millis(retry_ms.into()));
        }
        let mut state = self.state.borrow_mut();
        let Some(place) = state.outbox.iter().position(|command| command.cid == cid) else {
            return self.crowd.trouble(UNASKED);
        };
        let command = state.outbox.remove(place).expect("it was found there");
        if !state.outbox.is_empty() {
            self.order(ClientCommand::Send);
        }
        let mut seen = self.crowd.note();
        match &outcome {
            Outcome::Stored { at } => {
                seen.stored += 1;
                seen.receipts.record(command.made.elapsed());
                if let Some((activity, round, answer)) = command.answer {
                    let confirmed = Confirmed { answer, at: *at, made: command.made, known: Instant::now() };
                    state.confirmed.insert((activity, round), confirmed);
                }
            }
            Outcome::Refused { code, message } => {
                let code = serde_json::to_value(code).ok().and_then(|code| code.as_str().map(str::to_owned));
                *seen.refused.entry(code.unwrap_or_else(|| message.clone())).or_default() += 1;
            }
            Outcome::Later { .. } => {}
        }
        if !self.way.path.contains("as=phone") {
            state.outcomes.insert(cid, outcome.clone());
        }
        drop((seen, state));
        if let Some(observer) = self.crowd.observer() {
            observer.receipt(cid, &outcome);
        }
    }

    /// Sends a command again after this time, and nothing before.
    fn rest(&self, cid: CommandId, time: Duration) {
        let mut state = self.state.borrow_mut();
        let Some(command) = state.outbox.iter_mut().find(|command| command.cid == cid) else {
            return self.crowd.trouble(UNASKED);
        };
        command.sent = false;
        self.crowd.note().later += 1;
        let (orders, until) = (self.orders.clone(), Instant::now() + time);
        state.rests_until = Some(until);
        spawn_local(async move {
            sleep_until(until).await;
            // The client may have left meanwhile.
            drop(orders.send(ClientCommand::Send));
        });
    }
}
