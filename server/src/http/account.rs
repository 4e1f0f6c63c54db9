//! A member's account: the password, the sessions, what was tried on it; and the way back in with a
//! link that the operator made.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use parterre_domain::member::{Member, NewPassword};
use serde::Deserialize;

use super::{
    auth,
    errors::Failure,
    forms::Form,
    language::Language,
    origin::Outside,
    pages::{
        account::{AccountPage, SignInLinkPage},
        form::FieldProblem,
        message::ErrorPage,
    },
    reply::{html, message, see},
    sessions::{self, Beginning},
    signin::{self, Guessed},
};
use crate::{i18n::Locale, security_log::Happening, state::AppState};

/// The account's address.
const ACCOUNT: &str = "/studio/account";

/// A member by the session with which they came.
struct SignedIn {
    member: Member,
    session_hash: String,
}

/// The member who is signed in; others are redirected to the sign-in page.
async fn signed_in(state: &AppState, request: &HttpRequest) -> Result<SignedIn, Result<HttpResponse, Failure>> {
    let (headers, outside) = (request.headers(), Outside::of(request));
    let member = auth::member(state.store(), headers, &outside, state.clock().now()).await.map_err(Err)?;
    let token = auth::session_token(headers, &outside);
    let found = member.zip(token).map(|(member, token)| SignedIn { member, session_hash: auth::session_hash(&token) });
    found.ok_or_else(|| Ok(Failure::unauthorised("Sign in first.").beside(see("/login"))))
}

/// What was just done, as the page's address says it.
#[derive(Debug, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    fn sentence(&self) -> Option<&'static str> {
        match self.done.as_str() {
            "password" => Some("studio.account.done.password"),
            "session" => Some("studio.account.done.session"),
            "others" => Some("studio.account.done.others"),
            _ => None,
        }
    }
}

/// `GET /studio/account`
pub async fn show(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    done: Query<Done>,
) -> Result<HttpResponse, Failure> {
    match signed_in(&state, &request).await {
        Ok(who) => html(StatusCode::OK, &page(&state, language.0, &who).await?.done(done.sentence())),
        Err(answer) => answer,
    }
}

async fn page(state: &AppState, t: Locale, who: &SignedIn) -> Result<AccountPage, Failure> {
    let changed_at = state.store().password_changed_at(who.member.id).await?;
    let sessions = state.store().sessions(who.member.id, state.clock().now()).await?;
    Ok(AccountPage::new(t, &who.member, changed_at, sessions, &who.session_hash))
}

/// The form for another password.
#[derive(Deserialize)]
pub struct Passwords {
    current: String,
    password: String,
}

/// `POST /studio/account/password`
pub async fn change_password(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    form: Form<Passwords>,
) -> Result<HttpResponse, Failure> {
    let t = language.0;
    let who = match signed_in(&state, &request).await {
        Ok(who) => who,
        Err(answer) => return answer,
    };
    let refused = async |failure: Failure, problem| {
        let page = html(failure.status, &page(&state, t, &who).await?.refused(problem))?;
        Ok::<_, Failure>(failure.beside(page))
    };
    let password = match NewPassword::parse(&form.password) {
        Ok(password) => password,
        Err(problem) => {
            let said = FieldProblem::of(t, &problem);
            return refused(problem.into(), said).await;
        }
    };
    match signin::is_own_password(&state, &who.member, &who.session_hash, &form.current).await? {
        Guessed::Right(()) => {}
        Guessed::Wrong => {
            let sentence = t.text("studio.account.wrong_password");
            let problem = FieldProblem { field: "current", sentence };
            let message = "The current password is wrong.";
            return refused(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_password", message), problem).await;
        }
        Guessed::Slow { seconds, .. } => {
            let sentence = t.format("studio.login.slow", &[("n", &seconds)]);
            let mut answer = refused(signin::slowed(seconds), FieldProblem { field: "current", sentence }).await?;
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            return Ok(answer);
        }
    }
    let hash = signin::hash(&state, &who.session_hash, password).await?;
    let (member, now) = (who.member.id, state.clock().now());
    state.store().change_password(member, &hash, &who.session_hash, now).await?;
    sessions::ended(&state, member);
    sessions::note(&state, &request, Happening::PasswordChanged, Some(member));
    let mut response = see(&format!("{ACCOUNT}?done=password"));
    // With the former password its device was known, and no other device is any more.
    sessions::set(&mut response, &auth::known_device_cookie(&state, member, &hash, Outside::of(&request).is_secure()));
    Ok(response)
}

/// Which sessions to end: one, by what the page calls it, or `others`.
#[derive(Debug, Deserialize)]
pub struct EndSession {
    end: String,
}

/// `POST /studio/account/sessions`
pub async fn end_sessions(
    state: Data<AppState>,
    request: HttpRequest,
    form: Form<EndSession>,
) -> Result<HttpResponse, Failure> {
    let who = match signed_in(&state, &request).await {
        Ok(who) => who,
        Err(answer) => return answer,
    };
    let member = who.member.id;
    let done = if form.end == "others" {
        state.store().end_other_sessions(member, &who.session_hash).await?;
        "others"
    } else {
        state.store().end_session_of(member, &form.end).await?;
        "session"
    };
    sessions::ended(&state, member);
    sessions::note(&state, &request, Happening::SessionsEnded, Some(member));
    Ok(see(&format!("{ACCOUNT}?done={done}")))
}

/// Of how many failed attempts the member has read.
#[derive(Debug, Deserialize)]
pub struct Read {
    attempts: u32,
}

/// `POST /studio/account/failed-attempts`: the member has read how many attempts to sign in failed.
pub async fn dismiss_failed_attempts(
    state: Data<AppState>,
    request: HttpRequest,
    form: Form<Read>,
) -> Result<HttpResponse, Failure> {
    match signed_in(&state, &request).await {
        Ok(who) => {
            let now = state.clock().now();
            state.store().dismiss_failed_sign_ins(who.member.id, form.attempts, now).await?;
            Ok(see("/studio"))
        }
        Err(answer) => answer,
    }
}

/// `GET /sign-in-link/{token}`: the form for another password. Asking for it changes nothing.
pub async fn open_link(
    state: Data<AppState>,
    language: Language,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    match state.store().sign_in_link(&auth::link_hash(&token), state.clock().now()).await? {
        Some((member, _)) => html(StatusCode::OK, &SignInLinkPage::new(language.0, &token, &member)),
        None => message(language.0, ErrorPage::EndedSignInLink),
    }
}

/// The form behind a sign-in link.
#[derive(Deserialize)]
pub struct Chosen {
    password: String,
}

/// `POST /sign-in-link/{token}`: sets the password, ends all sessions, and begins one here.
pub async fn use_link(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    token: Path<String>,
    form: Form<Chosen>,
) -> Result<HttpResponse, Failure> {
    let token_hash = auth::link_hash(&token);
    let found = state.store().sign_in_link(&token_hash, state.clock().now()).await?;
    let Some((member, _)) = found else { return message(language.0, ErrorPage::EndedSignInLink) };
    let password = match NewPassword::parse(&form.password) {
        Ok(password) => password,
        Err(problem) => {
            let page = SignInLinkPage::new(language.0, &token, &member).refused(&problem);
            return Ok(Failure::from(problem).beside(html(StatusCode::UNPROCESSABLE_ENTITY, &page)?));
        }
    };
    let hash = signin::hash(&state, &token_hash, password).await?;
    let beginning = Beginning::of(&state, &request);
    let used = state.store().use_sign_in_link(&token_hash, &hash, &beginning.session(&state, member.id)).await?;
    if used.is_none() {
        return message(language.0, ErrorPage::EndedSignInLink);
    }
    sessions::ended(&state, member.id);
    sessions::note(&state, &request, Happening::SignInLinkUsed, Some(member.id));
    let mut response = see("/studio");
    beginning.hand_over(&state, &member, &hash, &mut response);
    Ok(response)
}
