//! What is said of a body that cannot be read.

use actix_web::{
    error::{JsonPayloadError, UrlencodedError},
    http::StatusCode,
};

use super::errors::Failure;

/// A JSON body that cannot be read.
pub fn unreadable_json(error: &JsonPayloadError) -> Failure {
    match error {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => too_large(),
        JsonPayloadError::ContentType => {
            Failure::malformed("The body must be JSON, with Content-Type: application/json.")
        }
        error => Failure::malformed(format!("The body is not understood: {error}.")),
    }
}

/// A form that cannot be read.
pub fn unreadable_form(error: &UrlencodedError) -> Failure {
    match error {
        UrlencodedError::Overflow { .. } => too_large(),
        error => Failure::malformed(format!("The form is not understood: {error}.")),
    }
}

fn too_large() -> Failure {
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large.")
}
