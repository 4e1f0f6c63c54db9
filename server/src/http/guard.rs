//! What stands before every handler: headers that protect the browser, the refusal of other sites' requests, and a limit
//! to how long a request may take.

use std::time::Duration;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use tokio::time::timeout;

use super::{auth, errors::Failure};
use crate::state::State;

/// Only our own scripts, styles, pictures and connections; nobody else's page may show ours.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                          frame-src 'self'; form-action 'self'; base-uri 'none'; manifest-src 'self'; frame-ancestors 'none'";

/// Adds the headers that protect the browser, where the handler has not set its own.
pub async fn headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    let protect: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // A stricter one would make browsers send `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in protect {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    Ok(response)
}

/// Refuses requests that change something, carry a cookie, and do not come from our own pages. Browsers send `Origin`
/// with every such request; a program that uses cookies has to send it too.
pub async fn same_origin(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let state = request.app_data::<Data<State>>().expect("every app has the state");
    let ours = auth::same_origin(request.headers(), state.config.public_url.as_deref());
    let carries_cookie = request.headers().contains_key(header::COOKIE);
    if safe || ours == Some(true) || (ours.is_none() && !carries_cookie) {
        return next.call(request).await;
    }
    Err(Failure::new(StatusCode::FORBIDDEN, "origin", "This request does not come from this server's own pages.")
        .into())
}

/// Ends a request whose body, or answer, takes too long.
pub async fn time_limit(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let limit: Duration = request.app_data::<Data<State>>().expect("every app has the state").config.limits.body;
    match timeout(limit, next.call(request)).await {
        Ok(response) => response,
        Err(_) => {
            Err(Failure::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "The request took too long to arrive.").into())
        }
    }
}
