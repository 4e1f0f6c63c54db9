//! The server's name, asked of a resolver: which one, what it says, how long it takes.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
};
use netcheck_rules::{Lookup, LookupResult, Name};
use tokio::{net::lookup_host, time::timeout};

/// How long an answer is waited for: a resolver that is slower is no use to a phone, which gives up
/// sooner.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);
/// How much later the resolver itself says that there was none.
const MARGIN: Duration = Duration::from_secs(1);
/// How the system finds names, also by other ways than DNS: what it is called on every one.
const SYSTEM: &str = "getaddrinfo";

/// Asks for a name; gives what came of it and the addresses.
pub(crate) async fn look_up(host: &str, given: Option<SocketAddr>) -> (Name, Vec<IpAddr>) {
    let mut began = Instant::now();
    let (mut who, mut found) = by_dns(host, given).await;
    let mut took = began.elapsed();
    if found.is_err() && given.is_none() {
        // What was waited for before is not what this way takes.
        began = Instant::now();
        let system = timeout(LOOKUP_TIMEOUT, lookup_host((host, 0))).await;
        if let Ok(Ok(addresses)) = system {
            who = SYSTEM.to_owned();
            found = Ok(addresses.map(|address| address.ip()).collect());
            took = began.elapsed();
        }
    }
    // A name that is known at once did take its time.
    let ms = (took.as_secs_f64() * 1000.0).max(0.1);
    let (outcome, mut addresses) = match found {
        Ok(addresses) if !addresses.is_empty() => (LookupResult::Found, addresses),
        Ok(_) => (LookupResult::Unknown, Vec::new()),
        Err(outcome) => (outcome, Vec::new()),
    };
    addresses.sort_unstable();
    addresses.dedup();
    let told = addresses.iter().map(ToString::to_string).collect();
    (Name { ms, lookup: Some(Lookup { resolver: who, outcome, addresses: told }) }, addresses)
}

async fn by_dns(host: &str, given: Option<SocketAddr>) -> (String, Result<Vec<IpAddr>, LookupResult>) {
    let Some((who, resolver)) = resolver(given) else { return (SYSTEM.to_owned(), Err(LookupResult::Silent)) };
    // With a dot at its end, a name is not tried below this network's own.
    let name = if host.contains('.') { format!("{host}.") } else { host.to_owned() };
    let found = match timeout(LOOKUP_TIMEOUT + MARGIN, resolver.lookup_ip(name)).await {
        Ok(Ok(addresses)) => Ok(addresses.iter().collect()),
        Ok(Err(NetError::Timeout | NetError::Io(_) | NetError::NoConnections)) | Err(_) => Err(LookupResult::Silent),
        Ok(Err(_)) => Err(LookupResult::Unknown),
    };
    (who, found)
}

/// The resolver of this device, or the given one, and its name.
fn resolver(given: Option<SocketAddr>) -> Option<(String, TokioResolver)> {
    let mut builder = match given {
        Some(address) => {
            let [mut udp, mut tcp] = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
            (udp.port, tcp.port) = (address.port(), address.port());
            let server = NameServerConfig::new(address.ip(), true, vec![udp, tcp]);
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
            Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
        None => TokioResolver::builder_tokio().ok()?,
    };
    let options = builder.options_mut();
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    // One question, and one wait for its answer: what is asked again would be taken for slower than
    // it is.
    options.timeout = LOOKUP_TIMEOUT;
    options.attempts = 0;
    let who = match given {
        Some(address) if address.port() != 53 => address.to_string(),
        Some(address) => address.ip().to_string(),
        None => system_resolvers(),
    };
    Some((who, builder.build().ok()?))
}

/// The resolvers that this device is set to ask.
fn system_resolvers() -> String {
    let Ok((config, _)) = hickory_resolver::system_conf::read_system_conf() else { return SYSTEM.to_owned() };
    let mut all: Vec<String> = config.name_servers().iter().map(|server| server.ip.to_string()).collect();
    all.dedup();
    all.join(", ")
}
