//! Bodies as they come, and what is said of one that cannot be read: in our own words, never in a parser's.

use std::{future::Future, ops::Deref, pin::Pin};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    error::{JsonPayloadError, QueryPayloadError},
    http::StatusCode,
    web::{Bytes, Query},
};
use serde::de::DeserializeOwned;

use super::errors::Failure;

/// The most fields of a form; the largest that a page sends is an answer with some 30.
const MAX_FIELDS: usize = 100;
/// What a parser says of a field is looked for in so much of its sentence.
const MAX_NAME_CHARS: usize = 60;

/// A form, as browsers send it.
#[derive(Debug)]
pub struct Form<T>(T);

impl<T> Form<T> {
    /// What is in it.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Form<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let body = Bytes::from_request(request, payload);
        Box::pin(async move {
            if !is_form {
                let message = "Send the form with Content-Type: application/x-www-form-urlencoded.";
                return Err(Failure::malformed(message));
            }
            let body = body.await.map_err(|error| Failure::of_status(error.as_response_error().status_code()))?;
            fields(&body).map(Self)
        })
    }
}

fn fields<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    if body.split(|byte| *byte == b'&').take(MAX_FIELDS + 1).count() > MAX_FIELDS {
        return Err(Failure::malformed(format!("A form may have at most {MAX_FIELDS} fields.")));
    }
    let unreadable =
        || Failure::malformed("The form is not understood: send its fields as the page has them, in UTF-8.");
    let text = std::str::from_utf8(body).map_err(|_| unreadable())?;
    Ok(Query::<T>::from_query(text).map_err(|_| unreadable())?.into_inner())
}

/// A JSON body that cannot be read.
pub fn unreadable_json(error: &JsonPayloadError) -> Failure {
    match error {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => Failure::too_large(),
        JsonPayloadError::ContentType => {
            Failure::malformed("The body must be JSON, with Content-Type: application/json.")
        }
        JsonPayloadError::Deserialize(error) => Failure::malformed(format!("The body {}.", wrong(error))),
        _ => Failure::of_status(StatusCode::BAD_REQUEST),
    }
}

/// An address whose query cannot be read.
pub fn unreadable_query(error: &QueryPayloadError) -> Failure {
    let QueryPayloadError::Deserialize(error) = error else { return Failure::of_status(StatusCode::BAD_REQUEST) };
    Failure::malformed(match field(&error.to_string()) {
        Some(field) => format!("The address {field}."),
        None => "The address has a field whose value is not of the kind that it must be.".to_owned(),
    })
}

/// What is wrong with a text that ought to be JSON of a certain shape: the rest of a sentence.
pub fn wrong(error: &serde_json::Error) -> String {
    let at = format!("at line {}, column {}", error.line(), error.column());
    if !error.is_data() {
        return format!("is not JSON: look {at}");
    }
    field(&error.to_string()).unwrap_or_else(|| format!("has a value {at} that is not of the kind that it must be"))
}

/// Which field a parser complains of. Only names that are ours are told: of what the client wrote, nothing is said again.
fn field(complaint: &str) -> Option<String> {
    let name = complaint.strip_prefix("missing field `")?.split_once('`')?.0;
    (name.len() <= MAX_NAME_CHARS).then(|| format!("lacks the field {name:?}"))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Vote {
        #[allow(dead_code, reason = "only read")]
        post: u32,
    }

    #[test]
    fn what_is_wrong_is_said_in_our_own_words() {
        let said = |text: &str| wrong(&serde_json::from_str::<Vote>(text).unwrap_err());
        assert_eq!(said("{}"), "lacks the field \"post\"");
        assert_eq!(said("{post: 1}"), "is not JSON: look at line 1, column 2");
        assert_eq!(said(""), "is not JSON: look at line 1, column 0");
        assert!(said(r#"{"post": "secret"}"#).starts_with("has a value at line 1, column "));
        let query = |text: &str| unreadable_query(&Query::<Vote>::from_query(text).unwrap_err()).message;
        assert_eq!(query(""), "The address lacks the field \"post\".");
        assert!(!query("post=secret").contains("secret"));
    }

    #[test]
    fn a_form_has_so_many_fields_and_no_more() {
        let many = |count| fields::<Vec<(String, String)>>(vec!["a=1"; count].join("&").as_bytes());
        assert_eq!(many(MAX_FIELDS).unwrap().len(), MAX_FIELDS);
        let failure = many(MAX_FIELDS + 1).unwrap_err();
        assert!(failure.message.contains("100 fields"), "{failure}");
        assert!(fields::<Vote>(b"post=\xff").is_err());
    }
}
