//! The system's clock is set while the server runs: nothing ends early or late, and everybody who
//! has to know is told.

use std::{fs, path::PathBuf};

use parterre_protocol::{Control, Outcome};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    event::{Event, pick, poll},
    house::House,
    live::Live,
};

/// A system's clock that can be set, for one program.
struct SystemClock {
    folder: TempDir,
    library: PathBuf,
}

impl SystemClock {
    fn right() -> Self {
        let folders = fs::read_dir("/usr/lib").expect("it is there").flatten().map(|entry| entry.path());
        let library = folders.map(|folder| folder.join("faketime/libfaketime.so.1")).find(|file| file.is_file());
        let library =
            library.expect("This test needs libfaketime: install it, for example with `apt-get install faketime`.");
        let clock = Self { folder: TempDir::new().expect("a folder"), library };
        clock.set("+0");
        clock
    }

    /// Sets it, in the words of libfaketime, such as `+60d`.
    fn set(&self, offset: &str) {
        let written = self.folder.path().join("written");
        fs::write(&written, format!("{offset}\n")).expect("ours");
        // In one step: a file that is being written could be read.
        fs::rename(written, self.file()).expect("ours");
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }
}

fn ahead(house: &House) -> i64 {
    let metrics = house.stranger().get("/metrics").expect(200).body;
    let line = metrics.lines().find_map(|line| line.strip_prefix("parterre_clock_ahead_seconds "));
    line.expect("it is counted").trim().parse().expect("a number")
}

fn is_told(studio: &Live) -> bool {
    studio.has(parterre_protocol::topics::Topic::Presence) && studio.presence().clock_differs
}

#[test]
fn a_system_s_clock_that_jumps_ends_nothing_early() {
    let (clock, folder) = (SystemClock::right(), TempDir::new().expect("a folder"));
    let [library, file] = [&clock.library, &clock.file()].map(|path| path.display().to_string());
    let house = House::within(
        folder.path(),
        &[
            ("LD_PRELOAD", &library),
            ("FAKETIME_TIMESTAMP_FILE", &file),
            ("FAKETIME_CACHE_DURATION", "1"),
            // What nobody can set is right.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("FAKETIME_DISABLE_SHM", "1"),
        ],
    );
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let link = json!({"kind": "moderator", "name": "Ada", "hours": 4});
    let link = house.owner().ask("POST", &event.path("/links"), &link).expect(201).json();
    let secret = link["url"].as_str().and_then(|url| url.rsplit('/').next()).expect("a secret").to_owned();
    let (mut studio, mut phone) = (event.studio(), event.phone());
    let begun = studio.stored_at(Control::Countdown { activity, seconds: 300 });
    let ends = |live: &Live| live.stage().activity.and_then(|staged| staged.closes_at);
    for (offset, seconds) in [("+60d", 60 * 86_400), ("+0", 0), ("-400d", -400 * 86_400), ("+0", 0)] {
        clock.set(offset);
        while (ahead(&house) - seconds).abs() > 5 {}
        studio.until("the word of the clock", |studio| is_told(studio) == (seconds != 0));
        let Outcome::Stored { at } = phone.respond(activity, pick(1)) else { panic!("the vote is open") };
        assert!((begun..begun + 300_000).contains(&at), "time went on as before: {}", at - begun);
        phone.until("the countdown", |phone| ends(phone) == Some(begun + 300_000));
        house.owner().get("/studio").expect(200);
        assert_ne!(house.stranger().get(&format!("/l/{secret}")).status, 410, "the link is good");
    }
}
