//! One run of the test, step by step. What was measured so far is there whenever it is stopped.

use std::{cell::RefCell, net::SocketAddr};

use futures_util::{StreamExt, stream::FuturesUnordered};
use netcheck_rules::{
    Connected, Idle, Lookup, LookupResult, Measurement, Measures, Name, Page, Plan, Proxy as ProxySeen,
    ReachedAddresses, Step, Trouble, Tunnel,
};

use crate::{
    channel,
    crowd::Crowd,
    http::{Connection, Intercepted},
    name, plain, plan,
    progress::Progress,
    proxy::Proxy,
    route::{self, Purpose, Route},
    target::Target,
    tls::{SeenCertificates, Trusted},
};

/// Where people are without TLS.
const PLAIN_PORT: u16 = 80;
/// Silences that are borne in a quick test.
const QUICK_S: u32 = 30;

/// What is tested, and how.
#[derive(Clone)]
pub(crate) struct RunOptions {
    pub(crate) target: Target,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) resolver: Option<SocketAddr>,
    pub(crate) quick: bool,
    /// How many connections from here are tried, and by whose leave.
    pub(crate) phones: Option<(u32, String)>,
}

/// What a run has found so far.
#[derive(Debug)]
pub(crate) struct RunResult {
    pub(crate) plan: Plan,
    pub(crate) measures: Measures,
}

/// Where a test ends early: what was met says it all.
struct Ended;

/// A run.
pub(crate) struct Run<'a> {
    asking: RunOptions,
    trusted: &'a Trusted,
    progress: &'a Progress,
    found: RefCell<RunResult>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(asking: RunOptions, trusted: &'a Trusted, progress: &'a Progress) -> Self {
        let found = RunResult { plan: plan::unknown(&asking.target), measures: Measures::default() };
        Self { asking, trusted, progress, found: RefCell::new(found) }
    }

    /// What was found, and which server it was.
    pub(crate) fn end(self) -> (Target, RunResult) {
        (self.asking.target, self.found.into_inner())
    }

    /// Measures everything. If it is dropped, what was measured so far remains.
    pub(crate) async fn go(&mut self) {
        if let Ok(Some(elsewhere)) = self.try_all().await {
            // A server that is asked without TLS sends people to itself with TLS, as browsers
            // follow.
            self.asking.target = elsewhere;
            *self.found.get_mut() =
                RunResult { plan: plan::unknown(&self.asking.target), measures: Measures::default() };
            let _ = self.try_all().await;
        }
    }

    fn note(&self, what: impl FnOnce(&mut Measures)) {
        what(&mut self.found.borrow_mut().measures);
    }

    /// Gives the server's other address, if it sent us there.
    async fn try_all(&self) -> Result<Option<Target>, Ended> {
        let mut route = self.find_route().await?;
        let protocol = self.agree(&mut route).await?;
        match self.plan(&route).await {
            Ok(()) => {}
            Err(Intercepted { location: Some(location), .. }) if self.is_itself(&location) => {
                return Ok(Target::parse(&location).ok());
            }
            Err(met) => {
                self.note_met(&met);
                self.note_without_plan(&route, met.trouble).await;
                return Err(Ended);
            }
        }
        let plan = self.found.borrow().plan.clone();
        let silences = self.hold_all(&route, &plan);
        tokio::join!(silences, self.quick(&route, &plan, &protocol));
        Ok(None)
    }

    fn is_itself(&self, location: &str) -> bool {
        let target = &self.asking.target;
        Target::parse(location).is_ok_and(|it| it.secure && !target.secure && it.host == target.host)
    }

    /// The route to the server: the proxy or the name, and an address that accepts.
    async fn find_route(&self) -> Result<Route, Ended> {
        let RunOptions { target, proxy, resolver, .. } = &self.asking;
        let (host, port) = match proxy {
            Some(proxy) => (proxy.host.as_str(), proxy.port),
            None => (target.host.as_str(), target.port),
        };
        self.progress.step(if proxy.is_some() { Step::Proxy } else { Step::Name });
        let (name, addresses) = match host.parse() {
            Ok(address) => (Name { ms: 0.0, lookup: None }, vec![address]),
            Err(_) => name::look_up(host, *resolver).await,
        };
        let addresses: Vec<SocketAddr> = addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
        let Some(proxy) = proxy else {
            self.note(|it| {
                it.proxy = Some(Measurement::Figures(ProxySeen { name: String::new(), outcome: Tunnel::Direct }));
                it.name = Some(Measurement::Figures(name));
            });
            return self.reach(addresses).await;
        };
        let by_proxy = Lookup { resolver: proxy.name(), outcome: LookupResult::ByProxy, addresses: Vec::new() };
        let outcome = match first_that_accepts(&route::try_each(&addresses).await, &addresses) {
            None => (Tunnel::Away, None),
            Some(address) => {
                let route = Route::new(target.clone(), Some(proxy.clone()), address);
                (route.through().await, Some(route))
            }
        };
        self.note(|it| {
            it.proxy = Some(Measurement::Figures(ProxySeen { name: proxy.name(), outcome: outcome.0 }));
            it.name = Some(Measurement::Figures(Name { ms: 0.0, lookup: Some(by_proxy) }));
        });
        match outcome {
            (Tunnel::Passed | Tunnel::SignedIn, Some(route)) => Ok(route),
            _ => Err(Ended),
        }
    }

    async fn reach(&self, addresses: Vec<SocketAddr>) -> Result<Route, Ended> {
        if addresses.is_empty() {
            return Err(Ended);
        }
        self.progress.step(Step::Addresses);
        let reached = route::try_each(&addresses).await;
        let first = first_that_accepts(&reached, &addresses);
        // If the name itself does not resolve, that is the finding.
        let nowhere = addresses.iter().all(|it| it.ip().is_unspecified() || it.ip().is_loopback());
        if first.is_some() || !nowhere || self.asking.target.ip().is_some() {
            self.note(|it| it.addresses = Some(Measurement::Figures(reached)));
        }
        let Some(address) = first else {
            self.look_for_portal(&addresses).await;
            return Err(Ended);
        };
        Ok(Route::new(self.asking.target.clone(), None, address))
    }

    /// Where TLS does not come about, a page to sign in on may still answer where there is none:
    /// that is where people see it.
    async fn look_for_portal(&self, addresses: &[SocketAddr]) {
        let target = &self.asking.target;
        if !target.secure {
            return;
        }
        self.progress.step(Step::Portal);
        let plain = Target { secure: false, port: PLAIN_PORT, ..target.clone() };
        let addresses: Vec<SocketAddr> =
            addresses.iter().map(|address| SocketAddr::new(address.ip(), PLAIN_PORT)).collect();
        let Some(address) = first_that_accepts(&route::try_each(&addresses).await, &addresses) else { return };
        let route = Route::new(plain, None, address);
        let Err(met) = ask_for_plan(&route).await else { return };
        let sends_home = met.location.as_deref().is_some_and(|location| self.is_home(location));
        if matches!(met.trouble, Trouble::Foreign { .. }) && !sends_home {
            self.note_met(&met);
            self.note(|it| it.seen = Some(Measurement::Trouble(met.trouble)));
        }
    }

    /// Whether an address is the server's own, by whatever port.
    fn is_home(&self, location: &str) -> bool {
        location.starts_with('/') || Target::parse(location).is_ok_and(|it| it.host == self.asking.target.host)
    }

    /// Takes down where somebody sent us: who that is, and not what they say of this device.
    fn note_met(&self, met: &Intercepted) {
        let Some(location) = met.location.as_deref().filter(|_| matches!(met.trouble, Trouble::Foreign { .. })) else {
            return;
        };
        let place = location.split(['?', '#']).next().unwrap_or_default().to_owned();
        self.note(|it| it.sent_to = it.sent_to.take().or(Some(place)));
    }

    /// TLS, where it is spoken; gives the HTTP that was agreed on.
    async fn agree(&self, route: &mut Route) -> Result<String, Ended> {
        if !route.target.secure {
            return Ok("http/1.1".to_owned());
        }
        self.progress.step(Step::Tls);
        let looked = self.trusted.look(&route.target.host, || route.below_tls(Purpose::Requests)).await;
        match looked {
            Ok(SeenCertificates { tls, config, protocol }) => {
                self.note(|it| it.tls = Some(Measurement::Figures(tls)));
                route.tls = Some(config);
                Ok(protocol)
            }
            Err(trouble) => {
                self.note(|it| it.tls = Some(Measurement::Trouble(trouble)));
                if route.proxy.is_none() {
                    self.look_for_portal(&[route.address]).await;
                }
                Err(Ended)
            }
        }
    }

    /// What the server wants to be tried.
    async fn plan(&self, route: &Route) -> Result<(), Intercepted> {
        self.progress.step(Step::Portal);
        let mut plan: Plan = ask_for_plan(route).await?;
        plan::bound(&mut plan);
        if self.asking.quick {
            plan.silence_s.retain(|seconds| *seconds <= QUICK_S);
        }
        self.found.borrow_mut().plan = plan;
        Ok(())
    }

    /// Records why the server could not be asked what to measure.
    async fn note_without_plan(&self, route: &Route, trouble: Trouble) {
        if trouble == Trouble::Silent {
            // An answer that fills a packet does not come; perhaps a small one does.
            self.progress.step(Step::Packets);
            if let Ok(packets) = channel::packets(route).await
                && packets.stalled > 0
            {
                return self.note(|it| it.packets = Some(Measurement::Figures(packets)));
            }
        }
        self.note(|it| it.seen = Some(Measurement::Trouble(trouble)));
    }

    async fn quick(&self, route: &Route, plan: &Plan, protocol: &str) {
        let crowd = Crowd::new(route, channel::witness(route).await);
        macro_rules! measure {
            ($($field:ident: $step:expr, $probe:expr;)*) => {$(
                self.progress.step($step);
                let measured = crowd.told(self.met($probe.await)).await;
                self.note(|it| it.$field = Some(measured));
            )*};
        }
        self.progress.step(Step::Protocol);
        let (seen, clock) = match crowd.told(self.met(plain::seen(route, protocol).await)).await {
            Measurement::Figures((seen, clock)) => (Measurement::Figures(seen), Measurement::Figures(clock)),
            Measurement::Trouble(trouble) => (Measurement::Trouble(trouble), Measurement::Trouble(trouble)),
        };
        self.note(|it| (it.seen, it.clock) = (Some(seen), Some(clock)));
        measure! {
            websocket: Step::WebSocket, channel::websocket(route);
            packets: Step::Packets, channel::packets(route);
        }
        if matches!(&self.found.borrow().measures.packets, Some(Measurement::Figures(packets)) if packets.stalled > 0) {
            // All else would only wait for what does not come.
            return;
        }
        measure! {
            page: Step::Page, self.page(route, &crowd);
            document: Step::Document, plain::document(route);
            cookies: Step::Cookies, plain::cookies(route);
            messages: Step::Messages, channel::messages(route, plan);
            delay: Step::Delay, channel::delay(route, plan);
            burst: Step::Burst, channel::burst(route, plan);
            resume: Step::Resume, channel::resume(route);
            sse: Step::Sse, plain::sse(route, plan);
            poll: Step::Poll, plain::poll(route, plan);
            download: Step::Download, plain::download(route, plan);
            upload: Step::Upload, plain::upload(route, plan);
        }
        // Last, because something that limits connections may refuse others for a while.
        let blocked = match &self.found.borrow().measures.websocket {
            Some(Measurement::Trouble(trouble)) => Some(*trouble),
            _ => None,
        };
        if let Some(trouble) = blocked {
            self.note(|it| it.phones = Some(Measurement::Trouble(trouble)));
        } else {
            measure! { phones: Step::Phones, channel::phones(route, self.asking.phones.as_ref()); }
        }
        self.progress.quick_done();
    }

    /// The page; parts that were refused for there being many connections are no fault of the
    /// page's.
    async fn page(&self, route: &Route, crowd: &Crowd<'_>) -> Result<Page, Trouble> {
        let page = plain::page(route).await?;
        if page.missing == 0 {
            return Ok(page);
        }
        crowd.limit().await.map_or(Ok(page), |after| Err(Trouble::Crowded { after }))
    }

    /// Takes down where somebody sent us, if they did.
    fn met<T>(&self, result: Result<T, impl Into<Intercepted>>) -> Result<T, Trouble> {
        result.map_err(|met| {
            let met = met.into();
            self.note_met(&met);
            met.trouble
        })
    }

    /// Every silence on a connection of its own, all at the same time.
    async fn hold_all(&self, route: &Route, plan: &Plan) {
        self.progress.silences(&plan.silence_s);
        let holds =
            plan.silence_s.iter().map(|seconds| async move { (*seconds, channel::hold(route, *seconds).await) });
        let mut holds: FuturesUnordered<_> = holds.collect();
        while let Some((seconds, hold)) = holds.next().await {
            let hold = hold.map_or_else(Measurement::Trouble, Measurement::Figures);
            self.note(|it| it.idle.push(Idle { seconds, hold }));
        }
    }
}

fn first_that_accepts(reached: &[ReachedAddresses], addresses: &[SocketAddr]) -> Option<SocketAddr> {
    let quickest = reached.iter().zip(addresses).filter_map(|(it, address)| match it.outcome {
        Connected::Yes { ms } => Some((ms, *address)),
        _ => None,
    });
    quickest.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, address)| address)
}

/// What the server wants to be tried, as it says.
async fn ask_for_plan(route: &Route) -> Result<Plan, Intercepted> {
    Connection::open(route).await?.json("plan").await
}
