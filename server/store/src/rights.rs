//! By what right somebody acts or looks on, and whether it is good at a moment.
//!
//! A right that held when a connection began may not hold now. So each action checks it in its own
//! transaction, and the rights of everyone connected are checked repeatedly ([`Store::rights`]).

use std::fmt;

use parterre_domain::{
    ids::{LinkId, MemberId},
    member::Role,
    private_link::{LinkKind, PrivateLink, Scope},
};
use parterre_protocol::{EventId, Millis};
use parterre_system::mutants::{self, Mutant};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Store, StoreError, links,
    sql::{Tx, batch, query, rows},
};

/// The stored hash of a session's token. A token is random, so one round of hashing is enough.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionHash([u8; 32]);

impl SessionHash {
    /// Of this token.
    pub fn new(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

/// As the database has it.
impl fmt::Display for SessionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionHash")
    }
}

/// Someone who controls or moderates an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A member.
    Member(MemberId),
    /// A member, for as long as this session of theirs is good.
    Session(MemberId, SessionHash),
    /// The holder of a moderator's link.
    Link(LinkId),
}

impl Actor {
    /// The id under which the receipts of the actor's commands are kept.
    pub const fn id(self) -> Uuid {
        match self {
            Self::Member(member) | Self::Session(member, _) => member.uuid(),
            Self::Link(link) => link.uuid(),
        }
    }
}

impl From<MemberId> for Actor {
    fn from(member: MemberId) -> Self {
        Self::Member(member)
    }
}

/// The right by which someone other than a participant is in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// A member is signed in.
    Session {
        /// Who.
        member: MemberId,
        /// By which session.
        session: SessionHash,
        /// Whether they were admitted as someone who can run events.
        controls: bool,
    },
    /// A private link was opened.
    Link(LinkId),
}

/// A right of a batch.
#[derive(Serialize)]
struct Claim {
    n: usize,
    event: EventId,
    session: Option<String>,
    member: Option<MemberId>,
    link: Option<LinkId>,
}

impl Claim {
    fn new(n: usize, (event, right): (EventId, Right)) -> Self {
        match right {
            Right::Session { member, session, .. } => {
                Self { n, event, session: Some(session.to_string()), member: Some(member), link: None }
            }
            Right::Link(link) => Self { n, event, session: None, member: None, link: Some(link) },
        }
    }
}

/// Who acts, if they are allowed to.
pub(super) struct Acting {
    pub(super) id: Uuid,
    /// As the ledger names them.
    pub(super) name: String,
    /// Whether they run events, and so may undo what others did.
    pub(super) runs_events: bool,
    /// How far they may go with questions.
    pub(super) scope: Scope,
}

impl Store {
    /// Whether the session with this hash is valid and belongs to a member who can run events.
    /// Checking does not count as using it.
    pub async fn runs_events_by(&self, session: &str, now: Millis) -> Result<bool, StoreError> {
        let mut db = self.reader().await?;
        let role = query!(db.fetch_optional::<(String,)>(
            "SELECT role FROM sessions JOIN members ON members.id = member_id
             WHERE token_hash = $1 AND expires_at > $2",
            session,
            now,
        ))?;
        Ok(role.and_then(|(role,)| Role::parse(&role)).is_some_and(Role::runs_events))
    }

    /// Until when each of these rights in an event is valid, in order; `None` if it is not valid
    /// now. Does not check whether the event is deleted, which clients learn by another message.
    pub async fn rights(&self, claims: &[(EventId, Right)], now: Millis) -> Result<Vec<Option<Millis>>, StoreError> {
        let mut db = self.reader().await?;
        let batch: Vec<_> = claims.iter().enumerate().map(|(n, claim)| Claim::new(n, *claim)).collect();
        let found = batch!(db.fetch_all::<(i64, Millis, Option<String>)>(
            [n bigint, event uuid, session text, member uuid, link uuid]
            "SELECT batch.n, sessions.expires_at, members.role
             FROM batch
             JOIN sessions ON sessions.token_hash = batch.session AND sessions.member_id = batch.member
             JOIN members ON members.id = sessions.member_id
             JOIN events ON events.id = batch.event AND events.workspace_id = members.workspace_id
             WHERE sessions.expires_at > $2
             UNION ALL
             SELECT batch.n, links.expires_at, NULL
             FROM batch JOIN links ON links.id = batch.link AND links.event_id = batch.event
             WHERE links.revoked_at IS NULL AND links.expires_at > $2",
            rows(&batch),
            now,
        ))?;
        let mut good = vec![None; claims.len()];
        for (n, until, role) in found {
            let Some(place) = usize::try_from(n).ok().filter(|n| *n < good.len()) else { continue };
            let controls = matches!(claims[place].1, Right::Session { controls: true, .. });
            let runs_events = role.and_then(|role| Role::parse(&role)).is_some_and(Role::runs_events);
            if runs_events || !controls {
                good[place] = Some(until);
            }
        }
        Ok(good)
    }
}

/// Who acts, if they may act in this event now.
pub(super) async fn acting(
    tx: &mut Tx,
    event: EventId,
    actor: Actor,
    now: Millis,
) -> Result<Option<Acting>, StoreError> {
    let id = actor.id();
    let actor = match actor {
        Actor::Session(member, _) if mutants::is(Mutant::RightsOfTheHandshake) => Actor::Member(member),
        actor => actor,
    };
    let found = match actor {
        Actor::Link(link) => {
            return Ok(links::by_id(tx, event, link).await?.and_then(|link| acting_by_link(id, link, now)));
        }
        Actor::Member(_) => query!(tx.fetch_optional::<(String, String)>(
            "SELECT members.name, role FROM members JOIN events ON events.workspace_id = members.workspace_id
             WHERE members.id = $1 AND events.id = $2",
            id,
            event.uuid(),
        ))?,
        Actor::Session(_, session) => query!(tx.fetch_optional::<(String, String)>(
            "SELECT members.name, role FROM members JOIN events ON events.workspace_id = members.workspace_id
             JOIN sessions ON sessions.member_id = members.id
             WHERE members.id = $1 AND events.id = $2 AND sessions.token_hash = $3 AND sessions.expires_at > $4",
            id,
            event.uuid(),
            session.to_string(),
            now,
        ))?,
    };
    let Some((name, role)) = found else { return Ok(None) };
    let role = Role::parse(&role).ok_or(StoreError::Unreadable("a role"))?;
    Ok(Some(Acting { id, name, runs_events: role.runs_events(), scope: Scope::Full }))
}

/// Who acts by this link, if it is one to moderate with and good now.
fn acting_by_link(id: Uuid, link: PrivateLink, now: Millis) -> Option<Acting> {
    match link.kind {
        _ if !link.is_good(now) => None,
        LinkKind::Moderator { scope } => Some(Acting { id, name: link.name, runs_events: false, scope }),
        LinkKind::Speaker { .. } => None,
    }
}
