//! One event of a run with all its clients: phones, moderators, and a studio and a screen on each
//! route, directly to each node and through the proxy.

use std::{cell::RefCell, rc::Rc, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use parterre_protocol::{
    Act, ActivityId, Control, QaSettings, Settings,
    join::{JoinRequest, Joined},
    posts::{QaState, WordFilter},
    topics::{Audience, Event},
};
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

use super::{history::Who, recorder::Recorder};
use crate::{
    bench::{DELIVERY_TIMEOUT, cloud, poll, wall},
    client::{Client, ConnectOptions, transport::Transport},
    crowd::Crowd,
    facilitator::{Account, Facilitator},
    http::Address,
};

/// Phones that join at the same time.
const AT_ONCE: usize = 64;

/// Moderators of an event.
const MODERATORS: usize = 2;

/// A route to the nodes.
#[derive(Clone)]
pub struct Entrance {
    /// Its description.
    pub name: String,
    /// The address.
    pub address: Address,
}

/// A phone in one event.
pub struct Phone {
    /// Its page.
    pub client: Rc<Client>,
    /// How it connects.
    pub way: ConnectOptions,
    /// Who it is.
    pub who: Who,
    /// When it last asked a question, in milliseconds.
    pub asked: Option<u64>,
    /// Whether it has left and does not return.
    pub gone: bool,
}

/// An event with all its clients.
pub struct EventSetup {
    /// The event.
    pub event: Event,
    /// Its activities, in order.
    pub activities: Vec<(ActivityId, Settings)>,
    /// The phones.
    pub phones: RefCell<Vec<Phone>>,
    /// The facilitator who created it and signs in again.
    pub facilitator: Facilitator,
    /// The studios, one per route.
    pub studios: Vec<Rc<Client>>,
    /// The screens, one per route.
    pub screens: Vec<Rc<Client>>,
    /// The moderators.
    pub moderators: Vec<Rc<Client>>,
    /// The totals of the phones.
    pub crowd: Rc<Crowd>,
    /// The totals of all other clients.
    pub others: Rc<Crowd>,
}

impl EventSetup {
    /// Creates an event with this name, opens its questions, and connects studios, screens and
    /// moderators.
    pub async fn open(
        recorder: &Rc<Recorder>,
        entrances: &[Entrance],
        account: &Account,
        name: &str,
        seed: u64,
    ) -> Result<Self> {
        let door = &entrances[0].address;
        let facilitator = Facilitator::sign_in(door, account, name, seed).await?;
        let event = facilitator.event.clone();
        let mut activities = Vec::new();
        for number in 1..=5 {
            let asked = match number {
                3 => cloud(&format!("{name}: what comes to mind?")),
                5 => wall(&format!("{name}: what should we stop doing?")),
                _ => poll(&format!("{name}: question {number}?"), 5),
            };
            activities.push((facilitator.add(&asked).await?, asked));
        }
        facilitator.control(Control::Start).await?;
        take_questions(&facilitator).await?;
        let (crowd, others) = (recorder.crowd(), recorder.crowd());
        let who = |name: String, audience| Who { name, event: event.id, audience, participant: None };
        let (mut studios, mut screens, mut moderators) = (Vec::new(), Vec::new(), Vec::new());
        for entrance in entrances {
            let by = &entrance.name;
            let (studio, screen) = (facilitator.studio_at(&entrance.address), facilitator.screen());
            let screen = ConnectOptions { address: entrance.address.clone(), watched: false, ..screen };
            studios.push(recorder.client(who(format!("studio of {name} {by}"), Audience::Studio), &others, studio));
            screens.push(recorder.client(who(format!("screen of {name} {by}"), Audience::Screen), &others, screen));
        }
        for number in 1..=MODERATORS {
            let way = facilitator.moderator(&format!("Moderator {number}")).await?;
            let who = who(format!("moderator {number} of {name}"), Audience::Moderator);
            moderators.push(recorder.client(who, &others, way));
        }
        facilitator.studio.leave();
        let all = studios.len() + screens.len() + moderators.len();
        others.until("studios, screens and moderators", DELIVERY_TIMEOUT, |seen| seen.joined == all).await?;
        let phones = RefCell::default();
        Ok(Self { event, activities, phones, facilitator, studios, screens, moderators, crowd, others })
    }

    /// Joins and connects these devices, or new ones if they have no tokens. Returns the tokens.
    pub async fn join(
        &self,
        recorder: &Rc<Recorder>,
        door: &Entrance,
        phones: usize,
        tokens: &[String],
    ) -> Result<Vec<String>> {
        let (gate, mut arrivals) = (Rc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
        for number in 0..phones {
            let (gate, door, code) = (gate.clone(), door.clone(), self.event.code.clone());
            let token = tokens.get(number).cloned();
            arrivals.spawn_local(async move {
                let _turn = gate.acquire().await?;
                anyhow::Ok((number, join(&door.address, &code, token.as_deref()).await?))
            });
        }
        let mut joined: Vec<_> = arrivals.join_all().await.into_iter().collect::<Result<_>>()?;
        joined.sort_by_key(|(number, _)| *number);
        let mut tokens = Vec::new();
        for (number, joined) in joined {
            let token = joined.token.context("a program is given its token")?;
            let (name, participant) = (format!("phone {number} in {}", self.event.name), Some(joined.participant));
            let who = Who { name, event: self.event.id, audience: Audience::Phone, participant };
            let way = ConnectOptions {
                address: door.address.clone(),
                path: format!("{}&as=phone", joined.live),
                head: format!("Authorization: Bearer {token}\r\n"),
                receive_buffer: None,
                watched: false,
                transport: Transport::Socket,
            };
            let client = recorder.client(who.clone(), &self.crowd, way.clone());
            self.phones.borrow_mut().push(Phone { client, way, who, asked: None, gone: false });
            tokens.push(token);
        }
        self.crowd.until("the phones to connect", DELIVERY_TIMEOUT, |seen| seen.joined == phones).await?;
        Ok(tokens)
    }

    /// Every client that should be connected.
    pub fn clients(&self) -> Vec<Rc<Client>> {
        let phones = self.phones.borrow();
        let phones = phones.iter().filter(|phone| !phone.gone).map(|phone| phone.client.clone());
        phones.chain(self.studios.iter().chain(&self.screens).chain(&self.moderators).cloned()).collect()
    }

    /// What an activity asks.
    pub fn settings_of(&self, activity: ActivityId) -> Option<&Settings> {
        self.activities.iter().find(|(id, _)| *id == activity).map(|(_, settings)| settings)
    }
}

/// Opens questions, with review before publication.
async fn take_questions(facilitator: &Facilitator) -> Result<()> {
    let studio = &facilitator.studio;
    let shown = |_: &crate::crowd::CrowdTotals| studio.topics().moderation().is_some();
    facilitator.crowd.until("the studio to show the questions", DELIVERY_TIMEOUT, shown).await?;
    let before = studio.topics().moderation().context("it was waited for")?.settings;
    let filter = WordFilter { on: false, ..WordFilter::default() };
    let settings = QaSettings { state: QaState::Open, review: true, filter, ..before.clone() };
    facilitator.moderate(Act::Configure { version: before.version, settings: settings.into() }).await
}

async fn join(door: &Address, code: &str, token: Option<&str>) -> Result<Joined> {
    let request = JoinRequest { code: code.to_owned(), name: None };
    let head = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let mut path = "/api/v1/join".to_owned();
    for _ in 0..100 {
        let answer = door.ask_json("POST", &path, &head, &request).await?;
        if ![502, 503, 504].contains(&answer.status) {
            return answer.json();
        }
        // An answer that is not JSON comes from the proxy, which could not reach a node.
        let told = serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok();
        let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse().ok());
        let seconds = if told { seconds.context("Retry-After is missing")? } else { 1 };
        sleep(Duration::from_secs(seconds)).await;
        path = answer.again("/api/v1/join");
    }
    bail!("a phone was told to come later a hundred times")
}

/// Every event has a client.
pub fn fits(phones: usize, nodes: usize) -> Result<()> {
    ensure!(phones >= 6 && nodes >= 1, "a run needs at least 6 phones and a node");
    Ok(())
}
