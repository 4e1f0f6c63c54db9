//! A client of the live connection that checks the protocol: it keeps the newest version of each
//! topic, and fails the test if a message does not fit.

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

use crate::fallback::Fallback;

/// Far longer than any wait: a server that is silent for so long has failed the test.
const TIMEOUT: Duration = Duration::from_secs(20);

/// One live connection.
pub struct Live {
    link: Link,
    held: HashMap<Topic, (Rev, Value)>,
    /// Every message so far, as it arrived.
    pub heard: Vec<String>,
}

enum Link {
    Socket(WebSocket<TcpStream>),
    Fallback(Fallback),
}

/// How the server closed a connection.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    /// The close code.
    pub code: u16,
    /// When to reconnect, as its `bye` said.
    pub retry_ms: Option<u32>,
}

impl Live {
    /// A client on this socket, which was just accepted.
    pub fn new(socket: WebSocket<TcpStream>) -> Self {
        let mut live = Self::unread(socket);
        assert!(matches!(live.next(), ServerMessage::Hello { v: 1, .. }));
        live
    }

    /// A client on this socket, from which nothing was read yet.
    pub fn unread(socket: WebSocket<TcpStream>) -> Self {
        socket.get_ref().set_read_timeout(Some(TIMEOUT)).expect("a time that is not zero");
        Self { link: Link::Socket(socket), held: HashMap::new(), heard: Vec::new() }
    }

    /// A client on a fallback transport.
    pub fn by_fallback(fallback: Fallback) -> Self {
        Self { link: Link::Fallback(fallback), held: HashMap::new(), heard: Vec::new() }
    }

    /// Whether it is long polling.
    pub fn polls(&self) -> bool {
        matches!(&self.link, Link::Fallback(fallback) if fallback.polls())
    }

    /// The same client after a reconnect: holds what the former connection held.
    pub fn holding(mut self, former: &Self) -> Self {
        self.held.extend(former.held.iter().map(|(topic, held)| (*topic, held.clone())));
        self
    }

    /// The revs that this client holds, as a query string.
    pub fn revs(&self) -> String {
        let topics = [Topic::Stage, Topic::Results, Topic::Posts, Topic::Me];
        let [stage, results, posts, me] = topics.map(|topic| self.rev(topic));
        format!("stage={stage}&results={results}&posts={posts}&me={me}")
    }

    /// The rev of a topic.
    pub fn rev(&self, topic: Topic) -> Rev {
        self.held[&topic].0
    }

    /// The next message.
    #[expect(clippy::should_implement_trait, reason = "it has no end: it panics if the server is silent")]
    pub fn next(&mut self) -> ServerMessage {
        if let Link::Fallback(fallback) = &mut self.link {
            let text = fallback.read(&self.held);
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
        match &mut self.link {
            Link::Socket(socket) => socket,
            Link::Fallback(_) => panic!("only a WebSocket can do this"),
        }
    }

    /// Waits for this many pings of the server. Sends nothing but the pongs.
    pub fn is_pinged(&mut self, times: usize) {
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
    pub fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        while !holds(self) {
            if let ServerMessage::Bye { message, .. } = self.next() {
                panic!("while waiting for {what}: {message}");
            }
        }
    }

    /// Reads everything that the server has to send at present: what precedes the pongs to two pings,
    /// because the server writes what is newest before it reads the next message.
    pub fn catch_up(&mut self) {
        for _ in 0..2 {
            self.say(&ClientMessage::Ping);
            while self.next() != ServerMessage::Pong {}
        }
    }

    /// Sends a message.
    pub fn say(&mut self, message: &ClientMessage) {
        if let Link::Fallback(fallback) = &mut self.link {
            return fallback.send(message);
        }
        let text = serde_json::to_string(message).expect("a message has text keys only");
        self.socket().send(Message::text(text)).expect("the server reads");
    }

    /// Reads up to the receipt of a command.
    pub fn receipt(&mut self, wanted: CommandId) -> Outcome {
        loop {
            if let ServerMessage::Receipt { cid, outcome } = self.next()
                && cid == wanted
            {
                return outcome;
            }
        }
    }

    /// Sends a command and waits for its receipt.
    pub fn command(&mut self, message: &ClientMessage) -> Outcome {
        self.say(message);
        self.receipt(message.cid().expect("a command has an id"))
    }

    /// Answers an activity in its first round.
    pub fn respond(&mut self, activity: ActivityId, answer: Answer) -> Outcome {
        self.command(&response(activity, 1, answer))
    }

    /// Sends a command about posts.
    pub fn post(&mut self, post: PostCommand) -> Outcome {
        self.command(&ClientMessage::Post { cid: cid(), post })
    }

    /// Asks a question anonymously, which must be stored.
    pub fn ask(&mut self, text: &str) {
        let outcome = self.post(PostCommand::Ask { text: text.to_owned(), name: None });
        assert!(matches!(outcome, Outcome::Stored { .. }), "{outcome:?}");
    }

    /// Moderates posts.
    pub fn act(&mut self, act: Act) -> Outcome {
        self.command(&ClientMessage::Moderate { cid: cid(), act })
    }

    /// Moderates posts, which must be stored.
    pub fn moderate(&mut self, act: Act) {
        let outcome = self.act(act);
        assert!(matches!(outcome, Outcome::Stored { .. }), "{outcome:?}");
    }

    /// Changes the Q&A settings, which must be stored, and waits until this client sees them.
    pub fn configure(&mut self, change: impl FnOnce(&mut QaSettings)) {
        let mut settings = self.moderation().settings;
        let version = settings.version;
        change(&mut settings);
        self.moderate(Act::Configure { version, settings: settings.into() });
        self.until("the new settings", |live| live.moderation().settings.version > version);
    }

    /// These posts with the versions that this moderator has seen.
    pub fn seen(&self, posts: &[u32]) -> Vec<PostRef> {
        let known = self.moderation().posts;
        let version = |post: PostId| known.get(&post).map_or(0, |known| known.version);
        posts.iter().map(|post| PostId::new(*post)).map(|post| PostRef { post, version: version(post) }).collect()
    }

    /// Controls the event.
    pub fn control(&mut self, control: Control) -> Outcome {
        self.command(&ClientMessage::Control { cid: cid(), control })
    }

    /// Controls the event, which must be stored.
    pub fn steer(&mut self, control: Control) {
        self.stored_at(control);
    }

    /// Controls the event, which must be stored; when, by the server's clock.
    pub fn stored_at(&mut self, control: Control) -> Millis {
        match self.control(control) {
            Outcome::Stored { at } => at,
            outcome => panic!("not done: {outcome:?}"),
        }
    }

    fn topic<T: DeserializeOwned>(&self, topic: Topic) -> Option<T> {
        let (_, data) = self.held.get(&topic)?;
        Some(serde_json::from_value(data.clone()).expect("the topic's content"))
    }

    /// Whether it holds a topic.
    pub fn has(&self, topic: Topic) -> bool {
        self.held.contains_key(&topic)
    }

    /// Whether it holds the stage.
    pub fn has_stage(&self) -> bool {
        self.has(Topic::Stage)
    }

    /// The stage.
    pub fn stage(&self) -> Stage {
        self.topic(Topic::Stage).expect("every client has a stage")
    }

    /// The activity on stage.
    pub fn staged(&self) -> Option<ActivityId> {
        self.stage().activity.map(|activity| activity.id)
    }

    /// The results of what is on stage.
    pub fn results(&self) -> Results {
        self.topic(Topic::Results).unwrap_or_default()
    }

    /// How many are connected.
    pub fn presence(&self) -> Presence {
        self.topic(Topic::Presence).unwrap_or_default()
    }

    /// The questions that the room sees.
    pub fn posts(&self) -> Posts {
        self.topic(Topic::Posts).unwrap_or_default()
    }

    /// What moderators see.
    pub fn moderation(&self) -> Moderation {
        self.topic(Topic::Moderation).expect("a studio has `moderation`")
    }

    /// Whether moderators see this post, and this holds of it.
    pub fn moderates(&self, post: u32, holds: impl Fn(&ModeratedPost) -> bool) -> bool {
        let known = self.topic::<Moderation>(Topic::Moderation);
        known.is_some_and(|known| known.posts.get(&PostId::new(post)).is_some_and(holds))
    }

    /// The participant's own post with this number.
    pub fn own(&self, post: u32) -> Option<OwnPost> {
        self.me().posts.get(&PostId::new(post)).cloned()
    }

    /// The participant's own data.
    pub fn me(&self) -> Me {
        self.topic(Topic::Me).expect("a phone has `me`")
    }

    /// Closes the connection as a browser does.
    pub fn leave(mut self) {
        self.socket().close(None::<CloseFrame>).expect("the server is there");
    }

    /// Reads until the server closes the connection.
    pub fn end(mut self) -> End {
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

/// A new command id.
pub fn cid() -> CommandId {
    CommandId::new(uuid::Uuid::new_v4())
}

/// A command with an answer.
pub fn response(activity: ActivityId, round: u32, answer: Answer) -> ClientMessage {
    ClientMessage::Respond { cid: cid(), activity, round, version: PromptVersion::FIRST, answer }
}

/// Why a command was refused.
pub fn refused(outcome: &Outcome) -> Option<RefusalCode> {
    match outcome {
        Outcome::Refused { code, .. } => Some(*code),
        _ => None,
    }
}
