//! Requests, and whose the answers are.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode, Version,
    body::Incoming,
    client::conn::http1::{self, SendRequest},
    header::{self, HeaderName},
};
use hyper_util::rt::TokioIo;
use netcheck_rules::Trouble;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{task::JoinHandle, time::timeout};

use crate::route::{Purpose, Route};

/// Where all that is tried is.
pub(crate) const API: &str = "/api/v1/netcheck/";
/// How long an answer may take beside what was asked for.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may take to be ready for its next request.
const CLOSING: Duration = Duration::from_secs(2);
/// The mark that distinguishes our answers from someone else's.
const OURS: &str = "parterre-netcheck";
/// The longest answer that is kept.
const MAX_BODY_BYTES: usize = 2_000_000;

/// What was in the way.
#[derive(Debug)]
pub(crate) struct Intercepted {
    pub(crate) trouble: Trouble,
    /// Where we were sent, if we were.
    pub(crate) location: Option<String>,
}

impl From<Intercepted> for Trouble {
    fn from(it: Intercepted) -> Self {
        it.trouble
    }
}

impl From<Trouble> for Intercepted {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, location: None }
    }
}

/// A connection for one request after another; where it was closed in order, as by proxies that
/// close after each answer, the next request goes over another one, as a browser's does.
pub(crate) struct Connection<'a> {
    route: &'a Route,
    open: Open,
    /// Whether it had an answer already.
    used: bool,
    /// Whether it was closed after an answer and opened again.
    pub(crate) reopened: bool,
    /// Whether answers come by HTTP/1.0.
    pub(crate) old: bool,
}

/// What is open of it.
struct Open {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Open {
    async fn to(route: &Route) -> Result<Self, Trouble> {
        let stream = route.connect(Purpose::Requests).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Trouble::NoAnswer)?;
        let driver = tokio::spawn(async move {
            // How it ends shows in the answers.
            let _ = connection.await;
        });
        Ok(Self { sender, driver })
    }
}

impl<'a> Connection<'a> {
    pub(crate) async fn open(route: &'a Route) -> Result<Self, Trouble> {
        Ok(Self { route, open: Open::to(route).await?, used: false, reopened: false, old: false })
    }

    /// Asks for something below [`API`]; the answer is the server's own.
    pub(crate) async fn ask(
        &mut self,
        path: &str,
        body: Option<Bytes>,
        time_limit: Duration,
    ) -> Result<Response<Incoming>, Intercepted> {
        let answer = self.send(&format!("{API}{path}"), body, time_limit).await?;
        ours(answer).await
    }

    /// Sends a request; the answer may be anyone's.
    pub(crate) async fn send(
        &mut self,
        path: &str,
        body: Option<Bytes>,
        time_limit: Duration,
    ) -> Result<Response<Incoming>, Trouble> {
        self.send_with(path, body, &[], time_limit).await
    }

    /// The same with these header fields.
    pub(crate) async fn send_with(
        &mut self,
        path: &str,
        body: Option<Bytes>,
        fields: &[(HeaderName, &str)],
        time_limit: Duration,
    ) -> Result<Response<Incoming>, Trouble> {
        if self.used {
            // What was not read to its end, or said to be the last, is not gone on with.
            let ready = timeout(CLOSING, self.open.sender.ready()).await;
            if !matches!(ready, Ok(Ok(()))) {
                self.reopen().await?;
            } else {
                match self.try_send(path, body.clone(), fields, time_limit).await {
                    // It was closed just when it was asked again.
                    Err(Trouble::NoAnswer) => self.reopen().await?,
                    answer => return answer,
                }
            }
        }
        self.try_send(path, body, fields, time_limit).await
    }

    async fn reopen(&mut self) -> Result<(), Trouble> {
        self.open = Open::to(self.route).await?;
        (self.used, self.reopened) = (false, true);
        Ok(())
    }

    async fn try_send(
        &mut self,
        path: &str,
        body: Option<Bytes>,
        fields: &[(HeaderName, &str)],
        time_limit: Duration,
    ) -> Result<Response<Incoming>, Trouble> {
        let target = &self.route.target;
        let uri = if self.route.is_read_by_proxy() { format!("{}{path}", target.url()) } else { path.to_owned() };
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut request = Request::builder().method(method).uri(uri).header(header::HOST, target.host_field());
        if self.route.is_read_by_proxy()
            && let Some(value) = self.route.proxy.as_ref().and_then(|proxy| proxy.authorization.as_ref())
        {
            request = request.header(header::PROXY_AUTHORIZATION, value);
        }
        for (name, value) in fields {
            request = request.header(name, *value);
        }
        let request = request.body(Full::new(body.unwrap_or_default())).map_err(|_| Trouble::NoAnswer)?;
        let answer = timeout(time_limit, self.open.sender.send_request(request)).await.map_err(|_| Trouble::Silent)?;
        let answer = answer.map_err(|_| Trouble::NoAnswer)?;
        if !std::mem::replace(&mut self.used, true) {
            self.route.note_answer();
        }
        self.old |= answer.version() == Version::HTTP_10;
        Ok(answer)
    }

    /// The same as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Intercepted> {
        let answer = self.ask(path, None, ANSWER_TIMEOUT).await?;
        read(answer).await
    }
}

/// An answer as JSON.
pub(crate) async fn read<T: DeserializeOwned>(answer: Response<Incoming>) -> Result<T, Intercepted> {
    let body = timeout(ANSWER_TIMEOUT, whole(answer)).await.map_err(|_| Trouble::Silent)??;
    Ok(serde_json::from_slice(&body).map_err(|_| Trouble::Foreign { status: 200 })?)
}

/// An answer, if it is the server's own.
pub(crate) async fn ours(answer: Response<Incoming>) -> Result<Response<Incoming>, Intercepted> {
    if answer.status().is_success() && answer.headers().contains_key(OURS) {
        return Ok(answer);
    }
    Err(whose(answer).await)
}

/// The whole body of an answer.
pub(crate) async fn whole(answer: Response<Incoming>) -> Result<Vec<u8>, Trouble> {
    let (mut body, mut all) = (answer.into_body(), Vec::new());
    while let Some(frame) = body.frame().await {
        if let Some(piece) = frame.map_err(|_| Trouble::NoAnswer)?.data_ref() {
            all.extend_from_slice(piece);
        }
        if all.len() > MAX_BODY_BYTES {
            return Err(Trouble::Foreign { status: 200 });
        }
    }
    Ok(all)
}

/// Who answered, if not the server with what was asked for.
async fn whose(answer: Response<Incoming>) -> Intercepted {
    let status = answer.status();
    let location = answer.headers().get(header::LOCATION).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let body = timeout(ANSWER_TIMEOUT, whole(answer)).await.ok().and_then(Result::ok).unwrap_or_default();
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
    Intercepted { trouble, location }
}
