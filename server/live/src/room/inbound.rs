//! What a room's task is told.

use parterre_protocol::{Rev, topics::RespondentsHere};
use parterre_store::EventVersion;

use crate::cluster::bus::Notification;

/// What a room task is told.
#[derive(Debug)]
pub enum Inbound {
    /// The event changed.
    Notification(Notification),
    /// A participant came or left.
    Presence,
    /// Somebody came or left for whom topics are made only while somebody looks.
    ViewersChanged,
    /// Notifications may have been missed: read.
    Resync,
    /// What the database said with a heartbeat.
    Heartbeat(RoomHeartbeat),
    /// How far the database is, where notifications may have been missed.
    Version(EventVersion),
    /// The database has this version, and no notification of it has come for a while: read.
    Behind(Rev),
}

/// What a heartbeat of this node found out about a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomHeartbeat {
    /// The event's version.
    pub rev: Rev,
    /// Clients that other nodes told to come a little later, and that have not come yet.
    pub arriving: u32,
    /// Participants who are there on other nodes and not here, and those who ever joined, where
    /// they were counted.
    pub counted: Option<(u32, u32)>,
    /// How many of those who are there have answered what is on stage, where they were counted.
    pub respondents: Option<RespondentsHere>,
    /// How many of those who are here have, as the database knows them.
    pub answered_here: Option<RespondentsHere>,
    /// Whether nothing else than heartbeats tells of changes on other nodes.
    pub lacks_bus: bool,
}
