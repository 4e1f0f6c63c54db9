//! What `parterre_fuzz::command` says, for as long as the fuzzer runs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parterre_fuzz::command::read(data));
