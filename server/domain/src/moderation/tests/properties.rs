//! Whatever participants and moderators do, in whatever order: nobody counts twice, what is done
//! can be undone, and nothing is shown that is not published.

use proptest::{prelude::*, sample::Index};

use super::*;

/// Chance has to find what only goes wrong in one order; many drafts are for acts that make no
/// sense.
const CASES: u32 = 150;

/// Something that somebody does; which posts and acts it is about is chosen from what there is.
#[derive(Clone, Debug)]
enum Step {
    Ask { who: u8, flagged: bool },
    Send { who: u8, flagged: bool },
    Edit { who: u8, post: Index, text: String },
    Withdraw { who: u8, post: Index },
    Vote { who: u8, post: Index, vote: Vote },
    Act { act: Act, first: Index, second: Index, both: bool },
    Undo { act: Index },
}

fn any_vote() -> impl Strategy<Value = Vote> {
    prop_oneof![Just(Vote::Up), Just(Vote::Down), Just(Vote::None)]
}

/// Acts of every kind, their posts left out.
fn any_act() -> impl Strategy<Value = Act> {
    let (posts, nobody) = (Vec::new, || PostRef { post: PostId::new(0), version: 0 });
    let queue = prop_oneof![1 => Just(Queue::Review), 1 => Just(Queue::Reviewed), 3 => Just(Queue::Published)];
    let reason = Reason { code: ReasonCode::OffTopic, text: Some("not today".to_owned()) };
    prop_oneof![
        6 => queue.prop_map(move |to| Act::Move { posts: posts(), to }),
        1 => prop::option::of(Just(reason)).prop_map(move |reason| Act::Decline { posts: posts(), reason }),
        1 => Just(Act::Hide { posts: posts() }),
        2 => Just(Act::Restore { posts: posts() }),
        1 => "[ab]{1,2}".prop_map(move |text| Act::Edit { post: nobody(), text }),
        6 => Just(Act::Merge { into: nobody(), posts: posts() }),
        3 => Just(Act::Unmerge { posts: posts() }),
        2 => (1..=2u16, any::<bool>()).prop_map(move |(label, on)| Act::Label { posts: posts(), label, on }),
        1 => any::<bool>().prop_map(move |on| Act::Star { posts: posts(), on }),
        1 => any::<bool>().prop_map(move |on| Act::Pin { posts: posts(), on }),
        2 => any::<bool>().prop_map(move |on| Act::Answered { posts: posts(), on }),
        1 => "[ab]{0,2}".prop_map(move |text| Act::Reply { post: nobody(), text }),
        1 => any::<bool>().prop_map(move |on| Act::Block { post: PostId::new(0), on }),
        3 => any::<bool>().prop_map(|on| Act::Highlight { post: on.then_some(PostId::new(0)) }),
        1 => any::<bool>().prop_map(|on| Act::Show { on }),
        1 => any::<bool>().prop_map(|review| Act::Configure { version: 0, settings: QaSettings { review, ..settings() }.into() }),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let (who, post) = (|| 0..PEOPLE, any::<Index>);
    prop_oneof![
        3 => (who(), any::<bool>()).prop_map(|(who, flagged)| Step::Ask { who, flagged }),
        2 => (who(), any::<bool>()).prop_map(|(who, flagged)| Step::Send { who, flagged }),
        1 => (who(), post(), "[ab]{1,2}").prop_map(|(who, post, text)| Step::Edit { who, post, text }),
        1 => (who(), post()).prop_map(|(who, post)| Step::Withdraw { who, post }),
        6 => (who(), post(), any_vote()).prop_map(|(who, post, vote)| Step::Vote { who, post, vote }),
        9 => (any_act(), post(), post(), any::<bool>())
            .prop_map(|(act, first, second, both)| Step::Act { act, first, second, both }),
        3 => any::<Index>().prop_map(|act| Step::Undo { act }),
    ]
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(any_step(), 0..60)
}

impl World {
    fn pick(&self, index: Index) -> Option<PostId> {
        let posts: Vec<_> = self.forum.posts().map(|post| post.id).collect();
        (!posts.is_empty()).then(|| *index.get(&posts))
    }

    /// An act about these posts, as somebody sends it who sees what is there now.
    fn about(&self, act: Act, first: PostId, second: PostId, both: bool) -> Act {
        let seen = self.seen(first);
        let all = if both && first != second { vec![seen, self.seen(second)] } else { vec![seen] };
        match act {
            Act::Move { to, .. } => Act::Move { posts: all, to },
            Act::Decline { reason, .. } => Act::Decline { posts: all, reason },
            Act::Hide { .. } => Act::Hide { posts: all },
            Act::Restore { .. } => Act::Restore { posts: all },
            Act::Edit { text, .. } => Act::Edit { post: seen, text },
            Act::Merge { .. } => Act::Merge { into: seen, posts: vec![self.seen(second)] },
            Act::Unmerge { .. } => Act::Unmerge { posts: all },
            Act::Label { label, on, .. } => Act::Label { posts: all, label, on },
            Act::Star { on, .. } => Act::Star { posts: all, on },
            Act::Pin { on, .. } => Act::Pin { posts: all, on },
            Act::Answered { on, .. } => Act::Answered { posts: all, on },
            Act::Reply { text, .. } => Act::Reply { post: seen, text },
            Act::Block { on, .. } => Act::Block { post: first, on },
            Act::Highlight { post } => Act::Highlight { post: post.map(|_| first) },
            Act::Configure { settings, .. } => Act::Configure { version: self.forum.settings.version, settings },
            act @ (Act::Show { .. }
            | Act::HideWord { .. }
            | Act::MergeWord { .. }
            | Act::RestoreWord { .. }
            | Act::Undo { .. }) => act,
        }
    }

    /// Does a step; what is refused changes nothing.
    fn step(&mut self, step: Step) -> Result<(), Refusal> {
        self.now += 1;
        let before = self.clone();
        let done = match step {
            Step::Ask { who, flagged } => {
                self.command(who, &PostCommand::Ask { text: "why?".to_owned(), name: None }, flagged)
            }
            Step::Send { who, flagged } => {
                let text = "Less of this".to_owned();
                self.command(who, &PostCommand::Send { to: to_wall(), text, name: None }, flagged)
            }
            Step::Edit { who, post, text } => {
                self.pick(post).map_or(Ok(()), |post| self.command(who, &PostCommand::Edit { post, text }, false))
            }
            Step::Withdraw { who, post } => {
                self.pick(post).map_or(Ok(()), |post| self.command(who, &PostCommand::Withdraw { post }, false))
            }
            Step::Vote { who, post, vote } => {
                self.pick(post).map_or(Ok(()), |post| self.command(who, &PostCommand::Vote { post, vote }, false))
            }
            Step::Act { act, first, second, both } => match (self.pick(first), self.pick(second)) {
                (Some(first), Some(second)) => self.act(&self.about(act, first, second, both)),
                _ => Ok(()),
            },
            Step::Undo { act } if !self.ledger.is_empty() => self.undo(&act.get(&self.ledger).clone()),
            Step::Undo { .. } => Ok(()),
        };
        if done.is_err() {
            assert_eq!(self.substance(), before.substance());
        }
        done
    }
}

fn after(steps: Vec<Step>) -> World {
    let mut world = World::new();
    for step in steps {
        drop(world.step(step));
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, max_global_rejects: 100 * CASES, ..ProptestConfig::default() })]

    #[test]
    fn nobody_counts_twice_and_nothing_is_shown_that_is_not_published(steps in any_steps()) {
        let mut world = World::new();
        for step in steps {
            drop(world.step(step));
            world.check();
        }
    }

    #[test]
    fn what_authors_are_told_has_a_higher_version_whenever_it_is_something_else(steps in any_steps()) {
        let mut world = World::new();
        let own = |world: &World| (0..PEOPLE).map(|n| world.forum.own(person(n))).collect::<Vec<_>>();
        let mut told = own(&world);
        for step in steps {
            drop(world.step(step));
            let now = own(&world);
            for ((posts, rev), (posts_now, rev_now)) in told.iter().zip(&now) {
                prop_assert!(posts == posts_now || rev < rev_now, "{posts:?} at {rev}, {posts_now:?} at {rev_now}");
            }
            told = now;
        }
    }

    #[test]
    fn an_act_that_is_undone_has_not_been(
        steps in any_steps(), act in any_act(), first: Index, second: Index, both: bool,
    ) {
        let mut world = after(steps);
        let before = world.substance();
        let acts = world.ledger.len();
        prop_assume!(world.step(Step::Act { act, first, second, both }).is_ok() && world.ledger.len() > acts);
        let (done, changes) = (world.substance(), world.ledger.last().unwrap().clone());
        world.undo(&changes).unwrap();
        prop_assert_eq!(&world.substance(), &before);
        // And the undoing can be undone.
        let changes = world.ledger.last().unwrap().clone();
        world.undo(&changes).unwrap();
        prop_assert_eq!(&world.substance(), &done);
        world.check();
    }

    #[test]
    fn what_is_merged_and_taken_apart_is_as_before_with_its_votes(steps in any_steps(), into: Index, part: Index) {
        let mut world = after(steps);
        let (Some(into), Some(part)) = (world.pick(into), world.pick(part)) else { return Ok(()) };
        prop_assume!(world.forum.root(part) == part);
        let posts = |world: &World| -> Vec<_> {
            world.forum.posts().map(|post| (post.id, post.fields.clone(), post.votes)).collect()
        };
        let before = posts(&world);
        let merge = Act::Merge { into: world.seen(into), posts: vec![world.seen(part)] };
        prop_assume!(world.act(&merge).is_ok());
        prop_assert_eq!(world.forum.root(part), into);
        world.act(&Act::Unmerge { posts: vec![world.seen(part)] }).unwrap();
        prop_assert_eq!(posts(&world), before);
    }

    #[test]
    fn a_second_moderator_never_overwrites_the_first(steps in any_steps(), act in any_act(), post: Index) {
        let mut world = after(steps);
        let Some(post) = world.pick(post) else { return Ok(()) };
        let late = world.about(act, post, post, false);
        let is_about_what_was_seen = !matches!(late, Act::Block { .. } | Act::Highlight { .. } | Act::Show { .. } | Act::Configure { .. });
        let text = format!("{}!", world.forum.post(post).unwrap().fields.text);
        // That these are for questions is told first.
        let is_for_questions = matches!(late, Act::Label { .. } | Act::Answered { .. } | Act::Reply { .. });
        prop_assume!(!is_for_questions || world.forum.post(post).unwrap().to.is_none());
        prop_assume!(is_about_what_was_seen && world.act(&Act::Edit { post: world.seen(post), text }).is_ok());
        let refused = world.act(&late).unwrap_err();
        prop_assert!(refused.code == RefusalCode::Stale, "{refused}");
    }
}
