//! The data folder: one server's at a time, and nobody else's to read.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Command, Stdio},
};

use parterre_protocol::Outcome;

use crate::{
    PROGRAM,
    event::{Event, pick, poll},
    house::House,
    live::response,
    process::Process,
};

/// The program with its data in this folder and these settings, before it is started.
fn program(data: &Path, settings: &[(&str, &str)]) -> Command {
    let mut program = Command::new(PROGRAM);
    program.args(["--listen", "127.0.0.1:0", "--data"]).arg(data).env_remove("DATABASE_URL").env_remove("REDIS_URL");
    program.envs(settings.iter().copied());
    program
}

/// What the program says that must not start.
fn refused(data: &Path, settings: &[(&str, &str)]) -> String {
    let ended = program(data, settings).output().expect("it runs");
    assert!(!ended.status.success());
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

#[test]
fn a_second_server_is_told_whose_the_folder_is_and_the_next_one_after_a_crash_is_not() {
    let place = tempfile::tempdir().expect("a folder");
    let (data, link) = (place.path().join("data"), place.path().join("link"));
    let mut first = Process::start(PROGRAM, &data, &[]);
    symlink(&data, &link).expect("ours");
    let who = format!("process {}, since 2", first.child.id());
    let url = format!("sqlite://{}", link.join("parterre.db").display());
    for told in
        [refused(&data, &[]), refused(&link, &[]), refused(&place.path().join("other"), &[("DATABASE_URL", &url)])]
    {
        assert!(told.contains(&who) && told.contains("--data"), "{told}");
    }
    first.child.kill().expect("ours");
    first.child.wait().expect("it ends");
    drop(Process::start(PROGRAM, &link, &[]));
}

#[test]
fn a_database_that_is_taken_away_is_noticed_and_what_is_left_of_it_is_not_thrown_away() {
    let place = tempfile::tempdir().expect("a folder");
    let house = House::within(place.path(), &[]);
    let data = fs::read_dir(place.path()).expect("a folder").next().expect("the data").expect("a folder").path();
    let (file, elsewhere) = (data.join("parterre.db"), data.join("elsewhere"));
    let event = Event::new(&house, &[poll()]);
    drop(event.open(event.activities[0]));
    let mut phone = event.phone();
    let vote = response(event.activities[0], 1, pick(1));
    fs::rename(&file, &elsewhere).expect("it is there");
    while house.stranger().get("/readyz").status != 503 {}
    assert!(matches!(phone.command(&vote), Outcome::Later { .. }), "nothing is confirmed that is stored nowhere");
    fs::rename(&elsewhere, &file).expect("it is there");
    while house.stranger().get("/readyz").status != 200 {}
    while !matches!(phone.command(&vote), Outcome::Stored { .. }) {}
    // Of a server that was killed, and then its file, the journal is left.
    let bare = tempfile::tempdir().expect("a folder");
    let journal = bare.path().join("parterre.db-wal");
    fs::write(&journal, "what was written last").expect("ours");
    let told = refused(bare.path(), &[]);
    assert!(told.contains("parterre.db-wal") && told.contains("is missing"), "{told}");
    assert_eq!(fs::read(&journal).expect("still there"), b"what was written last");
}

#[test]
fn a_folder_that_has_certificates_only_is_one_server_s_too() {
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path().join("data");
    let url = |name: &str| format!("sqlite://{}", place.path().join(name).display());
    let tls = ("PARTERRE_TLS__MODE", "self-signed");
    let first = Process::start(PROGRAM, &data, &[tls, ("DATABASE_URL", &url("a.db"))]);
    let told = refused(&data, &[tls, ("DATABASE_URL", &url("b.db"))]);
    assert!(told.contains(&format!("process {}", first.child.id())), "{told}");
    // Where nothing is kept in it, there is nothing to share.
    drop(Process::start(PROGRAM, &data, &[("DATABASE_URL", &url("b.db"))]));
}

#[test]
fn nobody_else_reads_what_the_server_keeps() {
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path().join("not/yet");
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 000; exec \"$0\" --listen 127.0.0.1:0 --tls self-signed --data \"$1\""]);
    shell.arg(PROGRAM).arg(&data).env_remove("DATABASE_URL").env_remove("REDIS_URL");
    let mut server = shell.stdout(Stdio::piped()).spawn().expect("it starts");
    let said = std::io::BufReader::new(server.stdout.take().expect("piped"));
    assert!(std::io::BufRead::lines(said).next().is_some(), "it listens");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(data.parent().expect("one")), 0o700);
    let kept: Vec<_> = fs::read_dir(&data).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    assert!(kept.len() >= 5, "{kept:?}");
    kept.iter().for_each(|file| assert_eq!(mode(file), 0o600, "{}", file.display()));
    server.kill().expect("ours");
    server.wait().expect("it ends");
}

#[test]
fn a_folder_that_is_open_to_others_is_warned_of() {
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path().join("data");
    fs::create_dir(&data).expect("ours");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).expect("ours");
    let mut server = program(&data, &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let said = std::io::BufReader::new(server.stdout.take().expect("piped"));
    assert!(std::io::BufRead::lines(said).next().is_some(), "it listens");
    server.kill().expect("ours");
    let told = String::from_utf8_lossy(&server.wait_with_output().expect("it ends").stderr).into_owned();
    assert!(told.contains("0755") && told.contains("chmod 700") && told.contains(&*data.to_string_lossy()), "{told}");
}

#[test]
fn a_hard_limit_below_the_connections_is_warned_of_with_both_values() {
    let place = tempfile::tempdir().expect("a folder");
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -Sn 300; ulimit -Hn 900; exec \"$0\" --listen 127.0.0.1:0 --data \"$1\""]);
    shell.arg(PROGRAM).arg(place.path()).env_remove("DATABASE_URL").env_remove("REDIS_URL");
    let mut server = shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let said = std::io::BufReader::new(server.stdout.take().expect("piped"));
    assert!(std::io::BufRead::lines(said).next().is_some(), "it listens");
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).expect("it runs");
    let files = limits.lines().find(|line| line.starts_with("Max open files")).expect("a limit");
    assert_eq!(files.split_whitespace().filter(|word| *word == "900").count(), 2, "{files}");
    server.kill().expect("ours");
    let told = String::from_utf8_lossy(&server.wait_with_output().expect("it ends").stderr).into_owned();
    assert!(told.contains("900") && told.contains("25000") && told.contains("limits.connections"), "{told}");
}
