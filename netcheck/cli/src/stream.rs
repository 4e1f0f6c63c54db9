//! A stream of bytes, whatever it goes over, and what its errors mean.

use std::{io, time::Duration};

use netcheck_rules::Trouble;
use tokio::io::{AsyncRead, AsyncWrite};

/// How long a connection may take to open, each of its parts: as long as a page waits.
pub(crate) const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// A stream of bytes in both directions.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}
pub(crate) type BoxStream = Box<dyn Stream>;

/// What an error on the way means.
pub(crate) fn trouble_of(error: &io::Error) -> Trouble {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (inner, error.kind()) {
        // Somebody answers who does not speak TLS.
        (Some(rustls::Error::InvalidMessage(_)), _) => Trouble::Foreign { status: 0 },
        (_, io::ErrorKind::TimedOut) => Trouble::Silent,
        _ => Trouble::NoAnswer,
    }
}
