//! Answers that take their time: a stream of Server-Sent Events, and one that is waited for.

use std::{convert::Infallible, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Bytes, Data, Query},
};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

use super::{SwitchedOn, as_it_is, busy, ours, out_of_bounds};
use crate::{
    http::{errors::Failure, origin::Outside},
    state::AppState,
};

/// The most events of a stream, and the longest from one to the next, in milliseconds.
const EVENTS: (u32, u32) = (50, 1_000);
/// The longest wait, in milliseconds: less than any request may take.
const WAIT_MS: u32 = 10_000;
/// How long somebody who does not read keeps a place.
const PLACE: Duration = Duration::from_secs(60);

/// How many events, and how often.
#[derive(Debug, Deserialize)]
pub struct Stream {
    #[serde(default = "ten")]
    count: u32,
    #[serde(default = "often")]
    every_ms: u32,
}

const fn ten() -> u32 {
    10
}

const fn often() -> u32 {
    200
}

/// `GET /api/v1/netcheck/sse?count=&every_ms=`: events, each with its number and the server's time.
pub async fn sse(
    _: SwitchedOn,
    state: Data<AppState>,
    request: HttpRequest,
    stream: Query<Stream>,
) -> Result<HttpResponse, Failure> {
    let (most, longest) = EVENTS;
    if !(1..=most).contains(&stream.count) {
        return Err(out_of_bounds("count", most));
    }
    if !(1..=longest).contains(&stream.every_ms) {
        return Err(out_of_bounds("every_ms", longest));
    }
    let place = state.tests.waits.take(PLACE, Outside::of(&request).client()).ok_or_else(busy)?;
    let (count, every) = (stream.count, Duration::from_millis(stream.every_ms.into()));
    let begin = Instant::now();
    let events = stream::unfold((0, place), move |(number, place)| {
        let state = state.clone();
        async move {
            if number >= count {
                return None;
            }
            sleep_until(begin + every * number).await;
            let event = json!({"n": number, "at": state.clock().now()});
            Some((Ok::<_, Infallible>(Bytes::from(format!("data: {event}\n\n"))), (number + 1, place)))
        }
    });
    Ok(as_it_is(&mut HttpResponse::Ok()).content_type("text/event-stream").streaming(events))
}

/// How long to wait.
#[derive(Debug, Deserialize)]
pub struct Wait {
    after_ms: u32,
}

/// `GET /api/v1/netcheck/poll?after_ms=`: answers when the time is over.
pub async fn poll(
    _: SwitchedOn,
    state: Data<AppState>,
    request: HttpRequest,
    wait: Query<Wait>,
) -> Result<HttpResponse, Failure> {
    if !(1..=WAIT_MS).contains(&wait.after_ms) {
        return Err(out_of_bounds("after_ms", WAIT_MS));
    }
    let _place = state.tests.waits.take(PLACE, Outside::of(&request).client()).ok_or_else(busy)?;
    sleep(Duration::from_millis(wait.after_ms.into())).await;
    Ok(ours(&json!({"after_ms": wait.after_ms, "now": state.clock().now()})))
}
