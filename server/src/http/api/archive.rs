//! `/api/v1/events/{event}/archive`: all that the database holds of an event, as one file.

use std::{
    fs::File,
    io::{self, Read},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::{StatusCode, header},
    web::{self, Bytes, Data, Path, Query},
};
use futures_util::stream;
use parterre_domain::{archive::People, event::EventKind};
use parterre_protocol::EventId;
use serde::Deserialize;

use crate::{
    app::archive::{self, WriteError},
    http::{auth::Facilitator, errors::Failure, export::day, language::Language, origin::Outside, sessions},
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
    let client = Outside::of(&request).client();
    let busy = || Failure::later("Other archives are being written or read. Try again in a few seconds.", RETRY);
    let place = state.archives.take(state.config.archive.timeout, client).ok_or_else(busy)?;
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
