//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::{proxy::Proxy, run::RunOptions, target::Target, words::Language};

/// Tests whether a live event will work on this network. Tries everything that an event needs, from
/// this device, and says what to change.
#[derive(Clone, clap::Parser)]
#[command(
    name = "netcheck",
    version,
    after_help = "\
Exit codes (with --every, the worst of all tests):
  0  phones can take part, and the event can run on this network
  1  the same, but a change would improve it
  2  phones cannot take part, or the event cannot run on this network
  3  unknown: wrong arguments; the server is busy with tests or has switched them off; the test was
     stopped; not everything that decides was measured (\"so far yes\"); or the address is of the
     server's own machine, which says nothing about a venue

Examples:
  netcheck https://vote.example.org
  netcheck https://vote.example.org --quick --participants 800 --report hall-3.html
  netcheck https://vote.example.org --proxy http://name:password@proxy.example:3128
  netcheck https://vote.example.org --quick --every 5m --json >> day.jsonl
  NETCHECK_TOKEN=… netcheck https://vote.example.org --quick --phones 200

Ctrl-C ends the test with what was found so far. Keep a proxy's name and password in the environment (HTTPS_PROXY)
rather than on the command line, which others on this machine can read."
)]
pub(crate) struct Args {
    /// The server, for example https://vote.example.org
    #[arg(value_name = "URL", value_parser = Target::parse)]
    pub(crate) target: Target,
    /// Number of participants in the room
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) participants: u32,
    /// Skip silences over 30 seconds: takes half a minute instead of ten minutes
    #[arg(long)]
    pub(crate) quick: bool,
    /// Proxy to use instead of HTTPS_PROXY, HTTP_PROXY or ALL_PROXY; `direct` for none
    #[arg(long, value_name = "PROXY", value_parser = proxy, hide_env_values = true)]
    pub(crate) proxy: Option<ProxyChoice>,
    /// Name server to use instead of the system's
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = resolver)]
    pub(crate) resolver: Option<SocketAddr>,
    /// Repeat the test at this interval, such as 5m, until Ctrl-C
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) every: Option<Duration>,
    /// With --every: stop after this many tests
    #[arg(long, value_name = "NUMBER", requires = "every", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) times: Option<u32>,
    /// Print figures and findings as JSON; with --every, one line per test
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a report to this file, as a page (.html) or as JSON (.json)
    #[arg(long, value_name = "FILE", value_parser = report)]
    pub(crate) report: Option<PathBuf>,
    /// Open this many connections for some seconds, as a room would; needs a facilitator's token
    #[arg(long, value_name = "NUMBER", requires = "token", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) phones: Option<u32>,
    /// The token for --phones, from the server's page /netcheck/token; better set in the
    /// environment
    #[arg(long, env = "NETCHECK_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Name of this place, for the report
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) place: String,
    /// Language of the findings [default: the system's]
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Language>,
}

/// Through a proxy, or directly.
#[derive(Clone, Debug)]
pub(crate) enum ProxyChoice {
    Direct,
    Through(Proxy),
}

impl Args {
    /// The target and the options of a run.
    pub(crate) fn asking(&self) -> Result<RunOptions, String> {
        let proxy = match &self.proxy {
            Some(ProxyChoice::Direct) => None,
            Some(ProxyChoice::Through(proxy)) => Some(proxy.clone()),
            None => Proxy::of_environment(&self.target, |name| std::env::var(name).ok())?,
        };
        let phones = self.phones.zip(self.token.clone());
        Ok(RunOptions { target: self.target.clone(), proxy, resolver: self.resolver, quick: self.quick, phones })
    }
}

fn proxy(text: &str) -> Result<ProxyChoice, String> {
    if text == "direct" { Ok(ProxyChoice::Direct) } else { Proxy::parse(text).map(ProxyChoice::Through) }
}

fn resolver(text: &str) -> Result<SocketAddr, String> {
    let alone = text.trim_matches(['[', ']']).parse().map(|ip| SocketAddr::new(ip, 53));
    alone.or_else(|_| text.parse()).map_err(|_| "write it as 192.0.2.53 or 192.0.2.53:5353".to_owned())
}

fn report(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let known = path.extension().is_some_and(|ending| ending == "html" || ending == "json");
    if known { Ok(path) } else { Err("the file name must end in .html or .json".to_owned()) }
}

/// The shortest and the longest interval between tests.
const EVERY_S: (u64, u64) = (1, 24 * 60 * 60);

fn duration(text: &str) -> Result<Duration, String> {
    let hint = || "write a duration from 1s to 24h, such as 30s, 5m or 1h".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(hint()),
    };
    let seconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(hint)?;
    if (EVERY_S.0..=EVERY_S.1).contains(&seconds) { Ok(Duration::from_secs(seconds)) } else { Err(hint()) }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[test]
    fn what_is_wrong_says_what_to_do() {
        Args::command().debug_assert();
        for (words, hint) in [
            (&["ftp://vote.example.org"][..], "https://vote.example.org"),
            (&["vote.example.org", "--every", "5"], "5m"),
            (&["vote.example.org", "--every", "99999999999999999999h"], "5m"),
            (&["vote.example.org", "--every", "25h"], "24h"),
            (&["vote.example.org", "--resolver", "dns.example"], "192.0.2.53"),
            (&["vote.example.org", "--report", "report.pdf"], ".html"),
            (&["vote.example.org", "--participants", "0"], "1..=1000000"),
            (&["vote.example.org", "--proxy", "socks5://box"], "http://proxy.example:3128"),
            (&["vote.example.org", "--times", "2"], "--every"),
            (&["vote.example.org", "--phones", "200"], "--token"),
        ] {
            let error = Args::try_parse_from([&["netcheck"], words].concat()).err().unwrap().to_string();
            assert!(error.contains(hint), "{error}");
        }
        let args =
            Args::try_parse_from(["netcheck", "vote.example.org", "--every", "5m", "--resolver", "::1"]).unwrap();
        assert_eq!(args.every, Some(Duration::from_secs(300)));
        assert_eq!(args.resolver, "[::1]:53".parse().ok());
    }
}
