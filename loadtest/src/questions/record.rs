//! What everybody did, and the server's replies: the basis of all checks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use parterre_protocol::{Act, CommandId, Millis, Outcome, PostId, RefusalCode, Vote};
use tokio::time::Instant;

use super::secrets::Token;

/// A command, as far as the checks need it.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordedAct {
    /// A phone asked. The question is identified by the token of its first wording.
    Ask {
        /// That token.
        question: Token,
    },
    /// A phone edited its question.
    Edit {
        /// Its number.
        post: PostId,
        /// The token of its first wording.
        question: Token,
        /// The new wording's token.
        token: Token,
    },
    /// A phone withdrew its question.
    Withdraw {
        /// Its number.
        post: PostId,
    },
    /// A phone voted.
    Vote {
        /// On what.
        post: PostId,
        /// How.
        vote: Vote,
    },
    /// A moderator acted.
    Act {
        /// How.
        act: Act,
        /// The tokens of what the act publishes.
        publishes: Vec<Token>,
    },
}

impl RecordedAct {
    /// Its name in the figures.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ask { .. } => "ask",
            Self::Edit { .. } => "edit",
            Self::Withdraw { .. } => "withdraw",
            Self::Vote { .. } => "vote",
            Self::Act { .. } => "act",
        }
    }

    /// Whether the server may refuse it with this code. For votes, the model decides whether there
    /// was a reason.
    fn may_be_refused(&self, code: RefusalCode) -> bool {
        match self {
            Self::Ask { .. } => false,
            // It was published or declined just before.
            Self::Edit { .. } | Self::Withdraw { .. } => code == RefusalCode::Closed,
            // The participant's own question.
            Self::Vote { .. } => code == RefusalCode::Invalid,
            // Another moderator or the author acted first.
            Self::Act { act: Act::Highlight { .. }, .. } => code == RefusalCode::Invalid,
            Self::Act { .. } => matches!(code, RefusalCode::Stale | RefusalCode::Unknown),
        }
    }
}

/// A command and its outcome.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The number of the phone, or of the moderator.
    pub by: usize,
    /// What was sent.
    pub deed: RecordedAct,
    /// When it was sent.
    pub made: Instant,
    /// The outcome, and when the receipt arrived.
    pub receipt: Option<(Outcome, Instant)>,
}

impl Entry {
    /// When it was stored, if it was.
    pub const fn stored_at(&self) -> Option<Millis> {
        match self.receipt {
            Some((Outcome::Stored { at }, _)) => Some(at),
            _ => None,
        }
    }

    /// Why it was refused, if it was.
    pub const fn refused(&self) -> Option<RefusalCode> {
        match self.receipt {
            Some((Outcome::Refused { code, .. }, _)) => Some(code),
            _ => None,
        }
    }
}

/// All commands, in the order in which they were sent.
#[derive(Default)]
pub struct Record {
    entries: Vec<Entry>,
    by_cid: HashMap<CommandId, usize>,
}

impl Record {
    /// Adds a command.
    pub fn done(&mut self, cid: CommandId, by: usize, deed: RecordedAct) {
        self.by_cid.insert(cid, self.entries.len());
        self.entries.push(Entry { by, deed, made: Instant::now(), receipt: None });
    }

    /// Records an outcome. Returns the entry, if the command is in this record.
    pub fn settled(&mut self, cid: CommandId, outcome: &Outcome) -> Option<&Entry> {
        let entry = &mut self.entries[*self.by_cid.get(&cid)?];
        entry.receipt = Some((outcome.clone(), Instant::now()));
        Some(entry)
    }

    /// All commands.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The stored commands by time of storage, those of the same moment in the order of sending.
    pub fn stored(&self) -> Vec<(Millis, &Entry)> {
        let mut stored: Vec<_> = self.entries.iter().filter_map(|entry| Some((entry.stored_at()?, entry))).collect();
        stored.sort_by_key(|(at, _)| *at);
        stored
    }

    /// How many questions of each phone were confirmed.
    pub fn asked(&self) -> HashMap<usize, usize> {
        let mut asked = HashMap::new();
        for (_, entry) in self.stored() {
            if matches!(entry.deed, RecordedAct::Ask { .. }) {
                *asked.entry(entry.by).or_default() += 1;
            }
        }
        asked
    }

    /// Every question that was ever part of a group.
    pub fn merged(&self) -> BTreeSet<PostId> {
        let mut merged = BTreeSet::new();
        for entry in &self.entries {
            if let RecordedAct::Act { act: Act::Merge { into, posts }, .. } = &entry.deed {
                merged.extend(posts.iter().chain([into]).map(|it| it.post));
            }
        }
        merged
    }

    /// How often each kind of command was refused, by reason.
    pub fn refusals(&self) -> BTreeMap<String, u64> {
        let mut refusals = BTreeMap::new();
        for entry in &self.entries {
            if let Some(code) = entry.refused() {
                *refusals.entry(format!("{} {code:?}", entry.deed.name())).or_default() += 1;
            }
        }
        refusals
    }

    /// Commands without a receipt, described.
    pub fn unsettled(&self) -> Option<String> {
        let open = |entry: &&Entry| entry.receipt.is_none();
        let first = self.entries.iter().find(open)?;
        Some(format!("{} have none, the first being {:?}", self.entries.iter().filter(open).count(), first.deed))
    }

    /// Commands that were wrongly refused, described.
    pub fn wrongly_refused(&self) -> Option<String> {
        let wrong = |entry: &&Entry| entry.refused().is_some_and(|code| !entry.deed.may_be_refused(code));
        let first = self.entries.iter().find(wrong)?;
        Some(format!("{} were, the first being {:?}", self.entries.iter().filter(wrong).count(), first))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn refused(code: RefusalCode) -> Outcome {
        Outcome::Refused { code, message: String::new() }
    }

    #[test]
    fn every_deed_needs_a_receipt_and_a_refusal_of_the_right_kind() {
        let mut record = Record::default();
        let cids: Vec<_> = (1..=2).map(|n| CommandId::new(Uuid::from_u128(n))).collect();
        let vote = RecordedAct::Vote { post: PostId::new(1), vote: Vote::Up };
        cids.iter().for_each(|cid| record.done(*cid, 1, vote.clone()));
        record.settled(cids[0], &refused(RefusalCode::Invalid));
        assert!(record.unsettled().unwrap().starts_with("1 have none"));
        record.settled(cids[1], &refused(RefusalCode::Unknown));
        assert_eq!(record.unsettled(), None);
        assert!(record.wrongly_refused().unwrap().starts_with("1 were"));
        assert_eq!(record.refusals().len(), 2);
    }

    #[test]
    fn what_is_stored_is_in_the_order_of_the_server() {
        let mut record = Record::default();
        for (n, at) in [(1, 20), (2, 10), (3, 20)] {
            let cid = CommandId::new(Uuid::from_u128(n));
            record.done(cid, n as usize, RecordedAct::Withdraw { post: PostId::new(1) });
            record.settled(cid, &Outcome::Stored { at });
        }
        let order: Vec<_> = record.stored().into_iter().map(|(_, entry)| entry.by).collect();
        assert_eq!(order, [2, 1, 3]);
    }
}
