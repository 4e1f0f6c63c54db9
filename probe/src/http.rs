//! Requests, and whose the answers are.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    client::conn::http1::{self, SendRequest},
    header,
};
use hyper_util::rt::TokioIo;
use netcheck::Trouble;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{task::JoinHandle, time::timeout};

use crate::line::{For, Line};

/// Where all that is tried is.
pub(crate) const API: &str = "/api/v1/netcheck/";
/// What the server wants to be tried.
pub(crate) const PLAN: &str = "/api/v1/netcheck/plan";
/// How long an answer may take beside what was asked for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// By this our answers are told from those of somebody else.
const OURS: &str = "parterre-netcheck";
/// The longest answer that is kept.
const MOST: usize = 2_000_000;

/// What was in the way.
#[derive(Debug)]
pub(crate) struct InTheWay {
    pub(crate) trouble: Trouble,
    /// Where we were sent, if we were.
    pub(crate) location: Option<String>,
}

impl From<Trouble> for InTheWay {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, location: None }
    }
}

/// A connection for one request after another.
pub(crate) struct Connection<'a> {
    line: &'a Line,
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl<'a> Connection<'a> {
    pub(crate) async fn open(line: &'a Line) -> Result<Self, Trouble> {
        let stream = line.connect(For::Requests).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Trouble::NoAnswer)?;
        let driver = tokio::spawn(async move {
            // How it ends shows in the answers.
            let _ = connection.await;
        });
        Ok(Self { line, sender, driver })
    }

    /// Asks for something below [`API`]; the answer is the server's own.
    pub(crate) async fn ask(
        &mut self,
        path: &str,
        body: Option<Bytes>,
        patience: Duration,
    ) -> Result<Response<Incoming>, InTheWay> {
        let answer = self.send(&format!("{API}{path}"), body, patience).await?;
        if answer.status().is_success() && answer.headers().contains_key(OURS) {
            return Ok(answer);
        }
        Err(whose(answer).await)
    }

    /// Asks for anything; the answer is whoever's.
    pub(crate) async fn send(
        &mut self,
        path: &str,
        body: Option<Bytes>,
        patience: Duration,
    ) -> Result<Response<Incoming>, Trouble> {
        let target = &self.line.target;
        let uri = if self.line.is_read_by_proxy() { format!("{}{path}", target.url()) } else { path.to_owned() };
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut request = Request::builder().method(method).uri(uri).header(header::HOST, target.host_field());
        if self.line.is_read_by_proxy()
            && let Some(value) = self.line.proxy.as_ref().and_then(|proxy| proxy.authorization.as_ref())
        {
            request = request.header(header::PROXY_AUTHORIZATION, value);
        }
        let request = request.body(Full::new(body.unwrap_or_default())).map_err(|_| Trouble::NoAnswer)?;
        let answer = timeout(patience, self.sender.send_request(request)).await.map_err(|_| Trouble::Silent)?;
        answer.map_err(|_| Trouble::NoAnswer)
    }

    /// The same as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, InTheWay> {
        let answer = self.ask(path, None, PATIENCE).await?;
        let body = timeout(PATIENCE, whole(answer)).await.map_err(|_| Trouble::Silent)??;
        Ok(serde_json::from_slice(&body).map_err(|_| Trouble::Foreign { status: 200 })?)
    }
}

/// The whole body of an answer.
pub(crate) async fn whole(answer: Response<Incoming>) -> Result<Vec<u8>, Trouble> {
    let (mut body, mut all) = (answer.into_body(), Vec::new());
    while let Some(frame) = body.frame().await {
        if let Some(piece) = frame.map_err(|_| Trouble::NoAnswer)?.data_ref() {
            all.extend_from_slice(piece);
        }
        if all.len() > MOST {
            return Err(Trouble::Foreign { status: 200 });
        }
    }
    Ok(all)
}

/// Who answered, if not the server with what was asked for.
async fn whose(answer: Response<Incoming>) -> InTheWay {
    let status = answer.status();
    let location = answer.headers().get(header::LOCATION).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let body = timeout(PATIENCE, whole(answer)).await.ok().and_then(Result::ok).unwrap_or_default();
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    let ours = problem["code"].is_string() && problem["message"].is_string();
    let trouble = match (ours, status) {
        (true, _) if problem["code"] == "room_live" => Trouble::RoomLive,
        (true, _) if problem["code"] == "switched_off" => Trouble::SwitchedOff,
        (true, StatusCode::SERVICE_UNAVAILABLE) => Trouble::Busy,
        (true, StatusCode::TOO_MANY_REQUESTS) => Trouble::Limited { status: 429 },
        (true, status) => Trouble::Refused { status: status.as_u16() },
        (false, status) => Trouble::Foreign { status: status.as_u16() },
    };
    InTheWay { trouble, location }
}
