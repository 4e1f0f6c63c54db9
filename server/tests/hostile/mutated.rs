//! Whatever bytes strangers send, at the code that reads them: the functions that the fuzzer calls,
//! for a few seconds and with the same inputs each time. The fuzzer (`cargo xtask fuzz`) goes
//! further.

#[path = "../../../fuzz/src/command.rs"]
#[allow(unreachable_pub, reason = "it is public in the crate of the fuzzer")]
mod command;
#[path = "../../../fuzz/src/frame.rs"]
#[allow(unreachable_pub, reason = "it is public in the crate of the fuzzer")]
mod frame;

/// Some seconds where nothing is optimised.
const INPUTS: u64 = 3_000;
const MOST_BYTES: usize = 4_096;

/// SplitMix64: what is found must be found again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most.max(1) as u64).expect("it is less than a length")
    }
}

/// Says which input it was.
struct Input(Vec<u8>);

impl Drop for Input {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input was {:?}", String::from_utf8_lossy(&self.0));
            eprintln!("{:?}", self.0);
        }
    }
}

/// One of the seeds, changed in a few places.
fn mutated(random: &mut Random, seeds: &[Vec<u8>], words: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..random.below(6) {
        let at = random.below(bytes.len() + 1);
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = random.next() as u8,
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..(at + random.below(16)).min(bytes.len()))),
            4 => {
                let piece = bytes[at..(at + random.below(64)).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece.repeat(1 + random.below(20)));
            }
            _ => {
                let word = words[random.below(words.len())].clone();
                bytes.splice(at..at, word);
            }
        }
    }
    bytes.truncate(MOST_BYTES);
    bytes
}

fn try_all(seeds: &[Vec<u8>], words: &[Vec<u8>], read: fn(&[u8])) {
    let mut random = Random(21);
    for _ in 0..INPUTS {
        let input = Input(mutated(&mut random, seeds, words));
        read(&input.0);
    }
}

#[test]
fn whatever_is_said_nothing_panics_and_what_is_taken_is_stable() {
    let words = include_str!("../../../fuzz/json.dict").lines().filter(|line| line.starts_with('"'));
    let words: Vec<Vec<u8>> =
        words.filter_map(|line| serde_json::from_str::<String>(line).ok()).map(String::into_bytes).collect();
    assert!(words.len() > 10);
    let more = ["\u{200b}", "e\u{301}\u{301}", "\\ud800", "-1", "1e999", "[[[[", "\u{202e}\u{feff}", "İß"];
    let words: Vec<_> = words.into_iter().chain(more.map(|word| word.as_bytes().to_vec())).collect();
    try_all(&words, &words, command::read);
}

#[test]
fn whatever_frames_come_in_whatever_pieces_they_are_read_the_same() {
    let frame = |head: u8, payload: &[u8]| {
        let length = match payload.len() {
            length @ 0..=125 => vec![0x80 | length as u8],
            length => [&[0x80 | 126][..], &(length as u16).to_be_bytes()].concat(),
        };
        let masked = payload.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, mask)| byte ^ mask);
        [&[head][..], &length, &[1, 2, 3, 4], &masked.collect::<Vec<_>>()].concat()
    };
    let frames = [
        frame(0x81, b"{\"t\": \"ping\"}"),
        frame(0x01, "caf\u{e9}".as_bytes()),
        frame(0x80, &[b'x'; 200]),
        frame(0x89, b"there?"),
        frame(0x8a, b""),
        frame(0x88, &[3, 232]),
        frame(0x82, &[0; 290]),
    ];
    let mut seeds: Vec<Vec<u8>> = frames.iter().map(|frame| [&[3; 8][..], frame].concat()).collect();
    seeds.push([&[1, 2, 5, 9, 0, 0, 255, 4][..], &frames.concat()].concat());
    seeds.push([&[0; 8][..], &frames[1], &frames[3], &frames[2]].concat());
    try_all(&seeds, &frames, frame::read);
}
