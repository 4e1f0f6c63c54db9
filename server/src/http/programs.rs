//! What programs are answered at the addresses of pages: the same JSON as under `/api/`, in place
//! of a page for people.
//!
//! A page about a failure carries the failure with it ([`Failure::beside`]). Whether the page or
//! the failure is sent is decided here alone, by what the client accepts.

use actix_web::{
    HttpResponse, ResponseError,
    body::MessageBody,
    dev::ServiceRequest,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap},
    },
};
use serde_json::json;

use super::{errors::Failure, pages::message::ErrorPage};

/// Whether an address is one of the API, whose answers are never pages.
pub fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// For whom an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A person, in a browser.
    Person,
    /// A program, or the script of a page.
    Program {
        /// Whether it has asked for JSON and sent something: then it is not led on as a browser is.
        sends_for_json: bool,
    },
}

impl Reader {
    /// Whether a person or a program reads the response.
    pub fn of(request: &ServiceRequest) -> Self {
        let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        if !is_api(request.path()) && accept.contains("text/html") {
            return Self::Person;
        }
        let sends = *request.method() == Method::POST;
        Self::Program { sends_for_json: sends && accept.contains("application/json") }
    }

    /// What goes out in place of this answer, if anything.
    pub fn instead_of<B: MessageBody>(self, page: &HttpResponse<B>) -> Option<HttpResponse> {
        let Self::Program { sends_for_json } = self else { return None };
        let leads = page.status().is_redirection();
        let failure = page.extensions().get::<Failure>().cloned();
        let mut answer = match failure {
            Some(failure) if sends_for_json || !leads => failure.error_response(),
            None if leads && sends_for_json => HttpResponse::Ok().json(json!({"location": location(page.headers())})),
            _ => return None,
        };
        for cookie in page.headers().get_all(header::SET_COOKIE) {
            answer.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        Some(answer)
    }
}

fn location(headers: &HeaderMap) -> &str {
    headers.get(header::LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default()
}

impl Failure {
    /// The page about this failure, or a redirect because of it; a program gets the failure itself.
    pub fn beside(self, mut page: HttpResponse) -> HttpResponse {
        page.extensions_mut().insert(self);
        page
    }
}

impl From<ErrorPage> for Failure {
    fn from(what: ErrorPage) -> Self {
        let failure = |code, message: &str| Self::new(what.status(), code, message);
        match what {
            ErrorPage::NotFound => Self::not_found(),
            ErrorPage::NoEvent => Self::unknown_event(),
            ErrorPage::WrongSetupLink => failure(
                "wrong_setup_key",
                "This setup key is not the newest one that the server printed at start, or it is more than a day old.",
            ),
            ErrorPage::AlreadySetUp => failure("already_set_up", "The owner's account already exists. Sign in."),
            ErrorPage::Forbidden => Self::forbidden("Your account is not allowed to do this."),
            ErrorPage::UnknownLink => Self::unknown_link(),
            ErrorPage::NoResults => failure("not_shared", "These results are not shared, or no longer."),
            ErrorPage::ExpiredLink => failure("link_expired", "This private link has expired. Ask for a new one."),
            ErrorPage::RevokedLink => failure("link_revoked", "This private link was revoked. Ask for a new one."),
            ErrorPage::EndedSignInLink => failure(
                "sign_in_link_ended",
                "This sign-in link has been used, has been replaced by another, or is more than an hour old. Ask for a new one.",
            ),
            ErrorPage::NeedsLink => Self::unauthorised("Open your private link first, or sign in."),
            ErrorPage::TestsOff => failure("switched_off", "The network test is switched off on this server."),
            ErrorPage::OtherOrigin => failure("origin", "The request comes from a page of another site."),
            ErrorPage::Malformed => Self::of_status(StatusCode::BAD_REQUEST),
            ErrorPage::TooLarge => Self::too_large(),
            ErrorPage::Encoded => Self::encoded(),
            ErrorPage::Failed => Self::of_status(StatusCode::INTERNAL_SERVER_ERROR),
            ErrorPage::Busy => Self::busy("The server is busy right now. Try again in a moment.", 2),
        }
    }
}
