//! Bulk transfers, to measure the rate: limited per minute for all tests together, and refused
//! while a room of this node is busy.

use std::{convert::Infallible, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::{StatusCode, header},
    web::{Bytes, Data, Payload, Query},
};
use futures_util::{StreamExt, stream};
use parterre_system::random;
use serde::Deserialize;
use serde_json::json;

use super::{SwitchedOn, as_it_is, busy, doors, ours, out_of_bounds};
use crate::{
    http::{errors::Failure, origin::Outside},
    lease_pool::Lease,
    state::AppState,
};

/// The most bytes of one request, either way.
const MOST_BYTES: u32 = 4_000_000;
/// Bytes of a piece.
const PIECE: usize = 16 * 1024;
/// How long somebody who does not read keeps a place.
const PLACE: Duration = Duration::from_secs(30);

/// How many bytes.
#[derive(Debug, Deserialize)]
pub struct Download {
    bytes: u32,
}

/// `GET /api/v1/netcheck/download?bytes=`: as many bytes as are asked for, which nobody can make
/// fewer.
pub async fn download(
    _: SwitchedOn,
    state: Data<AppState>,
    request: HttpRequest,
    query: Query<Download>,
) -> Result<HttpResponse, Failure> {
    if !(1..=MOST_BYTES).contains(&query.bytes) {
        return Err(out_of_bounds("bytes", MOST_BYTES));
    }
    let place = transfer(&state, &request, query.bytes.into())?;
    let bytes = query.bytes as usize;
    let pieces = stream::unfold((bytes, Noise(random::number()), place), |(left, mut noise, place)| async move {
        let piece = noise.piece(left.min(PIECE));
        (left > 0).then(|| (Ok::<_, Infallible>(piece), (left.saturating_sub(PIECE), noise, place)))
    });
    let body = SizedStream::new(bytes as u64, Box::pin(pieces));
    Ok(as_it_is(&mut HttpResponse::Ok()).content_type("application/octet-stream").body(body))
}

/// A permit to transfer this many bytes now.
fn transfer(state: &AppState, request: &HttpRequest, bytes: u64) -> Result<Lease, Failure> {
    if doors::is_room_busy(state) {
        return Err(doors::room_is_live());
    }
    let client = Outside::of(request).client();
    let place = state.tests.transfers.take(PLACE, client).ok_or_else(busy)?;
    state.tests.bytes.spend(bytes, client).map_err(doors::spent)?;
    Ok(place)
}

/// Bytes without any pattern: the generator SplitMix64.
struct Noise(u64);

impl Noise {
    fn piece(&mut self, bytes: usize) -> Bytes {
        let mut piece = Vec::with_capacity(bytes + 8);
        while piece.len() < bytes {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            piece.extend_from_slice(&(z ^ (z >> 31)).to_le_bytes());
        }
        piece.truncate(bytes);
        piece.into()
    }
}

/// `POST /api/v1/netcheck/upload`: counts what comes, and keeps nothing of it. Who does not say
/// before how much that will be is taken to send the most.
pub async fn upload(
    _: SwitchedOn,
    state: Data<AppState>,
    request: HttpRequest,
    mut body: Payload,
) -> Result<HttpResponse, Failure> {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let length = length.unwrap_or(u64::from(MOST_BYTES));
    if length > u64::from(MOST_BYTES) {
        return Err(too_large());
    }
    let _place = transfer(&state, &request, length)?;
    let mut bytes = 0;
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| Failure::malformed("The body is incomplete. Send it again."))?;
        bytes += piece.len();
        if bytes > MOST_BYTES as usize {
            return Err(too_large());
        }
    }
    Ok(ours(&json!({"bytes": bytes})))
}

fn too_large() -> Failure {
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("Send at most {MOST_BYTES} bytes."))
}
