//! What of a forum each audience sees.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    iter,
    sync::Arc,
};

use parterre_protocol::{
    ActivityId, LabelId, ParticipantId, PostId, Rev,
    limits::{MODERATION_POSTS, WINDOW_MODERATION, WINDOW_PHONE, WINDOW_SCREEN, WINDOW_SPEAKER},
    posts::{ActivityRound, PostState, PostStatus, ReasonCode},
    topics::{ModeratedActivity, ModeratedPost, Moderation, OwnPost, Posts, QaSummary, ShownPost},
};

use super::{Forum, List, Places};
use crate::post::Post;

/// Who sees the topic `posts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Viewer {
    /// The phones of an event.
    Phone,
    /// Its screens.
    Screen,
    /// Those who hold a speaker's link with this label, or with none: for all posts.
    Speaker(Option<LabelId>),
}

impl Viewer {
    /// How many posts the window has, but for the highlighted one.
    pub const fn window(self) -> usize {
        match self {
            Self::Phone => WINDOW_PHONE,
            Self::Screen => WINDOW_SCREEN,
            Self::Speaker(_) => WINDOW_SPEAKER,
        }
    }

    const fn label(self) -> Option<LabelId> {
        match self {
            Self::Phone | Self::Screen => None,
            Self::Speaker(label) => label,
        }
    }

    const fn sees_private(self) -> bool {
        matches!(self, Self::Speaker(_))
    }
}

impl Forum {
    /// The topic `posts`. `ended`: whether the event is over.
    pub fn window(&self, watcher: Viewer, ended: bool) -> Posts {
        let label = watcher.label();
        // A label that is gone has no questions, though they still carry its number.
        let there_is = label.is_none_or(|label| self.settings.labels.iter().any(|known| known.id == label));
        let is_seen = |post: &Post| {
            there_is && post.is_shown_question() && label.is_none_or(|label| post.fields.labels.contains(&label))
        };
        let seen: Vec<_> = self.questions().filter(|post| is_seen(post)).collect();
        let mut open: Vec<_> = seen.iter().filter(|post| post.fields.answered_at.is_none()).copied().collect();
        let answered_posts = count(seen.len() - open.len());
        let most = watcher.window().min(open.len());
        if most < open.len() {
            open.select_nth_unstable_by(most, |a, b| self.popular(a, b));
            open.truncate(most);
        }
        let highlight = self.highlight.and_then(|post| Some(&self.posts.get(&post)?.post)).filter(|post| is_seen(post));
        let posts = open.into_iter().chain(highlight).map(|post| (post.id, self.shown_post(post, watcher))).collect();
        Posts {
            posts,
            highlight: highlight.map(|post| post.id),
            published: count(seen.len()),
            answered_posts,
            summary: (ended && self.settings.share && label.is_none()).then(|| self.summary()),
        }
    }

    /// A published post as this audience sees it.
    pub fn shown_post(&self, post: &Post, watcher: Viewer) -> ShownPost {
        let fields = &post.fields;
        ShownPost {
            text: fields.text.clone(),
            votes: post.votes.up,
            down: self.settings.downvotes.then_some(post.votes.down),
            at: post.at,
            name: post.name.clone(),
            labels: self.labels(post, watcher.sees_private()),
            pinned: fields.pinned,
            answered: fields.answered_at.is_some(),
            edited: fields.original.is_some(),
            reply: fields.reply.clone(),
        }
    }

    /// A post as moderators see it.
    pub fn moderated_post(&self, post: &Post) -> ModeratedPost {
        let fields = &post.fields;
        ModeratedPost {
            to: post.to,
            text: fields.text.clone(),
            original: fields.original.clone(),
            state: fields.state,
            version: post.version,
            at: post.at,
            name: post.name.clone(),
            votes: post.votes.up,
            down: self.settings.downvotes.then_some(post.votes.down),
            flagged: post.flagged,
            starred: fields.starred,
            pinned: fields.pinned,
            answered: fields.answered_at.is_some(),
            labels: self.labels(post, true),
            reply: fields.reply.clone(),
            reason: fields.reason.clone(),
            merged_into: fields.merged_into,
            blocked: self.blocked.contains(&post.author),
        }
    }

    /// The topic `moderation`, with these activities.
    pub fn moderation(&self, activities: BTreeMap<ActivityId, ModeratedActivity>) -> Moderation {
        let of = |(id, activity): (&ActivityId, &ModeratedActivity)| {
            let place = Places::Activity(ActivityRound { activity: *id, round: activity.round });
            (activity.staged, activity.place, place)
        };
        // The one on stage first, then those that come next.
        let mut sources: Vec<_> = activities.iter().map(of).collect();
        sources.sort_unstable_by_key(|(staged, place, _)| (Reverse(*staged), *place));
        let mut shown = self.windows(Places::Questions);
        for (staged, _, place) in sources {
            if staged || shown.len() < MODERATION_POSTS {
                shown.extend(self.windows(place));
            }
        }
        shown.extend(self.highlight.and_then(|post| Some(&self.posts.get(&post)?.post)));
        let (settings, counts) = ((*self.settings).clone(), self.counts(Places::Questions));
        Moderation { settings, counts, activities, posts: self.with_parts(shown), highlight: self.highlight }
    }

    /// What moderators are shown of the lists of these places.
    fn windows(&self, places: Places<'_>) -> Vec<&Arc<Post>> {
        let lists = [List::Review, List::Reviewed, List::Published, List::Bin];
        lists.into_iter().flat_map(|list| self.list(list, places, "").into_iter().take(WINDOW_MODERATION)).collect()
    }

    /// These posts and every part of them, as moderators see them.
    pub fn with_parts<'a>(&self, posts: impl IntoIterator<Item = &'a Arc<Post>>) -> BTreeMap<PostId, ModeratedPost> {
        let mut wanted = BTreeSet::new();
        for post in posts {
            wanted.insert(post.id);
            wanted.extend(self.parts(post.id));
        }
        let posts = wanted.into_iter().filter_map(|id| self.post(id));
        posts.map(|post| (post.id, self.moderated_post(post))).collect()
    }

    /// A participant's own posts, and the version of the newest of all that is said of them; 0
    /// where there are none.
    pub fn own(&self, participant: ParticipantId) -> (BTreeMap<PostId, OwnPost>, Rev) {
        let mut newest = 0;
        let mut posts = BTreeMap::new();
        for post in self.posts_by(participant) {
            let root = self.post(self.root(post.id)).unwrap_or(post);
            // What lies between counts too: it may have become part of another while both ends
            // stayed as they were.
            let chain = iter::successors(Some(post.as_ref()), |part| self.post(part.fields.merged_into?));
            newest = chain.take(self.posts.len()).map(|part| part.version).fold(newest, Rev::max);
            posts.insert(post.id, own_post(post, root));
        }
        (posts, newest)
    }

    /// A summary of all questions.
    pub fn summary(&self) -> QaSummary {
        let mut summary = QaSummary::default();
        for post in self.questions() {
            if post.fields.state == PostState::Withdrawn {
                continue;
            }
            summary.asked += 1;
            let root = self.post(self.root(post.id)).unwrap_or(post);
            match root.fields.state {
                PostState::Published => {
                    summary.shown += 1;
                    summary.answered_posts += u32::from(root.fields.answered_at.is_some());
                }
                PostState::Declined => {
                    let code = root.fields.reason.as_ref().map_or(ReasonCode::Other, |reason| reason.code);
                    *summary.declined.entry(code).or_default() += 1;
                }
                PostState::Review | PostState::Reviewed | PostState::Hidden | PostState::Withdrawn => {}
            }
        }
        summary
    }

    /// The labels of a post that there still are, the private ones only for those who may know of
    /// them.
    fn labels(&self, post: &Post, private: bool) -> Vec<LabelId> {
        let seen = self.settings.labels.iter().filter(|label| private || label.public);
        let seen: BTreeSet<_> = seen.map(|label| label.id).collect();
        post.fields.labels.iter().copied().filter(|label| seen.contains(label)).collect()
    }
}

/// A post as its author sees it. It may have been merged into someone else's post: while that one
/// is not public, its author learns only its status.
fn own_post(post: &Post, root: &Post) -> OwnPost {
    let fields = &post.fields;
    let is_part = root.id != post.id;
    let shown = root.fields.is_shown();
    let fate = match fields.state {
        PostState::Withdrawn => PostStatus::Withdrawn,
        _ => fate(root),
    };
    OwnPost {
        to: post.to,
        text: fields.text.clone(),
        fate,
        at: post.at,
        name: post.name.clone(),
        edited: fields.original.is_some(),
        reason: fields.reason.clone().filter(|_| !is_part && fate == PostStatus::Declined),
        reply: root.fields.reply.clone().filter(|_| shown),
        merged_into: (is_part && shown).then_some(root.id),
    }
}

fn fate(root: &Post) -> PostStatus {
    match root.fields.state {
        PostState::Review | PostState::Reviewed => PostStatus::Waiting,
        PostState::Published if root.fields.answered_at.is_some() => PostStatus::Answered,
        PostState::Published => PostStatus::Shown,
        PostState::Declined => PostStatus::Declined,
        PostState::Hidden => PostStatus::Hidden,
        PostState::Withdrawn => PostStatus::Withdrawn,
    }
}

fn count(posts: usize) -> u32 {
    u32::try_from(posts).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use parterre_protocol::{QaSettings, posts::Reason};

    use super::*;
    use crate::forum::tests::{forum, person};

    fn reason() -> Option<Reason> {
        Some(Reason { code: ReasonCode::Unclear, text: Some("What?".to_owned()) })
    }

    /// Two posts, the second being the first's part: by two authors.
    fn merged(change: impl Fn(&mut Post)) -> Forum {
        forum(2, |post| {
            if post.id.number() == 2 {
                post.author = person(2);
                post.fields.merged_into = Some(PostId::new(1));
                (post.fields.state, post.fields.reason) = (PostState::Declined, reason());
            } else {
                change(post);
            }
        })
    }

    #[test]
    fn the_author_of_a_part_learns_what_becomes_of_the_whole_and_no_more_until_all_see_it() {
        for (state, answered_at, fate) in [
            (PostState::Review, None, PostStatus::Waiting),
            (PostState::Reviewed, None, PostStatus::Waiting),
            (PostState::Declined, None, PostStatus::Declined),
            (PostState::Hidden, None, PostStatus::Hidden),
            (PostState::Published, None, PostStatus::Shown),
            (PostState::Published, Some(3), PostStatus::Answered),
        ] {
            let forum = merged(|post| {
                (post.fields.state, post.fields.answered_at, post.version) = (state, answered_at, 70);
                (post.fields.reason, post.fields.reply) = (reason(), Some("Yes.".to_owned()));
            });
            let (posts, rev) = forum.own(person(2));
            assert_eq!((posts.len(), rev), (1, 70), "what becomes of the whole is news for the author of a part");
            let own = &posts[&PostId::new(2)];
            assert_eq!((own.fate, own.text.as_str(), &own.reason), (fate, "question 2", &None), "{state:?}");
            let is_shown = state == PostState::Published;
            assert_eq!(own.merged_into, is_shown.then_some(PostId::new(1)), "{state:?}");
            assert_eq!(own.reply, is_shown.then(|| "Yes.".to_owned()), "{state:?}");
        }
    }

    #[test]
    fn the_author_of_a_declined_question_reads_why_and_a_reply_only_once_it_is_shown() {
        let own = |state| {
            let forum = forum(1, |post| {
                (post.fields.state, post.fields.reason) = (state, reason());
                post.fields.reply = Some("Yes.".to_owned());
            });
            forum.own(person(1)).0.remove(&PostId::new(1)).unwrap()
        };
        let declined = own(PostState::Declined);
        assert_eq!((declined.fate, declined.reason, declined.reply), (PostStatus::Declined, reason(), None));
        let shown = own(PostState::Published);
        assert_eq!((shown.fate, shown.reason, shown.reply), (PostStatus::Shown, None, Some("Yes.".to_owned())));
        assert_eq!(own(PostState::Withdrawn).fate, PostStatus::Withdrawn);
        assert_eq!(Forum::default().own(person(9)), (BTreeMap::new(), 0));
    }

    #[test]
    fn the_summary_counts_parts_with_their_whole_and_is_there_only_after_the_end_where_it_is_shared() {
        let states = [
            PostState::Published,
            PostState::Review,
            PostState::Declined,
            PostState::Declined,
            PostState::Withdrawn,
            PostState::Hidden,
        ];
        let mut forum = forum(6, |post| {
            post.fields.state = states[post.id.number() as usize - 1];
            post.fields.reason = reason().filter(|_| post.id.number() == 3);
            post.fields.merged_into = (post.id.number() == 2).then_some(PostId::new(1));
            post.fields.answered_at = Some(4);
        });
        let declined = BTreeMap::from([(ReasonCode::Unclear, 1), (ReasonCode::Other, 1)]);
        let summary = QaSummary { asked: 5, shown: 2, answered_posts: 2, declined };
        assert_eq!(forum.summary(), summary);
        assert_eq!(forum.window(Viewer::Phone, true).summary, None);
        forum.settings = Arc::new(QaSettings { share: true, ..QaSettings::default() });
        assert_eq!(forum.window(Viewer::Phone, false).summary, None);
        assert_eq!(forum.window(Viewer::Phone, true).summary, Some(summary));
    }

    #[test]
    fn moderators_have_a_window_of_each_list_with_the_parts_of_what_is_in_it() {
        let forum = forum(350, |post| {
            let number = post.id.number();
            post.version = number.into();
            post.fields.state = if number <= 150 { PostState::Review } else { PostState::Declined };
            post.fields.merged_into = (number == 120).then_some(PostId::new(1));
            post.votes.up = 1;
        });
        let topic = forum.moderation(BTreeMap::new());
        assert_eq!((topic.counts.review, topic.counts.bin, topic.counts.published), (149, 200, 0));
        let there: Vec<_> = topic.posts.keys().map(|id| id.number()).collect();
        let expected: Vec<_> = (1..=100).chain([120]).chain(251..=350).collect();
        assert_eq!(there, expected, "the oldest that wait with a part of one, and what came last into the bin");
        assert_eq!(topic.posts[&PostId::new(120)].merged_into, Some(PostId::new(1)));
    }
}
