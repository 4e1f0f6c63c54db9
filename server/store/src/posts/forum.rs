//! All questions of an event, read at one moment.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use parterre_domain::forum::{Forum, ForumChange};
use parterre_protocol::{EventId, ParticipantId, PostId, QaSettings, posts::ActivityRound};
use uuid::Uuid;

use super::rows;
use crate::{
    StoreError, columns,
    sql::{Tx, query},
};

/// What the event itself holds about its questions.
#[derive(Clone, Debug, PartialEq)]
pub struct QaOutline {
    /// How questions are taken.
    pub settings: Arc<QaSettings>,
    /// Whether the screen shows the list in place of the stage.
    pub on_screen: bool,
    /// Which post the screen shows full screen.
    pub highlight: Option<PostId>,
}

row! {
    /// The same, as a row of `events` has it.
    pub(crate) struct QaRow {
        qa: String,
        qa_on_screen: bool,
        highlight: Option<i64>,
    }
}

impl TryFrom<QaRow> for QaOutline {
    type Error = StoreError;

    fn try_from(row: QaRow) -> Result<Self, StoreError> {
        let settings = Arc::new(columns::qa_settings(&row.qa)?);
        Ok(Self { settings, on_screen: row.qa_on_screen, highlight: row.highlight.map(columns::post) })
    }
}

impl QaOutline {
    /// Whether it is what this forum holds already.
    pub fn is_of(&self, forum: &Forum) -> bool {
        (&self.settings, self.on_screen, self.highlight) == (&forum.settings, forum.on_screen, forum.highlight)
    }

    /// This, with the posts of a forum and who is blocked there.
    pub fn with(self, mut posts: Forum) -> Forum {
        Self { settings: posts.settings, on_screen: posts.on_screen, highlight: posts.highlight } = self;
        posts
    }
}

/// All questions of an event, counted.
pub(crate) async fn forum(tx: &mut Tx, event: EventId, state: QaOutline) -> Result<Forum, StoreError> {
    let posts = rows::all(tx, event).await?;
    let mut counts = BTreeMap::new();
    if !posts.is_empty() {
        counts = rows::count_all(tx, event).await?;
        let wholes: BTreeSet<_> = posts.iter().filter_map(|post| Some((event, post.fields.merged_into?))).collect();
        let parts = posts.iter().filter(|post| post.fields.merged_into.is_some()).map(|post| (event, post.id));
        let parts: BTreeSet<_> = parts.collect();
        counts.retain(|place, _| !parts.contains(place));
        counts.append(&mut rows::count_together(tx, &wholes.difference(&parts).copied().collect()).await?);
    }
    let counted = posts.into_iter().map(|mut post| {
        post.votes = counts.get(&(event, post.id)).copied().unwrap_or_default();
        Arc::new(post)
    });
    let mut forum = state.with(Forum::new(Arc::default(), counted));
    forum.blocked = blocked(tx, event).await?;
    Ok(forum)
}

/// The texts that were sent to an activity in a round, counted, as a forum of nothing else.
pub(crate) async fn texts(
    tx: &mut Tx,
    event: EventId,
    to: ActivityRound,
    state: QaOutline,
) -> Result<Forum, StoreError> {
    let posts: Vec<_> = rows::of_round(tx, to).await?.into_iter().map(Arc::new).collect();
    let mut forum = state.with(Forum::new(Arc::default(), posts.iter().cloned()));
    let counts = rows::count(tx, event, &forum, posts.iter().map(|post| post.id)).await?;
    for mut post in posts {
        if let Some(votes) = counts.get(&post.id) {
            Arc::make_mut(&mut post).votes = *votes;
            forum.apply(&ForumChange::Post(post));
        }
    }
    Ok(forum)
}

async fn blocked(tx: &mut Tx, event: EventId) -> Result<BTreeSet<ParticipantId>, StoreError> {
    let found = query!(tx.fetch_all::<(Uuid,)>(
        "SELECT id FROM participants WHERE event_id = $1 AND blocked_at IS NOT NULL",
        event.uuid(),
    ))?;
    Ok(found.into_iter().map(|(id,)| ParticipantId::new(id)).collect())
}
