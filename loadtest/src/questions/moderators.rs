//! What the moderators do, each on a device with its own private link: approve in bulk, decline,
//! merge, mark as answered. Each acts on what its own topic `moderation` shows, so it is sometimes
//! too late.

use std::{rc::Rc, time::Duration};

use anyhow::{Context, Result};
use parterre_protocol::{
    Act, Outcome, PostId, RefusalCode,
    limits::REASON_CHARS,
    posts::{PostRef, PostState, Queue, Reason, ReasonCode},
    topics::{ModeratedPost, Moderation},
};
use tokio::time::{Instant, sleep};

use super::{
    notes::{Notes, is_plain},
    record::RecordedAct,
    secrets::Token,
};
use crate::{bench::DELIVERY_TIMEOUT, client::Client};

/// The range of questions in a bulk act.
pub const BULK: (usize, usize) = (20, 100);

/// One in this many questions is left waiting, and one is declined.
const LEFT: u32 = 100;
const DECLINED: u32 = 12;

/// How long a moderator reads before the next act.
const READING: (f64, f64) = (0.4, 1.2);

/// A moderator.
pub struct Moderator {
    /// Its number.
    pub number: usize,
    /// Their device.
    pub client: Rc<Client>,
    /// The notes of the run.
    pub notes: Rc<Notes>,
    /// The source of their choices.
    pub rng: fastrand::Rng,
}

/// What a moderator sees.
type Posts = Vec<(PostId, ModeratedPost)>;

impl Moderator {
    /// Moderates until the time is over and the queue is empty.
    pub async fn work(mut self, time: Duration) -> Result<()> {
        let (start, mut parts, mut unmerged) = (Instant::now(), Vec::new(), false);
        for turn in 1_usize.. {
            let (shortest, longest) = READING;
            sleep(Duration::from_secs_f64(shortest + (longest - shortest) * self.rng.f64())).await;
            let over = start.elapsed() >= time;
            let seen = self.client.topics().moderation().context("the topic moderation is not what it must be")?;
            let waiting = waiting(&seen);
            if over && waiting.is_empty() {
                return Ok(());
            }
            if waiting.len() >= BULK.0 || over {
                self.approve(waiting).await?;
            }
            if turn % 4 == self.number % 4 && !over {
                self.merge(&mut parts).await?;
            }
            if self.number == 0 && !unmerged && start.elapsed() > time.mul_f64(0.7) {
                unmerged = self.unmerge(&parts).await?;
            }
            if turn % 6 == self.number % 6 {
                self.answer().await?;
            }
            if turn % 8 == 7 && self.number == 0 {
                self.highlight().await?;
            }
        }
        Ok(())
    }

    /// Reviews waiting questions: declines some, leaves some, publishes the rest.
    async fn approve(&mut self, mut waiting: Posts) -> Result<()> {
        let most = self.rng.usize(BULK.0..=BULK.1);
        // Each moderator begins at another place, and occasionally at the beginning.
        if waiting.len() > most && self.rng.f64() < 0.8 {
            let first = self.number * waiting.len() / 3 % waiting.len();
            waiting.rotate_left(first);
        }
        waiting.truncate(most);
        let (declined, good): (Posts, Posts) =
            waiting.into_iter().partition(|(post, it)| post.number() % DECLINED == 1 && it.state == PostState::Review);
        if !declined.is_empty() {
            let token = self.notes.secrets.borrow_mut().of_moderators();
            let text = format!("This is not for today ({token}).");
            debug_assert!(text.len() <= REASON_CHARS);
            let reason = Some(Reason { code: ReasonCode::OffTopic, text: Some(text) });
            self.act(Act::Decline { posts: versions(&declined), reason }, &[]).await?;
        }
        if good.is_empty() {
            return Ok(());
        }
        let posts = versions(&good);
        if self.rng.f64() < 0.1 && good.iter().all(|(_, it)| it.state == PostState::Review) {
            return self.act(Act::Move { posts, to: Queue::Reviewed }, &[]).await.map(drop);
        }
        let publishes: Vec<_> = good.iter().filter_map(|(_, it)| Token::of(&it.text)).collect();
        self.act(Act::Move { posts, to: Queue::Published }, &publishes).await.map(drop)
    }

    /// Merges a published question into another.
    async fn merge(&mut self, parts: &mut Vec<PostId>) -> Result<()> {
        let mut shown = self.published(|post, _| !is_plain(post));
        if shown.len() < 2 {
            return Ok(());
        }
        self.rng.shuffle(&mut shown);
        let ([into], part) = (versions(&shown[..1])[..].try_into().expect("it is one"), versions(&shown[1..2]));
        let merged = part[0].post;
        if self.act(Act::Merge { into, posts: part }, &[]).await? {
            parts.push(merged);
        }
        Ok(())
    }

    /// Unmerges one of these questions. False if none is merged.
    async fn unmerge(&mut self, parts: &[PostId]) -> Result<bool> {
        let seen = self.client.topics().moderation().context("the topic moderation is not what it must be")?;
        let found = parts.iter().find_map(|part| {
            let it = seen.posts.get(part).filter(|it| it.merged_into.is_some())?;
            Some(PostRef { post: *part, version: it.version })
        });
        match found {
            Some(part) => self.act(Act::Unmerge { posts: vec![part] }, &[]).await,
            None => Ok(false),
        }
    }

    /// Marks one of the most supported questions as answered.
    async fn answer(&mut self) -> Result<()> {
        let mut shown = self.published(|_, it| !it.answered);
        shown.sort_by_key(|(post, it)| (std::cmp::Reverse(it.votes), *post));
        let posts = versions(&shown[..shown.len().min(self.number + 1)]);
        match posts.last() {
            Some(last) => self.act(Act::Answered { posts: vec![*last], on: true }, &[]).await.map(drop),
            None => Ok(()),
        }
    }

    /// Shows a question full screen.
    async fn highlight(&mut self) -> Result<()> {
        let shown = self.published(|_, it| !it.answered);
        let post = self.rng.choice(shown).map(|(post, _)| post);
        self.act(Act::Highlight { post }, &[]).await.map(drop)
    }

    /// The published questions that are not merged into another, as this moderator sees them.
    fn published(&self, like: impl Fn(PostId, &ModeratedPost) -> bool) -> Posts {
        let seen = self.client.topics().moderation().map(|seen| seen.posts).unwrap_or_default();
        let is_root = |it: &ModeratedPost| it.state == PostState::Published && it.merged_into.is_none();
        seen.into_iter().filter(|(post, it)| is_root(it) && like(*post, it)).collect()
    }

    /// Acts and waits for the outcome. True if it was stored. After a stale act, waits until the
    /// list is current.
    async fn act(&mut self, act: Act, publishes: &[Token]) -> Result<bool> {
        {
            let mut secrets = self.notes.secrets.borrow_mut();
            publishes.iter().for_each(|token| secrets.publishing(*token));
        }
        let cid = self.client.moderate(act.clone());
        let looked_at = looked_at(&act);
        let deed = RecordedAct::Act { act, publishes: publishes.to_vec() };
        self.notes.record.borrow_mut().done(cid, self.number, deed);
        let outcome = self.client.until_settled(cid).await?;
        if let Outcome::Refused { code: RefusalCode::Stale | RefusalCode::Unknown, .. } = outcome
            && !looked_at.is_empty()
        {
            let changed = |_: &crate::crowd::CrowdTotals| {
                let version = |seen: &Moderation, post| seen.posts.get(&post).map(|it| it.version);
                let seen = self.client.topics().moderation();
                seen.is_some_and(|seen| looked_at.iter().any(|it| version(&seen, it.post) != Some(it.version)))
            };
            let changed = self.client.crowd().until("what another moderator did", DELIVERY_TIMEOUT, changed).await;
            changed.with_context(|| format!("an act on {looked_at:?} became {outcome:?}"))?;
        }
        Ok(matches!(outcome, Outcome::Stored { .. }))
    }
}

/// The waiting questions, oldest first, apart from those that are deliberately left.
fn waiting(seen: &Moderation) -> Posts {
    let waits = |it: &ModeratedPost| matches!(it.state, PostState::Review | PostState::Reviewed);
    let posts = seen.posts.iter().filter(|(post, it)| waits(it) && post.number() % LEFT != 0);
    posts.map(|(post, it)| (*post, it.clone())).collect()
}

/// The questions of an act, with the versions that its moderator saw.
fn looked_at(act: &Act) -> Vec<PostRef> {
    match act {
        Act::Move { posts, .. } | Act::Decline { posts, .. } | Act::Answered { posts, .. } | Act::Unmerge { posts } => {
            posts.clone()
        }
        Act::Merge { into, posts } => posts.iter().chain([into]).copied().collect(),
        _ => Vec::new(),
    }
}

fn versions(posts: &[(PostId, ModeratedPost)]) -> Vec<PostRef> {
    posts.iter().map(|(post, it)| PostRef { post: *post, version: it.version }).collect()
}
