//! Parts of the list of questions, as addresses ask for them: made from the room's memory, never
//! from the database.
//!
//! A part ends with a cursor: the place of its last question in the order. The next one begins
//! behind that place, so what comes in meanwhile neither repeats a question nor leaves one out;
//! only one that itself moves past the cursor can.

use std::{fmt, str::FromStr, sync::Arc};

use parterre_domain::{
    forum::{Forum, List, Places, Sort, Viewer},
    post::Post,
    text,
};
use parterre_live::room::QuestionSnapshot;
use parterre_protocol::{LabelId, PostId, topics::ShownPost};
use serde::Deserialize;

use super::{errors::Failure, pages::phone::ListView};

/// Questions of one part.
pub const PART: usize = 30;
/// What one searches for, in characters.
pub const SEARCH_CHARS: usize = 100;

/// What the address of a list says. An empty field is as good as none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    sort: String,
    label: String,
    q: String,
    after: String,
}

/// What is asked for, read.
#[derive(Clone, Debug, Default)]
pub struct WindowQuery {
    sort: Sort,
    label: Option<LabelId>,
    q: String,
    after: Option<Cursor>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Part<T> {
    /// The questions in order.
    pub posts: Vec<T>,
    /// How many the whole list has.
    pub total: usize,
    /// Where the next part begins; none at the end.
    pub next: Option<Cursor>,
}

/// A question's place in an order; the least comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor([i64; 4]);

impl Fields {
    /// Reads the fields; refuses what they cannot mean.
    pub fn read(&self) -> Result<WindowQuery, Failure> {
        let sort = match &*self.sort {
            "" | "popular" => Sort::Popular,
            "recent" => Sort::Recent,
            "oldest" => Sort::Oldest,
            "answered" => Sort::Answered,
            _ => return Err(Failure::malformed("sort must be popular, recent, oldest or answered.")),
        };
        let label = optional(&self.label, "label")?;
        Ok(WindowQuery { sort, label, q: searched(&self.q)?, after: optional(&self.after, "after")? })
    }

    /// What is searched for, as it was typed.
    pub fn typed(&self) -> &str {
        &self.q
    }

    /// The same without what is searched for.
    pub fn without_search(&self) -> Self {
        Self { q: String::new(), ..self.clone() }
    }

    /// The same, to be said again in addresses.
    pub fn look(&self, wanted: &WindowQuery) -> ListView {
        ListView { sort: self.sort.clone(), label: wanted.label, q: wanted.q.clone(), after: self.after.clone() }
    }
}

impl WindowQuery {
    /// Whether questions are searched for words, which goes through all of them.
    pub const fn is_search(&self) -> bool {
        !self.q.is_empty()
    }
}

/// A field that may be empty.
pub fn optional<T: FromStr>(text: &str, field: &'static str) -> Result<Option<T>, Failure> {
    let malformed = |_| Failure::malformed(format!("{field} has an invalid value."));
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(malformed) }
}

/// What is searched for, cleaned.
pub fn searched(typed: &str) -> Result<String, Failure> {
    Ok(text::line("q", typed, SEARCH_CHARS)?)
}

/// A part of what everybody in the room may see. Where nothing is searched for, the order is the
/// same for all who ask, and made once.
pub fn listed(asked: &QuestionSnapshot, wanted: &WindowQuery) -> Part<(PostId, ShownPost)> {
    if wanted.is_search() || wanted.label.is_some() {
        return published(&asked.forum, wanted);
    }
    part_of_published(&asked.forum, asked.shown(wanted.sort).iter().collect(), wanted)
}

fn published(forum: &Forum, wanted: &WindowQuery) -> Part<(PostId, ShownPost)> {
    let is_public = |label| forum.settings.labels.iter().any(|known| known.public && known.id == label);
    let posts = match wanted.label {
        // Nobody is to find out by asking which questions have a private label.
        Some(label) if !is_public(label) => Vec::new(),
        label => forum.shown(wanted.sort, label, &wanted.q),
    };
    part_of_published(forum, posts, wanted)
}

fn part_of_published(forum: &Forum, posts: Vec<&Arc<Post>>, wanted: &WindowQuery) -> Part<(PostId, ShownPost)> {
    let part = part(posts, |post| place(forum, wanted.sort, post), wanted.after);
    let posts = part.posts.iter().map(|post| shown(forum, post)).collect();
    Part { posts, total: part.total, next: part.next }
}

/// A question as everybody in the room may see it.
pub fn shown(forum: &Forum, post: &Post) -> (PostId, ShownPost) {
    (post.id, forum.shown_post(post, Viewer::Phone))
}

/// Those of these questions that everybody in the room may see.
pub fn numbered(forum: &Forum, numbers: impl IntoIterator<Item = PostId>) -> Vec<(PostId, ShownPost)> {
    let posts = numbers.into_iter().filter_map(|number| forum.post(number));
    posts.filter(|post| post.is_shown_question()).map(|post| shown(forum, post)).collect()
}

/// A part of one of the moderators' lists.
pub fn moderated(forum: &Forum, list: List, places: Places<'_>, q: &str, after: Option<Cursor>) -> Part<Arc<Post>> {
    let place = |post: &Post| match (list, places) {
        (List::Review, _) => place(forum, Sort::Oldest, post),
        (List::Reviewed | List::Published, Places::Activity(_)) => {
            Cursor([0, (!post.fields.pinned).into(), 0, -number(post)])
        }
        (List::Reviewed | List::Published, _) => {
            Cursor([0, (!post.fields.pinned).into(), -forum.score(post), number(post)])
        }
        (List::Bin, _) => Cursor([-post.version, 0, 0, -number(post)]),
    };
    let part = part(forum.list(list, places, q), place, after);
    Part { posts: part.posts.into_iter().cloned().collect(), total: part.total, next: part.next }
}

fn part(posts: Vec<&Arc<Post>>, place: impl Fn(&Post) -> Cursor, after: Option<Cursor>) -> Part<&Arc<Post>> {
    let total = posts.len();
    let mut rest = posts.into_iter().filter(|post| after.is_none_or(|after| place(post) > after));
    let posts: Vec<_> = rest.by_ref().take(PART).collect();
    let next = posts.last().filter(|_| rest.next().is_some()).map(|post| place(post));
    Part { posts, total, next }
}

/// Where a post is in an order of published ones, which is that of [`Forum::shown`].
fn place(forum: &Forum, sort: Sort, post: &Post) -> Cursor {
    let fields = &post.fields;
    Cursor(match sort {
        Sort::Popular => {
            let answered = fields.answered_at.is_some().into();
            [answered, (!fields.pinned).into(), -forum.score(post), number(post)]
        }
        Sort::Recent => [0, 0, 0, -number(post)],
        Sort::Oldest => [0, 0, 0, number(post)],
        Sort::Answered => [-fields.answered_at.unwrap_or_default(), 0, 0, -number(post)],
    })
}

fn number(post: &Post) -> i64 {
    post.id.number().into()
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third, last] = self.0;
        write!(f, "{first}.{second}.{third}.{last}")
    }
}

/// A text that is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let numbers: Result<Vec<i64>, _> = text.split('.').map(str::parse).collect();
        numbers.ok().and_then(|numbers| numbers.try_into().ok()).map(Self).ok_or(NoCursor)
    }
}

#[cfg(test)]
mod tests {
    use parterre_domain::post::{PostFields, VoteCount};
    use parterre_protocol::{
        ActivityId, ParticipantId,
        posts::{ActivityRound, Queue},
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn post() -> impl Strategy<Value = Post> {
        let version = 1..9_i64;
        let marks = (any::<bool>(), any::<bool>());
        (version, 0..3_u32, 0..3_u32, marks, proptest::option::of(1..4_i64), 0..4_u8).prop_map(
            |(version, up, down, (pinned, is_text), answered_at, queue)| {
                let queue = [Queue::Review, Queue::Reviewed, Queue::Published, Queue::Published][usize::from(queue)];
                Post {
                    id: PostId::new(0),
                    to: is_text.then(|| ActivityRound { activity: ActivityId::new(Uuid::nil()), round: 1 }),
                    author: ParticipantId::new(Uuid::nil()),
                    name: None,
                    at: 0,
                    flagged: false,
                    version,
                    fields: PostFields { pinned, answered_at, ..PostFields::new("Why?".to_owned(), queue, 0) },
                    votes: VoteCount { up, down },
                }
            },
        )
    }

    fn forum() -> impl Strategy<Value = Forum> {
        (prop::collection::vec(post(), 0..90), any::<bool>()).prop_map(|(posts, downvotes)| {
            let posts = (1..).zip(posts).map(|(id, post)| Arc::new(Post { id: PostId::new(id), ..post }));
            let mut forum = Forum::new(Arc::default(), posts);
            Arc::make_mut(&mut forum.settings).downvotes = downvotes;
            forum
        })
    }

    /// All parts of a list, one behind the other, through cursors as addresses carry them.
    fn whole<T>(part: impl Fn(Option<Cursor>) -> Part<T>) -> Vec<T> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let part = part(after);
            assert!(part.posts.len() <= PART);
            all.extend(part.posts);
            match part.next {
                Some(next) => after = Some(next.to_string().parse().unwrap()),
                None => break,
            }
        }
        all
    }

    proptest! {
        #[test]
        fn the_parts_of_a_list_are_the_list(forum in forum()) {
            for sort in [Sort::Popular, Sort::Recent, Sort::Oldest, Sort::Answered] {
                let parts = whole(|after| published(&forum, &WindowQuery { sort, after, ..WindowQuery::default() }));
                let list: Vec<_> = forum.shown(sort, None, "").into_iter().map(|post| shown(&forum, post)).collect();
                prop_assert_eq!(parts, list);
            }
            for list in [List::Review, List::Reviewed, List::Published, List::Bin] {
                let to = ActivityRound { activity: ActivityId::new(Uuid::nil()), round: 1 };
                for places in [Places::Questions, Places::Activity(to), Places::All(&[to])] {
                    let parts = whole(|after| moderated(&forum, list, places, "", after));
                    let list: Vec<_> = forum.list(list, places, "").into_iter().cloned().collect();
                    prop_assert_eq!(parts, list);
                }
            }
        }
    }

    #[test]
    fn an_address_that_means_nothing_is_refused() {
        let read = |fields: Fields| fields.read().map(drop).map_err(|failure| failure.status.as_u16());
        let q = "x".repeat(SEARCH_CHARS);
        assert_eq!(read(Fields { q: q.clone(), ..Fields::default() }), Ok(()));
        assert_eq!(read(Fields { q: q + "x", ..Fields::default() }), Err(422));
        for after in ["1", "1.2.3", "1.2.3.4.5", "1.2.3.", "a.b.c.d", "99999999999999999999.0.0.1"] {
            assert_eq!(read(Fields { after: after.to_owned(), ..Fields::default() }), Err(400), "{after}");
        }
    }
}
