//! Acts and what they must not do, one by one.

use super::*;

#[test]
fn a_vote_for_counts_more_than_one_against_and_that_more_than_none() {
    assert_eq!(together([]), Vote::None);
    assert_eq!(together([Vote::None, Vote::Down]), Vote::Down);
    assert_eq!(together([Vote::Down, Vote::Up, Vote::None]), Vote::Up);
}

/// A world with posts of person 0, 1, 2 … in the list `review`, numbered from 1.
fn three() -> World {
    let mut world = World::new();
    for who in 0..3 {
        world.command(who, &PostCommand::Ask { text: format!("why {who}?"), name: None }, false).unwrap();
    }
    world
}

impl World {
    fn all(&self, posts: &[u32]) -> Vec<PostRef> {
        posts.iter().map(|post| self.seen(PostId::new(*post))).collect()
    }

    fn publish(&mut self, posts: &[u32]) {
        self.act(&Act::Move { posts: self.all(posts), to: Queue::Published }).unwrap();
    }

    fn merge(&mut self, part: u32, into: u32) -> Result<(), Refusal> {
        self.act(&Act::Merge { into: self.all(&[into])[0], posts: self.all(&[part]) })
    }

    fn fields(&self, post: u32) -> PostFields {
        self.forum.post(PostId::new(post)).unwrap().fields.clone()
    }

    fn refused(&mut self, act: &Act) -> RefusalCode {
        self.act(act).unwrap_err().code
    }
}

#[test]
fn votes_of_a_group_add_up_without_counting_anyone_twice() {
    let mut world = three();
    world.publish(&[1, 2, 3]);
    for (who, post, vote) in
        [(3, 1, Vote::Up), (3, 2, Vote::Up), (4, 1, Vote::Down), (4, 2, Vote::Up), (0, 2, Vote::Down)]
    {
        world.command(who, &PostCommand::Vote { post: PostId::new(post), vote }, false).unwrap();
    }
    world.merge(2, 1).unwrap();
    // 0 asked one and is against the other; 1 asked; 3 is for both; 4 for one and against the
    // other.
    let votes = |world: &World, post| world.forum.post(PostId::new(post)).unwrap().votes;
    assert_eq!((votes(&world, 1), votes(&world, 2)), (VoteCount { up: 4, down: 0 }, VoteCount::default()));
    // A change of mind is about the group, and stays when it comes apart.
    world.command(4, &PostCommand::Vote { post: PostId::new(2), vote: Vote::Down }, false).unwrap();
    assert_eq!(votes(&world, 1), VoteCount { up: 3, down: 1 });
    world.act(&Act::Unmerge { posts: world.all(&[2]) }).unwrap();
    assert_eq!((votes(&world, 1), votes(&world, 2)), (VoteCount { up: 2, down: 1 }, VoteCount { up: 2, down: 2 }));
}

/// A world whose first post is published, whose second is declined, and whose third waits for
/// review.
fn judged() -> World {
    let mut world = three();
    world.publish(&[1]);
    world.act(&Act::Decline { posts: world.all(&[2]), reason: None }).unwrap();
    world
}

#[test]
fn an_act_that_makes_no_sense_is_refused() {
    use RefusalCode::{Invalid, Stale, Unknown};
    let mut world = judged();
    let (one, two, three) = (world.all(&[1]), world.all(&[2]), world.all(&[3]));
    let nobody = vec![PostRef { post: PostId::new(9), version: 1 }];
    let late = vec![PostRef { version: 1, ..one[0] }];
    for (act, code) in [
        (Act::Move { posts: two.clone(), to: Queue::Published }, Invalid),
        (Act::Move { posts: [one.clone(), nobody.clone()].concat(), to: Queue::Review }, Unknown),
        (Act::Move { posts: late, to: Queue::Review }, Stale),
        (Act::Hide { posts: three.clone() }, Invalid),
        (Act::Answered { posts: three.clone(), on: true }, Invalid),
        (Act::Merge { into: one[0], posts: one.clone() }, Invalid),
        (Act::Merge { into: two[0], posts: one.clone() }, Invalid),
        (Act::Label { posts: one.clone(), label: 3, on: true }, Unknown),
        (Act::Highlight { post: Some(PostId::new(3)) }, Invalid),
        (Act::Highlight { post: Some(PostId::new(9)) }, Unknown),
        (Act::Block { post: PostId::new(9), on: true }, Unknown),
        (Act::Configure { version: 5, settings: settings().into() }, Stale),
    ] {
        assert_eq!(world.refused(&act), code, "{act:?}");
    }
}

#[test]
fn an_act_whose_outcome_is_there_already_changes_nothing() {
    let mut world = judged();
    let (one, two, three) = (world.all(&[1]), world.all(&[2]), world.all(&[3]));
    let (rev, acts) = (world.rev, world.ledger.len());
    for act in [
        Act::Move { posts: one.clone(), to: Queue::Published },
        Act::Decline { posts: two, reason: None },
        Act::Restore { posts: one.clone() },
        Act::Unmerge { posts: one.clone() },
        Act::Label { posts: one.clone(), label: 1, on: false },
        Act::Answered { posts: three, on: false },
        Act::Highlight { post: None },
        Act::Show { on: false },
        Act::Configure { version: 0, settings: settings().into() },
    ] {
        world.act(&act).unwrap();
        assert_eq!((world.rev, world.ledger.len()), (rev, acts), "{act:?}");
    }
}

#[test]
fn a_part_goes_where_its_whole_goes_and_nowhere_else() {
    let mut world = three();
    world.publish(&[1]);
    world.merge(2, 1).unwrap();
    let two = world.all(&[2]);
    for act in [
        Act::Move { posts: two.clone(), to: Queue::Published },
        Act::Decline { posts: two.clone(), reason: None },
        Act::Pin { posts: two.clone(), on: true },
        Act::Reply { post: two[0], text: "No.".to_owned() },
        Act::Highlight { post: Some(PostId::new(2)) },
        Act::Merge { into: two[0], posts: world.all(&[3]) },
    ] {
        assert_eq!(world.refused(&act), RefusalCode::Invalid, "{act:?}");
    }
    world.act(&Act::Label { posts: two, label: 2, on: true }).unwrap();
    assert_eq!(world.fields(2).labels, [2]);
}

#[test]
fn a_highlight_goes_with_whatever_ends_its_being_asked() {
    type ActOf = fn(&World) -> Act;
    let endings: [ActOf; 5] = [
        |world| Act::Move { posts: world.all(&[1]), to: Queue::Reviewed },
        |world| Act::Decline { posts: world.all(&[1]), reason: None },
        |world| Act::Hide { posts: world.all(&[1]) },
        |world| Act::Answered { posts: world.all(&[1]), on: true },
        |world| Act::Merge { into: world.all(&[2])[0], posts: world.all(&[1]) },
    ];
    for ending in endings {
        let mut world = three();
        world.publish(&[1, 2]);
        world.act(&Act::Highlight { post: Some(PostId::new(1)) }).unwrap();
        world.act(&Act::Star { posts: world.all(&[1]), on: true }).unwrap();
        assert_eq!(world.forum.highlight, Some(PostId::new(1)));
        let act = ending(&world);
        world.act(&act).unwrap();
        assert_eq!(world.forum.highlight, None, "{act:?}");
        let changes = world.ledger.last().unwrap().clone();
        world.undo(&changes).unwrap();
        assert_eq!(world.forum.highlight, Some(PostId::new(1)), "{act:?}");
    }
}

#[test]
fn what_has_changed_since_is_not_undone_nor_anything_with_it() {
    let mut world = three();
    world.publish(&[1, 2]);
    let published = world.ledger.last().unwrap().clone();
    world.act(&Act::Star { posts: world.all(&[1]), on: true }).unwrap();
    assert_eq!(world.undo(&published).unwrap_err().code, RefusalCode::Stale);
    world.act(&Act::Star { posts: world.all(&[1]), on: false }).unwrap();
    world.undo(&published).unwrap();
    assert_eq!([world.fields(1).state, world.fields(2).state], [PostState::Review; 2]);
    assert_eq!(world.fields(1).published_at, None);
}

#[test]
fn undoing_never_makes_a_circle_nor_hangs_a_post_on_one_that_was_taken_back() {
    let mut world = three();
    world.merge(1, 2).unwrap();
    world.act(&Act::Unmerge { posts: world.all(&[1]) }).unwrap();
    let apart = world.ledger.last().unwrap().clone();
    let mut circle = world.clone();
    circle.merge(2, 1).unwrap();
    assert_eq!(circle.undo(&apart).unwrap_err().code, RefusalCode::Stale);
    world.command(1, &PostCommand::Withdraw { post: PostId::new(2) }, false).unwrap();
    assert_eq!(world.undo(&apart).unwrap_err().code, RefusalCode::Stale);
}

#[test]
fn undoing_shows_nothing_that_can_no_longer_be_shown() {
    let mut world = three();
    world.publish(&[1]);
    world.act(&Act::Highlight { post: Some(PostId::new(1)) }).unwrap();
    world.act(&Act::Highlight { post: None }).unwrap();
    let taken_off = world.ledger.last().unwrap().clone();
    world.act(&Act::Answered { posts: world.all(&[1]), on: true }).unwrap();
    assert_eq!(world.undo(&taken_off).unwrap_err().code, RefusalCode::Stale);
}

#[test]
fn an_edit_keeps_the_first_words_and_the_first_words_again_are_no_edit() {
    let mut world = three();
    for (text, original) in [("how?", Some("why 0?")), ("how so?", Some("why 0?")), ("why 0?", None)] {
        world.act(&Act::Edit { post: world.all(&[1])[0], text: text.to_owned() }).unwrap();
        assert_eq!(world.fields(1).original.as_deref(), original);
    }
}

#[test]
fn the_bin_gives_back_what_it_got_to_where_it_was() {
    let mut world = three();
    let reason = Some(Reason { code: ReasonCode::Unclear, text: None });
    world.publish(&[1]);
    world.act(&Act::Move { posts: world.all(&[2]), to: Queue::Reviewed }).unwrap();
    world.act(&Act::Hide { posts: world.all(&[1]) }).unwrap();
    world.act(&Act::Decline { posts: world.all(&[1, 2, 3]), reason: reason.clone() }).unwrap();
    assert_eq!([1, 2, 3].map(|post| world.fields(post).state), [PostState::Declined; 3]);
    assert_eq!(world.fields(2).reason, reason);
    world.act(&Act::Restore { posts: world.all(&[1, 2, 3]) }).unwrap();
    let states = [PostState::Published, PostState::Reviewed, PostState::Review];
    assert_eq!([1, 2, 3].map(|post| world.fields(post).state), states);
    assert_eq!(world.fields(2).reason, None);
}

#[test]
fn the_number_of_a_label_that_posts_have_is_not_given_to_another() {
    let mut world = three();
    world.act(&Act::Label { posts: world.all(&[1]), label: 2, on: true }).unwrap();
    let with = |world: &World, labels: Vec<Label>| Act::Configure {
        version: world.forum.settings.version,
        settings: QaChange { labels: Some(labels), ..QaChange::default() },
    };
    let [first, second] = [0, 1].map(|at: usize| settings().labels[at].clone());
    world.act(&with(&world, vec![first.clone()])).unwrap();
    let gone = world.ledger.last().unwrap().clone();
    assert!(world.forum.moderated_post(world.forum.post(PostId::new(1)).unwrap()).labels.is_empty());
    let another = Label { name: "Money".to_owned(), ..second };
    assert_eq!(world.refused(&with(&world, vec![first, another])), RefusalCode::Invalid);
    world.undo(&gone).unwrap();
    assert_eq!(world.forum.settings.labels, settings().labels);
    assert_eq!(world.forum.settings.version, world.rev);
}

#[test]
fn what_a_question_belongs_to_may_become_part_of_another_and_its_author_is_told() {
    let mut world = three();
    world.publish(&[1, 2, 3]);
    world.merge(1, 2).unwrap();
    let (before, then) = world.forum.own(person(0));
    world.merge(2, 3).unwrap();
    let (after, now) = world.forum.own(person(0));
    assert_eq!(before[&PostId::new(1)].merged_into, Some(PostId::new(2)));
    assert_eq!(after[&PostId::new(1)].merged_into, Some(PostId::new(3)));
    assert!(then < now, "{then} {now}");
}
