//! Who signs in, and what their browser is given.

use anyhow::{Context, Result, bail};

use crate::http::{Address, HttpResponse, form_encoded};

/// Who signs in, and how.
pub struct Account {
    /// The key of the one-time setup link, if the owner has yet to be created.
    pub key: Option<String>,
    /// The address to sign in with.
    pub email: String,
    /// The password to sign in with.
    pub password: String,
}

/// A further session of the facilitator's.
pub struct Session {
    pub(super) cookies: Cookies,
}

impl Session {
    /// Signs out at this address; false if it must retry later.
    pub async fn end(&self, address: &Address) -> Result<bool> {
        let answer = address.ask("POST", "/logout", &self.cookies.head(address), b"").await?;
        match answer.status {
            303 => Ok(true),
            429 | 502..=504 => Ok(false),
            _ => bail!("POST /logout: {answer}"),
        }
    }
}

/// Creates the owner, if the server has none.
pub async fn make_owner(address: &Address, account: &Account) -> Result<()> {
    cookies(address, account).await.map(drop)
}

/// The cookies that a browser gets at sign-in.
pub(super) struct Cookies {
    session: String,
    /// The others, as a header's value.
    pub(super) remembered: String,
}

impl Cookies {
    /// Those that an answer sets.
    pub(super) fn of(answer: &HttpResponse) -> Result<Self> {
        let (session, others): (Vec<_>, Vec<_>) = answer.cookies().partition(|cookie| cookie.contains("session="));
        let session = session.first().with_context(|| format!("no cookie of a session: {answer}"))?;
        Ok(Self { session: (*session).to_owned(), remembered: others.join("; ") })
    }

    /// The header lines of a browser that has them.
    pub(super) fn head(&self, address: &Address) -> String {
        let cookies = [&*self.session, &*self.remembered].into_iter().filter(|it| !it.is_empty());
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        format!("Origin: {}\r\nCookie: {cookies}\r\n", address.origin())
    }
}

/// The cookies: from making the owner, or from signing in.
pub(super) async fn cookies(address: &Address, account: &Account) -> Result<Cookies> {
    let mut form = credentials(account);
    let path = match &account.key {
        Some(key) => {
            form += &format!("&name=Load%20test&key={}", form_encoded(key));
            "/setup"
        }
        None => "/login",
    };
    let answer = sign_in(address, path, "", &form).await?;
    Cookies::of(&answer).with_context(|| format!("POST {path}"))
}

/// Sends a form to sign in with.
pub(super) async fn sign_in(address: &Address, path: &str, cookie: &str, form: &str) -> Result<HttpResponse> {
    let head = format!("Content-Type: application/x-www-form-urlencoded\r\nOrigin: {}\r\n{cookie}", address.origin());
    address.ask("POST", path, &head, form.as_bytes()).await
}

/// The form to sign in with.
pub(super) fn credentials(account: &Account) -> String {
    format!("email={}&password={}", form_encoded(&account.email), form_encoded(&account.password))
}
