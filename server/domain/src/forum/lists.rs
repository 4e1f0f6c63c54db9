//! Which posts are in which list, in what order, and which of them a search finds.

use std::{
    cmp::{Ordering, Reverse},
    sync::Arc,
};

use parterre_protocol::{
    LabelId,
    posts::{ActivityRound, PostState, Queue},
    topics::QueueCounts,
};

use super::{CachedOrder, Forum};
use crate::{post::Post, text};

/// An order of the published posts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// All: pinned first, then the most supported; the answered ones after all others.
    #[default]
    Popular,
    /// All: the newest first.
    Recent,
    /// All: the oldest first.
    Oldest,
    /// Only the answered ones, the last answered first.
    Answered,
}

/// One of the moderators' lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Waiting for a moderator, the oldest first.
    Review,
    /// Found good, the most supported first.
    Reviewed,
    /// Published, the most supported first.
    Published,
    /// Declined and hidden, the last first.
    Bin,
}

impl List {
    /// The list in which a post with this state is; none for withdrawn ones.
    pub const fn of(state: PostState) -> Option<Self> {
        match state {
            PostState::Review => Some(Self::Review),
            PostState::Reviewed => Some(Self::Reviewed),
            PostState::Published => Some(Self::Published),
            PostState::Declined | PostState::Hidden => Some(Self::Bin),
            PostState::Withdrawn => None,
        }
    }
}

/// Where posts were sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places<'a> {
    /// The event's questions.
    Questions,
    /// An activity in one of its rounds.
    Activity(ActivityRound),
    /// The questions, and these activities.
    All(&'a [ActivityRound]),
}

impl Places<'_> {
    /// Whether what was sent there is among them; none is a question.
    fn contain(self, to: Option<ActivityRound>) -> bool {
        match self {
            Self::Questions => to.is_none(),
            Self::Activity(activity) => to == Some(activity),
            Self::All(activities) => to.is_none_or(|to| activities.contains(&to)),
        }
    }
}

impl From<Queue> for List {
    fn from(queue: Queue) -> Self {
        match queue {
            Queue::Review => Self::Review,
            Queue::Reviewed => Self::Reviewed,
            Queue::Published => Self::Published,
        }
    }
}

impl Forum {
    /// What posts are ordered by: votes for less votes against, where there are such.
    pub fn score(&self, post: &Post) -> i64 {
        if self.settings.downvotes { post.votes.score() } else { post.votes.up.into() }
    }

    /// The popular order: pinned first, then by score, then the older first.
    pub fn popular(&self, a: &Post, b: &Post) -> Ordering {
        let key = |post: &Post| (Reverse(post.fields.pinned), Reverse(self.score(post)), post.id);
        key(a).cmp(&key(b))
    }

    /// The published questions of an order, with this label if one is given, that a search finds.
    pub fn shown(&self, sort: Sort, label: Option<LabelId>, query: &str) -> Vec<&Arc<Post>> {
        let query = Query::new(query);
        let is_wanted = |post: &Post| {
            let fields = &post.fields;
            post.is_shown_question()
                && label.is_none_or(|label| fields.labels.contains(&label))
                && (sort != Sort::Answered || fields.answered_at.is_some())
        };
        let found = self.posts.values().filter(|kept| is_wanted(&kept.post) && query.finds(kept, false));
        let mut posts: Vec<_> = found.map(|kept| &kept.post).collect();
        match sort {
            Sort::Oldest => {}
            Sort::Recent => posts.reverse(),
            Sort::Popular => posts.sort_unstable_by(|a, b| {
                let answered = |post: &Post| post.fields.answered_at.is_some();
                answered(a).cmp(&answered(b)).then_with(|| self.popular(a, b))
            }),
            Sort::Answered => posts.sort_unstable_by_key(|post| Reverse((post.fields.answered_at, post.id))),
        }
        posts
    }

    /// The posts of a moderators' list, sent to these places, that a search finds in them or in a
    /// part of them. Parts are not in lists.
    pub fn list(&self, list: List, places: Places<'_>, query: &str) -> Vec<&Arc<Post>> {
        let query = Query::new(query);
        let says = |kept: &CachedOrder| query.finds(kept, true);
        let part_says = |post: &Post| self.parts(post.id).iter().filter_map(|part| self.posts.get(part)).any(says);
        let is_wanted = |post: &Post| {
            places.contain(post.to) && post.fields.merged_into.is_none() && List::of(post.fields.state) == Some(list)
        };
        let found = self.cached(places).filter(|kept| is_wanted(&kept.post) && (says(kept) || part_says(&kept.post)));
        let mut posts: Vec<_> = found.map(|kept| &kept.post).collect();
        match list {
            List::Review => {}
            List::Reviewed | List::Published => match places {
                // Texts are not voted on.
                Places::Activity(_) => posts.sort_unstable_by_key(|post| Reverse((post.fields.pinned, post.id))),
                Places::Questions | Places::All(_) => posts.sort_unstable_by(|a, b| self.popular(a, b)),
            },
            List::Bin => posts.sort_unstable_by_key(|post| Reverse((post.version, post.id))),
        }
        posts
    }

    /// The posts among which those of these places are.
    fn cached(&self, places: Places<'_>) -> Box<dyn Iterator<Item = &CachedOrder> + '_> {
        match places {
            Places::Activity(to) => {
                Box::new(self.texts.get(&to).into_iter().flatten().filter_map(|post| self.posts.get(post)))
            }
            Places::Questions | Places::All(_) => Box::new(self.posts.values()),
        }
    }

    /// How many posts of these places each moderators' list has.
    pub fn counts(&self, places: Places<'_>) -> QueueCounts {
        let mut counts = QueueCounts::default();
        let posts = self.cached(places).map(|kept| &kept.post);
        for post in posts.filter(|post| places.contain(post.to) && post.fields.merged_into.is_none()) {
            match List::of(post.fields.state) {
                Some(List::Review) => counts.review += 1,
                Some(List::Reviewed) => counts.reviewed += 1,
                Some(List::Published) => counts.published += 1,
                Some(List::Bin) => counts.bin += 1,
                None => {}
            }
        }
        counts
    }
}

/// A post's texts, folded once for all searches.
#[derive(Debug)]
pub(super) struct FoldedTexts {
    shown: Vec<String>,
    /// What its author had written, where that was reworded.
    original: Option<String>,
}

impl FoldedTexts {
    fn of(post: &Post) -> Self {
        let fields = &post.fields;
        let shown = [Some(&fields.text), post.name.as_ref(), fields.reply.as_ref()];
        Self {
            shown: shown.into_iter().flatten().map(|text| text::fold(text)).collect(),
            original: fields.original.as_deref().map(text::fold),
        }
    }
}

/// A search: a match contains every word of it, in any case, with or without accents.
struct Query(Vec<String>);

impl Query {
    fn new(typed: &str) -> Self {
        Self(text::fold(typed).split_whitespace().map(str::to_owned).collect())
    }

    /// Whether a post is found by what all may read of it, or by all that there is of it.
    fn finds(&self, kept: &CachedOrder, by_all: bool) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let FoldedTexts { shown, original } = kept.folded.get_or_init(|| FoldedTexts::of(&kept.post));
        let is_said = |word: &String| {
            shown.iter().chain(original.iter().filter(|_| by_all)).any(|text| text.contains(word.as_str()))
        };
        self.0.iter().all(is_said)
    }
}

#[cfg(test)]
mod tests {
    use parterre_protocol::{PostId, QaSettings, limits::WINDOW_PHONE, posts::Label};

    use super::*;
    use crate::{
        forum::{Viewer, tests::forum},
        post::VoteCount,
    };

    fn numbers(posts: Vec<&Arc<Post>>) -> Vec<u32> {
        posts.into_iter().map(|post| post.id.number()).collect()
    }

    #[test]
    fn the_popular_order_is_pinned_then_most_votes_then_oldest() {
        let up = |up, down| VoteCount { up, down };
        let mut forum = forum(6, |post| {
            post.votes = [up(1, 0), up(5, 4), up(3, 0), up(3, 0), up(9, 0), up(1, 0)][post.id.number() as usize - 1];
            post.fields.pinned = post.id.number() == 6;
            post.fields.answered_at = (post.id.number() == 5).then_some(1);
        });
        assert_eq!(numbers(forum.shown(Sort::Popular, None, "")), [6, 2, 3, 4, 1, 5]);
        forum.settings = Arc::new(QaSettings { downvotes: true, ..QaSettings::default() });
        assert_eq!(numbers(forum.shown(Sort::Popular, None, "")), [6, 3, 4, 1, 2, 5]);
        assert_eq!(numbers(forum.shown(Sort::Recent, None, "")), [6, 5, 4, 3, 2, 1]);
        assert_eq!(numbers(forum.shown(Sort::Oldest, None, "")), [1, 2, 3, 4, 5, 6]);
        assert_eq!(numbers(forum.shown(Sort::Answered, None, "")), [5]);
    }

    #[test]
    fn a_search_finds_all_of_its_words_in_any_case_with_or_without_accents() {
        let texts = ["Où va l’été ?", "Travel paid overseas?", "Who pays for travel?"];
        let forum = forum(3, |post| {
            post.fields.text = texts[post.id.number() as usize - 1].to_owned();
            post.name = (post.id.number() == 2).then(|| "Inès".to_owned());
            post.fields.labels = vec![post.id.number() as LabelId];
        });
        for (query, label, found) in [
            ("ETE", None, vec![1]),
            ("travel", None, vec![2, 3]),
            ("pay travel", None, vec![3]),
            ("ines", None, vec![2]),
            ("travel ines", None, vec![2]),
            ("travel", Some(3), vec![3]),
            ("", Some(1), vec![1]),
            ("trains", None, vec![]),
        ] {
            assert_eq!(numbers(forum.shown(Sort::Oldest, label, query)), found, "{query}");
        }
    }

    #[test]
    fn moderators_find_a_post_by_its_parts_and_by_its_first_words() {
        let forum = forum(3, |post| {
            post.fields.text = format!("question {}", post.id);
            post.fields.merged_into = (post.id.number() == 2).then_some(PostId::new(3));
            post.fields.original = (post.id.number() == 1).then(|| "rude words".to_owned());
        });
        assert_eq!(numbers(forum.list(List::Published, Places::Questions, "question 2")), [3]);
        assert_eq!(numbers(forum.list(List::Published, Places::Questions, "rude")), [1]);
        assert_eq!(numbers(forum.shown(Sort::Oldest, None, "rude")), Vec::<u32>::new());
        assert_eq!(numbers(forum.list(List::Review, Places::Questions, "")), Vec::<u32>::new());
    }

    #[test]
    fn a_window_holds_the_first_of_the_popular_order_and_what_is_highlighted() {
        let mut forum = forum(60, |post| {
            post.votes.up = 1 + post.id.number() * 7 % 13;
            post.fields.answered_at = (post.id.number() % 9 == 0).then_some(1);
            post.fields.labels = vec![(post.id.number() % 2) as LabelId];
        });
        let label = |id, public| Label { id, name: String::new(), colour: 1, public };
        let labels = vec![label(0, false), label(1, true)];
        forum.settings = Arc::new(QaSettings { labels, ..QaSettings::default() });
        let first: Vec<_> = forum.shown(Sort::Popular, None, "").into_iter().map(|post| post.id).collect();
        forum.highlight = Some(first[50]);
        let window = forum.window(Viewer::Phone, false);
        let mut expected: Vec<_> = first[..WINDOW_PHONE].iter().chain([&first[50]]).copied().collect();
        expected.sort_unstable();
        assert_eq!(window.posts.keys().copied().collect::<Vec<_>>(), expected);
        assert_eq!((window.published, window.answered_posts, window.highlight), (60, 6, Some(first[50])));
        assert!(window.posts.values().all(|post| post.labels.is_empty() || post.labels == [1]));

        let speaker = forum.window(Viewer::Speaker(Some(0)), false);
        assert_eq!((speaker.posts.len(), speaker.published, speaker.answered_posts), (27, 30, 3));
        assert!(speaker.posts.iter().all(|(id, post)| id.number() % 2 == 0 && post.labels == [0]));
        let is_theirs = first[50].number() % 2 == 0;
        assert_eq!(speaker.highlight, is_theirs.then_some(first[50]), "what is not theirs is not shown to them");

        forum.settings = Arc::default();
        let gone = forum.window(Viewer::Speaker(Some(0)), false);
        assert_eq!((gone.posts.len(), gone.published), (0, 0), "the label is gone, though the posts still have it");
    }
}
