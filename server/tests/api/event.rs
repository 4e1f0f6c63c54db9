//! An event in a house: its rundown, and the ways to take part in it.

use std::net::{SocketAddr, TcpStream};

use parterre_protocol::{
    ActivityId, Answer, Choice, ChoicePoll, Control, EventId, ServerMessage, Settings, WordCloud, Words,
    kinds::choice::PollOption,
    topics::{ActivityState, Audience, StagedActivity},
};
use serde_json::json;
use tungstenite::{Error, HandshakeError, WebSocket, client::IntoClientRequest, http::Response};

use crate::{
    browser::Browser,
    house::House,
    live::{End, Live},
};

/// An event, made by the house's owner.
pub(crate) struct Event<'a> {
    pub(crate) house: &'a House,
    pub(crate) id: EventId,
    pub(crate) code: String,
    /// Its activities, in order.
    pub(crate) activities: Vec<ActivityId>,
}

/// Why a live connection was refused: the status, and the answer's body.
pub(crate) type Refused = Response<Option<Vec<u8>>>;

impl<'a> Event<'a> {
    /// A draft event with these activities.
    pub(crate) fn new(house: &'a House, questions: &[Settings]) -> Self {
        let owner = house.owner();
        let made = owner.ask("POST", "/api/v1/events", &json!({"name": "Annual meeting"})).expect(201).json();
        let event: parterre_protocol::topics::Event = serde_json::from_value(made).expect("an event");
        let mut event = Self { house, id: event.id, code: event.code, activities: Vec::new() };
        event.activities = questions.iter().map(|settings| event.add(settings)).collect();
        event
    }

    /// Adds an activity at the end.
    pub(crate) fn add(&self, settings: &Settings) -> ActivityId {
        let added =
            self.house.owner().ask("POST", &self.path("/activities"), &json!({"settings": settings})).expect(201);
        added.json()["id"].as_str().expect("an id").parse().expect("a UUID")
    }

    /// An address of the event in the API.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/events/{}{rest}", self.id)
    }

    /// The address of the event for participants.
    pub(crate) fn page(&self, rest: &str) -> String {
        format!("/e/{}{rest}", self.code)
    }

    /// The browser of a device that has joined.
    pub(crate) fn device(&self) -> Browser {
        let browser = self.house.stranger();
        browser.ask("POST", "/api/v1/join", &json!({"code": self.code})).expect(200);
        browser
    }

    /// A connected phone that has just joined.
    pub(crate) fn phone(&self) -> Live {
        self.enter(Audience::Phone, &self.device())
    }

    /// A connected studio of the owner.
    pub(crate) fn studio(&self) -> Live {
        self.enter(Audience::Studio, &self.house.owner())
    }

    /// A connected studio of the owner that has opened this activity and sees it open, as from then
    /// on everyone does who looks anew.
    pub(crate) fn open(&self, activity: ActivityId) -> Live {
        let mut studio = self.studio();
        studio.steer(Control::Open { activity });
        let open = |staged: StagedActivity| staged.id == activity && staged.state == ActivityState::Open;
        studio.until("the open activity", |studio| studio.stage().activity.is_some_and(open));
        studio
    }

    /// A connected screen that anybody may look at.
    pub(crate) fn screen(&self) -> Live {
        self.enter(Audience::Screen, &self.house.stranger())
    }

    /// Connects this browser as this audience, holding nothing; reads what it is told at first.
    pub(crate) fn enter(&self, audience: Audience, browser: &Browser) -> Live {
        let mut live = self.connect(browser, &format!("as={audience}")).expect("let in");
        live.until("the first stage", |live| live.has_stage());
        live
    }

    /// Connects this browser with these words in the address.
    pub(crate) fn connect(&self, browser: &Browser, query: &str) -> Result<Live, Box<Refused>> {
        self.connect_at(self.house.address(), browser, query)
    }

    /// Connects this browser if it is let in.
    pub(crate) fn knock(&self, browser: &Browser, query: &str) -> Option<Live> {
        let mut live = Live::unread(upgrade(self.house.address(), self.id, browser, query).expect("an answer"));
        matches!(live.next(), ServerMessage::Hello { .. }).then_some(live)
    }

    /// Connects this browser where it is told to come later.
    pub(crate) fn turned_away(&self, browser: &Browser, query: &str) -> End {
        Live::unread(upgrade(self.house.address(), self.id, browser, query).expect("told on the connection")).end()
    }

    /// The same, by another way to the server.
    pub(crate) fn connect_at(&self, address: SocketAddr, browser: &Browser, query: &str) -> Result<Live, Box<Refused>> {
        connect(address, self.id, browser, query)
    }
}

/// Connects this browser to an event of the server at this address.
pub(crate) fn connect(
    address: SocketAddr,
    event: EventId,
    browser: &Browser,
    query: &str,
) -> Result<Live, Box<Refused>> {
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

/// A poll of two options of which one is picked, and may be picked anew.
pub(crate) fn poll() -> Settings {
    Settings::Choice(ChoicePoll { changeable: true, ..strict_poll() })
}

/// A poll of two options of which one is picked for good.
pub(crate) fn strict_poll() -> ChoicePoll {
    let options = [(1, "By the sea"), (2, "In the mountains")];
    let options = options.map(|(id, text)| PollOption { id, text: text.to_owned() }).to_vec();
    ChoicePoll { title: "Where to?".to_owned(), options, min: 1, max: 1, other: false, changeable: false }
}

/// A word cloud of three words each.
pub(crate) fn cloud() -> Settings {
    Settings::Words(WordCloud { title: "In a word?".to_owned(), words_per_person: 3 })
}

/// The answer that picks this option.
pub(crate) fn pick(option: u16) -> Answer {
    Answer::Choice(Choice { options: vec![option], other: None })
}

/// The answer of these words.
pub(crate) fn words(words: &[&str]) -> Answer {
    Answer::Words(Words { words: words.iter().map(|&word| word.to_owned()).collect() })
}
