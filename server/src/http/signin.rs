//! Passwords, and how attempts to sign in are slowed.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use parterre_protocol::Millis;

use super::{auth::login_key, errors::Failure};
use crate::{
    domain::member::{Email, Member, NewPassword},
    state::State,
};

/// How an attempt to sign in ended.
#[derive(Debug)]
pub enum SignIn {
    /// It is this member.
    Welcome(Box<Member>),
    /// No such account, or not its password.
    Wrong,
    /// Too many failures: not even looked at.
    Slow {
        /// The seconds to wait, from 1.
        seconds: u64,
    },
}

/// Failures after which an account's next attempt has to wait.
const FREE_OF_ACCOUNT: u32 = 4;
/// Failures after which an address's next attempt has to wait. Whole venues share one, so it is more.
const FREE_OF_ADDRESS: u32 = 40;
/// The longest wait. An account's owner, whose name others may try, has to wait no longer than this.
const LONGEST_MS: Millis = 30_000;
/// When failures are forgotten.
const FORGET_MS: Millis = 3_600_000;

/// How long the next attempt has to wait after so many failures: 2 s, doubling.
fn wait_ms(failures: u32, free: u32) -> Millis {
    match failures.saturating_sub(free) {
        0 => 0,
        over => (1000 << over.min(16)).min(LONGEST_MS),
    }
}

/// Looks at an attempt to sign in from this address.
pub async fn sign_in(state: &State, email: &str, password: &str, address: &str) -> Result<SignIn, Failure> {
    let now = state.clock().now();
    state.store().forget_login_failures(now - FORGET_MS).await?;
    let email = Email::parse(email).ok();
    let account = email.as_ref().map(|email| login_key("account", email.as_str()));
    let address = login_key("address", address);
    let mut keys = vec![(&address, FREE_OF_ADDRESS)];
    keys.extend(account.as_ref().map(|account| (account, FREE_OF_ACCOUNT)));
    for (key, free) in &keys {
        if let Some((failures, last_at)) = state.store().login_failures(key).await? {
            let left = last_at + wait_ms(failures, *free) - now;
            if left > 0 {
                return Ok(SignIn::Slow { seconds: (left as u64).div_ceil(1000) });
            }
        }
    }
    let found = match &email {
        Some(email) => state.store().member_by_email(email).await?,
        None => None,
    };
    let (member, hash) = found.map_or((None, None), |(member, hash)| (Some(member), Some(hash)));
    if let (true, Some(member)) = (verify(state, password, hash).await?, member) {
        state.store().clear_login_failures(&login_key("account", member.email.as_str())).await?;
        return Ok(SignIn::Welcome(Box::new(member)));
    }
    for (key, _) in keys {
        state.store().record_login_failure(key, now).await?;
    }
    Ok(SignIn::Wrong)
}

/// The hash of a new password, argon2id with the crate's parameters (19 MiB, 2 passes: OWASP's recommendation).
pub async fn hash(state: &State, password: NewPassword) -> Result<String, Failure> {
    let hashed = apart(state, move || {
        Argon2::default().hash_password(password.expose().as_bytes()).map(|hash| hash.to_string())
    });
    hashed.await?.map_err(|error| failed(&error))
}

/// Whether a password belongs to a hash. Without a hash it takes as long, so that nobody learns whether an account exists.
async fn verify(state: &State, password: &str, hash: Option<String>) -> Result<bool, Failure> {
    let password = password.to_owned();
    apart(state, move || match hash {
        Some(hash) => PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()),
        None => Argon2::default().hash_password(password.as_bytes()).is_err(),
    })
    .await
}

/// Runs what takes a core for a moment apart from the workers, one at a time.
async fn apart<T: Send + 'static>(state: &State, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let _leave = state.hashing.acquire().await.map_err(|error| failed(&error))?;
    actix_web::web::block(work).await.map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    tracing::error!(%error, "a password could not be hashed");
    Failure::busy("The server cannot sign anyone in just now. Try again in a moment.", 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_begins_late_grows_fast_and_ends_soon() {
        assert_eq!(
            [0, 4, 5, 6, 9, 10, 1000].map(|failures| wait_ms(failures, FREE_OF_ACCOUNT)),
            [0, 0, 2000, 4000, 30_000, 30_000, 30_000]
        );
        assert_eq!(wait_ms(40, FREE_OF_ADDRESS), 0);
    }
}
