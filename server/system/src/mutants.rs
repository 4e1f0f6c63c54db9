//! Deliberate faults of the server, one at a time, for the trial of the fault checker: `loadtest
//! faults --mutants` has to find every one of them.
//!
//! Only what is built with the feature `mutants` can have one. Without it [`is`] is a constant, and
//! nothing of a fault is left in the program.

/// A deliberate fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// A command gets its receipt before it is committed.
    AckBeforeCommit,
    /// A resent answer is stored again: its cid is not looked up, and the database accepts it
    /// twice.
    NoUniqueKey,
    /// Whether an activity takes answers is judged by what the node has heard, not where they are
    /// committed.
    CloseByRoom,
    /// Answers are counted by what the bus brings, and never counted again.
    BusIsTruth,
    /// A notification that leaves a gap is applied anyway.
    GapsIgnored,
    /// Versions of topics are counted by the node that shows them.
    RevByMemory,
    /// Who was connected to a node that is gone still counts as here.
    PresenceRemembersTheDead,
    /// A transaction that ended in an error is taken to be over: its connection goes back to the
    /// pool as it is.
    BrokenConnectionReturns,
    /// The time is what this machine's clock says, which can be set.
    WallClock,
    /// What the database's clock says is the time, also when that was set.
    DatabaseClockFollowed,
    /// The right to control an event is checked only when a client connects.
    RightsOfTheHandshake,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::AckBeforeCommit,
        Self::NoUniqueKey,
        Self::CloseByRoom,
        Self::BusIsTruth,
        Self::GapsIgnored,
        Self::RevByMemory,
        Self::PresenceRemembersTheDead,
        Self::BrokenConnectionReturns,
        Self::WallClock,
        Self::DatabaseClockFollowed,
        Self::RightsOfTheHandshake,
    ];

    /// Its name, as `PARTERRE_MUTANT` has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AckBeforeCommit => "ack-before-commit",
            Self::NoUniqueKey => "no-unique-key",
            Self::CloseByRoom => "close-by-room",
            Self::BusIsTruth => "bus-is-truth",
            Self::GapsIgnored => "gaps-ignored",
            Self::RevByMemory => "rev-by-memory",
            Self::PresenceRemembersTheDead => "presence-remembers-the-dead",
            Self::BrokenConnectionReturns => "broken-connection-returns",
            Self::WallClock => "wall-clock",
            Self::DatabaseClockFollowed => "database-clock-followed",
            Self::RightsOfTheHandshake => "rights-of-the-handshake",
        }
    }
}

/// Whether this server has this fault.
#[cfg(not(feature = "mutants"))]
pub const fn is(_mutant: Mutant) -> bool {
    false
}

/// Whether this server has this fault.
#[cfg(feature = "mutants")]
pub fn is(mutant: Mutant) -> bool {
    *CHOSEN == Some(mutant)
}

/// The fault that the environment names.
#[cfg(feature = "mutants")]
static CHOSEN: std::sync::LazyLock<Option<Mutant>> = std::sync::LazyLock::new(|| {
    let name = std::env::var("PARTERRE_MUTANT").ok()?;
    let mutant = Mutant::ALL.into_iter().find(|mutant| mutant.name() == name);
    Some(mutant.unwrap_or_else(|| panic!("PARTERRE_MUTANT: there is no mutant {name:?}")))
});

/// Says which fault this server has, if it has one.
pub fn warn_if_faulty() {
    if let Some(mutant) = Mutant::ALL.into_iter().find(|mutant| is(*mutant)) {
        tracing::error!(mutant = mutant.name(), "this server has a deliberate fault; for testing only");
    }
}
