//! A browser as HTTP sees it: keeps cookies, sends forms and JSON from the server's own pages, and
//! does not follow redirects.

use std::{collections::BTreeMap, io::BufReader, net::SocketAddr, sync::Mutex};

use serde_json::Value;
use ureq::{
    Agent, BodyReader,
    http::{HeaderMap, Method, Request, StatusCode, request::Builder},
};

/// One browser.
pub struct Browser {
    address: SocketAddr,
    agent: Agent,
    cookies: Mutex<BTreeMap<String, String>>,
    /// Headers of every request, such as `Origin` and `Accept-Language`.
    headers: BTreeMap<&'static str, String>,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty if it is not UTF-8.
    pub body: String,
    /// The body, whatever it contains.
    pub bytes: Vec<u8>,
}

impl Browser {
    /// A browser without cookies, on a page of this server.
    pub fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.allow_non_standard_methods(true).proxy(None).build().new_agent();
        let headers = [("Origin", format!("http://{address}")), ("Accept", "text/html,*/*".to_owned())].into();
        Self { address, agent, cookies: Mutex::default(), headers }
    }

    /// The same browser, whose next requests a load balancer sends to another node.
    pub fn sent_to(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self.with("Origin", &format!("http://{address}"))
    }

    /// The same browser, with another cookie.
    pub fn with_cookie(self, name: &str, value: &str) -> Self {
        self.cookies().insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same browser, sending this header with every request.
    pub fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.insert(header, value.to_owned());
        self
    }

    /// The same browser, no longer sending this header.
    pub fn without(mut self, header: &str) -> Self {
        self.headers.remove(header);
        self
    }

    fn cookies(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().expect("no test panics while it holds this")
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies().get(name).cloned()
    }

    /// All cookies, as the header that carries them.
    pub fn cookie_header(&self) -> String {
        self.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Opens a page.
    pub fn get(&self, path: &str) -> HttpResponse {
        self.send("GET", path, "", &[])
    }

    /// Sends a form.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> HttpResponse {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        self.send("POST", path, "application/x-www-form-urlencoded", body.join("&").as_bytes())
    }

    /// Sends JSON to the API, as a page's script does.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> HttpResponse {
        self.send(method, path, "application/json", body.to_string().as_bytes())
    }

    /// Sends a request whose response is read as it arrives.
    pub fn read(&self, path: &str) -> (StatusCode, BufReader<BodyReader<'static>>) {
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

    /// Sends any request. Without a content type it has no body.
    pub fn send(&self, method: &str, path: &str, content_type: &str, body: &[u8]) -> HttpResponse {
        let request = self.request(method, path, content_type);
        let response = if content_type.is_empty() {
            self.agent.run(request.body(()).expect("a request"))
        } else {
            self.agent.run(request.body(body).expect("a request"))
        };
        let (parts, mut body) = response.expect("the server answers").into_parts();
        let bytes = body.read_to_vec().expect("a whole body");
        let body = String::from_utf8(bytes.clone()).unwrap_or_default();
        let response = HttpResponse { status: parts.status, headers: parts.headers, body, bytes };
        self.store_cookies(&response);
        response
    }

    fn store_cookies(&self, response: &HttpResponse) {
        for cookie in response.all("set-cookie") {
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
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().expect("headers here are ASCII"))
    }

    /// The value of a header; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The status and the code of a refusal.
    pub fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["code"].as_str().expect("a refusal has a code").to_owned())
    }

    /// The status and the address of a redirect.
    pub fn leads(&self) -> (u16, &str) {
        (self.status.as_u16(), self.header("location"))
    }

    /// Asserts the status; the response itself.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// Text as the value of a form's field.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
