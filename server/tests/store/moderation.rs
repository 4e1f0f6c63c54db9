//! What moderators do.

use parterre_domain::{
    forum::Forum,
    ids::{LinkId, MemberId},
    private_link::{LinkKind, PrivateLink, Scope},
};
use parterre_protocol::{
    Act, Control, EventId, Outcome, QaSettings, RefusalCode, Vote,
    posts::{Label, PostRef, PostState, Queue, Reason, ReasonCode},
};
use parterre_store::{Actor, LedgerEntry, Store};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    desk::{Desk, number, open, vote},
    room::{Host, Room, cid, refused},
};

pub(crate) async fn an_act_is_done_once(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    desk.asked(2).await;
    let (event, again) = (desk.room.event, cid());
    let hide = Act::Hide { posts: desk.all_seen(&[1, 2]).await };
    let done = store.moderate(event, desk.link, again, &hide, 100).await.unwrap();
    assert_eq!(done.outcome, Outcome::Stored { at: 100 });
    let change = done.change.unwrap();
    assert_eq!((change.event, change.rev, change.forum.len()), (event, desk.room.rev().await, 2));
    assert_eq!((desk.post(1).await.fields.state, desk.post(1).await.version), (PostState::Hidden, change.rev));

    let state = desk.room.state().await;
    let repeated = store.moderate(event, desk.link, again, &hide, 200).await.unwrap();
    assert_eq!((repeated.outcome, repeated.change), (Outcome::Stored { at: 100 }, None));
    assert_eq!(repeated.repeated, Some(desk.room.rev().await), "the first may have told nobody");
    assert_eq!(desk.room.state().await, state);

    let star = |on| Act::Star { posts: vec![PostRef { post: number(1), version: change.rev }], on };
    let nothing = cid();
    let idle = store.moderate(event, desk.link, nothing, &star(false), 300).await.unwrap();
    assert_eq!((idle.outcome, idle.change), (Outcome::Stored { at: 300 }, None));
    assert_eq!((desk.room.rev().await, store.ledger(event, i64::MAX, 1).await.unwrap()[0].cid), (change.rev, again));
    desk.act(star(true)).await;
    let late = store.moderate(event, desk.link, nothing, &star(false), 400).await.unwrap();
    assert_eq!((late.outcome, late.change), (Outcome::Stored { at: 300 }, None));
    assert!(desk.post(1).await.fields.starred);

    let (shared, show) = (cid(), Act::Show { on: true });
    store.moderate(event, desk.host, shared, &show, 420).await.unwrap();
    let steered = store.control(event, host.member, shared, &Control::Lobby, 430).await.unwrap();
    assert_eq!(steered.outcome, Outcome::Stored { at: 420 }, "the first one's receipt");

    store.delete_event(event, 500).await.unwrap().unwrap();
    assert_eq!(refused(&desk.try_act(desk.link, hide).await.outcome), RefusalCode::Unknown);
}

pub(crate) async fn a_refused_act_changes_nothing(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    desk.asked(3).await;
    let seen = desk.all_seen(&[1, 2, 3]).await;
    desk.act(Act::Star { posts: vec![seen[1]], on: true }).await;
    let state = desk.room.state().await;
    let retry = cid();
    let pin = Act::Pin { posts: seen, on: true };
    let stale = store.moderate(desk.room.event, desk.host, retry, &pin, 60).await.unwrap();
    assert_eq!((refused(&stale.outcome), stale.change), (RefusalCode::Stale, None));
    let missing = Act::Hide { posts: vec![PostRef { post: number(9), version: 1 }] };
    assert_eq!(refused(&desk.try_act(desk.link, missing).await.outcome), RefusalCode::Unknown);
    assert_eq!(desk.room.state().await, state, "none of the three");
    // It was not remembered: the same command is judged anew.
    let pin = Act::Pin { posts: desk.all_seen(&[1, 2, 3]).await, on: true };
    let done = store.moderate(desk.room.event, desk.host, retry, &pin, 70).await.unwrap();
    assert_eq!(done.outcome, Outcome::Stored { at: 70 });
}

pub(crate) async fn every_field_of_a_post_lasts(store: &Store, host: &Host) {
    let label = Label { id: 3, name: "Travel".to_owned(), colour: 2, public: true };
    let desk = Desk::with(store, host, QaSettings { review: true, labels: vec![label], ..open() }).await;
    desk.asked(2).await;
    let mut kept = desk.forum().await;
    let reason = Reason { code: ReasonCode::Unclear, text: Some("Which year?".to_owned()) };
    let steps: [&dyn Fn(PostRef) -> Act; 9] = [
        &|post| Act::Edit { post, text: "\"Re\u{301}worded\" \\ 'so'".to_owned() },
        &|post| Act::Move { posts: vec![post], to: Queue::Reviewed },
        &|post| Act::Decline { posts: vec![post], reason: Some(reason.clone()) },
        &|post| Act::Restore { posts: vec![post] },
        &|post| Act::Move { posts: vec![post], to: Queue::Published },
        &|post| Act::Label { posts: vec![post], label: 3, on: true },
        &|post| Act::Pin { posts: vec![post], on: true },
        &|post| Act::Reply { post, text: "Next year.".to_owned() },
        &|post| Act::Answered { posts: vec![post], on: true },
    ];
    for step in steps {
        let acted = desk.act(step(desk.seen(1).await)).await;
        acted.change.unwrap().forum.iter().for_each(|change| kept.apply(change));
        assert_eq!(desk.forum().await, kept);
    }
    let fields = desk.post(1).await.fields;
    assert_eq!((fields.original.as_deref(), fields.labels.as_slice()), (Some("Question 0?"), &[3][..]));
    assert_eq!((fields.published_at, fields.answered_at, fields.pinned), (Some(50), Some(50), true));
    assert_eq!(fields.reply.as_deref(), Some("Next year."));
    assert_eq!(desk.room.state().await.forum.as_ref(), &kept, "the room reads the same");
}

/// Acts by a link while it is being revoked: those before count, none after.
async fn acts_count_until_the_link_is_revoked(store: &Store, other_node: &Store, event: EventId, link: LinkId) {
    let acts = async {
        let mut done = 0;
        for n in 0.. {
            let show = Act::Show { on: n % 2 == 0 };
            match store.moderate(event, Actor::Link(link), cid(), &show, 999).await.unwrap().change {
                Some(change) => done = change.rev,
                None => break,
            }
        }
        done
    };
    let revoke = async {
        let revoked = other_node.revoke_link(event, link, 60).await.unwrap().unwrap().0;
        (revoked.revoked_at, other_node.event(event).await.unwrap().unwrap().rev)
    };
    let (done, (revoked_at, rev)) = tokio::join!(acts, revoke);
    assert_eq!(revoked_at, Some(60));
    assert!(done <= rev, "the act with version {done} came after the revocation at {rev}");
}

pub(crate) async fn who_may_moderate(store: &Store, other_node: &Store, host: &Host) {
    let (desk, elsewhere) = (Desk::open(store, host).await, Desk::open(store, host).await);
    desk.asked(1).await;
    let star = Act::Star { posts: desk.all_seen(&[1]).await, on: true };
    let forbidden = async |actor, now| {
        let acted = store.moderate(desk.room.event, actor, cid(), &star, now).await.unwrap();
        (refused(&acted.outcome), acted.change) == (RefusalCode::Forbidden, None)
    };
    assert!(forbidden(elsewhere.link, 50).await, "a link is good for one event");
    assert!(forbidden(Actor::Link(LinkId::new(Uuid::new_v4())), 50).await);
    assert!(forbidden(Actor::Member(MemberId::new(Uuid::new_v4())), 50).await);
    let add = async |kind, expires_at| {
        let (id, event, name) = (LinkId::new(Uuid::new_v4()), desk.room.event, "Ada".to_owned());
        let link = PrivateLink { id, event, kind, name, created_at: 5, expires_at, revoked_at: None };
        store.add_link(&link, &format!("hash of {}", id.uuid())).await.unwrap();
        id
    };
    let speaker = add(LinkKind::Speaker { label: None }, 1_000).await;
    assert!(forbidden(Actor::Link(speaker), 50).await);
    let moderator = add(LinkKind::Moderator { scope: Scope::Full }, 1_000).await;
    assert!(forbidden(Actor::Link(moderator), 1_000).await, "it has expired");
    let acted = store.moderate(desk.room.event, Actor::Link(moderator), cid(), &star, 999).await.unwrap();
    assert_eq!(acted.outcome, Outcome::Stored { at: 999 });

    acts_count_until_the_link_is_revoked(store, other_node, desk.room.event, moderator).await;
    assert!(forbidden(Actor::Link(moderator), 70).await);
}

pub(crate) async fn of_two_acts_on_the_same_version_one_is_stale(store: &Store, other_node: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    desk.asked(8).await;
    let before = desk.room.rev().await;
    let posts = desk.all_seen(&[1, 2, 3, 4, 5, 6, 7, 8]).await;
    let mut tasks = JoinSet::new();
    for n in 0..12_u32 {
        let (node, actor) = if n % 2 == 0 { (store.clone(), desk.link) } else { (other_node.clone(), desk.host) };
        let (event, mut posts) = (desk.room.event, posts.clone());
        posts.rotate_left(n as usize % 8);
        let text = format!("As {n} has it");
        let act = if n < 4 { Act::Edit { post: posts[0], text } } else { Act::Star { posts, on: true } };
        tasks.spawn(async move { node.moderate(event, actor, cid(), &act, 60).await.unwrap() });
    }
    let acted = tasks.join_all().await;
    let mut changes: Vec<_> = acted.iter().filter_map(|acted| acted.change.as_ref()).collect();
    changes.sort_by_key(|change| change.rev);
    let revs: Vec<_> = changes.iter().map(|change| (change.from, change.rev)).collect();
    assert_eq!(revs, (0..changes.len() as i64).map(|n| (before + n, before + n + 1)).collect::<Vec<_>>());
    let told: Vec<_> = changes.iter().flat_map(|change| &change.forum).collect();
    assert!(told.len() <= 8, "no post was changed twice: {told:?}");
    for outcome in acted.iter().filter(|acted| acted.change.is_none()).map(|acted| &acted.outcome) {
        assert_eq!(refused(outcome), RefusalCode::Stale);
    }
    let forum = desk.forum().await;
    assert_eq!(forum.posts().filter(|post| post.version > before).count(), told.len());
}

pub(crate) async fn an_act_is_undone_exactly(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    desk.asked(4).await;
    let phones = desk.room.join_many(3).await;
    let votes = phones.iter().flat_map(|phone| [1, 2].map(|post| desk.command(*phone, vote(post, Vote::Up))));
    desk.commit(votes.collect(), 20).await;
    desk.act(Act::Highlight { post: Some(number(2)) }).await;
    desk.act(Act::Show { on: true }).await;
    let version = desk.forum().await.settings.version;
    let acts = [
        Act::Merge { into: desk.seen(1).await, posts: desk.all_seen(&[2, 3]).await },
        Act::Decline { posts: desk.all_seen(&[2, 4]).await, reason: None },
        Act::Answered { posts: desk.all_seen(&[2]).await, on: true },
        Act::Highlight { post: Some(number(4)) },
        Act::Show { on: false },
        Act::Block { post: number(4), on: true },
        Act::Configure { version, settings: QaSettings { review: true, ..open() }.into() },
    ];
    let as_it_was = desk.forum().await;
    for act in acts {
        // Versions have moved on with the undoing before.
        let act = refreshed(&desk, act).await;
        let done = cid();
        let acted = store.moderate(desk.room.event, desk.link, done, &act, 60).await.unwrap();
        assert!(acted.change.is_some(), "{act:?}: {acted:?}");
        assert_ne!(content(&desk.forum().await), content(&as_it_was));
        let undo = cid();
        let undone = store.moderate(desk.room.event, desk.link, undo, &Act::Undo { cid: done }, 70).await.unwrap();
        assert!(undone.change.is_some(), "{act:?}: {undone:?}");
        assert_eq!(content(&desk.forum().await), content(&as_it_was), "{act:?}");
        let votes = |forum: &Forum| forum.posts().map(|post| post.votes).collect::<Vec<_>>();
        assert_eq!(votes(&desk.forum().await), votes(&as_it_was));
        // What was undone is done again by undoing that.
        desk.act(Act::Undo { cid: undo }).await;
        assert_ne!(content(&desk.forum().await), content(&as_it_was));
        let last = store.ledger(desk.room.event, i64::MAX, 1).await.unwrap()[0].cid;
        desk.act(Act::Undo { cid: last }).await;
        assert_eq!(content(&desk.forum().await), content(&as_it_was), "{act:?}");
    }
}

/// The act with the versions as they are now.
async fn refreshed(desk: &Desk<'_>, act: Act) -> Act {
    let numbers = |posts: &[PostRef]| posts.iter().map(|seen| seen.post.number()).collect::<Vec<_>>();
    match act {
        Act::Merge { into, posts } => {
            Act::Merge { into: desk.seen(into.post.number()).await, posts: desk.all_seen(&numbers(&posts)).await }
        }
        Act::Decline { posts, reason } => Act::Decline { posts: desk.all_seen(&numbers(&posts)).await, reason },
        Act::Answered { posts, on } => Act::Answered { posts: desk.all_seen(&numbers(&posts)).await, on },
        act => act,
    }
}

/// Everything of a forum but versions, in a form that can be compared.
pub(crate) fn content(forum: &Forum) -> String {
    let posts: Vec<_> = forum.posts().map(|post| (post.id, &post.name, &post.fields)).collect();
    let settings = QaSettings { version: 0, ..forum.settings.as_ref().clone() };
    format!("{posts:#?} {settings:?} {:?} {} {:?}", forum.highlight, forum.on_screen, forum.blocked)
}

pub(crate) async fn what_has_changed_since_is_not_undone(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    desk.asked(3).await;
    let undo_last = async |actor| {
        let cid = store.ledger(desk.room.event, i64::MAX, 1).await.unwrap()[0].cid;
        desk.try_act(actor, Act::Undo { cid }).await.outcome
    };
    let hide = Act::Hide { posts: desk.all_seen(&[1, 2]).await };
    let hidden = cid();
    store.moderate(desk.room.event, desk.link, hidden, &hide, 60).await.unwrap();
    desk.act(Act::Restore { posts: desk.all_seen(&[2]).await }).await;
    let before = desk.forum().await;
    let stale = desk.try_act(desk.link, Act::Undo { cid: hidden }).await;
    assert_eq!(refused(&stale.outcome), RefusalCode::Stale);
    assert_eq!(desk.forum().await, before, "not the first either");
    assert_eq!(refused(&desk.try_act(desk.host, Act::Undo { cid: cid() }).await.outcome), RefusalCode::Unknown);

    // The host's act is not the link's to undo, but the other way round.
    let star = Act::Star { posts: desk.all_seen(&[3]).await, on: true };
    desk.try_act(desk.host, star).await;
    assert_eq!(refused(&undo_last(desk.link).await), RefusalCode::Forbidden);
    assert_eq!(undo_last(desk.host).await, Outcome::Stored { at: 50 });
    desk.act(Act::Pin { posts: desk.all_seen(&[3]).await, on: true }).await;
    assert_eq!(undo_last(desk.host).await, Outcome::Stored { at: 50 });
    assert!(!desk.post(3).await.fields.pinned);
}

pub(crate) async fn the_ledger_says_who_did_what_when(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    desk.asked(1).await;
    for n in 0..7 {
        desk.act(Act::Reply { post: desk.seen(1).await, text: format!("Answer {n}") }).await;
    }
    desk.try_act(desk.host, Act::Show { on: true }).await;
    let mut pages: Vec<Vec<LedgerEntry>> = Vec::new();
    loop {
        let before = pages.iter().flatten().last().map_or(i64::MAX, |entry| entry.rev);
        match store.ledger(desk.room.event, before, 4).await.unwrap() {
            page if page.is_empty() => break,
            page => pages.push(page),
        }
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 1]);
    let all: Vec<_> = pages.concat();
    assert!(all.is_sorted_by(|newer, older| newer.rev > older.rev));
    assert_eq!((all[0].actor.as_str(), &all[0].act, all[0].at), ("Inès", &Act::Show { on: true }, 50));
    assert_eq!(all[0].rev, desk.room.rev().await);
    assert!(matches!(&all[1].act, Act::Reply { text, .. } if text == "Answer 6"));
    assert!(all[1..].iter().all(|entry| entry.actor == "Olu"));
    assert!(matches!(&all[8].act, Act::Configure { .. }));
    assert_eq!(store.ledger(EventId::new(Uuid::new_v4()), i64::MAX, 9).await.unwrap(), []);
}

pub(crate) async fn what_is_put_on_stage_takes_questions_off_the_screen(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    desk.asked(1).await;
    let shown = async || {
        let state = desk.room.state().await;
        let outline = store.outline(desk.room.event).await.unwrap().unwrap();
        assert!(outline.qa.is_of(&state.forum));
        (state.forum.highlight, state.forum.on_screen)
    };
    desk.act(Act::Highlight { post: Some(number(1)) }).await;
    desk.act(Act::Show { on: true }).await;
    assert_eq!(shown().await, (Some(number(1)), true));
    desk.room.steer(Control::Start).await;
    assert_eq!(shown().await, (Some(number(1)), true));
    desk.room.steer(Control::Open { activity: desk.room.poll }).await;
    assert_eq!(shown().await, (None, false));
    desk.act(Act::Highlight { post: Some(number(1)) }).await;
    desk.act(Act::Hide { posts: desk.all_seen(&[1]).await }).await;
    assert_eq!(shown().await, (None, false), "what is hidden is not on the screen");
}

pub(crate) async fn how_far_a_link_goes(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    desk.asked(1).await;
    let (id, kind) = (LinkId::new(Uuid::new_v4()), LinkKind::Moderator { scope: Scope::Review });
    let (event, name) = (desk.room.event, "Ada".to_owned());
    let link = PrivateLink { id, event, kind, name, created_at: 5, expires_at: 1_000, revoked_at: None };
    store.add_link(&link, &format!("hash of {}", id.uuid())).await.unwrap();
    let reviewer = Actor::Link(id);
    let before = desk.forum().await;
    let settings = QaSettings::clone(&before.settings);
    let configure = Act::Configure { version: settings.version, settings: settings.into() };
    let text = || "Read this!".to_owned();
    for act in [
        configure.clone(),
        Act::Edit { post: desk.seen(1).await, text: text() },
        Act::Reply { post: desk.seen(1).await, text: text() },
    ] {
        let acted = desk.try_act(reviewer, act).await;
        assert_eq!((refused(&acted.outcome), acted.change), (RefusalCode::Forbidden, None));
    }
    assert_eq!(desk.forum().await, before);
    let star = Act::Star { posts: desk.all_seen(&[1]).await, on: true };
    assert_eq!(desk.try_act(reviewer, star).await.outcome, Outcome::Stored { at: 50 });
    // What was done by who may do all is not undone by who may not.
    let cid = cid();
    let (by, reply) = (desk.host, Act::Reply { post: desk.seen(1).await, text: text() });
    assert_eq!(store.moderate(event, by, cid, &reply, 50).await.unwrap().outcome, Outcome::Stored { at: 50 });
    let undone = desk.try_act(reviewer, Act::Undo { cid }).await;
    assert_eq!(refused(&undone.outcome), RefusalCode::Forbidden);
    assert_eq!(desk.try_act(desk.host, configure).await.outcome, Outcome::Stored { at: 50 });
}

/// Links of an event, the oldest first.
fn links_of_all_kinds(event: EventId) -> Vec<PrivateLink> {
    let kinds = [
        LinkKind::Moderator { scope: Scope::Review },
        LinkKind::Speaker { label: Some(3) },
        LinkKind::Speaker { label: None },
        LinkKind::Moderator { scope: Scope::Full },
    ];
    let link = |(n, kind): (u128, LinkKind)| PrivateLink {
        id: LinkId::new(Uuid::from_u128(n + event.uuid().as_u128())),
        event,
        kind,
        name: format!("Guest {n}"),
        created_at: n as i64,
        expires_at: 1_000,
        revoked_at: None,
    };
    (1..).zip(kinds).map(link).collect()
}

pub(crate) async fn a_link_is_kept_found_and_revoked(store: &Store, other_node: &Store, host: &Host) {
    let (room, elsewhere) = (Room::draft(store, host).await, Room::draft(store, host).await);
    let links = links_of_all_kinds(room.event);
    let hash = |link: &PrivateLink| format!("hash of {}", link.id.uuid());
    for link in &links {
        store.add_link(link, &hash(link)).await.unwrap();
        assert_eq!(other_node.link(&hash(link)).await.unwrap().as_ref(), Some(link));
    }
    assert_eq!(store.link("another").await.unwrap(), None);
    assert_eq!(store.links(elsewhere.event).await.unwrap(), []);
    let newest_first: Vec<_> = links.iter().rev().cloned().collect();
    assert_eq!(store.links(room.event).await.unwrap(), newest_first);

    assert_eq!(store.revoke_link(elsewhere.event, links[0].id, 60).await.unwrap(), None);
    let revoked = PrivateLink { revoked_at: Some(60), ..links[0].clone() };
    let rev = store.event(room.event).await.unwrap().unwrap().rev;
    let told = Some((revoked.clone(), rev + 1));
    assert_eq!(store.revoke_link(room.event, links[0].id, 60).await.unwrap(), told, "with a version of its own");
    assert_eq!(store.revoke_link(room.event, links[0].id, 70).await.unwrap(), told, "since then");
    assert_eq!(other_node.link(&hash(&links[0])).await.unwrap(), Some(revoked));
    assert_eq!(store.links(room.event).await.unwrap().len(), 4);
    store.delete_event(room.event, 80).await.unwrap().unwrap();
    assert_eq!(store.link(&hash(&links[1])).await.unwrap(), None, "it leads nowhere");
}
