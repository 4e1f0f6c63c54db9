//! The settings: `config/default.toml`, then a file, then the environment, then the command line; the last one wins.
//!
//! What each setting means and what its value leads to stands in `config/default.toml`, which is part of the program and
//! holds every setting, so that a value can be missing nowhere.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    net::SocketAddr,
    num::NonZeroU32,
    path::PathBuf,
    sync::LazyLock,
    time::Duration,
};

use config::{ConfigError, Environment, File, FileFormat, Source, Value};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{
    origin::Origin,
    proxies::{Proxies, ProxyHeader},
};

mod acme;
mod database;
mod former;
mod limits;
mod live;
mod netcheck;
mod retention;
mod session;
mod tls;

pub use acme::Acme;
pub use database::{Cluster, Database, Redis};
pub use limits::Limits;
pub use live::Live;
pub use netcheck::Netcheck;
pub use retention::Retention;
pub use session::Session;
pub use tls::{Tls, TlsMode};

/// The defaults, as the program carries them.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

const PREFIX: &str = "PARTERRE_";
/// Names that hosts give to addresses by custom, and the settings that they mean.
const COMMON: [(&str, &str); 2] = [("DATABASE_URL", "PARTERRE_DATABASE__URL"), ("REDIS_URL", "PARTERRE_REDIS__URL")];

/// The command line.
#[derive(Clone, Debug, Default, clap::Parser)]
#[command(name = "parterre", version, about = "Live audience interaction: every phone in the room, nothing lost")]
pub struct Cli {
    /// A TOML file with settings that differ from the defaults
    #[arg(long, value_name = "FILE", env = "PARTERRE_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// The address and port to listen on, such as 127.0.0.1:8080
    #[arg(long, value_name = "ADDRESS", global = true)]
    pub listen: Option<SocketAddr>,
    /// The folder that holds the database
    #[arg(long, value_name = "FOLDER", global = true)]
    pub data: Option<PathBuf>,
    /// TLS by the server itself: off, files, acme or self-signed
    #[arg(long, value_name = "MODE", global = true)]
    pub tls: Option<TlsMode>,
}

/// All settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The folder of the database.
    pub data: PathBuf,
    /// The server's address for people; `None` where a request's `Host` is to be taken.
    #[serde(deserialize_with = "public_url")]
    pub public_url: Option<Origin>,
    /// Whom to tell of a weakness, as an address; none where nobody is named.
    #[serde(deserialize_with = "security_contact")]
    pub security_contact: Option<String>,
    /// The proxies before the server.
    #[serde(deserialize_with = "proxies")]
    pub proxies: Proxies,
    /// The header in which they say whom a request is from.
    pub proxy_header: ProxyHeader,
    /// Who announces connections by the PROXY protocol.
    #[serde(deserialize_with = "proxies")]
    pub proxy_protocol: Proxies,
    /// Worker threads; 0 for one per core. See [`Config::worker_threads`].
    pub workers: usize,
    /// TLS of the server itself.
    pub tls: Tls,
    /// A certificate by ACME.
    pub acme: Acme,
    /// The database.
    pub database: Database,
    /// The bus between nodes.
    pub redis: Redis,
    /// Nodes that share a database.
    pub cluster: Cluster,
    /// The log.
    pub log: Log,
    /// What is counted.
    pub metrics: Metrics,
    /// What clients are held to.
    pub limits: Limits,
    /// The live connection.
    pub live: Live,
    /// The network test.
    pub netcheck: Netcheck,
    /// What is kept for a time.
    pub retention: Retention,
    /// The members' sessions.
    pub session: Session,
}

/// Settings of what is counted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// What one has to know to read it; none lets everybody.
    #[serde(deserialize_with = "secret")]
    pub token: Option<Secret>,
}

/// A text that no log shows: a token, an address with a password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Settings of the log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// What is logged, as `tracing` filter directives.
    pub level: String,
    /// How it is written.
    pub format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object per line.
    Json,
}

impl Config {
    /// The settings for this command line and the process's environment.
    pub fn load(cli: &Cli) -> Result<Self, Error> {
        // A variable that is not Unicode is none of ours.
        let environment = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Self::merge(cli, environment.collect())
    }

    /// The settings for this command line and this environment.
    pub fn merge(cli: &Cli, environment: HashMap<String, String>) -> Result<Self, Error> {
        former::refuse_variables(&environment)?;
        let common =
            COMMON.into_iter().filter_map(|(name, setting)| Some((setting.to_owned(), environment.get(name)?.clone())));
        let mut ours: HashMap<_, _> = common.collect();
        ours.extend(environment.into_iter().filter(|(name, _)| is_setting(name)));
        let environment = Environment::with_prefix("PARTERRE").prefix_separator("_").separator("__").source(Some(ours));
        let mut layers = config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(file) = &cli.config {
            layers = layers.add_source(File::new(&file.to_string_lossy(), FileFormat::Toml));
        }
        let merged = layers.add_source(environment).build()?;
        former::refuse_keys(&merged)?;
        let mut settings: Self = merged.clone().try_deserialize().map_err(|error| explain(error, &merged, cli))?;
        settings.listen = cli.listen.unwrap_or(settings.listen);
        settings.data = cli.data.clone().unwrap_or(settings.data);
        settings.tls.mode = cli.tls.unwrap_or(settings.tls.mode);
        Ok(settings)
    }

    /// Whether there can be no other node: a database in a file serves one.
    pub fn is_single_node(&self) -> bool {
        self.database.url.as_ref().is_none_or(|url| url.reveal().starts_with("sqlite:"))
    }

    /// How many worker threads to start.
    pub fn worker_threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get());
        if self.workers == 0 { cores() } else { self.workers }
    }
}

impl Default for Config {
    /// The defaults alone, whatever the environment says.
    fn default() -> Self {
        Self::merge(&Cli::default(), HashMap::new()).expect("a test parses the defaults")
    }
}

impl TryFrom<String> for LogFormat {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("{name:?} is neither \"text\" nor \"json\"")),
        }
    }
}

/// Settings that cannot be used: names the key, and where its value comes from.
#[derive(Debug, thiserror::Error)]
#[error("settings: {0}")]
pub struct Error(String);

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

/// Adds where the value comes from, which `config` tells only of values of the wrong type.
fn explain(error: ConfigError, merged: &config::Config, cli: &Cli) -> Error {
    let (ConfigError::At { key, origin, .. } | ConfigError::Type { key, origin, .. }) = &error else {
        return Error(format!("{error}{}", in_the_file(cli)));
    };
    if origin.is_some() {
        return error.into();
    }
    let source = key.as_deref().and_then(|key| origin_of(merged, key));
    Error(format!("{error}{}", source.map_or_else(|| in_the_file(cli), |source| format!(" in {source}"))))
}

fn origin_of(merged: &config::Config, key: &str) -> Option<String> {
    let root = Value::from(merged.collect().ok()?);
    let value = key.split('.').try_fold(root, |value, part| value.into_table().ok()?.remove(part))?;
    value.origin().map(str::to_owned)
}

/// Where a key that is no setting stands: in the file, because of the environment only settings are read.
fn in_the_file(cli: &Cli) -> String {
    cli.config.as_ref().map(|file| format!(" in {}", file.display())).unwrap_or_default()
}

/// The environment variables that are settings, in capitals.
static VARIABLES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let defaults = File::from_str(DEFAULTS, FileFormat::Toml).collect().expect("a test parses the defaults");
    let paths = defaults.into_iter().flat_map(|(key, value)| match value.into_table() {
        Ok(table) => table.into_keys().map(|inner| format!("{key}.{inner}")).collect(),
        Err(_) => vec![key],
    });
    paths.map(|path| former::variable(&path)).collect()
});

/// Variables beginning with `PARTERRE_` that are no settings, such as misspelt ones: worth a warning, not an error, because
/// Kubernetes gives every container `PARTERRE_PORT` and more when a service has the name `parterre`.
pub fn unknown_variables() -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter(|name| name.starts_with(PREFIX) && name != "PARTERRE_CONFIG" && !is_setting(name)).collect()
}

fn is_setting(variable: &str) -> bool {
    VARIABLES.contains(variable)
}

fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u32::deserialize(deserializer).map(|ms| Duration::from_millis(ms.into()))
}

fn some_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    NonZeroU32::deserialize(deserializer).map(|ms| Duration::from_millis(ms.get().into()))
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = |_| D::Error::custom(format!("{text:?} is no address with a port, such as \"0.0.0.0:80\""));
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(wrong) }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then(|| Secret::from(text)))
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then_some(text))
}

fn security_contact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(contact) = text(deserializer)? else { return Ok(None) };
    let fits = ["https://", "mailto:", "tel:"]
        .iter()
        .any(|scheme| contact.len() > scheme.len() && contact.starts_with(scheme));
    if fits && contact.bytes().all(|sign| sign.is_ascii_graphic()) {
        return Ok(Some(contact));
    }
    let wanted = "an address such as \"mailto:security@example.org\" or \"https://example.org/security\"";
    Err(D::Error::custom(format!("security_contact {contact:?} is not {wanted}")))
}

fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    Ok((!path.as_os_str().is_empty()).then_some(path))
}

fn proxies<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Proxies, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

fn public_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Origin>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.trim().trim_end_matches('/') {
        "" => Ok(None),
        url => url.parse().map(Some).map_err(|error| D::Error::custom(format!("{text:?} is {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(file: &str, variables: &[(&str, &str)]) -> Result<Config, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("venue.toml");
        std::fs::write(&path, file).unwrap();
        let cli = Cli { config: Some(path), ..Cli::default() };
        Config::merge(&cli, variables.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect())
    }

    #[test]
    fn every_default_is_explained_and_understood() {
        Config::merge(&Cli::default(), HashMap::new()).unwrap();
        let lines: Vec<&str> = DEFAULTS.lines().collect();
        for (comment, line) in lines.iter().zip(&lines[1..]).filter(|(_, line)| line.contains(" = ")) {
            let sentence = comment.strip_prefix("# ").is_some_and(|comment| comment.ends_with('.'));
            assert!(sentence || line.starts_with('#'), "no sentence above {line}");
        }
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_command_line_over_both() {
        let file = "data = \"/file\"\nlisten = \"127.0.0.1:1\"\n[limits]\nconnections = 7\nbody_timeout_ms = 5\n";
        let variables =
            [("PARTERRE_DATA", "/environment"), ("PARTERRE_LIMITS__CONNECTIONS", "8"), ("PARTERRE_PORT", "tcp://x")];
        let settings = with(file, &variables).unwrap();
        assert_eq!(settings.data, PathBuf::from("/environment"));
        assert_eq!(settings.listen.port(), 1);
        assert_eq!(settings.limits.connections.get(), 8);
        assert_eq!(settings.limits.body_timeout, Duration::from_millis(5));
        let cli = Cli { data: Some("/cli".into()), ..Cli::default() };
        let settings = Config::merge(&cli, HashMap::from([("PARTERRE_DATA".into(), "/environment".into())])).unwrap();
        assert_eq!(settings.data, PathBuf::from("/cli"));
    }

    #[test]
    fn a_bad_value_is_told_with_its_key_and_its_source() {
        for (file, variables, key) in [
            ("", &[("PARTERRE_LIMITS__CONNECTIONS", "many")][..], "limits.connections"),
            ("", &[("PARTERRE_LISTEN", "8080")], "listen"),
            ("", &[("PARTERRE_LIVE__SCREEN_TICK_MS", "0")], "live.screen_tick_ms"),
            ("", &[("PARTERRE_PUBLIC_URL", "vote.example.org")], "public_url"),
            ("[netcheck]\nsilence_s = []", &[], "netcheck.silence_s"),
            ("", &[("PARTERRE_NETCHECK__SILENCE_S", "30,soon")], "netcheck.silence_s"),
            ("", &[("PARTERRE_NETCHECK__BYTES_PER_MINUTE", "0")], "netcheck.bytes_per_minute"),
            ("[netcheck]\nreport_bytes = 1000", &[], "netcheck.report_bytes"),
            ("", &[("PARTERRE_PROXIES", "10.0.0.2, proxy")], "proxies"),
            ("", &[("PARTERRE_ACME__NAMES", "vote.example.org, *.example.org")], "acme.names"),
            ("[acme]\ncontact = \"desk\"", &[], "acme.contact"),
            ("[acme]\ndirectory = \"http://acme.example.org/\"", &[], "acme.directory"),
            ("[live]\nping_ms = -1", &[], "live.ping_ms"),
            ("[log]\nformat = \"xml\"", &[], "log.format"),
            ("[log]\nlvel = \"debug\"", &[], "lvel"),
            ("speed = 9", &[], "speed"),
        ] {
            let message = with(file, variables).unwrap_err().to_string();
            let source = if variables.is_empty() { "venue.toml" } else { "the environment" };
            assert!(message.contains(&format!("`{key}`")) && message.contains(source), "{message}");
        }
    }

    #[test]
    fn a_former_name_is_refused_with_the_present_one() {
        let is_known = |path: &str| is_setting(&former::variable(path));
        for (former, present) in former::NAMES {
            let (section, key) = former.split_once('.').unwrap();
            let message = with(&format!("[{section}]\n{key} = 7\n"), &[]).unwrap_err().to_string();
            assert!(message.contains(&format!("`{former}` in ")) && message.contains("venue.toml"), "{message}");
            assert!(message.contains(&format!("`{present}`")), "{message}");
            let message = with("", &[(&former::variable(former), "7")]).unwrap_err().to_string();
            assert!(message.contains(&format!("`{}` in the environment", former::variable(former))), "{message}");
            assert!(message.contains(&format!("`{}`", former::variable(present))), "{message}");
            assert!(is_known(present) && !is_known(former), "{present} is no setting, or {former} still is one");
        }
    }

    #[test]
    fn silences_are_a_list_wherever_they_are_set() {
        let of = |file: &str, variables: &[(&str, &str)]| with(file, variables).unwrap().netcheck.silence_s;
        assert_eq!(of("", &[]), [30, 60, 120, 300, 600]);
        assert_eq!(of("[netcheck]\nsilence_s = [60, 5, 60]", &[]), [5, 60]);
        assert_eq!(of("", &[("PARTERRE_NETCHECK__SILENCE_S", "3, 1")]), [1, 3]);
        assert_eq!(of("", &[("PARTERRE_NETCHECK__SILENCE_S", "7")]), [7]);
        assert!(with("[netcheck]\nsilence_s = [3601]", &[]).is_err());
    }

    #[test]
    fn a_public_url_is_the_same_however_it_is_spelt() {
        for spelt in ["https://vote.example.org", "https://VOTE.example.org:443/", " https://vote.example.org. "] {
            let url = with(&format!("public_url = \"{spelt}\""), &[]).unwrap().public_url.unwrap();
            assert_eq!(url.to_string(), "https://vote.example.org");
        }
        assert_eq!(Config::default().public_url, None);
    }
}
