//! The texts of an activity as everybody may see them.

use std::cmp::Reverse;

use parterre_protocol::{
    posts::ActivityRound,
    texts::{ShownText, Texts},
};

use super::{Forum, Post};

impl Forum {
    /// The published texts of an activity in a round that are no parts of others: at most so many,
    /// those that are pinned and then the newest ones, and the one that the screen shows large.
    pub fn shown_texts(&self, to: ActivityRound, most: usize) -> Texts {
        let mut shown: Vec<_> = self.texts(to).rev().filter(|post| post.fields.is_shown()).collect();
        let count = u32::try_from(shown.len()).unwrap_or(u32::MAX);
        shown.sort_by_key(|post| Reverse(post.fields.pinned));
        let highlight = shown.iter().find(|post| Some(post.id) == self.highlight).copied();
        shown.truncate(most);
        let texts = shown.into_iter().chain(highlight).map(|post| (post.id, text(post)));
        Texts { texts: texts.collect(), shown: count, highlight: highlight.map(|post| post.id) }
    }
}

fn text(post: &Post) -> ShownText {
    ShownText {
        text: post.fields.text.clone(),
        name: post.name.clone(),
        // Whoever sends a text supports it, and nobody else can.
        people: post.votes.up.max(1),
        pinned: post.fields.pinned,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use parterre_protocol::{ActivityId, PostId, posts::PostState};
    use uuid::Uuid;

    use super::*;
    use crate::forum::{
        List, Places, Sort, Viewer,
        tests::{forum, person},
    };

    fn place(round: u32) -> ActivityRound {
        ActivityRound { activity: ActivityId::new(Uuid::nil()), round }
    }

    /// Eight posts in turn: a question, two texts, a text of the former round.
    fn mixed(change: impl Fn(&mut Post)) -> Forum {
        forum(8, |post| {
            post.to = [None, Some(place(2)), Some(place(2)), Some(place(1))][(post.id.number() as usize - 1) % 4];
            post.author = person(post.id.number() as u8);
            change(post);
        })
    }

    #[test]
    fn no_list_of_questions_holds_a_text_and_the_other_way_round() {
        let mut forum = mixed(|_| {});
        forum.highlight = Some(PostId::new(2));
        let numbers = |posts: Vec<&std::sync::Arc<Post>>| posts.iter().map(|post| post.id.number()).collect::<Vec<_>>();
        for viewer in [Viewer::Phone, Viewer::Screen, Viewer::Speaker(None)] {
            let window = forum.window(viewer, false);
            assert_eq!((window.posts.len(), window.published, window.highlight), (2, 2, None), "{viewer:?}");
        }
        assert_eq!(numbers(forum.shown(Sort::Oldest, None, "")), [1, 5]);
        assert_eq!(forum.summary().asked, 2);
        assert_eq!(numbers(forum.list(List::Published, Places::Questions, "")), [1, 5]);
        assert_eq!(numbers(forum.list(List::Published, Places::Activity(place(2)), "")), [7, 6, 3, 2]);
        let all = forum.list(List::Published, Places::All(&[place(2)]), "");
        assert_eq!(numbers(all), [1, 2, 3, 5, 6, 7]);
        assert_eq!(forum.counts(Places::Activity(place(1))).published, 2);
        let texts = forum.shown_texts(place(2), 2);
        assert_eq!((texts.shown, texts.highlight), (4, Some(PostId::new(2))));
        let shown: Vec<_> = texts.texts.keys().map(|id| id.number()).collect();
        assert_eq!(shown, [2, 6, 7], "the newest, and the one in the spotlight");
        assert_eq!(forum.moderation(BTreeMap::new()).posts.len(), 3, "the questions, and what the screen shows");
    }

    #[test]
    fn what_is_not_published_or_part_of_another_is_not_shown_and_pinned_ones_come_first() {
        let forum = mixed(|post| match post.id.number() {
            2 => post.fields.pinned = true,
            3 => post.fields.state = PostState::Review,
            6 => post.fields.merged_into = Some(PostId::new(7)),
            7 => post.votes.up = 2,
            _ => {}
        });
        let texts = forum.shown_texts(place(2), 1);
        assert_eq!((texts.shown, texts.texts.keys().copied().collect::<Vec<_>>()), (2, vec![PostId::new(2)]));
        assert_eq!(forum.shown_texts(place(2), 9).texts[&PostId::new(7)].people, 2);
        let senders: Vec<_> = [2, 3, 6, 7].map(person).into();
        assert_eq!(forum.senders(place(2)).into_iter().collect::<Vec<_>>(), senders);
    }
}
