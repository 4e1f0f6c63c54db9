//! What is measured by plain requests: the page, who stands between, the clock, streams, waits,
//! rates.

use std::{collections::BTreeSet, time::Instant};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{Response, body::Incoming, header};
use netcheck_rules::{Clock, Cookies, Document, ObservedHttp, Page, Plan, Poll, Sse, Transfer, Trouble, is_held};
use serde::Deserialize;
use tokio::time::{Duration, timeout, timeout_at};

use crate::{
    clock,
    http::{ANSWER_TIMEOUT, API, Connection, Intercepted, ours, read, whole},
    route::Route,
};

/// Rates are known after this time.
const TRANSFER: Duration = Duration::from_secs(12);
/// How often the clocks are compared; the quickest answer says the most.
const LOOKS: usize = 5;
/// The most parts of a page that are fetched, and how many at the same time, as browsers do.
const PARTS: (usize, usize) = (40, 6);

fn since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}

/// The page of the test with its parts.
pub(crate) async fn page(route: &Route) -> Result<Page, Trouble> {
    let began = Instant::now();
    let mut connection = Connection::open(route).await?;
    let answer = connection.send("/netcheck", None, ANSWER_TIMEOUT).await?;
    let status = answer.status().as_u16();
    let body = timeout(ANSWER_TIMEOUT, whole(answer)).await.map_err(|_| Trouble::Silent)??;
    let ms = since(began);
    if status != 200 {
        return Err(Trouble::Foreign { status });
    }
    let text = String::from_utf8_lossy(&body);
    let parts: BTreeSet<&str> = text.split('"').filter(|part| part.starts_with("/assets/")).take(PARTS.0).collect();
    let parts: Vec<&str> = parts.into_iter().collect();
    // Each of some connections fetches its share, the first one over the connection of the page.
    let shares = parts.chunks(parts.len().div_ceil(PARTS.1).max(1));
    let mut first = Some(connection);
    let took = shares.map(|share| {
        let first = first.take();
        async move {
            let mut connection = match first {
                Some(connection) => Some(connection),
                None => Connection::open(route).await.ok(),
            };
            let mut took = Vec::new();
            for path in share {
                took.push(match &mut connection {
                    Some(connection) => part(connection, path).await,
                    None => None,
                });
            }
            took
        }
    });
    let took: Vec<Option<f64>> = futures_util::future::join_all(took).await.concat();
    Ok(Page {
        secure: route.target.secure,
        port: route.target.port,
        ms,
        slowest_ms: took.iter().flatten().copied().fold(0.0, f64::max),
        missing: took.iter().filter(|ms| ms.is_none()).count() as u32,
    })
}

/// How long a part took, unless it did not come.
async fn part(connection: &mut Connection<'_>, path: &str) -> Option<f64> {
    let began = Instant::now();
    let fetch = async {
        let answer = connection.send(path, None, ANSWER_TIMEOUT).await.ok()?;
        let good = answer.status().is_success();
        whole(answer).await.ok().filter(|_| good)
    };
    timeout(ANSWER_TIMEOUT, fetch).await.ok().flatten().map(|_| since(began))
}

/// A page that is always the same, beside its text as JSON, which nobody rewrites.
pub(crate) async fn document(route: &Route) -> Result<Document, Intercepted> {
    #[derive(Deserialize)]
    struct Written {
        text: String,
    }
    let mut connection = Connection::open(route).await?;
    let Written { text } = connection.json("document?form=json").await?;
    let path = format!("{API}document");
    let answer = connection.send_with(&path, None, &[(header::ACCEPT, "text/html")], ANSWER_TIMEOUT).await?;
    let came = timeout(ANSWER_TIMEOUT, whole(ours(answer).await?)).await.map_err(|_| Trouble::Silent)??;
    let scripts = |html: &[u8]| String::from_utf8_lossy(html).to_lowercase().matches("<script").count() as u32;
    let more = scripts(&came).saturating_sub(scripts(text.as_bytes()));
    Ok(Document { same: came == text.as_bytes(), scripts: more })
}

/// Whether cookies come and go: one that the server is asked to set, and one that is sent.
pub(crate) async fn cookies(route: &Route) -> Result<Cookies, Intercepted> {
    #[derive(Deserialize)]
    struct Came {
        sent: Option<String>,
    }
    // Other than at the time before, in case somebody remembers answers.
    let value = format!("{:x}", clock::now_ms() as u64);
    let mut connection = Connection::open(route).await?;
    let cookie = format!("parterre_netcheck_sent={value}");
    let path = format!("{API}cookies?set={value}");
    let answer = connection.send_with(&path, None, &[(header::COOKIE, &cookie)], ANSWER_TIMEOUT).await?;
    let answer = ours(answer).await?;
    let lines = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|route| route.to_str().ok());
    let wanted = format!("parterre_netcheck={value}");
    let set = lines.into_iter().any(|route| route.contains(&wanted));
    let Came { sent } = read(answer).await?;
    Ok(Cookies { set, sent: sent.as_deref() == Some(&value) })
}

/// What the server sees, and its time.
#[derive(Deserialize)]
struct SeenNow {
    #[serde(flatten)]
    seen: ObservedHttp,
    now: i64,
}

/// What the server sees, and how far this clock is ahead.
pub(crate) async fn seen(route: &Route, protocol: &str) -> Result<(ObservedHttp, Clock), Intercepted> {
    let mut connection = Connection::open(route).await?;
    let mut looks: Vec<(ObservedHttp, Clock)> = Vec::new();
    for _ in 0..LOOKS {
        let (began, wall) = (Instant::now(), clock::now_ms());
        let SeenNow { seen, now } = connection.json("seen").await?;
        let round_trip_ms = since(began);
        looks.push((seen, Clock { ahead_ms: wall + round_trip_ms / 2.0 - now as f64, round_trip_ms }));
    }
    let quickest = looks.into_iter().min_by(|a, b| a.1.round_trip_ms.total_cmp(&b.1.round_trip_ms));
    let (seen, clock) = quickest.ok_or(Trouble::NoAnswer)?;
    let protocol = if connection.old { "http/1.0" } else { protocol };
    Ok((ObservedHttp { protocol: protocol.to_owned(), closes: connection.reopened, ..seen }, clock))
}

/// Reads an answer piece by piece. One that is cut off is as good as what came of it.
async fn pieces(answer: Response<Incoming>, end: tokio::time::Instant, mut take: impl FnMut(Bytes)) {
    let mut body = answer.into_body();
    while let Ok(Some(Ok(frame))) = timeout_at(end, body.frame()).await {
        if let Ok(piece) = frame.into_data() {
            take(piece);
        }
    }
}

/// A stream of Server-Sent Events. If it looks buffered, it is tried again: a proxy that buffers
/// streams buffers every one.
pub(crate) async fn sse(route: &Route, plan: &Plan) -> Result<Sse, Intercepted> {
    let first = stream(route, plan).await?;
    if !is_held(&first) {
        return Ok(first);
    }
    let second = stream(route, plan).await?;
    Ok(if is_held(&second) { first } else { second })
}

async fn stream(route: &Route, plan: &Plan) -> Result<Sse, Intercepted> {
    #[derive(Deserialize)]
    struct Event {
        at: f64,
    }
    let (asked, every) = (plan.sizes.events, plan.sizes.event_every_ms);
    let time_limit = Duration::from_millis(u64::from(asked) * u64::from(every)) + ANSWER_TIMEOUT;
    let end = tokio::time::Instant::now() + time_limit;
    let mut connection = Connection::open(route).await?;
    let began = Instant::now();
    let answer = connection.ask(&format!("sse?count={asked}&every_ms={every}"), None, time_limit).await?;
    let (mut at, mut text) = (Vec::new(), String::new());
    pieces(answer, end, |piece| {
        text.push_str(&String::from_utf8_lossy(&piece));
        while let Some((event, rest)) = text.split_once("\n\n") {
            if let Ok(event) = serde_json::from_str::<Event>(event.trim_start_matches("data: ")) {
                at.push((event.at, since(began)));
            }
            text = rest.to_owned();
        }
    })
    .await;
    Ok(Sse { asked, at })
}

/// An answer that is waited for.
pub(crate) async fn poll(route: &Route, plan: &Plan) -> Result<Poll, Intercepted> {
    let asked_ms = plan.sizes.poll_ms;
    let mut connection = Connection::open(route).await?;
    let began = Instant::now();
    let time_limit = Duration::from_millis(asked_ms.into()) + ANSWER_TIMEOUT;
    let answer = connection.ask(&format!("poll?after_ms={asked_ms}"), None, time_limit).await?;
    timeout(ANSWER_TIMEOUT, whole(answer)).await.map_err(|_| Trouble::Silent)??;
    Ok(Poll { asked_ms: asked_ms.into(), ms: since(began) })
}

/// The rate towards this device.
pub(crate) async fn download(route: &Route, plan: &Plan) -> Result<Transfer, Intercepted> {
    let mut connection = Connection::open(route).await?;
    let began = Instant::now();
    let end = tokio::time::Instant::now() + TRANSFER;
    let answer = connection.ask(&format!("download?bytes={}", plan.sizes.download_bytes), None, TRANSFER).await?;
    let mut bytes = 0;
    pieces(answer, end, |piece| bytes += piece.len() as u64).await;
    Ok(Transfer { bytes, ms: since(began) })
}

/// The rate from this device. A tenth first: on a slow line that says enough.
pub(crate) async fn upload(route: &Route, plan: &Plan) -> Result<Transfer, Intercepted> {
    let mut connection = Connection::open(route).await?;
    let mut send = async |bytes: u32| {
        let began = Instant::now();
        let answer = connection.ask("upload", Some(noise(bytes as usize)), TRANSFER).await?;
        timeout(ANSWER_TIMEOUT, whole(answer)).await.map_err(|_| Trouble::Silent)??;
        Ok::<_, Intercepted>(Transfer { bytes: bytes.into(), ms: since(began) })
    };
    let first = send(plan.sizes.upload_bytes.div_ceil(10)).await?;
    if first.ms > TRANSFER.as_secs_f64() * 100.0 { Ok(first) } else { send(plan.sizes.upload_bytes).await }
}

/// Bytes that nobody can make fewer: the generator xorshift64.
pub(crate) fn noise(bytes: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut all = Vec::with_capacity(bytes + 8);
    while all.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        all.extend_from_slice(&state.to_le_bytes());
    }
    all.truncate(bytes);
    all.into()
}
