//! A browser as HTTP sees it: keeps cookies, sends forms and JSON from the server's own pages, and
//! follows nothing.

use std::{collections::BTreeMap, io::BufReader, net::SocketAddr, sync::Mutex};

use serde_json::Value;
use ureq::{
    Agent, BodyReader,
    http::{HeaderMap, Method, Request, StatusCode, request::Builder},
};

/// One browser.
pub(crate) struct Browser {
    address: SocketAddr,
    agent: Agent,
    cookies: Mutex<BTreeMap<String, String>>,
    /// What it sends with every request: its `Origin`, its languages.
    headers: BTreeMap<&'static str, String>,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, where it is text.
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Browser {
    /// A browser that was never here, on a page of this server.
    pub(crate) fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.allow_non_standard_methods(true).proxy(None).build().new_agent();
        let headers = [("Origin", format!("http://{address}")), ("Accept", "text/html,*/*".to_owned())].into();
        Self { address, agent, cookies: Mutex::default(), headers }
    }

    /// The same browser, whose next requests a balancer gives to another node.
    pub(crate) fn sent_to(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self.with("Origin", &format!("http://{address}"))
    }

    /// The same browser, with a cookie that it was given elsewhere.
    pub(crate) fn with_cookie(self, name: &str, value: &str) -> Self {
        self.cookies().insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same browser, sending this header with everything.
    pub(crate) fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.insert(header, value.to_owned());
        self
    }

    /// The same browser, not sending this header any more.
    pub(crate) fn without(mut self, header: &str) -> Self {
        self.headers.remove(header);
        self
    }

    fn cookies(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().expect("no test panics while it holds this")
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies().get(name).cloned()
    }

    /// All cookies, as the header that carries them.
    pub(crate) fn cookie_header(&self) -> String {
        self.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Opens a page.
    pub(crate) fn get(&self, path: &str) -> HttpResponse {
        self.send("GET", path, "", &[])
    }

    /// Sends a form.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> HttpResponse {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        self.send("POST", path, "application/x-www-form-urlencoded", body.join("&").as_bytes())
    }

    /// Asks the API as a page's script does.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> HttpResponse {
        self.send(method, path, "application/json", body.to_string().as_bytes())
    }

    /// Asks for something that comes bit by bit, and reads it as it comes.
    pub(crate) fn read(&self, path: &str) -> (StatusCode, BufReader<BodyReader<'static>>) {
        let request = self.request("GET", path, "").body(()).expect("a request");
        let (parts, body) = self.agent.run(request).expect("the server answers").into_parts();
        (parts.status, BufReader::new(body.into_reader()))
    }

    fn request(&self, method: &str, path: &str, content_type: &str) -> Builder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if !content_type.is_empty() {
            request = request.header("Content-Type", content_type);
        }
        let cookies = self.cookie_header();
        if !cookies.is_empty() {
            request = request.header("Cookie", cookies);
        }
        request
    }

    /// Sends anything.
    pub(crate) fn send(&self, method: &str, path: &str, content_type: &str, body: &[u8]) -> HttpResponse {
        let request = self.request(method, path, content_type);
        let answer = if content_type.is_empty() {
            self.agent.run(request.body(()).expect("a request"))
        } else {
            self.agent.run(request.body(body).expect("a request"))
        };
        let (parts, mut body) = answer.expect("the server answers").into_parts();
        let bytes = body.read_to_vec().expect("a whole body");
        let body = String::from_utf8(bytes.clone()).unwrap_or_default();
        let answer = HttpResponse { status: parts.status, headers: parts.headers, body, bytes };
        self.keep(&answer);
        answer
    }

    fn keep(&self, answer: &HttpResponse) {
        for cookie in answer.all("set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a cookie has a value");
            if attributes.contains("Max-Age=0") {
                self.cookies().remove(name);
            } else {
                self.cookies().insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl HttpResponse {
    /// The values of a header.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().expect("headers here are ASCII"))
    }

    /// The value of a header; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Status and code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["code"].as_str().expect("a refusal has a code").to_owned())
    }

    /// Status and where it leads.
    pub(crate) fn leads(&self) -> (u16, &str) {
        (self.status.as_u16(), self.header("location"))
    }

    /// Asserts the status; the answer itself.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// Text as the value of a form's field.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
