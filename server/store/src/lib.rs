//! All that lasts: one set of statements for SQLite and Postgres. SQL is here and nowhere else.
//!
//! What a method acknowledges is committed. Not found is `Ok(None)`; what the rules refuse is an
//! `Outcome` or an enum of the method's own; [`StoreError`] is left for a database that fails. Ids,
//! time and hashes come in as arguments.
//!
//! **The version of an event.** `events.rev` grows with every change of anything in the event, in
//! the same transaction. A transaction that writes in an event locks the event's row first
//! (`version::lock`), so the writers of one event follow one another: what is committed after a
//! close was judged after it.
//!
//! **The order of locks**, which every transaction keeps to avoid deadlocks. First, rows of
//! `events` by id, all that it needs at once (`version::lock_all`). Then rows of `participants`,
//! several by event and token. Then everything else, which is either in an event that is already
//! locked, or locked by key in alphabetical order (`login_failures`), or locked from a link to its
//! member to the member's sessions. A join locks no event. A heartbeat locks its node's row of
//! `nodes`, then that node's rows of `seats` and `arrivals`, which nobody else writes while that
//! row is locked. A job's row comes after everything that the job is about, and claiming jobs waits
//! for no lock (`jobs`).
//!
//! **A connection on which something failed** never goes back to its pool (`sqlite`, `postgres`),
//! nor one that was given up in the middle of a transaction.
//!
//! **Nothing blocks on an unreachable database.** A statement on Postgres has a deadline
//! (`postgres`), and a transient failure is retried (`retry`) for less time than a client waits.

#[macro_use]
mod row;

mod activities;
mod answers;
mod archive;
mod clearing;
mod columns;
mod counting;
mod duplicates;
mod error;
mod event_results;
mod event_rows;
mod events;
mod first_end;
mod guesses;
mod health;
mod imports;
mod jobs;
mod links;
mod member_rows;
mod members;
mod migrate;
mod nodes;
mod participants;
mod postgres;
mod posts;
mod receipts;
mod reports;
mod responses;
mod results;
mod retention;
mod retry;
mod rights;
mod room_tests;
mod security_events;
mod sessions;
pub mod settings;
mod shared_results;
mod sql;
mod sqlite;
mod stage;
mod timers;
mod version;

use std::path::PathBuf;

use self::settings::Database;
use self::sql::{Connected, Reader, Tx};
pub use self::{
    activities::Added,
    answers::{AnswerCursor, AnswerReader, AnswerRecord, EventAnswers},
    archive::{ArchivedEvent, ArchivedParticipant, ArchivedResponse, EventSnapshot},
    clearing::{ClearOutcome, Loss},
    duplicates::{Copied, Duplicated, NewDuplicate},
    error::StoreError,
    event_results::{AnswerSpan, AnsweredActivity, AnsweredRound, EventResults},
    event_rows::CodeTaken,
    events::EventListing,
    first_end::AnswersAtFirstEnd,
    guesses::Guess,
    imports::Import,
    jobs::{ClaimedJob, JobCount, JobLease, JobStep, NewJob, Progress},
    nodes::{Arriving, Counts, Dispute, Heartbeat, HeartbeatOutcome, HeartbeatReply, RoomStatus, Seat, Seating},
    participants::{Join, ParticipantRecord, Visit},
    posts::{LedgerEntry, ModerationOutcome, NewPostCommand, QaOutline},
    reports::{KeptReports, Report, ReportStanding},
    responses::{AnswerChange, Batch, Committed, CommittedChange, NewResponse},
    results::CountedRound,
    retention::{Aging, Terms},
    retry::RETRY_TIMEOUT,
    rights::{Actor, Right, SessionHash},
    room_tests::{Keep, NewRoomTest, RoomTestListing},
    security_events::SecurityEvent,
    sessions::{NewSession, Session},
    stage::{ControlOutcome, EventMetadata, RoomState},
    timers::{DueTime, Settled},
    version::EventVersion,
};

/// An open database. Clones share its connections.
#[derive(Clone, Debug)]
pub enum Store {
    /// One file, for one node.
    Sqlite(sqlite::SqliteFile),
    /// A server, for several nodes.
    Postgres(postgres::Server),
}

impl Store {
    /// Opens `sqlite:///path/to/file.db` (made where it is missing; its directory must exist) or
    /// `postgres://…`, and brings its tables up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, &Database::default()).await
    }

    /// The same with these settings; their address is ignored.
    pub async fn open_with(url: &str, settings: &Database) -> Result<Self, StoreError> {
        let store = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => sqlite::SqliteFile::open(url.parse()?).await.map(Self::Sqlite),
            Some("postgres" | "postgresql") => {
                let options = postgres::options(url, settings)?;
                migrate::postgres(&options).await.map_err(|error| postgres::explain(error, &options))?;
                postgres::Server::connect(options, settings).await.map(Self::Postgres)
            }
            _ => Err(StoreError::Address),
        }?;
        store.renew_addresses().await?;
        Ok(store)
    }

    /// The file that this address names; none for a server.
    pub fn file(url: &str) -> Result<Option<PathBuf>, StoreError> {
        if url.starts_with("sqlite:") { sqlite::file(url).map(Some) } else { Ok(None) }
    }

    /// Waits for what is under way and closes all connections. What is asked of the store
    /// afterwards fails.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(file) => file.close().await,
            Self::Postgres(server) => server.close().await,
        }
    }

    /// A connection for one statement that reads.
    async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Connected::Sqlite(file.checkout().await?),
            Self::Postgres(server) => Connected::Postgres(server.checkout().await?),
        })
    }

    /// A transaction that sees one moment and writes nothing.
    async fn snapshot(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Connected::Sqlite(file.snapshot().await?),
            Self::Postgres(server) => {
                Connected::Postgres(server.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// A transaction that writes.
    async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Connected::Sqlite(file.begin().await?),
            Self::Postgres(server) => Connected::Postgres(server.begin("BEGIN").await?),
        })
    }

    /// The same for what need not outlive a crash of the database: nobody waits for the disk.
    async fn begin_ephemeral(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(_) => self.begin().await?,
            Self::Postgres(server) => {
                Connected::Postgres(server.begin("BEGIN; SET LOCAL synchronous_commit = off").await?)
            }
        })
    }
}
