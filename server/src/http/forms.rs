//! Parsing of bodies, and the errors for those that cannot be read: in our own words, never a
//! parser's.

use std::{future::Future, ops::Deref, pin::Pin};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    error::{JsonPayloadError, QueryPayloadError},
    http::StatusCode,
    web::{Bytes, Query},
};
use parterre_live::incoming::MAX_CID_BYTES;
use parterre_system::unreadable;
use serde::de::DeserializeOwned;

use super::errors::Failure;

/// The most fields of a form; the largest that a page sends is an answer with some 30.
const MAX_FIELDS: usize = 100;

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
    let text = std::str::from_utf8(body).map_err(|_| Failure::malformed("The form is not UTF-8."))?;
    let fields = Query::<T>::from_query(text)
        .map_err(|error| Failure::malformed(format!("The form {}.", wrong(&error))).of_command(command(text)))?;
    Ok(fields.into_inner())
}

/// The command that a form is to be, where it says so.
fn command(text: &str) -> Option<String> {
    let fields = Query::<Vec<(String, String)>>::from_query(text).ok()?.into_inner();
    let (_, cid) = fields.into_iter().find(|(name, _)| name == "cid")?;
    (cid.len() <= MAX_CID_BYTES).then_some(cid)
}

/// A JSON body that cannot be read.
pub fn unreadable_json(error: &JsonPayloadError) -> Failure {
    match error {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => Failure::too_large(),
        JsonPayloadError::ContentType => {
            Failure::malformed("The body must be JSON, with Content-Type: application/json.")
        }
        JsonPayloadError::Deserialize(error) => Failure::malformed(format!("The body {}.", unreadable::json(error))),
        _ => Failure::of_status(StatusCode::BAD_REQUEST),
    }
}

/// An address whose query cannot be read.
pub fn unreadable_query(error: &QueryPayloadError) -> Failure {
    Failure::malformed(format!("The address {}.", wrong(error)))
}

fn wrong(error: &QueryPayloadError) -> String {
    match error {
        QueryPayloadError::Deserialize(error) => unreadable::fields(&error.to_string()),
        _ => "cannot be read".to_owned(),
    }
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
        let query = |text: &str| unreadable_query(&Query::<Vote>::from_query(text).unwrap_err()).message;
        assert_eq!(query(""), "The address lacks the field \"post\".");
        assert!(!query("post=secret").contains("secret"));
        let form = |text: &str| fields::<Vote>(text.as_bytes()).unwrap_err();
        assert_eq!(form("cid=a%20b").message, "The form lacks the field \"post\".");
        assert_eq!(form("post=secret&cid=a%20b").args["cid"], "a b", "its command is named");
        assert!(form("post=secret").args.is_empty());
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
