//! Passwords: which are hashed when, and how guessing is slowed without locking out those who know
//! their password.
//!
//! A guess passes three checks, the cheapest first: must it wait (checked without a lock); is there
//! a place in the queue for hashing (`hashing`); and, when its turn has come, is it within the
//! limits counted by all nodes together (`Store::count_guess`). Only then is its password checked.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use actix_web::{HttpRequest, http::StatusCode};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use parterre_domain::{
    guessing,
    member::{Email, Member, NewPassword},
    text,
};
use parterre_protocol::Millis;
use parterre_store::Guess;
use parterre_system::allowance::ClientNetwork;

use super::{
    auth::{self, login_key},
    errors::Failure,
    origin::Outside,
};
use crate::{background, hashing::NoPlace, state::AppState};

/// How a guess at a password ended.
#[derive(Debug)]
pub enum Guessed<T> {
    /// It is the password.
    Right(T),
    /// It is not, or there is no such account.
    Wrong,
    /// Not checked: too many guesses.
    Slow {
        /// The seconds to wait, from 1.
        seconds: u64,
        /// What the browser is to hold, so that it goes before those who come later.
        ticket: Option<String>,
    },
}

/// The response to a client that has to wait this many seconds before another password is checked.
pub fn slowed(seconds: u64) -> Failure {
    let message =
        "Too many failed sign-in attempts, so this one was not checked. Try again after the time in retry_ms.";
    let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", message);
    Failure { retry: Some(Duration::from_secs(seconds)), ..failure }
}

/// A member who signed in, with the hash of their password.
pub type SignedIn = Box<(Member, String)>;

/// The response to a client that found no place in the queue.
const NO_PLACE_MS: Millis = 1000;

/// Somebody's turn to be hashed, in whichever lane; dropped, it is the next one's.
type Leave = Box<dyn Send>;

/// Who makes a guess, and how it is counted.
struct Guesser {
    guess: Guess,
    lane: Lane,
}

/// In which lane a guesser waits.
enum Lane {
    /// By what is known about the client.
    Known(String),
    /// By the network from which they come, and what they hold from having come in vain.
    Stranger { network: ClientNetwork, ticket: Option<String> },
}

/// Why a guess is not checked.
struct HeldBack {
    wait: Millis,
    ticket: Option<String>,
}

/// Looks at an attempt to sign in.
pub async fn sign_in(
    state: &AppState,
    request: &HttpRequest,
    typed: &str,
    password: &str,
) -> Result<Guessed<SignedIn>, Failure> {
    let email = Email::parse(typed).ok();
    let find = async || match &email {
        Some(email) => state.store().member_by_email(email).await,
        None => Ok(None),
    };
    let device = find().await?.and_then(|(member, hash)| auth::known_device(state, request, &member, &hash));
    let guesser = match device {
        Some(device) => known_guesser(&device, email.clone()),
        None => {
            let address = Outside::of(request).client().unwrap_or(Ipv6Addr::UNSPECIFIED.into());
            stranger(email.clone(), typed, address, auth::waiting_ticket(request))
        }
    };
    let leave = match admit(state, &guesser).await? {
        Ok(leave) => leave,
        Err(held_back) => return Ok(slow(held_back)),
    };
    // Read again: the password may have changed while this waited.
    let (member, hash) = find().await?.map_or((None, None), |(member, hash)| (Some(member), Some(hash)));
    if !verify(leave, password, hash.clone()).await? {
        return Ok(Guessed::Wrong);
    }
    let Some(found) = member.zip(hash) else { return Ok(Guessed::Wrong) };
    state.store().take_back_guess(&guesser.guess).await?;
    Ok(Guessed::Right(Box::new(found)))
}

/// Looks whether this is the password of a member who is signed in by this session. Who has a
/// session that is not theirs guesses no faster than anybody.
pub async fn is_own_password(
    state: &AppState,
    member: &Member,
    session_hash: &str,
    password: &str,
) -> Result<Guessed<()>, Failure> {
    let own = format!("password:{session_hash}");
    let guesser =
        Guesser { guess: Guess { own: own.clone(), shared: Vec::new(), email: None }, lane: Lane::Known(own) };
    let leave = match admit(state, &guesser).await? {
        Ok(leave) => leave,
        Err(held_back) => return Ok(slow(held_back)),
    };
    let hash = state.store().member_by_email(&member.email).await?.map(|(_, hash)| hash);
    if !verify(leave, password, hash).await? {
        return Ok(Guessed::Wrong);
    }
    state.store().take_back_guess(&guesser.guess).await?;
    Ok(Guessed::Right(()))
}

/// The hash of a new password, argon2id with the crate's parameters (19 MiB, 2 passes: OWASP's
/// recommendation), for the holder of this secret of ours, given by its stored hash.
pub async fn hash(state: &AppState, secret_hash: &str, password: NewPassword) -> Result<String, Failure> {
    let turn = state.hashing.known.turn(secret_hash.to_owned(), state.clock().now()).await.map_err(|_| no_place())?;
    let hashed = apart(Box::new(turn), move || {
        Argon2::default().hash_password(password.expose().as_bytes()).map(|hash| hash.to_string())
    });
    hashed.await?.map_err(|error| failed(&error))
}

/// A client with the cookie of a device from which this account was signed in to before.
fn known_guesser(device: &str, email: Option<Email>) -> Guesser {
    let own = login_key("device", device);
    let guess = Guess { own: own.clone(), shared: Vec::new(), email };
    Guesser { guess, lane: Lane::Known(own) }
}

/// A client about whom only the network is known.
fn stranger(email: Option<Email>, typed: &str, address: IpAddr, ticket: Option<String>) -> Guesser {
    let account = email.as_ref().map_or(typed, Email::as_str);
    let network = ClientNetwork::of(address);
    let pair = format!("{account}\n{}", ClientNetwork::of(site(address)));
    let shared = vec![(login_key("account", account), guessing::ACCOUNT), (network_key(network), guessing::NETWORK)];
    let guess = Guess { own: login_key("pair", &pair), shared, email };
    Guesser { guess, lane: Lane::Stranger { network, ticket } }
}

/// Under what all guesses from a network are counted.
pub fn network_key(network: ClientNetwork) -> String {
    login_key("network", &network.to_string())
}

/// The network under which guesses at one account are counted together. Of IPv6, the first 48 bits,
/// which is what one customer gets: a customer has 65,536 networks, and would get as many first
/// guesses.
fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & (!0 << 8))),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (!0 << 80))),
    }
}

/// Leave to hash, once the guess is counted; or why there is none.
async fn admit(state: &AppState, guesser: &Guesser) -> Result<Result<Leave, HeldBack>, Failure> {
    let now = state.clock().now();
    if let Some(wait) = state.store().held_back(&guesser.guess, now).await? {
        return Ok(Err(HeldBack { wait, ticket: None }));
    }
    let leave = match &guesser.lane {
        Lane::Known(known) => match state.hashing.known.turn(known.clone(), now).await {
            Ok(turn) => Box::new(turn) as Leave,
            Err(NoPlace) => return Ok(Err(HeldBack { wait: NO_PLACE_MS, ticket: None })),
        },
        Lane::Stranger { network, ticket } => {
            let held = ticket.as_deref();
            let since = held.and_then(|held| state.known_devices.coming_since(held, *network, now)).unwrap_or(now);
            match state.hashing.strangers.turn(*network, since).await {
                Ok(turn) => Box::new(turn),
                Err(NoPlace) => {
                    let ticket = Some(state.known_devices.issue_ticket(since, *network));
                    return Ok(Err(HeldBack { wait: NO_PLACE_MS, ticket }));
                }
            }
        }
    };
    // The time after the wait: what came meanwhile is counted already.
    let counted = state.store().count_guess(&guesser.guess, state.clock().now()).await?;
    Ok(counted.map(|()| leave).map_err(|wait| HeldBack { wait, ticket: None }))
}

fn slow<T>(held_back: HeldBack) -> Guessed<T> {
    Guessed::Slow { seconds: (held_back.wait as u64).div_ceil(1000).max(1), ticket: held_back.ticket }
}

/// Whether a password belongs to a hash. Without a hash it takes as long, so that nobody learns
/// whether an account exists.
///
/// A password is hashed as it is compared; one that was set before that was so was hashed as it was
/// typed, and is good as that.
async fn verify(leave: Leave, password: &str, hash: Option<String>) -> Result<bool, Failure> {
    let compared = text::password(password);
    let typed = (compared != password).then(|| password.to_owned());
    apart(leave, move || {
        let belongs = |password: &String| match &hash {
            Some(hash) => PasswordHash::new(hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()),
            None => Argon2::default().hash_password(password.as_bytes()).is_err(),
        };
        belongs(&compared) || typed.as_ref().is_some_and(belongs)
    })
    .await
}

/// Runs what takes a core for a moment apart from the workers. The leave ends with the work, also
/// where nobody waits for it any more.
async fn apart<T: Send + 'static>(leave: Leave, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let work = move || {
        let done = work();
        drop(leave);
        done
    };
    background::run(work).await.map_err(|error| failed(&error))
}

fn no_place() -> Failure {
    Failure::busy("Too many passwords are being set right now. Try again in a moment.", 2)
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    tracing::error!(%error, "a password could not be hashed");
    Failure::busy("The server cannot sign anyone in right now. Try again in a moment.", 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_guessed_at_from_a_site_and_not_from_each_of_its_networks() {
        let own = |address: &str| stranger(None, "x", address.parse().unwrap(), None).guess.own;
        assert_eq!(own("2001:db8:1:2::3"), own("2001:db8:1:ffff::3"));
        assert_ne!(own("2001:db8:1:2::3"), own("2001:db8:2:2::3"));
        assert_eq!(own("192.0.2.1"), own("::ffff:192.0.2.200"));
        assert_ne!(own("192.0.2.1"), own("192.0.3.1"));
        let guess = stranger(None, "x", "192.0.2.1".parse().unwrap(), None).guess;
        let mut keys: Vec<_> = guess.shared.into_iter().map(|(key, _)| key).chain([guess.own]).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        keys.dedup();
        assert_eq!(keys.len(), 3);
    }
}
