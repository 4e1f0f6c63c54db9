//! What a proxy does to an ordinary answer: whether it changes a page, and whether it takes cookies
//! out.

use actix_web::{HttpRequest, HttpResponse, cookie::time::Duration, http::StatusCode, web::Query};
use serde::Deserialize;
use serde_json::json;

use super::{OURS, SwitchedOn, ours};
use crate::http::{cookies, errors::Failure, origin::Outside};

/// A page with all that those change who rewrite pages: blanks, comments, a head, a body, a
/// picture, a form.
const DOCUMENT: &str = include_str!("document.html");
/// The cookie that the server sets. Scripts may read it: that it has arrived is what they look for.
const SET: &str = "parterre_netcheck";
/// The cookie that whoever tests sends, by its plain name.
const SENT: &str = "parterre_netcheck_sent";
/// How long what is tried may stay in a browser that is closed meanwhile.
const AGE: Duration = Duration::minutes(1);
/// The longest value.
const VALUE_CHARS: usize = 40;

/// In which form a document is wanted.
#[derive(Debug, Deserialize)]
pub struct Form {
    #[serde(default)]
    form: String,
}

/// `GET /api/v1/netcheck/document`: a page that is always the same; as JSON, which nobody rewrites,
/// with `?form=json`.
pub async fn document(_: SwitchedOn, form: Query<Form>) -> HttpResponse {
    if form.form == "json" {
        return ours(&json!({"text": DOCUMENT}));
    }
    HttpResponse::Ok().insert_header(OURS).content_type("text/html; charset=utf-8").body(DOCUMENT)
}

/// The value to be set.
#[derive(Debug, Deserialize)]
pub struct CookieQuery {
    set: String,
}

/// `GET /api/v1/netcheck/cookies?set=`: sets a cookie with this value, and says which one came.
pub async fn cookies(_: SwitchedOn, request: HttpRequest, wanted: Query<CookieQuery>) -> Result<HttpResponse, Failure> {
    let value = &wanted.set;
    if !(1..=VALUE_CHARS).contains(&value.len()) || !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let message = format!("set must be 1 to {VALUE_CHARS} letters and digits.");
        return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "out_of_range", message));
    }
    let mut cookie = cookies::cookie(SET, value.clone(), Outside::of(&request).is_secure(), AGE);
    cookie.set_http_only(false);
    let mut response = ours(&json!({"sent": cookies::find(request.headers(), SENT)}));
    response.add_cookie(&cookie).map_err(|_| Failure::malformed("The cookie cannot be set."))?;
    Ok(response)
}
