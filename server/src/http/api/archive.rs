//! `/api/v1/events/{event}/archive`: all that the database holds of an event, as one file; and
//! `/api/v1/events/import`, where it becomes an event again.

use std::{
    fs::File,
    io::{self, Read},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::{StatusCode, header},
    web::{self, Bytes, Data, Path, Payload, Query},
};
use futures_util::stream;
use parterre_domain::{
    archive::People,
    event::{Event, EventKind},
    ids::WorkspaceId,
};
use parterre_protocol::EventId;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    acceptor::{Leave, LeaveForAWhile},
    app::archive::{self, ImportError, WriteError, unpack::Fault},
    http::{auth::Facilitator, errors::Failure, export::day, language::Language, origin::Outside, sessions, upload},
    lease_pool::Lease,
    security_log::Happening,
    state::AppState,
};

/// Bytes of the file that are read at a time.
const PIECE: usize = 64 * 1024;
/// When to come back if others are at it.
const RETRY: Duration = Duration::from_secs(5);

/// How participants are numbered.
#[derive(Debug, Default, Deserialize)]
pub struct Wish {
    #[serde(default)]
    people: People,
}

/// `GET /api/v1/events/{event}/archive?people=`
pub async fn archive(
    state: Data<AppState>,
    facilitator: Facilitator,
    language: Language,
    request: HttpRequest,
    id: Path<EventId>,
    wish: Query<Wish>,
) -> Result<HttpResponse, Failure> {
    let event = facilitator.event(state.store(), *id).await?;
    if event.kind != EventKind::Gathering {
        return Err(Failure::not_found());
    }
    let place = place(&state, &request)?;
    let now = state.clock().now();
    let file = archive::write(&state, *id, wish.people, now).await?.ok_or_else(Failure::unknown_event)?;
    drop(place);
    sessions::note(&state, &request, Happening::Exported, Some(facilitator.0.id));
    let name = format!("{}-{}-{}.zip", event.code, language.0.text("export.file.archive"), day(now));
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(body(file).map_err(|error| Failure::from(WriteError::from(error)))?))
}

/// One of the few places of those who write or import large files, and leave for the request to
/// take as long as that needs.
pub struct FilePlace {
    _lease: Lease,
    _leave: Option<LeaveForAWhile>,
}

/// A place for a request of somebody who may make it.
pub fn place(state: &AppState, request: &HttpRequest) -> Result<FilePlace, Failure> {
    let client = Outside::of(request).client();
    let busy = || Failure::later("Other files are being written or imported. Try again in a few seconds.", RETRY);
    let lease = state.archives.take(state.config.archive.timeout, client).ok_or_else(busy)?;
    Ok(FilePlace { _lease: lease, _leave: request.conn_data::<Leave>().map(Leave::for_a_while) })
}

/// Which join code the event is to have.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ImportCode {
    /// Another one.
    #[default]
    Fresh,
    /// The one that it had, if no other event has it.
    Keep,
}

/// What is wished of an import.
#[derive(Debug, Default, Deserialize)]
pub struct ImportWish {
    #[serde(default)]
    code: ImportCode,
}

/// `POST /api/v1/events/import?code=`: an archive, as the body itself or as the file of a form.
pub async fn import(
    state: Data<AppState>,
    Facilitator(member): Facilitator,
    request: HttpRequest,
    wish: Query<ImportWish>,
    payload: Payload,
) -> Result<HttpResponse, Failure> {
    let keep_code = wish.code == ImportCode::Keep;
    let event = imported(&state, &request, payload, member.workspace, keep_code).await?;
    Ok(HttpResponse::Created().json(event.public()))
}

/// The event that was made of what is sent.
pub async fn imported(
    state: &AppState,
    request: &HttpRequest,
    payload: Payload,
    workspace: WorkspaceId,
    keep_code: bool,
) -> Result<Event, Failure> {
    let _place = place(state, request)?;
    let settings = &state.config.archive;
    let file =
        upload::receive(request, payload, &state.config.data, settings.import_bytes, "archive.import_bytes").await?;
    Ok(archive::import(state, workspace, file, keep_code).await?)
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Fault(fault) => {
                let failure = Self::new(StatusCode::UNPROCESSABLE_ENTITY, key(&fault), fault.to_string());
                Self { args: arguments(&fault), ..failure }
            }
            ImportError::Store(error) => error.into(),
            error => {
                tracing::error!(%error, "an import failed");
                Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

const fn key(fault: &Fault) -> &'static str {
    match fault {
        Fault::Unreadable => "archive.unreadable",
        Fault::Version(_) => "archive.version",
        Fault::Unexpected(_) => "archive.unexpected",
        Fault::Twice => "archive.twice",
        Fault::Missing(_) => "archive.missing",
        Fault::TooLarge(_) => "archive.too_large",
        Fault::Line { .. } => "archive.line",
        Fault::Lines { .. } => "archive.lines",
    }
}

fn arguments(fault: &Fault) -> Map<String, Value> {
    let args = match fault {
        Fault::Unreadable | Fault::Twice => json!({}),
        Fault::Version(version) => json!({"version": version}),
        Fault::Unexpected(file) => json!({"file": file}),
        Fault::Missing(file) => json!({"file": file}),
        Fault::TooLarge(max) => json!({"max": max}),
        Fault::Line { file, line, .. } => json!({"file": file, "line": line}),
        Fault::Lines { file, said, found } => json!({"file": file, "said": said, "found": found}),
    };
    match args {
        Value::Object(args) => args,
        _ => Map::new(),
    }
}

/// What is in the file, read as it is sent: a slow reader costs the file on the disk alone.
pub(super) fn body(file: File) -> io::Result<SizedStream<impl futures_util::Stream<Item = io::Result<Bytes>> + Unpin>> {
    let size = file.metadata()?.len();
    let pieces = stream::try_unfold(file, |mut file| async move {
        let read = web::block(move || {
            let mut piece = Vec::with_capacity(PIECE);
            Read::by_ref(&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
            Ok::<_, io::Error>((piece, file))
        });
        let (piece, file) = read.await.map_err(io::Error::other)??;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), file)))
    });
    Ok(SizedStream::new(size, Box::pin(pieces)))
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Store(error) => error.into(),
            error => {
                tracing::error!(%error, "an archive failed");
                Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}
