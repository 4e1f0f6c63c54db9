//! What every client did and received, in order, also as files.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result};
use parterre_protocol::{
    ClientMessage, CommandId, EventId, Millis, Outcome, ParticipantId, RefusalCode, topics::Audience,
};
use serde::Serialize;

/// Milliseconds since the start of the run, by this program's clock.
pub type Time = u64;

/// Who a client is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Who {
    /// A description: what it is and by which route it connects.
    pub name: String,
    /// Its event.
    pub event: EventId,
    /// The audience as which it connects.
    pub audience: Audience,
    /// The participant, of a phone.
    pub participant: Option<ParticipantId>,
}

/// The outcome of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum CommandFate {
    /// The client received no reply.
    Unknown,
    /// The server confirmed that it is stored.
    Confirmed {
        /// When the receipt arrived.
        told: Time,
        /// When the server says that it was stored.
        at: Millis,
    },
    /// It was refused.
    Refused {
        /// When the receipt arrived.
        told: Time,
        /// Why.
        code: RefusalCode,
    },
}

/// A command of a client.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Command {
    /// Which client, by its number.
    pub client: usize,
    /// The message, with its cid.
    pub message: ClientMessage,
    /// When it was sent.
    pub made: Time,
    /// Its outcome.
    #[serde(flatten)]
    pub fate: CommandFate,
    /// How often the client was told to retry later.
    pub later: u32,
}

impl Command {
    /// The cid.
    pub fn cid(&self) -> CommandId {
        match self.message {
            ClientMessage::Respond { cid, .. }
            | ClientMessage::Post { cid, .. }
            | ClientMessage::Moderate { cid, .. }
            | ClientMessage::Control { cid, .. } => cid,
            ClientMessage::Ping => unreachable!("a ping is no command"),
        }
    }

    /// Whether the server said that it is stored.
    pub const fn is_confirmed(&self) -> bool {
        matches!(self.fate, CommandFate::Confirmed { .. })
    }

    /// When the client received the outcome; `Time::MAX` if it never did.
    pub const fn told(&self) -> Time {
        match self.fate {
            CommandFate::Confirmed { told, .. } | CommandFate::Refused { told, .. } => told,
            CommandFate::Unknown => Time::MAX,
        }
    }
}

/// When the session of a client was signed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedOut {
    /// When the sign-out was first requested.
    pub asked: Time,
    /// When the server confirmed it; `Time::MAX` until then.
    pub told: Time,
}

/// Everything that clients did.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The clients, by number.
    pub clients: Vec<Who>,
    /// Their commands in the order in which they were sent.
    pub commands: Vec<Command>,
    /// The clients whose session was signed out, by number.
    pub signed_out: HashMap<usize, SignedOut>,
    places: HashMap<CommandId, usize>,
}

impl History {
    /// Adds a client; its number.
    pub fn client(&mut self, who: Who) -> usize {
        self.clients.push(who);
        self.clients.len() - 1
    }

    /// Records a command that was just sent.
    pub fn made(&mut self, client: usize, message: ClientMessage, made: Time) {
        let command = Command { client, message, made, fate: CommandFate::Unknown, later: 0 };
        self.places.insert(command.cid(), self.commands.len());
        self.commands.push(command);
    }

    /// Records the reply to a command. Earlier replies stay: a repeated receipt is judged by the
    /// client.
    pub fn told(&mut self, cid: CommandId, outcome: &Outcome, told: Time) {
        let Some(command) = self.places.get(&cid).map(|place| &mut self.commands[*place]) else { return };
        match *outcome {
            Outcome::Stored { at } => command.fate = CommandFate::Confirmed { told, at },
            Outcome::Refused { code, .. } => command.fate = CommandFate::Refused { told, code },
            Outcome::Later { .. } => command.later += 1,
        }
    }

    /// When the sender's session was signed out, if it was.
    pub fn signed_out(&self, command: &Command) -> Option<SignedOut> {
        self.signed_out.get(&command.client).copied()
    }

    /// The client of a command.
    pub fn who(&self, command: &Command) -> &Who {
        &self.clients[command.client]
    }

    /// How many commands had each outcome, as text.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for command in &self.commands {
            let fate = match command.fate {
                CommandFate::Unknown => "unknown",
                CommandFate::Confirmed { .. } => "confirmed",
                CommandFate::Refused { .. } => "refused",
            };
            *counts.entry(fate).or_default() += 1;
        }
        counts
    }

    /// Writes it as JSON lines into a folder.
    pub fn write(&self, folder: &Path) -> Result<()> {
        write_lines(folder, "clients.jsonl", &self.clients)?;
        write_lines(folder, "commands.jsonl", &self.commands)
    }
}

/// Writes values as JSON lines into a file of the folder.
pub fn write_lines<T: Serialize>(folder: &Path, name: &str, lines: impl IntoIterator<Item = T>) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let mut file = BufWriter::new(File::create(folder.join(name))?);
    for line in lines {
        serde_json::to_writer(&mut file, &line)?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}
