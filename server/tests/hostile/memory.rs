//! What is announced is not believed, and what is not wanted is not kept.

use std::{fs, thread};

use parterre_protocol::CloseCode;

use crate::{
    client::{Client, End, TEXT},
    program::Program,
};

const TEBIBYTE: u64 = 1 << 40;
/// What is sent of it, in pieces of 64 KiB.
const PIECES: usize = 128 * 16;

#[test]
fn a_tebibyte_costs_no_memory() {
    let program = Program::start(&[]);
    // The first connections make what all later ones use: the room, buffers, the allocator's
    // reserves.
    for _ in 0..3 {
        flood(&program, PIECES / 16);
    }
    let before = forget_peak(&program);
    flood(&program, PIECES);
    let growth = peak_kib(&program).saturating_sub(before);
    assert!(growth < 1024, "{growth} KiB were kept of what was refused");
}

/// Announces a message of a tebibyte and sends its first pieces whatever the server says.
fn flood(program: &Program, pieces: usize) {
    let mut client = Client::upgrade(program);
    client.send(&[&[TEXT, 0xff][..], &TEBIBYTE.to_be_bytes(), &[1, 2, 3, 4]].concat());
    let mut sender = client.second_handle();
    let sending = thread::spawn(move || (0..pieces).take_while(|_| sender.try_send(&[b'x'; 64 * 1024])).count());
    let code = Some(CloseCode::TooBig.code());
    assert_eq!(client.end(), End { bye: code, close: code });
    sending.join().expect("sending does not panic");
    client.hang_up();
}

/// The most memory that the program has used since the last call of [`forget_peak`], in KiB.
pub(crate) fn peak_kib(program: &Program) -> u64 {
    status(program, "VmHWM:")
}

/// The memory that the program uses, in KiB. Its peak is counted from here.
pub(crate) fn forget_peak(program: &Program) -> u64 {
    // proc_pid_clear_refs(5): 5 resets the peak to what is used now.
    fs::write(format!("/proc/{}/clear_refs", program.process.child.id()), "5").expect("the child is ours");
    status(program, "VmRSS:")
}

fn status(program: &Program, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", program.process.child.id())).expect("the program runs");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("the kernel tells");
    line.trim().trim_end_matches(" kB").parse().expect("a number of kB")
}
