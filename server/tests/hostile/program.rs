//! The program with one event in its database.

use std::net::SocketAddr;

use parterre_domain::{event::EventSettings, ids::EventId};
use parterre_system::random;

use crate::{
    PROGRAM,
    data::{Data, THEN, make_owner},
    process::Process,
};

/// A running server. Killed when dropped.
pub(crate) struct Program {
    pub(crate) address: SocketAddr,
    pub(crate) event: EventId,
    pub(crate) process: Process,
    _data: Data,
}

impl Program {
    /// Starts the program with these settings, as environment variables, and waits until it
    /// listens.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_by(|data| data.start(PROGRAM, settings))
    }

    /// Starts it in the same way, where it may open no more files than these.
    pub(crate) fn start_with_files(files: u32, settings: &[(&str, &str)]) -> Self {
        Self::start_by(|data| data.start_with_files(PROGRAM, files, settings))
    }

    fn start_by(start: impl FnOnce(&Data) -> Process) -> Self {
        let data = Data::create();
        let event = data.prepare(async |store| {
            let owner = make_owner(store).await;
            let settings = EventSettings::parse("Annual meeting", "TULIP", false).expect("good settings");
            let event = EventId::new(random::opaque_id());
            store.create_event(event, owner.workspace, &settings, THEN).await.expect("stored").expect("the only code");
            event
        });
        let process = start(&data);
        Self { address: process.address, event, process, _data: data }
    }
}
