//! What everybody did, and what the server said to it: all that the judge goes by.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use parterre_protocol::{Act, CommandId, Millis, Outcome, PostId, RefusalCode, Vote};
use tokio::time::Instant;

use super::secrets::Token;

/// What someone did.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordedAct {
    /// A phone asked; the question is known by the token of its first wording.
    Ask {
        /// That token.
        question: Token,
    },
    /// A phone reworded its question.
    Edit {
        /// Its number.
        post: PostId,
        /// The token of its first wording.
        question: Token,
        /// The new wording's token.
        token: Token,
    },
    /// A phone took its question back.
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
    /// What it is called in the figures.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ask { .. } => "ask",
            Self::Edit { .. } => "edit",
            Self::Withdraw { .. } => "withdraw",
            Self::Vote { .. } => "vote",
            Self::Act { .. } => "act",
        }
    }

    /// Whether this is how the server may refuse it: everything else is wrong. Whether a vote was
    /// refused with reason is for the model to say.
    fn may_be_refused(&self, code: RefusalCode) -> bool {
        match self {
            Self::Ask { .. } => false,
            // Published or declined just before.
            Self::Edit { .. } | Self::Withdraw { .. } => code == RefusalCode::Closed,
            // One's own.
            Self::Vote { .. } => code == RefusalCode::Invalid,
            // Another moderator, or the author, was first.
            Self::Act { act: Act::Highlight { .. }, .. } => code == RefusalCode::Invalid,
            Self::Act { .. } => matches!(code, RefusalCode::Stale | RefusalCode::Unknown),
        }
    }
}

/// A deed and what came of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The number of the phone, or of the moderator.
    pub by: usize,
    /// What was done.
    pub deed: RecordedAct,
    /// When the command was made.
    pub made: Instant,
    /// What the server said, and when that came.
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

/// All deeds, in the order in which they were done.
#[derive(Default)]
pub struct Record {
    entries: Vec<Entry>,
    by_cid: HashMap<CommandId, usize>,
}

impl Record {
    /// Someone does something.
    pub fn done(&mut self, cid: CommandId, by: usize, deed: RecordedAct) {
        self.by_cid.insert(cid, self.entries.len());
        self.entries.push(Entry { by, deed, made: Instant::now(), receipt: None });
    }

    /// The server said what became of it; gives the deed, if it is one of this record.
    pub fn settled(&mut self, cid: CommandId, outcome: &Outcome) -> Option<&Entry> {
        let entry = &mut self.entries[*self.by_cid.get(&cid)?];
        entry.receipt = Some((outcome.clone(), Instant::now()));
        Some(entry)
    }

    /// All deeds.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What was stored, in the order of when it was; of what came at the same moment, the first
    /// done is the first.
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

    /// How often what was refused, and why.
    pub fn refusals(&self) -> BTreeMap<String, u64> {
        let mut refusals = BTreeMap::new();
        for entry in &self.entries {
            if let Some(code) = entry.refused() {
                *refusals.entry(format!("{} {code:?}", entry.deed.name())).or_default() += 1;
            }
        }
        refusals
    }

    /// Deeds without a receipt, in words.
    pub fn unsettled(&self) -> Option<String> {
        let open = |entry: &&Entry| entry.receipt.is_none();
        let first = self.entries.iter().find(open)?;
        Some(format!("{} have none, the first being {:?}", self.entries.iter().filter(open).count(), first.deed))
    }

    /// Deeds that were refused as they should not have been, in words.
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
