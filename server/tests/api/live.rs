//! A client of the live connection that believes the protocol: what it holds is what it was told,
//! and what does not fit fails the test.

use std::{collections::HashMap, net::TcpStream, time::Duration};

use parterre_protocol::{
    Act, ActivityId, Answer, ClientMessage, CommandId, Control, Millis, Outcome, PostCommand, PostId, PromptVersion,
    QaSettings, RefusalCode, Rev, ServerMessage, patch,
    posts::PostRef,
    topics::{Me, ModeratedPost, Moderation, OwnPost, Posts, Presence, Results, Stage, Topic},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tungstenite::{Message, WebSocket, protocol::CloseFrame};

use crate::plain::Http;

/// Long past anything that is waited for: a server that is silent for so long has failed the test.
const TIMEOUT: Duration = Duration::from_secs(20);

/// One live connection.
pub(crate) struct Live {
    line: Line,
    held: HashMap<Topic, (Rev, Value)>,
    /// Every message so far, as it came.
    pub(crate) heard: Vec<String>,
}

/// How it hears and speaks.
enum Line {
    Socket(WebSocket<TcpStream>),
    Http(Http),
}

/// How the server ended a connection: the close code, and what its `bye` said of coming back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) code: u16,
    pub(crate) retry_ms: Option<u32>,
}

impl Live {
    /// A client on this socket, which was just let in.
    pub(crate) fn new(socket: WebSocket<TcpStream>) -> Self {
        let mut live = Self::unread(socket);
        assert!(matches!(live.next(), ServerMessage::Hello { v: 1, .. }));
        live
    }

    /// A client on this socket, of which nothing was read yet.
    pub(crate) fn unread(socket: WebSocket<TcpStream>) -> Self {
        socket.get_ref().set_read_timeout(Some(TIMEOUT)).expect("a time that is not zero");
        Self { line: Line::Socket(socket), held: HashMap::new(), heard: Vec::new() }
    }

    /// A client that came in over plain HTTP.
    pub(crate) fn by_http(http: Http) -> Self {
        Self { line: Line::Http(http), held: HashMap::new(), heard: Vec::new() }
    }

    /// Whether it asks again and again.
    pub(crate) fn asks(&self) -> bool {
        matches!(&self.line, Line::Http(http) if http.asks())
    }

    /// The same client on a new connection: holds what this one held.
    pub(crate) fn holding(mut self, former: &Self) -> Self {
        self.held.extend(former.held.iter().map(|(topic, held)| (*topic, held.clone())));
        self
    }

    /// The revs that this client holds, as an address says them.
    pub(crate) fn revs(&self) -> String {
        let topics = [Topic::Stage, Topic::Results, Topic::Posts, Topic::Me];
        let [stage, results, posts, me] = topics.map(|topic| self.rev(topic));
        format!("stage={stage}&results={results}&posts={posts}&me={me}")
    }

    /// The rev of a topic.
    pub(crate) fn rev(&self, topic: Topic) -> Rev {
        self.held[&topic].0
    }

    /// The next message.
    pub(crate) fn next(&mut self) -> ServerMessage {
        if let Line::Http(http) = &mut self.line {
            let text = http.read(&self.held);
            return self.take(&text);
        }
        loop {
            match self.socket().read().expect("the server says something") {
                Message::Text(text) => return self.take(text.as_str()),
                Message::Ping(_) => {}
                other => panic!("the server sent {other:?}"),
            }
        }
    }

    fn socket(&mut self) -> &mut WebSocket<TcpStream> {
        match &mut self.line {
            Line::Socket(socket) => socket,
            Line::Http(_) => panic!("only a WebSocket can do this"),
        }
    }

    /// Waits for the server to ask so many times whether anybody is there, and says nothing but
    /// that.
    pub(crate) fn is_pinged(&mut self, times: usize) {
        let mut pings = 0;
        while pings < times {
            match self.socket().read().expect("the server says something") {
                Message::Text(text) => drop(self.take(text.as_str())),
                Message::Ping(_) => pings += 1,
                other => panic!("the server sent {other:?}"),
            }
        }
    }

    fn take(&mut self, text: &str) -> ServerMessage {
        self.heard.push(text.to_owned());
        let message = serde_json::from_str(text).expect("a message of the protocol");
        match &message {
            ServerMessage::Full { topic, rev, data } => {
                self.held.insert(*topic, (*rev, data.clone()));
            }
            ServerMessage::Delta { topic, from, rev, patch: change } => {
                let (held, data) = self.held.get_mut(topic).expect("a delta is for what is held");
                assert_eq!(held, from, "a delta is for the rev that is held");
                patch::apply(data, change);
                *held = *rev;
            }
            _ => {}
        }
        message
    }

    /// Reads until this holds.
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        while !holds(self) {
            if let ServerMessage::Bye { message, .. } = self.next() {
                panic!("while waiting for {what}: {message}");
            }
        }
    }

    /// Reads all that the server has to say now: what comes before the answers to two pings, since
    /// what is newest is written before a later message is read.
    pub(crate) fn catch_up(&mut self) {
        for _ in 0..2 {
            self.say(&ClientMessage::Ping);
            while self.next() != ServerMessage::Pong {}
        }
    }

    /// Sends a message.
    pub(crate) fn say(&mut self, message: &ClientMessage) {
        if let Line::Http(http) = &mut self.line {
            return http.say(message);
        }
        let text = serde_json::to_string(message).expect("a message has text keys only");
        self.socket().send(Message::text(text)).expect("the server reads");
    }

    /// Reads up to the receipt of a command.
    pub(crate) fn receipt(&mut self, wanted: CommandId) -> Outcome {
        loop {
            if let ServerMessage::Receipt { cid, outcome } = self.next()
                && cid == wanted
            {
                return outcome;
            }
        }
    }

    /// Sends a command and waits for its receipt.
    pub(crate) fn command(&mut self, message: &ClientMessage) -> Outcome {
        self.say(message);
        self.receipt(message.cid().expect("a command has an id"))
    }

    /// Answers an activity in its first round.
    pub(crate) fn respond(&mut self, activity: ActivityId, answer: Answer) -> Outcome {
        self.command(&response(activity, 1, answer))
    }

    /// Does something with questions.
    pub(crate) fn post(&mut self, post: PostCommand) -> Outcome {
        self.command(&ClientMessage::Post { cid: cid(), post })
    }

    /// Asks anonymously, which must be stored.
    pub(crate) fn ask(&mut self, text: &str) {
        let outcome = self.post(PostCommand::Ask { text: text.to_owned(), name: None });
        assert!(matches!(outcome, Outcome::Stored { .. }), "{outcome:?}");
    }

    /// Moderates questions.
    pub(crate) fn act(&mut self, act: Act) -> Outcome {
        self.command(&ClientMessage::Moderate { cid: cid(), act })
    }

    /// Moderates questions, which must be done.
    pub(crate) fn moderate(&mut self, act: Act) {
        let outcome = self.act(act);
        assert!(matches!(outcome, Outcome::Stored { .. }), "{outcome:?}");
    }

    /// Changes how questions are taken, which must be done; everybody who looks anew sees it.
    pub(crate) fn configure(&mut self, change: impl FnOnce(&mut QaSettings)) {
        let mut settings = self.moderation().settings;
        let version = settings.version;
        change(&mut settings);
        self.moderate(Act::Configure { version, settings: settings.into() });
        self.until("the new settings", |live| live.moderation().settings.version > version);
    }

    /// These questions as this moderator has seen them.
    pub(crate) fn seen(&self, posts: &[u32]) -> Vec<PostRef> {
        let known = self.moderation().posts;
        let version = |post: PostId| known.get(&post).map_or(0, |known| known.version);
        posts.iter().map(|post| PostId::new(*post)).map(|post| PostRef { post, version: version(post) }).collect()
    }

    /// Steers the event.
    pub(crate) fn control(&mut self, control: Control) -> Outcome {
        self.command(&ClientMessage::Control { cid: cid(), control })
    }

    /// Steers the event, which must be done.
    pub(crate) fn steer(&mut self, control: Control) {
        self.stored_at(control);
    }

    /// The same; when it was done, by the server's clock.
    pub(crate) fn stored_at(&mut self, control: Control) -> Millis {
        match self.control(control) {
            Outcome::Stored { at } => at,
            outcome => panic!("not done: {outcome:?}"),
        }
    }

    fn topic<T: DeserializeOwned>(&self, topic: Topic) -> Option<T> {
        let (_, data) = self.held.get(&topic)?;
        Some(serde_json::from_value(data.clone()).expect("the topic's content"))
    }

    /// Whether it was told of a topic.
    pub(crate) fn has(&self, topic: Topic) -> bool {
        self.held.contains_key(&topic)
    }

    /// Whether it knows what is shown.
    pub(crate) fn has_stage(&self) -> bool {
        self.has(Topic::Stage)
    }

    /// What is shown.
    pub(crate) fn stage(&self) -> Stage {
        self.topic(Topic::Stage).expect("every client has a stage")
    }

    /// The activity on stage.
    pub(crate) fn staged(&self) -> Option<ActivityId> {
        self.stage().activity.map(|activity| activity.id)
    }

    /// The counts of what is on stage.
    pub(crate) fn results(&self) -> Results {
        self.topic(Topic::Results).unwrap_or_default()
    }

    /// Who is here.
    pub(crate) fn presence(&self) -> Presence {
        self.topic(Topic::Presence).unwrap_or_default()
    }

    /// The questions that the room sees.
    pub(crate) fn posts(&self) -> Posts {
        self.topic(Topic::Posts).unwrap_or_default()
    }

    /// All that moderators see.
    pub(crate) fn moderation(&self) -> Moderation {
        self.topic(Topic::Moderation).expect("a studio has `moderation`")
    }

    /// Whether a moderator sees this question, and so.
    pub(crate) fn moderates(&self, post: u32, holds: impl Fn(&ModeratedPost) -> bool) -> bool {
        let known = self.topic::<Moderation>(Topic::Moderation);
        known.is_some_and(|known| known.posts.get(&PostId::new(post)).is_some_and(holds))
    }

    /// A question of one's own, if there is one with this number.
    pub(crate) fn own(&self, post: u32) -> Option<OwnPost> {
        self.me().posts.get(&PostId::new(post)).cloned()
    }

    /// One's own answers.
    pub(crate) fn me(&self) -> Me {
        self.topic(Topic::Me).expect("a phone has `me`")
    }

    /// Leaves as a browser does.
    pub(crate) fn leave(mut self) {
        self.socket().close(None::<CloseFrame>).expect("the server is there");
    }

    /// Reads to the end that the server makes.
    pub(crate) fn end(mut self) -> End {
        let mut bye = None;
        loop {
            match self.socket().read().expect("a close frame") {
                Message::Text(text) => {
                    if let ServerMessage::Bye { code, retry_ms, .. } = self.take(text.as_str()) {
                        bye = Some((code, retry_ms));
                    }
                }
                Message::Close(frame) => {
                    let close: u16 = frame.expect("a code").code.into();
                    let (code, retry_ms) = bye.expect("a word before the close frame");
                    assert_eq!(code, close, "the word and the frame say the same");
                    return End { code, retry_ms };
                }
                _ => {}
            }
        }
    }
}

/// A command's id.
pub(crate) fn cid() -> CommandId {
    CommandId::new(uuid::Uuid::new_v4())
}

/// A command to answer.
pub(crate) fn response(activity: ActivityId, round: u32, answer: Answer) -> ClientMessage {
    ClientMessage::Respond { cid: cid(), activity, round, version: PromptVersion::FIRST, answer }
}

/// Why a command was refused.
pub(crate) fn refused(outcome: &Outcome) -> Option<RefusalCode> {
    match outcome {
        Outcome::Refused { code, .. } => Some(*code),
        _ => None,
    }
}
