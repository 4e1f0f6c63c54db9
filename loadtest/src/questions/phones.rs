//! What participants do: ask, edit, withdraw, vote, read the list. Each acts on what its phone
//! shows.

use std::{cell::RefCell, collections::HashMap, rc::Rc, time::Duration};

use anyhow::{Result, ensure};
use parterre_protocol::{
    EventId, PostCommand, PostId, Vote,
    posts::PostStatus,
    topics::{Posts, ShownPost},
};
use tokio::{
    task::spawn_local,
    time::{Instant, sleep, sleep_until},
};

use super::{
    Plan,
    list::{Listed, Page, in_order},
    notes::{Notes, is_plain},
    record::RecordedAct,
    secrets::Token,
    texts,
};
use crate::{bench::DELIVERY_TIMEOUT, client::Client};

/// One in this many questions is edited while it waits, and one is withdrawn.
const REWORDED: usize = 30;
const WITHDRAWN: usize = 60;

/// One in this many phones also reads the list over HTTP.
const READERS: usize = 20;

/// The fraction of the time before the first vote, while no question is published yet.
const FIRST_VOTE: f64 = 0.08;

/// The fraction of votes that are withdrawn, and of votes that are sent again.
const TAKEN_BACK: f64 = 0.05;
const PRESSED_TWICE: f64 = 0.02;

/// How long a participant waits for a question to vote on.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// All participants.
pub struct People {
    notes: Rc<Notes>,
    phones: Vec<Rc<Client>>,
    minds: RefCell<Vec<Mind>>,
    rng: RefCell<fastrand::Rng>,
}

/// What a participant remembers.
#[derive(Default)]
struct Mind {
    votes: HashMap<PostId, Vote>,
    /// Questions found in the list, beyond the window.
    found: Vec<PostId>,
}

#[derive(Clone, Copy)]
enum Todo {
    Ask(usize),
    Vote,
    Read(usize),
}

impl People {
    /// The participants with these phones.
    pub fn new(notes: Rc<Notes>, phones: &[Rc<Client>], rng: fastrand::Rng) -> Rc<Self> {
        let minds = RefCell::new(phones.iter().map(|_| Mind::default()).collect());
        Rc::new(Self { notes, phones: phones.to_vec(), minds, rng: RefCell::new(rng) })
    }

    /// Carries out the plan, each command at a random time.
    pub async fn act(self: Rc<Self>, plan: Plan, event: EventId) -> Result<()> {
        let start = Instant::now();
        let mut late = 0;
        for (at, todo) in self.agenda(&plan) {
            sleep_until(start + plan.over.mul_f64(at)).await;
            match todo {
                Todo::Ask(nth) => self.ask(nth),
                Todo::Vote => late += usize::from(!self.vote()),
                Todo::Read(phone) => drop(spawn_local(self.clone().read(phone, event))),
            }
        }
        while late > 0 {
            ensure!(start.elapsed() < plan.over + DELIVERY_TIMEOUT, "{late} votes found nothing to vote on");
            sleep(LOOK_AGAIN).await;
            late = (0..late).filter(|_| !self.vote()).count();
        }
        Ok(())
    }

    fn agenda(&self, plan: &Plan) -> Vec<(f64, Todo)> {
        let mut rng = self.rng.borrow_mut();
        let mut agenda: Vec<_> = (0..plan.questions).map(|nth| (rng.f64(), Todo::Ask(nth))).collect();
        let vote = |_| (FIRST_VOTE + (1.0 - FIRST_VOTE) * rng.f64(), Todo::Vote);
        agenda.extend((0..plan.votes).map(vote));
        let readers = (0..self.phones.len()).step_by(READERS);
        agenda.extend(readers.map(|phone| (0.3 + 0.6 * rng.f64(), Todo::Read(phone))));
        agenda.sort_by(|a, b| a.0.total_cmp(&b.0));
        agenda
    }

    /// Participants ask in turn, so that nobody exceeds the limit.
    fn ask(self: &Rc<Self>, nth: usize) {
        let phone = nth % self.phones.len();
        let (token, text) = self.word(phone);
        let name = nth.is_multiple_of(4).then(|| format!("Guest {phone}"));
        let cid = self.phones[phone].post(PostCommand::Ask { text, name });
        self.notes.record.borrow_mut().done(cid, phone, RecordedAct::Ask { question: token });
        if nth.is_multiple_of(REWORDED) || nth % WITHDRAWN == 1 {
            spawn_local(self.clone().think_better_of_it(phone, token, nth % WITHDRAWN == 1));
        }
    }

    fn word(&self, phone: usize) -> (Token, String) {
        let token = self.notes.secrets.borrow_mut().of_phone(phone);
        (token, texts::question(&mut self.rng.borrow_mut(), token))
    }

    /// Edits or withdraws a question, if the phone still shows it as waiting.
    async fn think_better_of_it(self: Rc<Self>, phone: usize, question: Token, withdraw: bool) {
        let time = Duration::from_secs_f64(0.2 + 2.0 * self.rng.borrow_mut().f64());
        sleep(time).await;
        let Some(me) = self.phones[phone].topics().me() else { return };
        let own = me.posts.into_iter().find(|(_, own)| Token::of(&own.text) == Some(question));
        let Some((post, _)) = own.filter(|(_, own)| own.fate == PostStatus::Waiting) else { return };
        let (command, deed) = if withdraw {
            (PostCommand::Withdraw { post }, RecordedAct::Withdraw { post })
        } else {
            let (token, text) = self.word(phone);
            (PostCommand::Edit { post, text }, RecordedAct::Edit { post, question, token })
        };
        let cid = self.phones[phone].post(command);
        self.notes.record.borrow_mut().done(cid, phone, deed);
    }

    /// A participant votes on a question that their phone shows. False if none that was tried finds
    /// one.
    fn vote(&self) -> bool {
        for _ in 0..8 {
            let phone = self.rng.borrow_mut().usize(..self.phones.len());
            if let Some((post, vote)) = self.choose(phone) {
                let cid = self.phones[phone].post(PostCommand::Vote { post, vote });
                self.minds.borrow_mut()[phone].votes.insert(post, vote);
                self.notes.record.borrow_mut().done(cid, phone, RecordedAct::Vote { post, vote });
                return true;
            }
        }
        false
    }

    fn choose(&self, phone: usize) -> Option<(PostId, Vote)> {
        let shown = self.shown(phone);
        let (minds, mut rng) = (self.minds.borrow(), self.rng.borrow_mut());
        let mind = &minds[phone];
        let supported: Vec<_> =
            mind.votes.iter().filter(|(post, vote)| **vote == Vote::Up && !is_plain(**post)).map(|it| *it.0).collect();
        if !supported.is_empty() && rng.f64() < TAKEN_BACK + PRESSED_TWICE {
            let mut supported = supported;
            // A hash map has no repeatable order.
            supported.sort_unstable();
            let vote = if rng.f64() * (TAKEN_BACK + PRESSED_TWICE) < TAKEN_BACK { Vote::None } else { Vote::Up };
            return Some((supported[rng.usize(..supported.len())], vote));
        }
        let open: Vec<_> = shown.into_iter().filter(|post| mind.votes.get(post) != Some(&Vote::Up)).collect();
        (!open.is_empty()).then(|| (open[zipf(&mut rng, open.len())], Vote::Up))
    }

    /// Other people's questions that the phone shows, from the top, and those found in the list.
    fn shown(&self, phone: usize) -> Vec<PostId> {
        let Some(Posts { posts, .. }) = self.phones[phone].topics().posts() else { return Vec::new() };
        let secrets = self.notes.secrets.borrow();
        let others = |post: &ShownPost| Token::of(&post.text).and_then(|it| secrets.author(it)) != Some(phone);
        let mut shown: Vec<_> = in_order(posts.iter().filter(|(_, it)| others(it)).map(|(post, it)| (*post, it)));
        let minds = self.minds.borrow();
        shown.extend(minds[phone].found.iter().filter(|post| !posts.contains_key(post)));
        shown
    }

    /// A participant reads a page of the list. It fails silently while the server is down.
    async fn read(self: Rc<Self>, phone: usize, event: EventId) {
        let sort = if self.rng.borrow_mut().bool() { "recent" } else { "popular" };
        let path = format!("/api/v1/events/{event}/questions?sort={sort}");
        let Ok(answer) = self.phones[phone].get(&path).await else { return };
        self.notes.fetched(phone, &answer.body);
        let Ok(page) = answer.json::<Page>() else {
            return self.phones[phone].crowd().trouble(format!("GET {path}: {answer}"));
        };
        let secrets = self.notes.secrets.borrow();
        let others = |it: &Listed| Token::of(&it.shown.text).and_then(|it| secrets.author(it)) != Some(phone);
        self.minds.borrow_mut()[phone].found = page.posts.iter().filter(|it| others(it)).map(|it| it.post).collect();
    }
}

/// A random place from 0 to `n`, with a probability about inverse to the place.
fn zipf(rng: &mut fastrand::Rng, n: usize) -> usize {
    let place = ((n + 1) as f64).powf(rng.f64());
    (place as usize - 1).min(n - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_places_are_the_likeliest() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut counts = [0; 20];
        (0..10_000).for_each(|_| counts[zipf(&mut rng, 20)] += 1);
        assert!(counts[0] > 2 * counts[2] && counts[2] > counts[10] && counts[19] > 0, "{counts:?}");
    }
}
