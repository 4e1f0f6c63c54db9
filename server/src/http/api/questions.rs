//! `/api/v1/events/{event}/questions`: the public questions, in parts, for clients that need more
//! than the topic `posts` holds. Answered from the room's memory.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Path, Query},
};
use parterre_domain::text;
use parterre_live::room::Room;
use parterre_protocol::{EventId, PostId, limits::POST_CHARS, topics::ShownPost};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    http::{
        errors::Failure,
        question_pages::{self, Fields},
        searching,
    },
    state::AppState,
};

/// Questions that one may ask for by their numbers at once.
const NUMBERED: usize = 50;
/// For how long the answer may be kept: about as long as phones wait for their topic too, and the
/// same for all of them.
const KEPT: &str = "public, max-age=1";

/// What the address may also say: some questions by their numbers.
#[derive(Debug, Deserialize)]
pub struct Numbers {
    posts: Option<String>,
}

/// `GET /api/v1/events/{event}/questions?sort=&label=&q=&after=` or `?posts=17,33`
pub async fn list(
    state: Data<AppState>,
    request: HttpRequest,
    event: Path<EventId>,
    fields: Query<Fields>,
    numbers: Query<Numbers>,
) -> Result<HttpResponse, Failure> {
    let room = room(&state, *event).await?;
    let questions = room.questions();
    if let Some(posts) = &numbers.posts {
        return Ok(answer(json!({"posts": numbered_json(question_pages::numbered(&questions.forum, read(posts)?))})));
    }
    let wanted = fields.read()?;
    let is_search = wanted.is_search();
    let part = if is_search {
        searching::allow(&state, &request, *event).await?;
        state.searches.apart(move || question_pages::listed(&questions, &wanted)).await?
    } else {
        question_pages::listed(&questions, &wanted)
    };
    let mut list = json!({"posts": numbered_json(part.posts), "total": part.total});
    if let Some(next) = part.next {
        list["next"] = next.to_string().into();
    }
    Ok(if is_search { own_answer(list) } else { answer(list) })
}

/// A text that may have been asked already.
#[derive(Debug, Deserialize)]
pub struct Text {
    #[serde(default)]
    q: String,
}

/// `GET /api/v1/events/{event}/questions/similar?q=…`
pub async fn similar(
    state: Data<AppState>,
    request: HttpRequest,
    event: Path<EventId>,
    text: Query<Text>,
) -> Result<HttpResponse, Failure> {
    let text = text::line("q", &text.q, POST_CHARS)?;
    let room = room(&state, *event).await?;
    searching::allow(&state, &request, *event).await?;
    let indexed = Arc::clone(&room);
    let similar = state.searches.apart(move || indexed.similar(&text)).await?;
    Ok(own_answer(json!({"posts": numbered_json(question_pages::numbered(&room.questions().forum, similar))})))
}

async fn room(state: &AppState, event: EventId) -> Result<Arc<Room>, Failure> {
    state.hub.rooms.open(event).await?.ok_or_else(Failure::unknown_event)
}

/// The numbers of questions, each once.
fn read(numbers: &str) -> Result<Vec<PostId>, Failure> {
    let read: Result<Vec<u32>, _> = numbers.split(',').filter(|number| !number.is_empty()).map(str::parse).collect();
    let mut read = read.map_err(|_| Failure::malformed("posts must be a comma-separated list of numbers."))?;
    read.sort_unstable();
    read.dedup();
    if read.len() > NUMBERED {
        return Err(Failure::malformed(format!("At most {NUMBERED} questions can be requested at once.")));
    }
    Ok(read.into_iter().map(PostId::new).collect())
}

fn numbered_json(posts: Vec<(PostId, ShownPost)>) -> Vec<Value> {
    let numbered = |(id, post): (PostId, ShownPost)| {
        let mut shown = json!(post);
        shown["post"] = json!(id);
        shown
    };
    posts.into_iter().map(numbered).collect()
}

/// What not everybody may ask for is kept by nobody on the way.
fn own_answer(body: Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "private, max-age=1")).json(body)
}

fn answer(body: Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, KEPT)).json(body)
}
