//! Commands that an operator runs instead of the server, even while a server runs with the same
//! data.

use std::io;

use clap::Subcommand;
use parterre_domain::{Problem, member::Email};
use parterre_store::{Store, StoreError};
use parterre_system::{clock::Clock, random};

use crate::{
    config::{Config, TlsMode},
    http::{auth::link_hash, export::time::iso},
    origin::{Origin, Scheme},
    security_log::Happening,
};

/// How long a sign-in link is valid.
const LINK_MS: i64 = 60 * 60 * 1000;
/// Events of the security log that are shown by default.
const SHOWN: u32 = 200;

/// A command.
#[derive(Clone, Debug, Subcommand)]
pub enum OperatorCommand {
    /// Print a link that lets a member who forgot the password set a new one; it works once, within
    /// an hour
    SignInLink {
        /// The member's email address
        #[arg(long)]
        email: String,
    },
    /// Print what happened to accounts and links recently, newest first
    SecurityLog {
        /// Maximum number of events
        #[arg(long, default_value_t = SHOWN)]
        most: u32,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// There is no data in this folder.
    #[error(
        "there is no database in {0}. Give the server's data folder with --data, or its settings file with --config."
    )]
    NoDatabase(String),
    /// The text is not an address.
    #[error("{0:?} is not an email address")]
    Email(String),
    /// No member has this address.
    #[error("no member has the email address {0}. Check its spelling.")]
    NoMember(String),
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Runs the command and prints the result.
pub async fn carry_out(order: &OperatorCommand, config: &Config, out: &mut impl io::Write) -> Result<(), OrderError> {
    let store = open(config).await?;
    let done = match order {
        OperatorCommand::SignInLink { email } => sign_in_link(&store, config, email, out).await,
        OperatorCommand::SecurityLog { most } => security_log(&store, *most, out).await,
    };
    store.close().await;
    done
}

async fn open(config: &Config) -> Result<Store, OrderError> {
    if let Some(url) = &config.database.url {
        return Ok(Store::open_with(url.reveal(), &config.database).await?);
    }
    let file = config.data.join("parterre.db");
    if !file.is_file() {
        return Err(OrderError::NoDatabase(config.data.display().to_string()));
    }
    let file = file.canonicalize()?;
    Ok(Store::open_with(&format!("sqlite://{}", file.display()), &config.database).await?)
}

async fn sign_in_link(store: &Store, config: &Config, typed: &str, out: &mut impl io::Write) -> Result<(), OrderError> {
    let email = Email::parse(typed).map_err(|_: Problem| OrderError::Email(typed.to_owned()))?;
    let found = store.member_by_email(&email).await?;
    let (member, _) = found.ok_or_else(|| OrderError::NoMember(email.as_str().to_owned()))?;
    let clock = if store.is_shared() { Clock::shared(&store.clock().await?) } else { Clock::system() };
    let (token, now) = (random::token(), clock.now());
    store.add_sign_in_link(member.id, &link_hash(&token), now, now + LINK_MS).await?;
    store.add_security_events(&[Happening::SignInLinkCreated.event(now, Some(member.id), None)]).await?;
    writeln!(out, "{}/sign-in-link/{token}", address(config))?;
    writeln!(
        out,
        "With this link, {} sets a new password. It works once, until {}.",
        email.as_str(),
        iso(now + LINK_MS)
    )?;
    Ok(())
}

async fn security_log(store: &Store, most: u32, out: &mut impl io::Write) -> Result<(), OrderError> {
    for event in store.security_events(most).await? {
        let account = event.member_id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let network = event.network.as_deref().unwrap_or("-");
        writeln!(out, "{} {} account={account} network={network}", iso(event.at), event.kind)?;
    }
    Ok(())
}

/// The address that people use for the server, as far as the settings say.
fn address(config: &Config) -> Origin {
    if let Some(public) = &config.public_url {
        return public.clone();
    }
    let scheme = if config.tls.mode == TlsMode::Off { Scheme::Http } else { Scheme::Https };
    let (ip, port) = (config.listen.ip(), config.listen.port());
    let of_this_machine = ip.is_unspecified().then(|| Origin::at(scheme, &format!("localhost:{port}"))).flatten();
    of_this_machine.unwrap_or_else(|| Origin::at_ip(scheme, ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_the_public_one_or_that_of_this_machine() {
        let mut config = Config::default();
        assert_eq!(address(&config).to_string(), "http://localhost:8080");
        config.listen = "192.0.2.7:80".parse().unwrap();
        config.tls.mode = TlsMode::SelfSigned;
        assert_eq!(address(&config).to_string(), "https://192.0.2.7:80");
        config.public_url = Origin::at(Scheme::Https, "vote.example.org");
        assert_eq!(address(&config).to_string(), "https://vote.example.org");
    }
}
