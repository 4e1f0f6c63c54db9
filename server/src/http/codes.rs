//! Which event the code in a request leads to.

use actix_web::{HttpRequest, http::StatusCode};
use parterre_domain::event::{Event, JoinCode};

use super::{errors::Failure, origin::Outside};
use crate::{
    app::codes::{self, CodeError},
    state::AppState,
};

/// The event with this code as people type it.
pub(super) async fn find(state: &AppState, request: &HttpRequest, typed: &str) -> Result<Event, CodeError> {
    let code = JoinCode::parse(typed).map_err(|_| CodeError::Unknown)?;
    codes::find(state, Outside::of(request).network(), &code).await
}

impl From<CodeError> for Failure {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Unknown => Self::unknown_event(),
            CodeError::TooMany { wait } => {
                let message = "Too many unknown codes were tried from this network. Wait a moment, then try again.";
                Self { retry: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", message) }
            }
            CodeError::Store(error) => error.into(),
        }
    }
}
