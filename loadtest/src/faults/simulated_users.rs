//! What people do while everything breaks: participants answer, change their answers, ask and vote;
//! facilitators open and close; moderators publish, hide and merge. Everyone acts on what their own
//! page shows.

use std::{collections::HashMap, ops::Range, rc::Rc, time::Duration};

use parterre_protocol::{
    Act, ActivityId, ClientMessage, Control, Outcome, PostCommand, PostId, PromptVersion, Vote,
    posts::{ActivityRound, PostRef, PostState, Queue},
};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::{
    event_setup::{EventSetup, Phone},
    recorder::Recorder,
};
use crate::{
    client::Client,
    kinds::{blank_answer, random_answer, random_post},
};

/// How often a phone acts, per second.
const ACTS_A_SECOND: f64 = 0.3;

/// The interval of people's decisions.
const STEP: Duration = Duration::from_millis(20);

/// The least time between two questions of a device, in milliseconds: the protocol allows five per
/// minute.
const BETWEEN_QUESTIONS: u64 = 15_000;

/// How many commands of a phone may wait for their receipt; the protocol allows 16.
const MOST_WAITING: usize = 6;

/// For how many seconds an activity with a countdown is open.
const COUNTDOWN: Range<u32> = 2..5;

/// At most one in this many phones leaves and does not return.
const STAYING: usize = 6;

/// The simulated users of an event.
pub struct People {
    /// The event.
    pub gathering: Rc<EventSetup>,
    /// Records what they do.
    pub recorder: Rc<Recorder>,
    /// The source of their choices.
    pub rng: fastrand::Rng,
    /// When they stop.
    pub until: Instant,
    /// How often each phone does something, against the usual.
    pub activity_factor: f64,
}

impl People {
    /// Lets the phones act.
    pub async fn answer(mut self) {
        let phones = self.gathering.phones.borrow().len();
        let (mut left, mut due) = (0, 0.0);
        while Instant::now() < self.until {
            sleep(STEP).await;
            due += STEP.as_secs_f64() * ACTS_A_SECOND * self.activity_factor * phones as f64;
            while due >= 1.0 {
                due -= 1.0;
                let mut all = self.gathering.phones.borrow_mut();
                let phone = &mut all[self.rng.usize(..phones)];
                if phone.gone {
                    continue;
                }
                // A participant whose connection was lost may give up.
                if !phone.client.is_connected() && left * STAYING < phones && self.rng.f64() < 0.1 {
                    phone.client.leave();
                    phone.gone = true;
                    left += 1;
                    continue;
                }
                act(&self.gathering, &self.recorder, phone, &mut self.rng);
            }
        }
    }

    /// The facilitator controls the event from varying studios, one command after another.
    pub async fn steer(mut self) {
        let mut rounds: HashMap<ActivityId, u32> = HashMap::new();
        let mut place = 0;
        while Instant::now() < self.until {
            let (activity, _) = self.gathering.activities[place % self.gathering.activities.len()];
            place += 1 + self.rng.usize(..2);
            // A closed activity is only opened again with another round.
            let round = rounds.entry(activity).or_default();
            *round += 1;
            if *round > 1 && !self.control(Control::Reset { activity, round: *round - 1 }).await {
                *round -= 1;
                continue;
            }
            let seconds = self.rng.u32(COUNTDOWN);
            let timed = self.rng.u8(..3) == 0;
            let open = if timed { Control::Countdown { activity, seconds } } else { Control::Open { activity } };
            if !self.control(open).await {
                continue;
            }
            self.control(Control::Results { activity, visible: true }).await;
            self.wait(1.5, 5.0).await;
            match self.rng.u8(..4) {
                // The countdown closes it, or has closed it.
                _ if timed => self.wait(0.5, 2.0).await,
                0 => {}
                1 => drop(self.control(Control::Lobby).await),
                _ => drop(self.control(Control::Close { activity }).await),
            }
            self.wait(0.2, 1.0).await;
        }
    }

    /// Lets a moderator act.
    pub async fn moderate(mut self, desk: Rc<Client>) {
        let mut done = Vec::new();
        while Instant::now() < self.until {
            self.wait(0.4, 1.4).await;
            let Some(act) = self.next_act(&desk, &done) else { continue };
            let cid = self.recorder.does(
                &desk,
                |desk| desk.moderate(act.clone()),
                |cid| ClientMessage::Moderate { cid, act: act.clone() },
            );
            // At the end of the time, nobody waits for the last outcome: the checks use the record.
            if let Ok(Ok(Outcome::Stored { .. })) = timeout_at(self.until, desk.until_settled(cid)).await
                && !matches!(act, Act::Undo { .. })
            {
                done.push(cid);
            }
        }
    }

    fn next_act(&mut self, desk: &Client, done: &[parterre_protocol::CommandId]) -> Option<Act> {
        let seen = desk.topics().moderation()?;
        let like = |state: PostState| -> Vec<PostRef> {
            let posts = seen.posts.iter().filter(|(_, it)| it.state == state && it.merged_into.is_none());
            posts.map(|(post, it)| PostRef { post: *post, version: it.version }).collect()
        };
        let waiting = like(PostState::Review);
        if waiting.len() > 3 || (!waiting.is_empty() && self.rng.bool()) {
            return Some(Act::Move { posts: waiting.into_iter().take(10).collect(), to: Queue::Published });
        }
        let mut published = like(PostState::Published);
        self.rng.shuffle(&mut published);
        let parts = seen.posts.iter().filter(|(_, it)| it.merged_into.is_some());
        let mut parts = parts.map(|(post, it)| PostRef { post: *post, version: it.version });
        Some(match self.rng.u8(..8) {
            0 => Act::Hide { posts: vec![published.pop()?] },
            1 => Act::Restore { posts: vec![like(PostState::Hidden).pop()?] },
            2 if published.len() > 4 => Act::Merge { into: published.pop()?, posts: vec![published.pop()?] },
            3 => Act::Unmerge { posts: vec![parts.next()?] },
            4 => Act::Undo { cid: *done.last()? },
            5 => Act::Pin { posts: vec![published.pop()?], on: self.rng.bool() },
            6 => Act::Highlight { post: published.pop().map(|it| it.post) },
            _ => Act::Star { posts: vec![published.pop()?], on: self.rng.bool() },
        })
    }

    /// Controls the event and waits for the outcome. True if it was stored.
    async fn control(&mut self, control: Control) -> bool {
        let studio = &self.gathering.studios[self.rng.usize(..self.gathering.studios.len())];
        let cid = self.recorder.does(
            studio,
            |studio| studio.control(control.clone()),
            |cid| ClientMessage::Control { cid, control: control.clone() },
        );
        // Wait for the outcome, because the next command must not overtake this one.
        loop {
            match timeout_at(self.until, studio.until_settled(cid)).await {
                Ok(Ok(outcome)) => return matches!(outcome, Outcome::Stored { .. }),
                Ok(Err(_)) => {}
                Err(_) => return false,
            }
        }
    }

    async fn wait(&mut self, least: f64, most: f64) {
        let pause = Duration::from_secs_f64(least + (most - least) * self.rng.f64());
        sleep_until((Instant::now() + pause).min(self.until)).await;
    }
}

/// Lets a phone act.
fn act(gathering: &EventSetup, recorder: &Rc<Recorder>, phone: &mut Phone, rng: &mut fastrand::Rng) {
    if phone.client.waiting() >= MOST_WAITING {
        return;
    }
    match rng.f64() {
        0.0..0.70 => drop(respond(gathering, recorder, phone, rng)),
        0.70..0.90 => drop(vote(recorder, phone, rng)),
        0.90..0.97 => ask(gathering, recorder, phone),
        0.97..0.99 => phone.client.cut(Duration::from_secs_f64(2.0 * rng.f64())),
        _ => {
            // The page is closed before its last receipt, which it forgets, and another one is
            // opened.
            let _ = respond(gathering, recorder, phone, rng);
            phone.client.leave();
            phone.client = recorder.client(phone.who.clone(), &gathering.crowd, phone.way.clone());
        }
    }
}

/// Answers an open activity, or occasionally one that was open a moment ago.
fn respond(gathering: &EventSetup, recorder: &Recorder, phone: &Phone, rng: &mut fastrand::Rng) -> Option<()> {
    let scene = phone.client.topics().scene()?;
    let activity = scene.activity.filter(|_| scene.open || rng.f64() < 0.2)?;
    let round = scene.round;
    let settings = gathering.settings_of(activity)?;
    if let Some(post) = random_post(rng, settings, ActivityRound { activity, round }) {
        does_post(recorder, phone, unique(post, recorder, phone));
        return Some(());
    }
    // Occasionally an answer is withdrawn, if its kind allows it.
    let blank = if rng.f64() < 0.05 { blank_answer(settings) } else { None };
    let answer = blank.unwrap_or_else(|| random_answer(rng, settings));
    recorder.does(
        &phone.client,
        |client| client.respond(activity, round, answer.clone()),
        |cid| ClientMessage::Respond { cid, activity, round, version: PromptVersion::FIRST, answer: answer.clone() },
    );
    Some(())
}

/// Makes the text of a post unique, so that it can be found in the database.
fn unique(post: PostCommand, recorder: &Recorder, phone: &Phone) -> PostCommand {
    match post {
        PostCommand::Send { to, text, name } => {
            let text = format!("{text} at {} ({})", recorder.now(), phone.who.name);
            PostCommand::Send { to, text, name }
        }
        other => other,
    }
}

fn vote(recorder: &Recorder, phone: &Phone, rng: &mut fastrand::Rng) -> Option<()> {
    let shown = phone.client.topics().posts()?;
    let own = format!("({})", phone.who.name);
    let others: Vec<PostId> =
        shown.posts.iter().filter(|(_, it)| !it.text.ends_with(&own)).map(|(post, _)| *post).collect();
    let post = *others.get(rng.usize(..others.len().max(1)))?;
    let vote = if rng.f64() < 0.8 { Vote::Up } else { Vote::None };
    does_post(recorder, phone, PostCommand::Vote { post, vote });
    Some(())
}

fn ask(gathering: &EventSetup, recorder: &Recorder, phone: &mut Phone) {
    let now = recorder.now();
    if phone.asked.is_some_and(|asked| now < asked + BETWEEN_QUESTIONS) {
        return;
    }
    phone.asked = Some(now);
    let text = format!("What of {now} in {}? ({})", gathering.event.code, phone.who.name);
    does_post(recorder, phone, PostCommand::Ask { text, name: None });
}

fn does_post(recorder: &Recorder, phone: &Phone, post: PostCommand) {
    recorder.does(
        &phone.client,
        |client| client.post(post.clone()),
        |cid| ClientMessage::Post { cid, post: post.clone() },
    );
}
