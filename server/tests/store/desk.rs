//! An event that takes questions, to try things on.

use parterre_domain::{
    forum::Forum,
    ids::LinkId,
    post::{Post, VoteCount},
    private_link::{LinkKind, PrivateLink, Scope},
};
use parterre_protocol::{
    Act, Millis, Outcome, ParticipantId, PostCommand, PostId, QaSettings, Vote,
    posts::{PostRef, QaState, Queue},
};
use parterre_store::{Actor, Batch, Committed, ModerationOutcome, NewPostCommand, Store};
use uuid::Uuid;

use crate::room::{Host, Room, cid};

/// A room with questions, and a moderator who got there by a link.
pub(crate) struct Desk<'a> {
    pub(crate) room: Room<'a>,
    pub(crate) host: Actor,
    pub(crate) link: Actor,
}

/// Questions are taken and shown at once, and one can vote against them.
pub(crate) fn open() -> QaSettings {
    QaSettings { state: QaState::Open, review: false, downvotes: true, ..QaSettings::default() }
}

pub(crate) fn number(number: u32) -> PostId {
    PostId::new(number)
}

pub(crate) fn ask(text: &str) -> PostCommand {
    PostCommand::Ask { text: text.to_owned(), name: None }
}

pub(crate) fn vote(post: u32, vote: Vote) -> PostCommand {
    PostCommand::Vote { post: number(post), vote }
}

impl<'a> Desk<'a> {
    /// A draft event with these settings.
    pub(crate) async fn with(store: &'a Store, host: &Host, settings: QaSettings) -> Self {
        let room = Room::draft(store, host).await;
        let id = LinkId::new(Uuid::new_v4());
        let link = PrivateLink {
            id,
            event: room.event,
            kind: LinkKind::Moderator { scope: Scope::Full },
            name: "Olu".to_owned(),
            created_at: 1,
            expires_at: Millis::MAX,
            revoked_at: None,
        };
        store.add_link(&link, &Uuid::new_v4().to_string()).await.unwrap();
        let desk = Self { room, host: Actor::Member(host.member), link: Actor::Link(id) };
        desk.act(Act::Configure { version: 0, settings: settings.into() }).await;
        desk
    }

    pub(crate) async fn open(store: &'a Store, host: &Host) -> Self {
        Self::with(store, host, open()).await
    }

    pub(crate) fn command(&self, participant: ParticipantId, command: PostCommand) -> NewPostCommand {
        NewPostCommand { cid: cid(), event: self.room.event, participant, command, flagged: false }
    }

    pub(crate) async fn commit(&self, posts: Vec<NewPostCommand>, now: Millis) -> Committed {
        self.room.store.commit(&Batch { posts, ..Batch::default() }, now).await.unwrap()
    }

    /// Does one thing with posts.
    pub(crate) async fn send(&self, participant: ParticipantId, command: PostCommand, now: Millis) -> Outcome {
        self.commit(vec![self.command(participant, command)], now).await.posts.remove(0)
    }

    /// As many questions, each asked by another.
    pub(crate) async fn asked(&self, many: usize) -> Vec<ParticipantId> {
        let phones = self.room.join_many(many).await;
        let posts = phones.iter().enumerate().map(|(n, phone)| self.command(*phone, ask(&format!("Question {n}?"))));
        let committed = self.commit(posts.collect(), 10).await;
        assert!(committed.posts.iter().all(|outcome| *outcome == Outcome::Stored { at: 10 }), "{committed:?}");
        phones
    }

    /// Has the link's holder act, and expects it to be done.
    pub(crate) async fn act(&self, act: Act) -> ModerationOutcome {
        let acted = self.try_act(self.link, act.clone()).await;
        assert_eq!(acted.outcome, Outcome::Stored { at: 50 }, "{act:?}");
        acted
    }

    pub(crate) async fn try_act(&self, actor: Actor, act: Act) -> ModerationOutcome {
        self.room.store.moderate(self.room.event, actor, cid(), &act, 50).await.unwrap()
    }

    pub(crate) async fn forum(&self) -> Forum {
        self.room.store.forum(self.room.event).await.unwrap().unwrap().1
    }

    pub(crate) async fn post(&self, post: u32) -> Post {
        self.forum().await.post(number(post)).unwrap().clone()
    }

    pub(crate) async fn votes(&self, post: u32) -> (u32, u32) {
        let VoteCount { up, down } = self.post(post).await.votes;
        (up, down)
    }

    /// A post as it is now.
    pub(crate) async fn seen(&self, post: u32) -> PostRef {
        PostRef { post: number(post), version: self.post(post).await.version }
    }

    pub(crate) async fn all_seen(&self, posts: &[u32]) -> Vec<PostRef> {
        let forum = self.forum().await;
        let seen = |post: &u32| PostRef { post: number(*post), version: forum.post(number(*post)).unwrap().version };
        posts.iter().map(seen).collect()
    }

    pub(crate) async fn merge(&self, into: u32, posts: &[u32]) -> ModerationOutcome {
        let (into, posts) = (self.seen(into).await, self.all_seen(posts).await);
        self.act(Act::Merge { into, posts }).await
    }

    pub(crate) async fn publish(&self, posts: &[u32]) -> ModerationOutcome {
        let posts = self.all_seen(posts).await;
        self.act(Act::Move { posts, to: Queue::Published }).await
    }
}
