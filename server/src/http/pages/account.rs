//! `/studio/account`: a member's password and the browsers in which they are signed in; and the
//! page behind a link for a forgotten password.

use askama::Template;
use parterre_domain::{Problem, device::Device, member::Member};
use parterre_protocol::Millis;
use parterre_store::Session;

use super::{form::FieldProblem, script};
use crate::{http::export::time::minute, i18n::Locale};

/// The member's account. Forms: `POST /studio/account/password` with `current`, `password`; `POST
/// /studio/account/sessions` with `end`.
#[derive(Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    t: Locale,
    here: &'static str,
    name: String,
    email: String,
    changed_at: Option<Millis>,
    sessions: Vec<SessionRow>,
    done: Option<&'static str>,
    problem: Option<FieldProblem>,
}

/// One browser in which the member is signed in.
struct SessionRow {
    /// How it is named in the form that ends it.
    id: String,
    device: String,
    mobile: bool,
    used_at: Millis,
    /// Whether it is the one that shows the page.
    here: bool,
}

impl AccountPage {
    /// The page of this member, opened in this session.
    pub fn new(
        t: Locale,
        member: &Member,
        changed_at: Option<Millis>,
        sessions: Vec<Session>,
        own_session: &str,
    ) -> Self {
        let row = |session: Session| SessionRow {
            device: device(t, session.device),
            mobile: session.device.is_some_and(Device::is_mobile),
            used_at: session.used_at,
            here: session.token_hash == own_session,
            id: session.token_hash,
        };
        let mut sessions: Vec<SessionRow> = sessions.into_iter().map(row).collect();
        sessions.sort_by_key(|session| !session.here);
        let (name, email) = (member.name.clone(), member.email.as_str().to_owned());
        Self { t, here: "/studio/account", name, email, changed_at, sessions, done: None, problem: None }
    }

    /// The page once something is done; the key of the sentence that says what.
    #[must_use]
    pub fn done(self, done: Option<&'static str>) -> Self {
        Self { done, ..self }
    }

    /// The page with the error of the password form.
    #[must_use]
    pub fn refused(self, problem: FieldProblem) -> Self {
        Self { problem: Some(problem), ..self }
    }

    fn about(&self, field: &str) -> Option<String> {
        FieldProblem::about(&self.problem, field)
    }

    fn at(&self, key: &str, at: &Millis) -> String {
        self.t.format(key, &[("date", &minute(*at))])
    }

    fn end_label(&self, session: &SessionRow) -> String {
        self.t.format("studio.account.end_named", &[("device", &session.device)])
    }

    fn messages(&self) -> String {
        script::messages(self.t, &["studio.account.used", "studio.account.changed"])
    }
}

/// A device in words.
fn device(t: Locale, device: Option<Device>) -> String {
    let Some(Device { browser, system }) = device else { return t.text("studio.account.unknown_device") };
    let browser = t.text(&format!("studio.account.browser.{browser}"));
    let system = t.text(&format!("studio.account.system.{system}"));
    t.format("studio.account.device", &[("browser", &browser), ("system", &system)])
}

/// The form behind a link for a forgotten password. Sent to its own address with `password`.
#[derive(Template)]
#[template(path = "sign-in-link.html")]
pub struct SignInLinkPage {
    t: Locale,
    here: String,
    email: String,
    problem: Option<FieldProblem>,
}

impl SignInLinkPage {
    /// The empty form for this member.
    pub fn new(t: Locale, token: &str, member: &Member) -> Self {
        let here = format!("/sign-in-link/{token}");
        Self { t, here, email: member.email.as_str().to_owned(), problem: None }
    }

    /// The form again, with the error of the password.
    #[must_use]
    pub fn refused(self, problem: &Problem) -> Self {
        Self { problem: Some(FieldProblem::of(self.t, problem)), ..self }
    }

    fn about(&self, field: &str) -> Option<String> {
        FieldProblem::about(&self.problem, field)
    }
}

#[cfg(test)]
mod tests {
    use parterre_domain::{
        ids::{MemberId, WorkspaceId},
        member::{Email, Role},
    };
    use uuid::Uuid;

    use super::*;
    use crate::{http::pages::preview, i18n::LOCALES};

    fn member() -> Member {
        Member {
            id: MemberId::new(Uuid::from_u128(1)),
            workspace: WorkspaceId::new(Uuid::from_u128(2)),
            name: "Inès <Okafor>".to_owned(),
            email: Email::parse("ines@example.org").unwrap(),
            role: Role::Owner,
        }
    }

    fn session(token_hash: &str, device: &str) -> Session {
        let (token_hash, device) = (token_hash.to_owned(), Some(Device::parse(device)));
        Session { token_hash, created_at: 1_790_000_000_000, used_at: 1_790_000_300_000, device }
    }

    #[test]
    fn sessions_are_named_by_their_browser_and_the_own_one_cannot_be_ended_here() {
        let sessions = vec![session("other", "safari iphone"), session("own", "firefox linux")];
        for t in LOCALES {
            let page = AccountPage::new(t, &member(), Some(1_790_000_000_000), sessions.clone(), "own");
            let html =
                preview::render(&format!("account-{}", t.code()), &page.done(Some("studio.account.done.others")));
            // Only scripts are told keys.
            assert!(!html.contains(">studio."), "every word is there");
            assert!(html.contains("value=\"other\"") && !html.contains("value=\"own\""));
            assert!(html.find("Firefox").unwrap() < html.find("Safari").unwrap());
        }
    }

    #[test]
    fn what_is_wrong_with_a_password_is_said_beside_it() {
        let problem = Problem::OutOfRange { field: "password", min: 10, max: 200, value: 4 };
        let page = AccountPage::new(LOCALES[0], &member(), None, vec![session("own", "")], "own");
        let html = preview::render("account-refused", &page.refused(FieldProblem::of(LOCALES[0], &problem)));
        assert!(html.contains("<details open") && html.contains("password-problem"));
        let html = preview::render("sign-in-link", &SignInLinkPage::new(LOCALES[1], "t", &member()).refused(&problem));
        assert!(html.contains("ines@example.org") && html.contains("password-problem"));
    }
}
