//! `/setup?key=…`: the one-time link that makes the owner's account.

use askama::Template;
use parterre_domain::Problem;

use super::{address::AddressNotes, form::FieldProblem};
use crate::i18n::Locale;

/// The form for the owner's account. Sent as `POST /setup` with `key`, `name`, `email`, `password`.
#[derive(Template)]
#[template(path = "setup.html")]
pub struct SetupPage {
    t: Locale,
    address: Option<AddressNotes>,
    here: String,
    key: String,
    name: String,
    email: String,
    problem: Option<FieldProblem>,
}

impl SetupPage {
    /// With what there is to say of the server's address.
    #[must_use]
    pub fn with_address(self, notes: AddressNotes) -> Self {
        Self { address: Some(notes), ..self }
    }

    /// The empty form behind the link with this key.
    pub fn new(t: Locale, key: &str) -> Self {
        let here = format!("/setup?key={key}");
        Self { t, address: None, here, key: key.to_owned(), name: String::new(), email: String::new(), problem: None }
    }

    /// The form again, with what was typed (never the password) and its error.
    #[must_use]
    pub fn refused(self, name: &str, email: &str, problem: &Problem) -> Self {
        let problem = Some(FieldProblem::of(self.t, problem));
        Self { name: name.to_owned(), email: email.to_owned(), problem, ..self }
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
    fn what_was_typed_comes_back_with_the_sentence_but_without_the_password() {
        let problem = Problem::OutOfRange { field: "password", min: 10, max: 200, value: 4 };
        let page = SetupPage::new(LOCALES[0], "k&1").refused("<Inès>", "ines@example.org", &problem);
        let html = preview::render("setup", &page);
        assert!(html.contains("&#60;Inès&#62;") && html.contains("ines@example.org"));
        assert!(html.contains(r#"aria-describedby="password-problem password-rule""#));
        assert!(html.contains("back=/setup%3Fkey%3Dk%261"));
    }
}
