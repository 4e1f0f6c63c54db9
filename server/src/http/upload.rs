//! Files that people send: too large for the memory, so they are written to the disk as they
//! arrive.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    num::NonZeroU64,
    path::Path,
};

use actix_web::{
    HttpMessage as _, HttpRequest,
    http::{StatusCode, header},
    web::{self, Payload},
};
use futures_util::StreamExt;
use serde_json::{Map, json};

use super::errors::Failure;
use crate::app::archive::{Section, passing_file};

/// How much is collected before it is written.
const PIECE: usize = 256 * 1024;
/// The most that a form may have around its file.
const FORM: u64 = 16 * 1024;
/// The longest boundary between the parts of a form (RFC 2046).
const BOUNDARY: usize = 70;

/// Receives a file of at most so many bytes, as the body itself or as the last field of a form.
pub(super) async fn receive(
    request: &HttpRequest,
    payload: Payload,
    folder: &Path,
    most: NonZeroU64,
    setting: &'static str,
) -> Result<Section<File>, Failure> {
    let boundary = boundary(request);
    let limit = most.get() + if boundary.is_some() { FORM } else { 0 };
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > limit) {
        return Err(too_large(most, announced, setting));
    }
    let file = passing_file(folder).map_err(|error| failed(&error))?;
    let (mut file, size) = write(file, payload, limit).await?.ok_or_else(|| too_large(most, None, setting))?;
    let (start, end) = match &boundary {
        None => (0, size),
        Some(boundary) => file_field(&mut file, size, boundary)
            .map_err(|error| failed(&error))?
            .ok_or_else(|| Failure::malformed("The form must end with the field for the file."))?,
    };
    if end - start > most.get() {
        return Err(too_large(most, Some(end - start), setting));
    }
    Ok(Section::new(file, start, end - start))
}

/// Writes what arrives; `None` if it is more than `limit`.
async fn write(mut file: File, mut payload: Payload, limit: u64) -> Result<Option<(File, u64)>, Failure> {
    let (mut size, mut piece) = (0, Vec::with_capacity(PIECE));
    loop {
        let next = payload.next().await;
        let is_last = next.is_none();
        if let Some(bytes) = next {
            let bytes = bytes.map_err(|_| Failure::of_status(StatusCode::BAD_REQUEST))?;
            size += bytes.len() as u64;
            if size > limit {
                return Ok(None);
            }
            piece.extend_from_slice(&bytes);
        }
        if is_last || piece.len() >= PIECE {
            let written = web::block(move || file.write_all(&piece).map(|()| (file, piece)));
            (file, piece) = written.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
            piece.clear();
        }
        if is_last {
            return Ok(Some((file, size)));
        }
    }
}

/// What stands between the parts of a form with files; none if the body is none.
fn boundary(request: &HttpRequest) -> Option<String> {
    if !request.content_type().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let content_type = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (_, boundary) = content_type.split_once("boundary=")?;
    let boundary = boundary.split(';').next()?.trim().trim_matches('"');
    (1..=BOUNDARY).contains(&boundary.len()).then(|| boundary.to_owned())
}

/// From where to where the last field of a form is, which must be a file.
fn file_field(file: &mut File, size: u64, boundary: &str) -> io::Result<Option<(u64, u64)>> {
    let mut head = Vec::new();
    file.rewind()?;
    Read::by_ref(file).take(FORM).read_to_end(&mut head)?;
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(size.saturating_sub(FORM)))?;
    file.read_to_end(&mut tail)?;
    let between = format!("--{boundary}");
    let find = |bytes: &[u8], wanted: &[u8]| bytes.windows(wanted.len()).position(|found| found == wanted);
    // Other fields may come before it: the file is the first that has a name of a file.
    let Some(named) = find(&head, b"filename=") else { return Ok(None) };
    let Some(blank) = find(&head[named..], b"\r\n\r\n") else { return Ok(None) };
    let start = (named + blank + 4) as u64;
    let end = format!("\r\n{between}--");
    let Some(back) = tail.windows(end.len()).rposition(|found| found == end.as_bytes()) else { return Ok(None) };
    let end = size - (tail.len() - back) as u64;
    Ok((head.starts_with(between.as_bytes()) && start <= end).then_some((start, end)))
}

/// 413, with both sizes in MB and the setting by its name.
fn too_large(most: NonZeroU64, size: Option<u64>, setting: &'static str) -> Failure {
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let most = megabytes(most.get());
    let has = size.map_or_else(|| format!("more than {most:.1}"), |size| format!("{:.1}", megabytes(size)));
    let message = format!("The file has {has} MB; this server accepts {most:.1} MB. Its operator can raise {setting}.");
    let mut args = Map::new();
    args.insert("max".to_owned(), json!(format!("{most:.1}")));
    args.insert("size".to_owned(), json!(has));
    args.insert("setting".to_owned(), json!(setting));
    Failure { args, ..Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message) }
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    tracing::error!(%error, "an upload could not be kept");
    Failure::of_status(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Option<String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(body.as_bytes()).unwrap();
        let (start, end) = file_field(&mut file, body.len() as u64, "b0").unwrap()?;
        Some(body[start as usize..end as usize].to_owned())
    }

    #[test]
    fn the_file_of_a_form_is_what_is_between_its_boundaries() {
        let head = "--b0\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\nkeep\r\n";
        let field = "--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\r\n";
        for (body, expected) in [
            (format!("{head}{field}zip\r\n--b0--\r\n"), Some("zip")),
            (format!("{field}z\r\n\r\nip\r\n--b0--"), Some("z\r\n\r\nip")),
            (format!("{field}\r\n--b0--\r\n"), Some("")),
            (format!("{field}zip"), None),
            (format!("{head}--b0--\r\n"), None),
            ("--b0--".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(found(&body).as_deref(), expected, "{body:?}");
        }
    }
}
