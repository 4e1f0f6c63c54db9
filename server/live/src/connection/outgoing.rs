//! What waits to be written to one socket. Nothing, most of the time: then it holds no memory.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

/// How many pieces one call to the kernel takes.
const SLICES: usize = 8;

/// Finished frames in order; of the first, perhaps only the rest.
#[derive(Debug, Default)]
pub struct Outgoing {
    first: Bytes,
    rest: VecDeque<Bytes>,
    /// Whether the socket may hold back what it took: within TLS, until it is flushed.
    held_back: bool,
}

impl Outgoing {
    /// Whether everything is written.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty() && !self.held_back
    }

    /// How many frames wait, in whole or in part.
    pub fn len(&self) -> usize {
        self.rest.len() + usize::from(!self.first.is_empty())
    }

    /// Adds a frame.
    pub fn push(&mut self, frame: Bytes) {
        if self.first.is_empty() {
            self.first = frame;
        } else {
            self.rest.push_back(frame);
        }
    }

    /// Writes as much as the socket takes. Ready with the number of bytes written once everything
    /// is.
    pub fn poll_write(
        &mut self,
        io: Pin<&mut impl AsyncWrite>,
        cx: &mut Context<'_>,
        written: &mut usize,
    ) -> Poll<io::Result<()>> {
        let mut io = io;
        while !self.first.is_empty() {
            let count = if self.rest.is_empty() {
                ready!(io.as_mut().poll_write(cx, &self.first))?
            } else {
                let mut slices = [IoSlice::new(&[]); SLICES];
                let frames = std::iter::once(&self.first).chain(&self.rest);
                let used = slices.iter_mut().zip(frames).map(|(slice, frame)| *slice = IoSlice::new(frame)).count();
                ready!(io.as_mut().poll_write_vectored(cx, &slices[..used]))?
            };
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written += count;
            self.held_back = true;
            self.advance(count);
        }
        ready!(io.as_mut().poll_flush(cx))?;
        self.held_back = false;
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, mut count: usize) {
        while count >= self.first.len() && count > 0 {
            count -= self.first.len();
            // Gives the queue's memory back with its last frame.
            self.first = self.rest.pop_front().unwrap_or_else(|| {
                self.rest = VecDeque::new();
                Bytes::new()
            });
        }
        self.first.advance(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes everything, and gives it on when it is flushed for the second time.
    #[derive(Default)]
    struct Hesitant {
        taken: Vec<u8>,
        flushes: usize,
    }

    impl AsyncWrite for Hesitant {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.taken.extend_from_slice(bytes);
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.flushes += 1;
            if self.flushes < 2 { Poll::Pending } else { Poll::Ready(Ok(())) }
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn what_the_socket_holds_back_is_not_yet_written() {
        let (mut outgoing, mut io, mut written) = (Outgoing::default(), Hesitant::default(), 0);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        outgoing.push(Bytes::from_static(b"one"));
        assert!(outgoing.poll_write(Pin::new(&mut io), &mut cx, &mut written).is_pending());
        assert!(!outgoing.is_empty());
        assert!(outgoing.poll_write(Pin::new(&mut io), &mut cx, &mut written).is_ready());
        assert!(outgoing.is_empty());
        assert_eq!((io.taken.as_slice(), written), (&b"one"[..], 3));
    }

    #[test]
    fn what_was_written_is_gone_wherever_the_kernel_stopped() {
        let mut outgoing = Outgoing::default();
        ["one", "two", "three"].into_iter().for_each(|frame| outgoing.push(Bytes::from_static(frame.as_bytes())));
        outgoing.advance(4);
        assert_eq!(outgoing.first, "wo");
        outgoing.advance(2);
        assert_eq!(outgoing.first, "three");
        outgoing.advance(5);
        assert!(outgoing.is_empty() && outgoing.rest.capacity() == 0);
    }
}
