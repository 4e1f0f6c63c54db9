//! The server's test plan and its needs: its settings, for the rules and the tester.

use serde::{Deserialize, Serialize};

/// A test as the server has it done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The server's name as it was asked for.
    pub host: String,
    /// The port that people come to.
    pub port: u16,
    /// Whether this plan was requested at an address that leads only to the server's own machine:
    /// measurements there say nothing about a network.
    #[serde(default)]
    pub this_machine: bool,
    /// The address that phones come to, such as `http://192.0.2.7:8080`; none where they cannot
    /// come.
    #[serde(default)]
    pub phones_at: Option<String>,
    /// The addresses that the server's name has where the server looks it up; none where it has no
    /// name of its own.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// Whether people come by TLS.
    pub secure: bool,
    /// Whether the server speaks TLS itself. Then it knows its certificate, and speaks HTTP/1.1 and
    /// nothing else.
    pub own_tls: bool,
    /// The SHA-256 of the certificate that it shows, if it speaks TLS itself, as browsers show it.
    pub certificate: Option<String>,
    /// After how much silence a live connection says something, in milliseconds.
    pub ping_ms: u32,
    /// For how long silence is tried, in seconds, each on a connection of its own.
    pub silence_s: Vec<u32>,
    /// How many connections from one address a facilitator may try.
    #[serde(default)]
    pub phones: u32,
    /// How much of everything.
    pub sizes: Sizes,
    /// What the network has to carry.
    pub participant: Participant,
}

/// How much is sent, how often, how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Messages out and back whose delay is taken.
    pub messages: u32,
    /// From one of them to the next, in milliseconds.
    pub message_every_ms: u32,
    /// The longest message, in bytes.
    pub large_bytes: u32,
    /// Messages of a burst.
    pub burst_frames: u32,
    /// Bytes of each.
    pub burst_bytes: u32,
    /// Events of a stream.
    pub events: u32,
    /// From one of them to the next, in milliseconds.
    pub event_every_ms: u32,
    /// How long an answer keeps one waiting, in milliseconds.
    pub poll_ms: u32,
    /// Bytes to be fetched.
    pub download_bytes: u32,
    /// Bytes to be sent.
    pub upload_bytes: u32,
}

/// What one participant's phone asks of the network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Participant {
    /// Bytes of the first visit.
    pub arrive_bytes: u32,
    /// Bytes a second while the room votes.
    pub live_bytes_s: u32,
    /// Bytes of one answer, with what it needs around it.
    pub answer_bytes: u32,
    /// Whether `live_bytes_s` was measured on this server, in its busiest moment so far.
    pub measured: bool,
}

/// What this many participants need, in bits per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// Towards the room.
    pub down: u64,
    /// From the room.
    pub up: u64,
}

impl Participant {
    /// What packets, TLS and frames add to a payload: 60 to 80 bytes to messages of some 300.
    const AROUND: f64 = 1.25;
    /// Within how many seconds a room arrives.
    const ARRIVE_S: f64 = 60.0;
    /// Within how many seconds a room answers.
    const ANSWER_S: f64 = 10.0;

    /// What this many of them need: the larger of joining and voting, which do not happen at once.
    pub fn needs(&self, participants: u32) -> Needs {
        let bits = |bytes_s: f64| (f64::from(participants) * bytes_s * Self::AROUND * 8.0).ceil() as u64;
        let arriving = f64::from(self.arrive_bytes) / Self::ARRIVE_S;
        Needs {
            down: bits(arriving.max(f64::from(self.live_bytes_s))),
            up: bits(f64::from(self.answer_bytes) / Self::ANSWER_S),
        }
    }
}
