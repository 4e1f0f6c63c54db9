//! The settings: `config/default.toml`, then a file, then the environment, then the command line;
//! the last one wins.
//!
//! The meaning and effect of each setting is explained in `config/default.toml`, which is compiled
//! into the program and contains every setting, so that none can be missing.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    path::PathBuf,
    sync::LazyLock,
};

use config::{ConfigError, Environment, File, FileFormat, Source, Value};
use parterre_live::settings::{Cluster, Live, NodeSettings, Redis};
use parterre_store::settings::Database;
use parterre_system::settings::{DEFAULTS, Secret, secret, text};
use serde::{Deserialize, Deserializer, de::Error as _};

pub use crate::{
    acceptor::limits::Limits,
    app::archive::settings::Archive,
    http::{netcheck::settings::Netcheck, sessions::settings::Session},
    jobs::settings::Retention,
    log::{Log, LogFormat},
    tls::{
        acme::settings::Acme,
        settings::{Tls, TlsMode},
    },
};
use crate::{
    origin::Origin,
    proxies::{Proxies, ProxyHeader},
};

mod former;
#[cfg(test)]
mod tests;

const PREFIX: &str = "PARTERRE_";
/// Customary names of the addresses at hosting providers, and the settings that they stand for.
const COMMON: [(&str, &str); 2] = [("DATABASE_URL", "PARTERRE_DATABASE__URL"), ("REDIS_URL", "PARTERRE_REDIS__URL")];

/// The command line.
#[derive(Clone, Debug, Default, clap::Parser)]
#[command(name = "parterre", version, about = "Live audience interaction: every phone in the room, nothing lost")]
pub struct Cli {
    /// TOML file with settings that differ from the defaults
    #[arg(long, value_name = "FILE", env = "PARTERRE_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// Address and port to listen on, such as 127.0.0.1:8080
    #[arg(long, value_name = "ADDRESS", global = true)]
    pub listen: Option<SocketAddr>,
    /// Folder that holds the database
    #[arg(long, value_name = "FOLDER", global = true)]
    pub data: Option<PathBuf>,
    /// How the server provides TLS: off, files, acme or self-signed
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
    /// The server's public address; `None` to use a request's `Host`.
    #[serde(deserialize_with = "public_url")]
    pub public_url: Option<Origin>,
    /// Where to report a vulnerability, as an address; `None` if nobody is named.
    #[serde(deserialize_with = "security_contact")]
    pub security_contact: Option<String>,
    /// The proxies before the server.
    #[serde(deserialize_with = "proxies")]
    pub proxies: Proxies,
    /// The header in which proxies pass on the client's address.
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
    /// Limits on clients.
    pub limits: Limits,
    /// The live connection.
    pub live: Live,
    /// The network test.
    pub netcheck: Netcheck,
    /// How long data is kept.
    pub retention: Retention,
    /// The members' sessions.
    pub session: Session,
    /// Archives of events.
    pub archive: Archive,
}

/// Settings of the metrics.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// The token required to read them; `None` allows everyone.
    #[serde(deserialize_with = "secret")]
    pub token: Option<Secret>,
}

impl Config {
    /// The settings for this command line and the process's environment.
    pub fn load(cli: &Cli) -> Result<Self, Error> {
        // A variable that is not Unicode is not ours.
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

    /// The settings of this node's live core.
    pub fn node(&self) -> NodeSettings {
        NodeSettings {
            live: self.live.clone(),
            connections: self.limits.connections,
            concurrent_admissions: self.limits.concurrent_admissions,
            is_single_node: self.is_single_node(),
            has_bus: self.redis.url.is_some(),
        }
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

/// Invalid settings. The message names the key and the source of its value.
#[derive(Debug, thiserror::Error)]
#[error("settings: {0}")]
pub struct Error(String);

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

/// Adds the source of the value, which `config` reports only for values of the wrong type.
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

/// Where an unknown key is: in the file, because only known settings are read from the environment.
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

/// Variables beginning with `PARTERRE_` that are not settings, such as misspelt ones. They get a
/// warning, not an error, because Kubernetes gives every container `PARTERRE_PORT` and others if a
/// service is named `parterre`.
pub fn unknown_variables() -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter(|name| name.starts_with(PREFIX) && name != "PARTERRE_CONFIG" && !is_setting(name)).collect()
}

fn is_setting(variable: &str) -> bool {
    VARIABLES.contains(variable)
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
