//! A disk that is full, as people and load balancers see it, on both databases; and a server that
//! starts on one.

use std::{fs, process::Command};

use parterre_protocol::Outcome;

use crate::{
    PROGRAM,
    disk::SmallDisk,
    event::{Event, pick, poll},
    house::House,
    live::{Live, response},
    postgres::Postgres,
};

#[test]
fn a_file_on_a_full_disk_stores_again_without_a_restart() {
    let Some(disk) = SmallDisk::mount(12) else { return };
    let house = House::within(disk.path(), &[]);
    goes_on(&house, &disk, |house| {
        let wrong = [("email", "ines@example.org"), ("password", "a wrong password")];
        let told = house.stranger().post("/login", &wrong).expect(503);
        assert!(!told.header("retry-after").is_empty());
    });
}

#[test]
fn tables_of_postgres_on_a_full_disk_store_again_without_a_restart() {
    let Some(disk) = SmallDisk::mount(12) else { return };
    let (server, tables) = (Postgres::start(), disk.path().join("tables"));
    fs::create_dir(&tables).expect("it is ours");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(server.put_tables_in(&tables));
    // A page that a table has may still have room for a line.
    goes_on(&House::of_many(&server, &[]), &disk, |_| {});
}

/// People vote; the disk is full; it is not any more. What was confirmed is there, what was not is
/// sent again and stored.
fn goes_on(house: &House, disk: &SmallDisk, while_full: impl Fn(&House)) {
    let event = Event::new(house, &[poll()]);
    let activity = event.activities[0];
    let mut studio = event.open(activity);
    let mut phones = [event.phone(), event.phone(), event.phone()];
    let votes = [1, 2, 2].map(|option| response(activity, 1, pick(option)));
    let before = phones[0].command(&votes[0]);
    assert!(matches!(before, Outcome::Stored { .. }), "{before:?}");
    assert_eq!(house.stranger().get("/readyz").expect(200).body, "ready\n");

    let mut others: Vec<_> = (0..6).map(|_| event.phone()).collect();
    let changes_its_mind = |phone: &mut Live| phone.command(&response(activity, 1, pick(1)));
    for phone in &mut others {
        assert!(matches!(changes_its_mind(phone), Outcome::Stored { .. }));
    }
    disk.fill();
    // Pages that the tables have already may take some more. A phone that sends no more than this
    // is within its pace.
    let is_put_off = |phone: &mut Live| (0..40).any(|_| matches!(changes_its_mind(phone), Outcome::Later { .. }));
    assert!(others.iter_mut().any(is_put_off), "nothing more is stored");
    for (phone, vote) in phones.iter_mut().zip(&votes).skip(1) {
        let Outcome::Later { .. } = phone.command(vote) else { panic!("nothing is confirmed that is not stored") };
    }
    // It is told within a second, or where pages still have room, soon.
    while house.stranger().get("/readyz").status != 503 {}
    house.stranger().get("/healthz").expect(200);
    assert!(house.stranger().get("/readyz").expect(503).body.starts_with("not ready: "));
    while_full(house);

    disk.free();
    while house.stranger().get("/readyz").status != 200 {}
    for (phone, vote) in phones.iter_mut().zip(&votes) {
        while !matches!(phone.command(vote), Outcome::Stored { .. }) {}
    }
    assert_eq!(phones[0].command(&votes[0]), before, "the same receipt");
    studio.until("all answers", |studio| studio.results().respondents == Some(9));
    let wrong = [("email", "ines@example.org"), ("password", "a wrong password")];
    house.stranger().post("/login", &wrong).expect(401);
    let made = house.owner().post("/studio/events", &[("name", "The next one")]);
    assert_eq!(made.status, 303);
}

#[test]
fn a_server_that_starts_on_a_full_disk_names_the_folder() {
    let Some(disk) = SmallDisk::mount(12) else { return };
    let folder = disk.path().join("data");
    disk.fill();
    let told = refused(&folder);
    assert!(told.contains(&*folder.to_string_lossy()) && told.contains("disk is full"), "{told}");
}

/// What the program says that cannot start with its data in this folder.
fn refused(folder: &std::path::Path) -> String {
    let mut program = Command::new(PROGRAM);
    program.args(["--listen", "127.0.0.1:0", "--data"]).arg(folder).env_remove("DATABASE_URL").env_remove("REDIS_URL");
    let ended = program.output().expect("it runs");
    assert!(!ended.status.success());
    String::from_utf8_lossy(&ended.stderr).into_owned()
}
