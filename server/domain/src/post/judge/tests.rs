//! What is accepted of what participants do with posts, and what is not.

use parterre_protocol::{ActivityId, EventId, TextWall, posts::NamePolicy, topics::ActivityState};
use uuid::Uuid;

use super::*;
use crate::{kinds::versions::Versions, post::check_command, timer::Timer};

fn person(n: u8) -> ParticipantId {
    ParticipantId::new(Uuid::from_bytes([n; 16]))
}

fn forum(settings: QaSettings) -> Forum {
    Forum::new(Arc::new(QaSettings { state: QaState::Open, ..settings }), [])
}

fn moment(next: u32) -> Now {
    Now { event: EventState::Live, now: 5_000, rev: 9, next: PostId::new(next) }
}

fn ask(name: Option<&str>) -> PostCommand {
    PostCommand::Ask { text: "Why?".to_owned(), name: name.map(str::to_owned) }
}

fn vote(post: u32, vote: Vote) -> PostCommand {
    PostCommand::Vote { post: PostId::new(post), vote }
}

/// A post that somebody has asked, changed as a test needs it.
fn with_post(forum: &mut Forum, id: u32, author: u8, change: impl FnOnce(&mut PostFields)) {
    let mut fields = PostFields::new("Why?".to_owned(), Queue::Review, 1);
    change(&mut fields);
    let (id, author, votes) = (PostId::new(id), person(author), VoteCount { up: 1, down: 0 });
    let post = Post { id, to: None, author, name: None, at: 1, flagged: false, version: 1, fields, votes };
    forum.apply(&ForumChange::Post(Arc::new(post)));
}

fn code(judged: Result<Option<PostWrite>, Refusal>) -> RefusalCode {
    judged.unwrap_err().code
}

#[test]
fn a_question_waits_for_review_unless_there_is_none_and_the_filter_finds_nothing() {
    for (review, flagged, state) in [
        (true, false, PostState::Review),
        (true, true, PostState::Review),
        (false, true, PostState::Review),
        (false, false, PostState::Published),
    ] {
        let forum = forum(QaSettings { review, ..QaSettings::default() });
        let deed =
            judge(&forum, None, &AuthorHistory::new(person(1)), &ask(None), flagged, moment(3)).unwrap().unwrap();
        let PostWrite::Ask(post) = &deed else { panic!("{deed:?}") };
        assert_eq!((post.fields.state, post.flagged, post.votes.up), (state, flagged, 1));
        assert_eq!((post.id, post.version, post.at), (PostId::new(3), 9, 5_000));
        assert_eq!(post.fields.published_at, (state == PostState::Published).then_some(5_000));
    }
}

#[test]
fn names_are_as_the_event_has_them() {
    let named = |names, own: Option<&str>, sent: Option<&str>| {
        let settings = QaSettings { names, ..QaSettings::default() };
        match check_command(&settings, None, own, ask(sent)) {
            Ok(PostCommand::Ask { name, .. }) => Ok(name),
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => Err(refusal.code),
        }
    };
    let ines = || Ok(Some("Inès".to_owned()));
    assert_eq!(named(NamePolicy::Anonymous, Some("Inès"), Some("Inès")), Ok(None));
    assert_eq!(named(NamePolicy::Either, Some("Inès"), None), Ok(None));
    assert_eq!(named(NamePolicy::Either, Some("Inès"), Some("Zorro")), ines());
    assert_eq!(named(NamePolicy::Either, None, Some("  Inès ")), ines());
    assert_eq!(named(NamePolicy::Either, Some("Inès"), Some("  ")), Ok(None));
    assert_eq!(named(NamePolicy::Named, Some("Inès"), None), ines());
    assert_eq!(named(NamePolicy::Named, None, Some("Inès")), ines());
    assert_eq!(named(NamePolicy::Named, None, None), Err(RefusalCode::Invalid));
    // The settings may have changed between the check and the commit.
    let asker = AuthorHistory::new(person(1));
    let named = forum(QaSettings { names: NamePolicy::Named, ..QaSettings::default() });
    assert_eq!(code(judge(&named, None, &asker, &ask(None), false, moment(1))), RefusalCode::Invalid);
    let anonymous = forum(QaSettings { names: NamePolicy::Anonymous, ..QaSettings::default() });
    let deed = judge(&anonymous, None, &asker, &ask(Some("Inès")), false, moment(1)).unwrap();
    assert!(matches!(deed, Some(PostWrite::Ask(Post { name: None, .. }))));
}

#[test]
fn nobody_asks_where_it_is_closed_ended_or_blocked_but_a_blocked_device_still_votes() {
    let (asker, live) = (AuthorHistory::new(person(1)), moment(9));
    let mut open = forum(QaSettings::default());
    let draft = Now { event: EventState::Draft, ..live };
    assert!(judge(&open, None, &asker, &ask(None), false, draft).is_ok());
    let ended = Now { event: EventState::Ended, ..live };
    assert_eq!(code(judge(&open, None, &asker, &ask(None), false, ended)), RefusalCode::Closed);
    for state in [QaState::Off, QaState::Closed] {
        let closed = Forum::new(Arc::new(QaSettings { state, ..QaSettings::default() }), []);
        assert_eq!(code(judge(&closed, None, &asker, &ask(None), false, live)), RefusalCode::Closed);
    }
    with_post(&mut open, 1, 2, |fields| fields.state = PostState::Published);
    with_post(&mut open, 2, 1, |_| {});
    open.apply(&ForumChange::Blocked { participant: person(1), on: true });
    let edit = PostCommand::Edit { post: PostId::new(2), text: "Why not?".to_owned() };
    assert_eq!(code(judge(&open, None, &asker, &ask(None), false, live)), RefusalCode::Blocked);
    assert_eq!(code(judge(&open, None, &asker, &edit, false, live)), RefusalCode::Blocked);
    assert!(judge(&open, None, &asker, &vote(1, Vote::Up), false, live).unwrap().is_some());
    let withdraw = PostCommand::Withdraw { post: PostId::new(2) };
    assert!(judge(&open, None, &asker, &withdraw, false, live).unwrap().is_some());
}

#[test]
fn a_flood_from_one_device_is_slowed_down_within_a_batch_too() {
    let mut forum = forum(QaSettings::default());
    let mut asker = AuthorHistory::new(person(1));
    let mut refused = Vec::new();
    for number in 1..=7 {
        match judge(&forum, None, &asker, &ask(None), false, moment(number)) {
            Ok(deed) => {
                let deed = deed.unwrap();
                asker.note(&forum, &deed);
                forum.apply(&deed.change());
            }
            Err(refusal) => refused.push((number, refusal.code)),
        }
    }
    assert_eq!(refused, [(6, RefusalCode::SlowDown), (7, RefusalCode::SlowDown)]);
    assert_eq!(asker.sent[&None].waiting, 5);
    let another = AuthorHistory::new(person(2));
    assert!(judge(&forum, None, &another, &ask(None), false, moment(6)).is_ok());
    let waiting = AuthorHistory {
        sent: BTreeMap::from([(None, SentPosts { waiting: POSTS_WAITING, ..SentPosts::default() })]),
        ..AuthorHistory::new(person(3))
    };
    assert_eq!(code(judge(&forum, None, &waiting, &ask(None), false, moment(6))), RefusalCode::SlowDown);
    let withdraw = PostCommand::Withdraw { post: PostId::new(1) };
    let deed = judge(&forum, None, &asker, &withdraw, false, moment(6)).unwrap().unwrap();
    asker.note(&forum, &deed);
    assert_eq!(asker.sent[&None], SentPosts { lately: 5, waiting: 4, all: 4 });
}

#[test]
fn only_what_waits_alone_and_is_ones_own_is_changed_by_its_author() {
    let mut forum = forum(QaSettings::default());
    with_post(&mut forum, 1, 1, |_| {});
    with_post(&mut forum, 2, 2, |_| {});
    with_post(&mut forum, 3, 1, |fields| fields.state = PostState::Published);
    with_post(&mut forum, 4, 1, |fields| fields.merged_into = Some(PostId::new(2)));
    with_post(&mut forum, 5, 1, |fields| fields.published_at = Some(2));
    with_post(&mut forum, 6, 1, |fields| {
        (fields.state, fields.original) = (PostState::Reviewed, Some("why".to_owned()));
    });
    let asker = AuthorHistory::new(person(1));
    let edit = |post: u32| {
        let command = PostCommand::Edit { post: PostId::new(post), text: "How?".to_owned() };
        judge(&forum, None, &asker, &command, true, moment(9))
    };
    let withdraw =
        |post: u32| judge(&forum, None, &asker, &PostCommand::Withdraw { post: PostId::new(post) }, false, moment(9));
    let Some(PostWrite::Change(post)) = edit(6).unwrap() else { panic!("not changed") };
    let PostFields { text, original, state, .. } = post.fields;
    assert_eq!((text.as_str(), original, state), ("How?", None, PostState::Review));
    assert!(post.flagged && post.version == 9);
    assert!(edit(1).is_ok() && withdraw(1).is_ok() && withdraw(5).is_ok());
    assert_eq!((code(edit(2)), code(withdraw(2))), (RefusalCode::Unknown, RefusalCode::Unknown));
    assert_eq!((code(edit(7)), code(withdraw(7))), (RefusalCode::Unknown, RefusalCode::Unknown));
    for post in [3, 4] {
        assert_eq!((code(edit(post)), code(withdraw(post))), (RefusalCode::Closed, RefusalCode::Closed), "{post}");
    }
    assert_eq!(code(edit(5)), RefusalCode::Closed);
}

#[test]
fn a_vote_counts_for_the_whole_group_and_never_on_ones_own() {
    let mut forum = forum(QaSettings { downvotes: true, ..QaSettings::default() });
    with_post(&mut forum, 1, 1, |fields| fields.state = PostState::Published);
    with_post(&mut forum, 2, 2, |fields| fields.merged_into = Some(PostId::new(1)));
    with_post(&mut forum, 3, 3, |fields| fields.merged_into = Some(PostId::new(2)));
    with_post(&mut forum, 4, 1, |_| {});
    let judged = |who: u8, votes: &[(u32, Vote)], command: PostCommand| {
        let votes = votes.iter().map(|(post, vote)| (PostId::new(*post), *vote)).collect();
        judge(&forum, None, &AuthorHistory { votes, ..AuthorHistory::new(person(who)) }, &command, false, moment(9))
    };
    for who in 1..=3 {
        for post in 1..=3 {
            assert_eq!(code(judged(who, &[], vote(post, Vote::None))), RefusalCode::Invalid);
        }
    }
    let deed = judged(5, &[(3, Vote::Up), (2, Vote::Down), (7, Vote::Up)], vote(2, Vote::Down)).unwrap();
    let (root, rows) = (PostId::new(1), [1, 2, 3].map(PostId::new).to_vec());
    assert_eq!(deed, Some(PostWrite::Vote { root, rows, before: Vote::Up, after: Vote::Down }));
    assert_eq!(judged(5, &[(3, Vote::Up)], vote(1, Vote::Up)).unwrap(), None);
    assert_eq!(code(judged(5, &[], vote(4, Vote::Up))), RefusalCode::Unknown);
    assert_eq!(code(judged(5, &[], vote(8, Vote::Up))), RefusalCode::Unknown);
}

#[test]
fn votes_against_are_taken_only_where_there_are_such() {
    let mut forum = forum(QaSettings::default());
    with_post(&mut forum, 1, 1, |fields| fields.state = PostState::Published);
    let asker =
        AuthorHistory { votes: BTreeMap::from([(PostId::new(1), Vote::Down)]), ..AuthorHistory::new(person(2)) };
    assert_eq!(code(judge(&forum, None, &asker, &vote(1, Vote::Down), false, moment(2))), RefusalCode::Invalid);
    assert!(judge(&forum, None, &asker, &vote(1, Vote::None), false, moment(2)).unwrap().is_some());
    let refused = check_command(&QaSettings::default(), None, None, vote(1, Vote::Down)).unwrap_err();
    assert_eq!(refused.code, RefusalCode::Invalid);
}

/// A wall that takes so many texts of each, in its second round.
fn wall(state: ActivityState, texts_per_person: Option<u8>, review: bool) -> Activity {
    let names = NamePolicy::Anonymous;
    let settings = TextWall { title: "What?".to_owned(), texts_per_person, review, names }.into();
    Activity {
        id: ActivityId::new(Uuid::nil()),
        event: EventId::new(Uuid::nil()),
        settings,
        versions: Versions::default(),
        state,
        round: 2,
        round_opened_at: None,
        results: true,
        timer: Timer::default(),
        words: Arc::default(),
    }
}

fn send(round: u32) -> PostCommand {
    let to = ActivityRound { activity: ActivityId::new(Uuid::nil()), round };
    PostCommand::Send { to, text: "This".to_owned(), name: Some("Inès".to_owned()) }
}

#[test]
fn a_text_goes_by_the_rules_of_its_activity_and_not_by_those_of_questions() {
    let closed = Forum::new(Arc::new(QaSettings { state: QaState::Off, ..QaSettings::default() }), []);
    let asker = AuthorHistory::new(person(1));
    for (review, flagged, state) in
        [(true, false, PostState::Review), (false, true, PostState::Review), (false, false, PostState::Published)]
    {
        let wall = wall(ActivityState::Open, None, review);
        let deed = judge(&closed, Some(&wall), &asker, &send(2), flagged, moment(1)).unwrap().unwrap();
        let PostWrite::Ask(post) = deed else { panic!("{deed:?}") };
        assert_eq!((post.fields.state, post.name, post.to), (state, None, wall.texts()), "no names are given there");
    }
    let refused = |wall: Option<&Activity>, command| code(judge(&closed, wall, &asker, &command, false, moment(1)));
    let open = wall(ActivityState::Open, None, false);
    assert_eq!(refused(None, send(2)), RefusalCode::Unknown);
    assert_eq!(refused(Some(&open), send(1)), RefusalCode::Round);
    assert_eq!(refused(Some(&wall(ActivityState::Closed, None, false)), send(2)), RefusalCode::Closed);
    let mut blocked = closed.clone();
    blocked.apply(&ForumChange::Blocked { participant: person(1), on: true });
    assert_eq!(code(judge(&blocked, Some(&open), &asker, &send(2), false, moment(1))), RefusalCode::Blocked);
}

#[test]
fn a_wall_takes_so_many_texts_of_each_and_counts_no_questions_among_them() {
    let (mut forum, wall) = (forum(QaSettings::default()), wall(ActivityState::Open, Some(2), false));
    let mut asker = AuthorHistory::new(person(1));
    let mut told = Vec::new();
    for (number, command) in (1..).zip([ask(None), send(2), send(2), send(2), ask(None)]) {
        match judge(&forum, Some(&wall), &asker, &command, false, moment(number)) {
            Ok(deed) => {
                let deed = deed.unwrap();
                asker.note(&forum, &deed);
                forum.apply(&deed.change());
                told.push(None);
            }
            Err(refusal) => told.push(Some(refusal.code)),
        }
    }
    assert_eq!(told, [None, None, None, Some(RefusalCode::Answered), None]);
    let cast = vote(2, Vote::Up);
    let other = AuthorHistory::new(person(2));
    assert_eq!(code(judge(&forum, Some(&wall), &other, &cast, false, moment(9))), RefusalCode::Unknown);
}
