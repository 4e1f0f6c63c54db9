//! An event on a running server: its rundown, and how to take part in it.

use std::{
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

use parterre_protocol::{
    ActivityId, Answer, Choice, ChoicePoll, Control, EventId, ServerMessage, Settings, WordCloud, Words,
    kinds::choice::PollOption,
    topics::{ActivityState, Audience, StagedActivity},
};
use serde_json::json;
use tungstenite::{Error, HandshakeError, WebSocket, client::IntoClientRequest, http::Response};

use crate::{
    browser::Browser,
    fallback::{Fallback, Transport},
    live::{End, Live},
};

/// A running server, as a suite has prepared it.
pub trait Server: Sync {
    /// Where it listens.
    fn address(&self) -> SocketAddr;

    /// A browser in which the owner is signed in.
    fn owner(&self) -> Browser;

    /// A browser without cookies.
    fn stranger(&self) -> Browser {
        Browser::new(self.address())
    }
}

impl<S: Server + Send> Server for Arc<S> {
    fn address(&self) -> SocketAddr {
        S::address(self)
    }

    fn owner(&self) -> Browser {
        S::owner(self)
    }
}

/// An event that the server's owner has created.
pub struct Event<'a> {
    /// The server on which it was created.
    pub server: &'a dyn Server,
    /// Its id.
    pub id: EventId,
    /// Its join code.
    pub code: String,
    /// Its activities, in order.
    pub activities: Vec<ActivityId>,
}

/// Why a live connection was refused: the response with its body.
pub type Refused = Response<Option<Vec<u8>>>;

impl<'a> Event<'a> {
    /// A draft event with these activities.
    pub fn new(server: &'a impl Server, activities: &[Settings]) -> Self {
        let owner = server.owner();
        let made = owner.ask("POST", "/api/v1/events", &json!({"name": "Annual meeting"})).expect(201).json();
        let event: parterre_protocol::topics::Event = serde_json::from_value(made).expect("an event");
        let mut event = Self { server, id: event.id, code: event.code, activities: Vec::new() };
        event.activities = activities.iter().map(|settings| event.add(settings)).collect();
        event
    }

    /// Adds an activity at the end.
    pub fn add(&self, settings: &Settings) -> ActivityId {
        let added =
            self.server.owner().ask("POST", &self.path("/activities"), &json!({"settings": settings})).expect(201);
        added.json()["id"].as_str().expect("an id").parse().expect("a UUID")
    }

    /// An address of the event in the API.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/events/{}{rest}", self.id)
    }

    /// The address of the event for participants.
    pub fn page(&self, rest: &str) -> String {
        format!("/e/{}{rest}", self.code)
    }

    /// The browser of a device that has joined.
    pub fn device(&self) -> Browser {
        let browser = self.server.stranger();
        browser.ask("POST", "/api/v1/join", &json!({"code": self.code})).expect(200);
        browser
    }

    /// A connected phone that has just joined.
    pub fn phone(&self) -> Live {
        self.enter(Audience::Phone, &self.device())
    }

    /// A connected studio of the owner.
    pub fn studio(&self) -> Live {
        self.enter(Audience::Studio, &self.server.owner())
    }

    /// A connected studio of the owner that has opened this activity. It sees the activity open, and
    /// so does everyone who connects from now on.
    pub fn open(&self, activity: ActivityId) -> Live {
        let mut studio = self.studio();
        studio.steer(Control::Open { activity });
        let open = |staged: StagedActivity| staged.id == activity && staged.state == ActivityState::Open;
        studio.until("the open activity", |studio| studio.stage().activity.is_some_and(open));
        studio
    }

    /// A connected screen, which is open to everyone.
    pub fn screen(&self) -> Live {
        self.enter(Audience::Screen, &self.server.stranger())
    }

    /// Connects this browser as this audience, holding nothing, and reads until the first stage.
    pub fn enter(&self, audience: Audience, browser: &Browser) -> Live {
        let mut live = self.connect(browser, &format!("as={audience}")).expect("let in");
        live.until("the first stage", |live| live.has_stage());
        live
    }

    /// Like [`Event::enter`], by this transport.
    pub fn enter_by(&self, transport: Transport, browser: Browser, audience: Audience) -> Live {
        if transport == Transport::Socket {
            return self.enter(audience, &browser);
        }
        let query = format!("event={}&as={audience}", self.id);
        let mut live = Live::by_fallback(Fallback::new(transport, browser, query, ""));
        live.until("the first stage", Live::has_stage);
        live
    }

    /// Connects a phone's browser by this transport, holding what a former connection held.
    pub fn reenter_by(&self, transport: Transport, browser: Browser, former: &Live) -> Live {
        let held = former.revs();
        if transport == Transport::Socket {
            return self.connect(&browser, &held).expect("let in").holding(former);
        }
        let query = format!("event={}", self.id);
        Live::by_fallback(Fallback::new(transport, browser, query, &held)).holding(former)
    }

    /// Connects this browser with this query.
    pub fn connect(&self, browser: &Browser, query: &str) -> Result<Live, Box<Refused>> {
        self.connect_at(self.server.address(), browser, query)
    }

    /// Connects this browser; `None` if it is not admitted.
    pub fn knock(&self, browser: &Browser, query: &str) -> Option<Live> {
        let mut live = Live::unread(upgrade(self.server.address(), self.id, browser, query).expect("an answer"));
        matches!(live.next(), ServerMessage::Hello { .. }).then_some(live)
    }

    /// Connects this browser, which must be told to retry later.
    pub fn turned_away(&self, browser: &Browser, query: &str) -> End {
        Live::unread(upgrade(self.server.address(), self.id, browser, query).expect("told on the connection")).end()
    }

    /// Connects this browser through another address of the server.
    pub fn connect_at(&self, address: SocketAddr, browser: &Browser, query: &str) -> Result<Live, Box<Refused>> {
        connect(address, self.id, browser, query)
    }
}

/// Connects this browser to an event of the server at this address.
pub fn connect(address: SocketAddr, event: EventId, browser: &Browser, query: &str) -> Result<Live, Box<Refused>> {
    upgrade(address, event, browser, query).map(Live::new)
}

fn upgrade(
    address: SocketAddr,
    event: EventId,
    browser: &Browser,
    query: &str,
) -> Result<WebSocket<TcpStream>, Box<Refused>> {
    let mut request = format!("ws://{address}/api/v1/live?event={event}&{query}").into_client_request();
    let request = request.as_mut().expect("an address");
    let header = |text: String| text.parse().expect("headers here are ASCII");
    request.headers_mut().insert("Origin", header(format!("http://{address}")));
    request.headers_mut().insert("Cookie", header(browser.cookie_header()));
    let stream = TcpStream::connect(address).expect("the server accepts");
    match tungstenite::client(request.clone(), stream) {
        Ok((socket, _)) => Ok(socket),
        Err(HandshakeError::Failure(Error::Http(refused))) => Err(refused),
        Err(other) => panic!("neither let in nor refused: {other}"),
    }
}

/// A poll with two options, of which participants choose one and can change their choice.
pub fn poll() -> Settings {
    Settings::Choice(ChoicePoll { changeable: true, ..strict_poll() })
}

/// A poll with two options, of which participants choose one and cannot change their choice.
pub fn strict_poll() -> ChoicePoll {
    let options = [(1, "By the sea"), (2, "In the mountains")];
    let options = options.map(|(id, text)| PollOption { id, text: text.to_owned() }).to_vec();
    ChoicePoll { title: "Where to?".to_owned(), options, min: 1, max: 1, other: false, changeable: false }
}

/// A word cloud with three words per person.
pub fn cloud() -> Settings {
    Settings::Words(WordCloud { title: "In a word?".to_owned(), words_per_person: 3 })
}

/// The answer that chooses this option.
pub fn pick(option: u16) -> Answer {
    Answer::Choice(Choice { options: vec![option], other: None })
}

/// The answer with these words.
pub fn words(words: &[&str]) -> Answer {
    Answer::Words(Words { words: words.iter().map(|&word| word.to_owned()).collect() })
}
