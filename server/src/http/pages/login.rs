//! `/login`: members sign in.

use askama::Template;

use super::{address::AddressNotes, form::FieldProblem};
use crate::i18n::Locale;

/// The form to sign in. Sent as `POST /login` with `email`, `password`.
#[derive(Template)]
#[template(path = "login.html")]
pub struct LoginPage {
    t: Locale,
    address: Option<AddressNotes>,
    here: &'static str,
    email: String,
    problem: Option<FieldProblem>,
}

/// Why nobody was signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginRefusal {
    /// No such address, or another password; which of the two is not said.
    Wrong,
    /// Too many attempts: the next is checked after this many seconds.
    Slow {
        /// The seconds to wait, from 1.
        seconds: u64,
    },
    /// The password was right, and the browser did not keep the cookie that says so.
    CookieLost,
}

impl LoginPage {
    /// With what there is to say of the server's address.
    #[must_use]
    pub fn with_address(self, notes: AddressNotes) -> Self {
        Self { address: Some(notes), ..self }
    }

    /// The empty form.
    pub fn new(t: Locale) -> Self {
        Self { t, address: None, here: "/login", email: String::new(), problem: None }
    }

    /// The form again with the address that was typed, and why it was refused.
    #[must_use]
    pub fn refused(self, email: &str, refusal: LoginRefusal) -> Self {
        let sentence = match refusal {
            LoginRefusal::Wrong => self.t.text("studio.login.wrong"),
            LoginRefusal::CookieLost => self.t.text("studio.login.cookie_lost"),
            LoginRefusal::Slow { seconds } => self.t.format("studio.login.slow", &[("n", &seconds)]),
        };
        Self { email: email.to_owned(), problem: Some(FieldProblem::whole(sentence)), ..self }
    }

    fn about(&self, field: &str) -> Option<String> {
        FieldProblem::about(&self.problem, field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{http::pages::preview, i18n::LOCALES};

    #[test]
    fn a_refusal_is_said_in_words_beside_the_address_that_was_typed() {
        let html = preview::render("login", &LoginPage::new(LOCALES[0]));
        assert!(!html.contains("role=\"alert\""));
        let slow = LoginRefusal::Slow { seconds: 20 };
        let html = preview::render("login-slow", &LoginPage::new(LOCALES[1]).refused("ines@example.org", slow));
        assert!(html.contains("value=\"ines@example.org\"") && html.contains("20 secondes"));
    }
}
