//! Errors for clients: a status, a code for programs, a sentence for people.

use std::{fmt, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};
use parterre_domain::{Problem, Refusal, private_link::PrivateLink};
use parterre_protocol::RefusalCode;
use parterre_store::StoreError;
use serde_json::{Map, Value, json};

/// Why a request fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The HTTP status.
    pub status: StatusCode,
    /// A code for programs; if it begins with `problem.`, a key of the message catalogues.
    pub code: &'static str,
    /// Why, and what to do, in plain English.
    pub message: String,
    /// The arguments of the catalogue's sentence.
    pub args: Map<String, Value>,
    /// After how long to try again.
    pub retry: Option<Duration>,
    /// A header that says more of it to a program. In a box, since few have one and all are passed
    /// on by value.
    pub header: Option<Box<(HeaderName, HeaderValue)>>,
    /// The token to show then, for admission before those who have not waited.
    pub retry_token: Option<Box<str>>,
}

impl Failure {
    /// A failure with this status, code and sentence.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), args: Map::new(), retry: None, retry_token: None, header: None }
    }

    /// 400: the request cannot be understood.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    /// 413: the body is too large.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large.")
    }

    /// 405: the address does not support the method, but these.
    pub fn method(allowed: &HeaderValue) -> Self {
        let message = "This address does not support this method. The header Allow lists those that it does.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message).with(header::ALLOW, allowed.clone())
    }

    /// 415: bodies must not be compressed.
    pub fn encoded() -> Self {
        let message = "This server does not accept compressed bodies. Send the body without Content-Encoding.";
        let failure = Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoded", message);
        failure.with(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))
    }

    /// An error found by a library, which has its own words for it: only the status is used.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            status if status.is_client_error() => {
                Self { status, ..Self::malformed("The request is malformed or incomplete.") }
            }
            status => Self::new(status, "internal", "Something went wrong on the server. Try again."),
        }
    }

    /// 401: not authenticated.
    pub fn unauthorised(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorised", message)
    }

    /// 403: not allowed.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// 404: there is nothing at this address.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.")
    }

    /// 404: there is no such event.
    pub fn unknown_event() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown_event", "There is no such event. Check the code on the screen.")
    }

    /// 404: there is no such activity.
    pub fn unknown_activity() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown", "This event has no such activity.")
    }

    /// 404: there is no such private link.
    pub fn unknown_link() -> Self {
        Self::new(StatusCode::NOT_FOUND, "link_unknown", "There is no such link. Check that its address is complete.")
    }

    /// 410: the private link is no longer valid.
    pub fn ended_link(link: &PrivateLink) -> Self {
        let (code, message) = match link.revoked_at {
            Some(_) => ("link_revoked", "This private link was revoked. Ask for a new one."),
            None => ("link_expired", "This private link has expired. Ask for a new one."),
        };
        Self::new(StatusCode::GONE, code, message)
    }

    /// 503: not now.
    pub fn busy(message: impl Into<String>, retry_after: u32) -> Self {
        Self::later(message, Duration::from_secs(retry_after.into()))
    }

    /// 503: not now, but after this time.
    pub fn later(message: impl Into<String>, retry: Duration) -> Self {
        Self { retry: Some(retry), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message) }
    }

    /// 429: it came too soon after others.
    pub fn too_soon(wait: Duration) -> Self {
        let message = "Too many at once. Send this again, unchanged, after the time in retry_ms.";
        Self { retry: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", message) }
    }

    /// The same of this command, which it names.
    #[must_use]
    pub fn of_command(mut self, cid: Option<impl fmt::Display>) -> Self {
        if let Some(cid) = cid {
            self.args.insert("cid".to_owned(), cid.to_string().into());
        }
        self
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some(Box::new((name, value)));
        self
    }

    /// Sets the headers of a response that belong to this failure.
    pub fn set_headers(&self, headers: &mut HeaderMap) {
        if let Some((name, value)) = self.header.as_deref() {
            headers.insert(name.clone(), value.clone());
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
    }

    /// After how many seconds to try again, as the header `Retry-After` says it.
    pub fn retry_after(&self) -> Option<u64> {
        self.retry.map(|retry| retry.as_millis().div_ceil(1000).max(1) as u64)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        // The only place where a database failure of a request is logged; the client learns no
        // details.
        tracing::error!(%error, "a request failed");
        if error.is_retryable() {
            return Self::busy("The server cannot reach its database right now. Try again in a moment.", 2);
        }
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on the server. Try again.")
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let failure = Self::new(StatusCode::UNPROCESSABLE_ENTITY, problem.key(), problem.to_string());
        Self { args: arguments(&problem), ..failure }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.code {
            RefusalCode::Closed => "closed",
            RefusalCode::Round => "round",
            RefusalCode::Answered => "answered",
            RefusalCode::Invalid => "invalid",
            RefusalCode::Unknown => "unknown",
            RefusalCode::Stale => "stale",
            RefusalCode::Blocked => "blocked",
            RefusalCode::SlowDown => "slow_down",
            RefusalCode::Forbidden => "forbidden",
        };
        Self::new(StatusCode::CONFLICT, code, refusal.message)
    }
}

fn arguments(problem: &Problem) -> Map<String, Value> {
    let args = match problem {
        Problem::Empty { field } => json!({"field": field}),
        Problem::TooLong { field, max, length } | Problem::TooManyBytes { field, max, length } => {
            json!({"field": field, "max": max, "length": length})
        }
        Problem::OutOfRange { field, min, max, value } => {
            json!({"field": field, "min": min, "max": max, "value": value})
        }
        Problem::Duplicate { field, value } => json!({"field": field, "value": value}),
        Problem::Alike { field, first, value } => json!({"field": field, "first": first, "value": value}),
        Problem::UnknownOption { option } => json!({"option": option}),
        Problem::CodeLetters | Problem::NoOther | Problem::WrongKind | Problem::Language | Problem::Email => json!({}),
    };
    match args {
        Value::Object(args) => args,
        _ => Map::new(),
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status).json(self.body());
        self.set_headers(response.headers_mut());
        response
    }
}

impl Failure {
    /// The JSON body of this failure.
    pub fn body(&self) -> Value {
        let mut body = json!({"code": self.code, "message": self.message});
        if !self.args.is_empty() {
            body["args"] = Value::Object(self.args.clone());
        }
        if let Some(retry) = self.retry {
            body["retry_ms"] = json!(retry.as_millis() as u64);
        }
        if let Some(token) = &self.retry_token {
            body["retry"] = json!(token);
        }
        body
    }
}
