//! One simulated client, by `docs/protocol.md`: connects, holds topics, keeps an outbox,
//! reconnects. A phone, the studio and the screen differ only in the address and the headers they
//! connect with.

mod fallback;
mod incoming;
mod session;
pub mod transport;

use std::{
    cell::{Ref, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    time::Duration,
};

use parterre_protocol::{
    Act, ActivityId, Answer, ClientMessage, CommandId, Control, Millis, Outcome, PostCommand, PromptVersion, Rev,
};
use tokio::{
    sync::{
        Notify,
        mpsc::{self, UnboundedSender},
    },
    task::spawn_local,
    time::Instant,
};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use uuid::Uuid;

use self::{fallback::Fallback, transport::Transport};
use crate::{
    crowd::Crowd,
    http::{Address, HttpResponse},
    topic_cache::Topics,
};

/// A command that has no receipt by then is an error.
const RECEIPT_LIMIT: Duration = Duration::from_secs(60);

/// How a client connects.
#[derive(Clone)]
pub struct ConnectOptions {
    /// The server.
    pub address: Address,
    /// The live address with the event and the audience.
    pub path: String,
    /// Header lines that say who it is.
    pub head: String,
    /// The kernel's receive buffer in bytes, if it should be small.
    pub receive_buffer: Option<u32>,
    /// Whether the times at which it sees results are kept.
    pub watched: bool,
    /// Its transport, or the first one to try if the network is obstructed.
    pub transport: Transport,
}

/// One client.
pub struct Client {
    /// Its number within its crowd.
    pub number: usize,
    crowd: Rc<Crowd>,
    way: ConnectOptions,
    state: RefCell<ClientState>,
    orders: UnboundedSender<ClientCommand>,
    joined: Notify,
}

struct ClientState {
    topics: Topics,
    outbox: VecDeque<Command>,
    /// Nothing is sent on this connection before this time, because a command was told to retry
    /// later.
    rests_until: Option<Instant>,
    confirmed: BTreeMap<(ActivityId, u32), Confirmed>,
    outcomes: BTreeMap<CommandId, Outcome>,
    rng: fastrand::Rng,
    /// Attempts without a `hello` since the last one.
    misses: u32,
    /// The token to show when it retries, because too many clients connected at once.
    retry: Option<String>,
    greeted: bool,
    fallback: Fallback,
    /// Since when it has had no connection.
    lost: Option<Instant>,
    joined: bool,
    catching_up: Option<CatchingUp>,
}

/// A client that has reconnected and is not yet current.
struct CatchingUp {
    since: Instant,
    stage: Rev,
    results: Rev,
}

struct Command {
    cid: CommandId,
    text: Utf8Bytes,
    made: Instant,
    sent: bool,
    answer: Option<(ActivityId, u32, Answer)>,
}

/// An answer that the server has confirmed.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// The answer.
    pub answer: Answer,
    /// When the server says it was stored.
    pub at: Millis,
    /// When it was sent.
    pub made: Instant,
    /// When the receipt arrived.
    pub known: Instant,
}

enum ClientCommand {
    Send,
    Cut(Duration),
    Doze(Duration),
    Leave,
}

impl Client {
    /// Connects and stays connected until it is told to leave.
    pub fn start(number: usize, crowd: Rc<Crowd>, way: ConnectOptions, seed: u64) -> Rc<Self> {
        let (orders, received) = mpsc::unbounded_channel();
        let state = ClientState {
            topics: Topics::default(),
            outbox: VecDeque::new(),
            rests_until: None,
            confirmed: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            rng: fastrand::Rng::with_seed(seed.wrapping_add(number as u64)),
            misses: 0,
            retry: None,
            greeted: false,
            fallback: Fallback::at(way.transport),
            lost: None,
            joined: false,
            catching_up: None,
        };
        let client = Rc::new(Self { number, crowd, way, state: RefCell::new(state), orders, joined: Notify::new() });
        spawn_local(client.clone().run(received));
        client
    }

    /// The same client on a new connection, holding nothing, in a separate crowd.
    pub fn afresh(&self) -> Rc<Self> {
        Self::start(self.number, Rc::default(), self.way.clone(), 0)
    }

    /// Waits for its first stage and, for a phone, `me`. May be awaited once.
    pub async fn until_joined(&self) {
        self.joined.notified().await;
    }

    /// What its crowd has seen.
    pub fn crowd(&self) -> &Crowd {
        &self.crowd
    }

    /// The topics that it holds.
    pub fn topics(&self) -> Ref<'_, Topics> {
        Ref::map(self.state.borrow(), |state| &state.topics)
    }

    /// Its stored answers, by activity and round.
    pub fn confirmed(&self) -> Ref<'_, BTreeMap<(ActivityId, u32), Confirmed>> {
        Ref::map(self.state.borrow(), |state| &state.confirmed)
    }

    /// The outcome of a command that is not a phone's, once its receipt is here.
    pub fn outcome(&self, cid: CommandId) -> Option<Outcome> {
        self.state.borrow().outcomes.get(&cid).cloned()
    }

    /// Waits for the outcome of such a command.
    pub async fn until_settled(&self, cid: CommandId) -> anyhow::Result<Outcome> {
        self.crowd.until("a receipt", RECEIPT_LIMIT, |_| self.outcome(cid).is_some()).await?;
        Ok(self.outcome(cid).expect("it was waited for"))
    }

    /// Whether it has answered this, confirmed or not.
    pub fn has_answered(&self, activity: ActivityId, round: u32) -> bool {
        let state = self.state.borrow();
        let waits = |command: &Command| matches!(command.answer, Some((a, r, _)) if (a, r) == (activity, round));
        state.confirmed.contains_key(&(activity, round)) || state.outbox.iter().any(waits)
    }

    /// Answers, now or as soon as it is connected.
    pub fn respond(&self, activity: ActivityId, round: u32, answer: Answer) -> CommandId {
        let kept = Some((activity, round, answer.clone()));
        self.command(|cid| ClientMessage::Respond { cid, activity, round, version: PromptVersion::FIRST, answer }, kept)
    }

    /// How many of its commands have no receipt.
    pub fn waiting(&self) -> usize {
        self.state.borrow().outbox.len()
    }

    /// The live address, which names its audience.
    pub fn path_as(&self) -> &str {
        &self.way.path
    }

    /// Whether it has received the server's `hello` on its current connection.
    pub fn is_connected(&self) -> bool {
        self.state.borrow().greeted
    }

    /// Controls the event.
    pub fn control(&self, control: Control) -> CommandId {
        self.command(|cid| ClientMessage::Control { cid, control }, None)
    }

    /// Asks or supports a question.
    pub fn post(&self, post: PostCommand) -> CommandId {
        self.command(|cid| ClientMessage::Post { cid, post }, None)
    }

    /// Moderates questions.
    pub fn moderate(&self, act: Act) -> CommandId {
        self.command(|cid| ClientMessage::Moderate { cid, act }, None)
    }

    /// Its current transport.
    pub fn transport(&self) -> Transport {
        self.state.borrow().fallback.transport
    }

    /// Reads something over HTTP, as the same person.
    pub async fn get(&self, path: &str) -> anyhow::Result<HttpResponse> {
        self.way.address.ask("GET", path, &self.way.head, &[]).await
    }

    /// Loses its connection without a close frame and reconnects after this time.
    pub fn cut(&self, offline: Duration) {
        self.order(ClientCommand::Cut(offline));
    }

    /// Stops reading for a while.
    pub fn doze(&self, time: Duration) {
        self.order(ClientCommand::Doze(time));
    }

    /// Closes the connection and does not reconnect.
    pub fn leave(&self) {
        self.order(ClientCommand::Leave);
    }

    fn command(
        &self,
        message: impl FnOnce(CommandId) -> ClientMessage,
        answer: Option<(ActivityId, u32, Answer)>,
    ) -> CommandId {
        let cid = CommandId::new(Uuid::new_v4());
        let text = serde_json::to_string(&message(cid)).expect("a message has text keys only").into();
        let command = Command { cid, text, made: Instant::now(), sent: false, answer };
        self.state.borrow_mut().outbox.push_back(command);
        self.crowd.note().commands += 1;
        self.order(ClientCommand::Send);
        cid
    }

    fn order(&self, order: ClientCommand) {
        // Fails only if the client has left, which is already noted as trouble if it should not
        // have.
        drop(self.orders.send(order));
    }

    /// Counts a message with its bytes on the wire.
    fn count(&self, bytes: usize) {
        let mut seen = self.crowd.note();
        seen.frames += 1;
        seen.bytes += bytes as u64;
    }
}
