//! The program as a monitor starts it.

use std::process::Command;

#[test]
fn what_is_wrong_with_its_words_is_told_with_an_exit_code_of_its_own() {
    for (words, said) in [
        (&[][..], "<URL>"),
        (&["ftp://vote.example.org"], "http"),
        (&["https://vote.example.org", "--every", "5"], "5m"),
    ] {
        let ended = Command::new(env!("CARGO_BIN_EXE_netcheck")).args(words).output().unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert_eq!((ended.status.code(), ended.stdout.len()), (Some(3), 0), "{told}");
        assert!(told.contains(said) && told.contains("--help"), "{told}");
    }
}
