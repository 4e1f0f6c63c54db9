//! What moderators look up beside their topic: the rest of each list, by words, and the ledger of
//! what was done.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use parterre_domain::forum::{List, Places};
use parterre_live::view;
use parterre_protocol::{ActivityId, Rev, posts::ActivityRound};
use parterre_store::LedgerEntry;
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{
        auth::Moderation,
        errors::Failure,
        question_pages::{self, optional, searched},
    },
    state::AppState,
};

/// Acts in one answer.
const ACTS: u32 = 100;

/// What the address of a list says.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    list: ListName,
    /// `questions`, or the id of an activity whose answers are posts; absent: all of them.
    #[serde(default)]
    of: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

/// One of the four lists.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ListName {
    Review,
    Reviewed,
    Published,
    Bin,
}

impl From<ListName> for List {
    fn from(name: ListName) -> Self {
        match name {
            ListName::Review => Self::Review,
            ListName::Reviewed => Self::Reviewed,
            ListName::Published => Self::Published,
            ListName::Bin => Self::Bin,
        }
    }
}

/// `GET /api/v1/events/{event}/moderation?list=review&of=&q=&after=`
pub async fn list(
    state: Data<AppState>,
    access: Moderation,
    wanted: Query<ListQuery>,
) -> Result<HttpResponse, Failure> {
    let (q, after) = (searched(&wanted.q)?, optional(&wanted.after, "after")?);
    let room = state.hub.rooms.open(access.event.id).await?.ok_or_else(Failure::unknown_event)?;
    let activities = view::activities_with_texts(&room.state().activities);
    let places = places(&wanted.of, &activities)?;
    let forum = &room.questions().forum;
    let part = question_pages::moderated(forum, wanted.list.into(), places, &q, after);
    let order: Vec<_> = part.posts.iter().map(|post| post.id).collect();
    let mut list = json!({"posts": forum.with_parts(&part.posts), "order": order, "total": part.total});
    if let Some(next) = part.next {
        list["next"] = next.to_string().into();
    }
    Ok(HttpResponse::Ok().json(list))
}

/// The posts of which places are asked for.
fn places<'a>(of: &str, activities: &'a [ActivityRound]) -> Result<Places<'a>, Failure> {
    match of {
        "" => Ok(Places::All(activities)),
        "questions" => Ok(Places::Questions),
        id => {
            let id: ActivityId = id.parse().map_err(|_| Failure::malformed("of is not understood."))?;
            let found = activities.iter().find(|to| to.activity == id).copied();
            found.map(Places::Activity).ok_or_else(Failure::unknown_activity)
        }
    }
}

/// Where a part of the ledger ends.
#[derive(Debug, Deserialize)]
pub struct Before {
    before: Option<Rev>,
}

/// `GET /api/v1/events/{event}/ledger?before=<rev>`
pub async fn ledger(state: Data<AppState>, access: Moderation, before: Query<Before>) -> Result<HttpResponse, Failure> {
    // One more than returned, to know whether there are more.
    let mut acts = state.store().ledger(access.event.id, before.before.unwrap_or(Rev::MAX), ACTS + 1).await?;
    let more = acts.len() > ACTS as usize;
    acts.truncate(ACTS as usize);
    let listed: Vec<_> = acts.iter().map(act_json).collect();
    let mut ledger = json!({"acts": listed});
    if let Some(last) = acts.last().filter(|_| more) {
        ledger["next"] = last.rev.into();
    }
    Ok(HttpResponse::Ok().json(ledger))
}

/// An act as the ledger tells it.
pub fn act_json(act: &LedgerEntry) -> serde_json::Value {
    json!({"cid": act.cid, "actor": act.actor, "at": act.at, "rev": act.rev, "act": act.act})
}
