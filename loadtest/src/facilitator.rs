//! The facilitator: signs in, creates the event, and controls it from the studio's live connection.

mod account;

use std::{rc::Rc, time::Duration};

use anyhow::{Context, Result, bail};
use parterre_protocol::{
    Act, ActivityId, CommandId, Control, Outcome, Settings,
    topics::{Event, Results, Stage, StagedActivity},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

pub use self::account::{Account, Session, make_owner};
use self::account::{Cookies, cookies, credentials, sign_in};
use crate::{
    client::{Client, ConnectOptions, transport::Transport},
    crowd::Crowd,
    http::Address,
};

/// It is an error if the studio does not show something within this time.
const SHOW_LIMIT: Duration = Duration::from_secs(60);

/// A signed-in facilitator of one event.
pub struct Facilitator {
    address: Address,
    head: String,
    /// The form for signing in again.
    credentials: String,
    /// The cookie by which the browser is known to the server, besides the session.
    remembered: String,
    /// The event.
    pub event: Event,
    /// The studio's live connection.
    pub studio: Rc<Client>,
    /// The totals of the studio.
    pub crowd: Rc<Crowd>,
}

#[derive(Deserialize)]
struct Made {
    id: ActivityId,
}

#[derive(Deserialize)]
struct EventBody {
    event: Event,
}

#[derive(Deserialize)]
struct CreatedLink {
    url: String,
}

impl Facilitator {
    /// Signs in, creates an event with this name, and opens its studio.
    pub async fn sign_in(address: &Address, account: &Account, name: &str, seed: u64) -> Result<Self> {
        let cookies = cookies(address, account).await?;
        let head = cookies.head(address);
        let answer = address.ask_json("POST", "/api/v1/events", &head, &json!({ "name": name })).await?;
        let event: Event = answer.json().context("making the event")?;
        Self::at(address, account, cookies, event, seed).await
    }

    /// Signs in, begins a room test, and opens its board.
    pub async fn begin_room_test(address: &Address, account: &Account, seed: u64) -> Result<Self> {
        let cookies = cookies(address, account).await?;
        let head = cookies.head(address);
        let made = address.ask("POST", "/studio/room-tests", &head, b"").await?;
        let id = made.header("location").and_then(|board| board.rsplit('/').next());
        let id = id.with_context(|| format!("POST /studio/room-tests: {made}"))?;
        let EventBody { event } = address.ask("GET", &format!("/api/v1/events/{id}"), &head, b"").await?.json()?;
        Self::at(address, account, cookies, event, seed).await
    }

    async fn at(address: &Address, account: &Account, cookies: Cookies, event: Event, seed: u64) -> Result<Self> {
        let head = cookies.head(address);
        let crowd = Rc::new(Crowd::default());
        let way = ConnectOptions {
            address: address.clone(),
            path: format!("/api/v1/live?event={}&as=studio", event.id),
            head: head.clone(),
            receive_buffer: None,
            watched: true,
            transport: Transport::Socket,
        };
        let studio = Client::start(0, crowd.clone(), way, seed);
        crowd.until("the studio to connect", SHOW_LIMIT, |seen| seen.joined == 1).await?;
        let credentials = credentials(account);
        Ok(Self { address: address.clone(), head, credentials, remembered: cookies.remembered, event, studio, crowd })
    }

    /// The live address and headers of a further studio, at this address of the same server.
    pub fn studio_at(&self, address: &Address) -> ConnectOptions {
        // A browser's `Origin` is the address that it asks.
        self.studio(address, self.head.replace(&self.address.origin(), &address.origin()))
    }

    /// The same by a further session.
    pub fn studio_by(&self, session: &Session, address: &Address) -> ConnectOptions {
        self.studio(address, session.cookies.head(address))
    }

    fn studio(&self, address: &Address, head: String) -> ConnectOptions {
        let path = format!("/api/v1/live?event={}&as=studio", self.event.id);
        ConnectOptions {
            address: address.clone(),
            path,
            head,
            receive_buffer: None,
            watched: false,
            transport: Transport::Socket,
        }
    }

    /// The live address and headers of the event's screen, which needs no cookie.
    pub fn screen(&self) -> ConnectOptions {
        let path = format!("/api/v1/live?event={}&as=screen", self.event.id);
        ConnectOptions {
            address: self.address.clone(),
            path,
            head: String::new(),
            receive_buffer: None,
            watched: true,
            transport: Transport::Socket,
        }
    }

    /// A further screen, at this address of the same server.
    pub fn screen_at(&self, address: &Address) -> ConnectOptions {
        ConnectOptions { address: address.clone(), ..self.screen() }
    }

    /// The screen of a signed-in facilitator, who can control the event from there, at this address
    /// of the server.
    pub fn own_screen_at(&self, address: &Address) -> ConnectOptions {
        let path = format!("/api/v1/live?event={}&as=screen", self.event.id);
        ConnectOptions { path, ..self.studio_at(address) }
    }

    /// Signs in again, in the same browser but beside its session. False if it must retry later.
    pub async fn signs_in_again(&self) -> Result<bool> {
        self.further_session(&self.address).await.map(|session| session.is_some())
    }

    /// Signs in like that at this address of the same server; `None` if it must retry later.
    pub async fn further_session(&self, address: &Address) -> Result<Option<Session>> {
        let cookie = format!("Cookie: {}\r\n", self.remembered);
        let cookie = if self.remembered.is_empty() { "" } else { &cookie };
        let answer = sign_in(address, "/login", cookie, &self.credentials).await?;
        match answer.status {
            303 => Cookies::of(&answer).map(|cookies| Some(Session { cookies })),
            429 | 502..=504 => Ok(None),
            _ => bail!("POST /login: {answer}"),
        }
    }

    /// Adds an activity at the end.
    pub async fn add(&self, settings: &Settings) -> Result<ActivityId> {
        let path = format!("/api/v1/events/{}/activities", self.event.id);
        let answer = self.address.ask_json("POST", &path, &self.head, &json!({ "settings": settings })).await?;
        answer.json().map(|made: Made| made.id).context("adding an activity")
    }

    /// Changes what an activity asks.
    pub async fn reword(&self, activity: ActivityId, settings: &Settings) -> Result<()> {
        let path = format!("/api/v1/events/{}/activities/{activity}", self.event.id);
        let answer = self.address.ask_json("PUT", &path, &self.head, &json!({ "settings": settings })).await?;
        answer.json().map(|_: Made| ()).context("rewording an activity")
    }

    /// Controls the event, and waits until that is stored.
    pub async fn control(&self, control: Control) -> Result<()> {
        let what = format!("{control:?}");
        self.stored(self.studio.control(control), what).await
    }

    /// Moderates questions, and waits until that is stored.
    pub async fn moderate(&self, act: Act) -> Result<()> {
        let what = format!("{act:?}");
        self.stored(self.studio.moderate(act), what).await
    }

    /// Creates a private link for a moderator. Returns the live address and headers of a device
    /// that holds it.
    pub async fn moderator(&self, name: &str) -> Result<ConnectOptions> {
        let path = format!("/api/v1/events/{}/links", self.event.id);
        let link = json!({"kind": "moderator", "name": name, "hours": 1, "scope": "full"});
        let answer = self.address.ask_json("POST", &path, &self.head, &link).await?;
        let CreatedLink { url } = answer.json().context("making a private link")?;
        let (_, secret) = url.split_once("/l/").with_context(|| format!("{url} is no private link"))?;
        let path = format!("/api/v1/live?event={}&as=moderator", self.event.id);
        let head = format!("Authorization: Bearer {secret}\r\n");
        Ok(ConnectOptions {
            address: self.address.clone(),
            path,
            head,
            receive_buffer: None,
            watched: false,
            transport: Transport::Socket,
        })
    }

    /// Reads something of the event's, such as `questions?sort=recent`.
    pub async fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T> {
        let path = format!("/api/v1/events/{}/{what}", self.event.id);
        self.studio.get(&path).await?.json().with_context(|| format!("GET {path}"))
    }

    /// The stage as the studio shows it.
    pub fn stage(&self) -> Result<Stage> {
        self.studio.topics().stage().context("the studio's stage is not what the protocol says")
    }

    /// Waits until the studio shows such an activity on stage, which may be after the receipt of
    /// what put it there.
    pub async fn staged(&self, like: impl Fn(&StagedActivity) -> bool) -> Result<StagedActivity> {
        let staged = || self.studio.topics().stage()?.activity.filter(&like);
        self.crowd.until("the studio to show what was put on stage", SHOW_LIMIT, |_| staged().is_some()).await?;
        staged().context("it was waited for")
    }

    /// The results as the studio shows them.
    pub fn results(&self) -> Result<Results> {
        self.studio.topics().results().context("the studio's results are not what the protocol says")
    }

    /// Waits until the studio's results match. Returns the last ones, even if they do not match.
    pub async fn results_when(&self, limit: Duration, like: impl Fn(&Results) -> bool) -> Result<Results> {
        let met = |_: &crate::crowd::CrowdTotals| self.results().is_ok_and(|results| like(&results));
        // After a timeout, the caller judges the results.
        drop(self.crowd.until("the results", limit, met).await);
        self.results()
    }

    async fn stored(&self, cid: CommandId, what: String) -> Result<()> {
        match self.studio.until_settled(cid).await.with_context(|| what.clone())? {
            Outcome::Stored { .. } => Ok(()),
            outcome => bail!("{what} became {outcome:?}"),
        }
    }
}
