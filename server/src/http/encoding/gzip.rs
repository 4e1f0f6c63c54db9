//! gzip (RFC 1952), reused if this thread has just compressed the same bytes, because the pages
//! that are the same for everyone are what strangers request most. What differs between responses
//! of the same page, its nonces, lies between two pieces that do not differ.

use std::{
    cell::RefCell,
    hash::{BuildHasher, RandomState},
    rc::Rc,
};

use bytes::{BufMut, Bytes, BytesMut};
use flate2::{Compress, Compression, Crc, FlushCompress};

/// Answers that a thread remembers.
const KEPT: usize = 64;
/// Nearly what the best level saves, for a fraction of its time.
const LEVEL: u32 = 4;
/// Deflate, no name, no time, of no particular system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// A last block, of no bytes (RFC 1951, 3.2.4).
const END: [u8; 5] = [1, 0, 0, 0xff, 0xff];
/// The most by which a piece may grow: the blocks that say where it ends.
const MARGIN: usize = 1024;

/// A part of an answer, compressed so that it may stand before and behind any other.
struct Piece {
    deflated: Vec<u8>,
    crc: Crc,
}

impl Piece {
    fn new(plain: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(plain);
        let mut deflated = Vec::with_capacity(plain.len() + plain.len() / 8 + MARGIN);
        let mut compress = Compress::new(Compression::new(LEVEL), false);
        compress.compress_vec(plain, &mut deflated, FlushCompress::Sync).expect("there is room for all of it");
        debug_assert_eq!(compress.total_in(), plain.len() as u64);
        deflated.shrink_to_fit();
        Self { deflated, crc }
    }
}

/// What stays the same of an answer.
struct Frame {
    before: Piece,
    after: Piece,
}

/// An answer that a thread has compressed.
#[derive(Default)]
enum CacheSlot {
    #[default]
    Free,
    /// Seen once: most answers are one person's, and are not worth their memory.
    Seen(u64),
    Kept {
        hash: u64,
        plain: Bytes,
        frame: Rc<Frame>,
    },
}

struct CachedFrame {
    /// Keyed at random: nobody can choose what falls into the same place.
    hasher: RandomState,
    places: [CacheSlot; KEPT],
}

thread_local! {
    static KEPT_HERE: RefCell<CachedFrame> =
        RefCell::new(CachedFrame { hasher: RandomState::new(), places: std::array::from_fn(|_| CacheSlot::Free) });
}

/// These bytes, compressed, with something else of the same meaning between the first `before` and
/// the last `after` of them.
pub(super) fn packed(plain: &Bytes, before: usize, between: &[u8], after: usize) -> Bytes {
    let frame = frame(plain, before, after);
    let between = Piece::new(between);
    let pieces = [&frame.before, &between, &frame.after];
    let mut crc = Crc::new();
    let mut packed = BytesMut::with_capacity(pieces.iter().map(|piece| piece.deflated.len()).sum::<usize>() + 32);
    packed.put_slice(&HEAD);
    for piece in pieces {
        packed.put_slice(&piece.deflated);
        crc.combine(&piece.crc);
    }
    packed.put_slice(&END);
    packed.put_u32_le(crc.sum());
    packed.put_u32_le(crc.amount());
    packed.freeze()
}

fn frame(plain: &Bytes, before: usize, after: usize) -> Rc<Frame> {
    let make = || {
        let (before, after) = (Piece::new(&plain[..before]), Piece::new(&plain[plain.len() - after..]));
        Rc::new(Frame { before, after })
    };
    KEPT_HERE.with_borrow_mut(|kept| {
        // Where a page has what differs follows from its bytes.
        let hash = kept.hasher.hash_one(plain);
        let place = &mut kept.places[hash as usize % KEPT];
        match place {
            CacheSlot::Kept { hash: known, plain: same, frame } if *known == hash && same == plain => Rc::clone(frame),
            CacheSlot::Seen(known) if *known == hash => {
                let frame = make();
                *place = CacheSlot::Kept { hash, plain: plain.clone(), frame: Rc::clone(&frame) };
                frame
            }
            _ => {
                *place = CacheSlot::Seen(hash);
                make()
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn unpacked(packed: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        GzDecoder::new(packed).read_to_end(&mut plain).unwrap();
        plain
    }

    #[test]
    fn what_is_packed_is_the_same_again() {
        let page = Bytes::from("a page ".repeat(5000));
        for _ in 0..3 {
            let packed = packed(&page, page.len(), b"", 0);
            assert!(packed.len() < 400 && unpacked(&packed) == page);
        }
        for number in 0..1000 {
            let other = Bytes::from(format!("page {number} ").repeat(200));
            assert_eq!(unpacked(&packed(&other, 0, &other, 0)), other);
        }
        let noise =
            Bytes::from((0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>());
        assert_eq!(unpacked(&packed(&noise, noise.len(), b"", 0)), noise);
    }

    #[test]
    fn what_differs_stands_between_what_does_not() {
        let page = Bytes::from("head [....] tail ".repeat(100));
        for nonce in ["[1111]", "[2]", ""] {
            let expected = [&page[..5], nonce.as_bytes(), &page[11..]].concat();
            assert_eq!(unpacked(&packed(&page, 5, nonce.as_bytes(), page.len() - 11)), expected);
        }
        let made = |page: &Bytes| Rc::as_ptr(&frame(page, 5, 7));
        assert_eq!(made(&page), made(&page), "kept by now, and not made anew");
    }
}
