//! What the outside calls us, and whom a request is from: known in this one place, and found out
//! once for each request.
//!
//! The scheme is what a proxy of ours says, else whether the server itself speaks TLS, else what
//! the settings or the browser say. The host is the one of `public_url`, else the one that the
//! browser asked: proxies pass `Host` on as it is. `X-Forwarded-Host` is not read, since most
//! proxies pass on what anybody wrote there.

use std::{net::IpAddr, rc::Rc};

use actix_web::{
    HttpMessage, HttpRequest,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    web::Data,
};
use parterre_system::allowance::ClientNetwork;
use serde_json::{Value, json};

use super::errors::Failure;
use crate::{
    config::{Config, TlsMode},
    origin::{Origin, Scheme},
    proxies::ProxyHeader,
    state::AppState,
};

/// In which proxies say by which scheme they were asked.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// How much of a claimed origin is shown to people.
const TOLD_CHARS: usize = 120;

/// A request as seen from outside.
#[derive(Clone, Debug)]
pub struct Outside {
    client: Option<IpAddr>,
    scheme: Scheme,
    /// What the browser asked; `None` if no host is named that can be one.
    asked: Option<Origin>,
    /// What stands as the host, for people.
    host: String,
    page: Page,
    /// Whether a page of ours sent it; `None` if the browser does not say what page it is from.
    ours: Option<bool>,
}

/// From which page a browser says that a request is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Page {
    /// It does not say.
    Unsaid,
    /// From this address.
    From(Origin),
    /// From one that no server has: a file, a frame without rights, nonsense.
    Other(String),
}

impl Outside {
    /// Of a request.
    pub fn of(request: &HttpRequest) -> Rc<Self> {
        if let Some(known) = request.extensions().get::<Rc<Self>>() {
            return Rc::clone(known);
        }
        let state = request.app_data::<Data<AppState>>().expect("every app has the state");
        let peer = request.peer_addr().map(|peer| peer.ip());
        let outside = Rc::new(Self::read(&state.config, request.headers(), peer));
        request.extensions_mut().insert(Rc::clone(&outside));
        outside
    }

    /// Of these headers, which came from this address.
    pub fn read(config: &Config, headers: &HeaderMap, peer: Option<IpAddr>) -> Self {
        let client = peer.map(|peer| {
            let schemes = match config.proxy_header {
                ProxyHeader::XForwardedFor => list(headers, &FORWARDED_PROTO),
                // It says both, so the other header may be anybody's.
                ProxyHeader::Forwarded => String::new(),
            };
            let header = HeaderName::from_static(config.proxy_header.name());
            config.proxies.client(peer, &list(headers, &header), &schemes)
        });
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let page = Page::of(headers);
        let public = config.public_url.as_ref();
        let (scheme, asked) = match (&page, public) {
            // Settings and browser agree, whatever a proxy made of it on the way.
            (Page::From(from), Some(public)) if from == public => (public.scheme(), Some(public.clone())),
            _ => {
                let from_proxy = client.and_then(|client| client.scheme);
                let scheme = from_proxy.unwrap_or_else(|| scheme(config, &page, host));
                (scheme, Origin::at(scheme, host))
            }
        };
        let ours = match &page {
            Page::Unsaid => None,
            Page::Other(_) => Some(false),
            Page::From(from) => Some(Some(from) == public || Some(from) == asked.as_ref()),
        };
        let client = client.map(|client| client.address);
        Self { client, scheme, asked, host: shortened(host), page, ours }
    }

    /// The address that the request is from, as far as that can be known.
    pub const fn client(&self) -> Option<IpAddr> {
        self.client
    }

    /// The network that the client's address is in, by which allowances count.
    pub fn network(&self) -> Option<ClientNetwork> {
        self.client.map(ClientNetwork::of)
    }

    /// Whether the browser speaks TLS, to the server or to a proxy of ours.
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// The server as the browser asked for it, where that is a host.
    pub const fn asked(&self) -> Option<&Origin> {
        self.asked.as_ref()
    }

    /// The server's address for people.
    ///
    /// Where no public address is set, it is the one that the request came to. A facilitator on the
    /// server's own machine comes to `localhost`, which is of no use to a phone: then it is the
    /// machine's address in the local network.
    pub fn base(&self, state: &AppState) -> Origin {
        if let Some(url) = &state.config.public_url {
            return url.clone();
        }
        match (&self.asked, state.lan) {
            (Some(asked), Some(lan)) if asked.is_this_machine() => asked.moved_to(lan),
            (Some(asked), _) => asked.clone(),
            (None, lan) => {
                let listen = state.config.listen;
                Origin::at_ip(self.scheme, lan.unwrap_or_else(|| listen.ip()), listen.port())
            }
        }
    }

    /// Whether a page of ours sent the request: its `Origin` is the address that it asks, scheme,
    /// host and port, or the public one. `None` where the request has no `Origin`.
    pub const fn is_ours(&self) -> Option<bool> {
        self.ours
    }

    /// The refusal of a request from another origin. It names both addresses, and what to change if
    /// they are the same server.
    pub fn refusal(&self, state: &AppState) -> Failure {
        let page = match &self.page {
            Page::Unsaid => "no page".to_owned(),
            Page::From(origin) => origin.to_string(),
            Page::Other(text) => text.clone(),
        };
        let server = match (&state.config.public_url, &self.asked) {
            (Some(url), _) => url.to_string(),
            (None, Some(asked)) => asked.to_string(),
            (None, None) => format!("{}://{}", self.scheme.name(), self.host),
        };
        let message = match self.page {
            Page::Unsaid => {
                format!("A request with a cookie must say where it comes from. Send the header Origin: {server}.")
            }
            Page::From(_) | Page::Other(_) => format!(
                "The browser says that this comes from {page}, but the request was sent to {server}. If both are this \
                 server, set public_url to the address that people type, or let the proxy pass on Host with its port \
                 and X-Forwarded-Proto, and add the proxy to the setting proxies."
            ),
        };
        if state.logged_once.first(format!("{page} {server} {}", self.host), state.clock().now()) {
            self.log_refusal(&page, state.config.public_url.as_ref());
        }
        let args = json!({"page": page, "server": server});
        let Value::Object(args) = args else { unreachable!("the literal is an object") };
        Failure { args, ..Failure::new(StatusCode::FORBIDDEN, "origin", message) }
    }

    /// Tells the operator of the first such request what to change if page and server are the same.
    fn log_refusal(&self, page: &str, public_url: Option<&Origin>) {
        let public_url = public_url.map(Origin::to_string).unwrap_or_default();
        tracing::warn!(
            page,
            host = self.host,
            scheme = self.scheme.name(),
            public_url,
            "refused a request from a page of another address; if both are this server, set public_url to the address \
             that people type, or let the proxy pass on Host with its port and X-Forwarded-Proto, and add the proxy to \
             the setting proxies"
        );
    }
}

/// The scheme where no proxy of ours says it.
fn scheme(config: &Config, page: &Page, host: &str) -> Scheme {
    if config.tls.mode != TlsMode::Off {
        return Scheme::Https;
    }
    match (&config.public_url, page) {
        (Some(public), _) if Origin::at(public.scheme(), host).as_ref() == Some(public) => public.scheme(),
        (Some(_), _) => Scheme::Http,
        // TLS may end at a proxy that the settings do not know; the browser knows.
        (None, Page::From(from)) if Origin::at(from.scheme(), host).as_ref() == Some(from) => from.scheme(),
        (None, _) => Scheme::Http,
    }
}

impl Page {
    fn of(headers: &HeaderMap) -> Self {
        let mut origins = headers.get_all(header::ORIGIN);
        match (origins.next(), origins.next()) {
            (None, _) => Self::Unsaid,
            (Some(origin), None) => {
                let text = String::from_utf8_lossy(origin.as_bytes());
                text.parse().map_or_else(|_| Self::Other(shortened(&text)), Self::From)
            }
            (Some(_), Some(_)) => Self::Other("several".to_owned()),
        }
    }
}

/// A header that may come in several lines, as one list.
fn list(headers: &HeaderMap, name: &HeaderName) -> String {
    let lines: Vec<&str> = headers.get_all(name).filter_map(|line| HeaderValue::to_str(line).ok()).collect();
    lines.join(",")
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TOLD_CHARS).collect()
}

#[cfg(test)]
#[path = "origin/tests.rs"]
mod tests;
