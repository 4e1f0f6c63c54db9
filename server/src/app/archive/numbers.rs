//! The numbers by which an archive names participants.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use parterre_domain::archive::People;
use parterre_protocol::{ParticipantId, PostId};

/// Within which participants who are not linked keep their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Scope {
    /// A question, with all that is part of it.
    Question(PostId),
    /// An activity, in all its rounds.
    Activity(u32),
}

/// The numbers of an event's participants.
#[derive(Debug)]
pub(super) enum Numbers {
    /// One number each: the place among the ids, which are hashes and tell nothing.
    Linked(Vec<ParticipantId>),
    /// Another one in each scope.
    Unlinked(ByScope),
}

/// Numbers that are given as they are needed.
#[derive(Debug, Default)]
pub(super) struct ByScope {
    given: HashMap<Scope, HashMap<ParticipantId, u32>>,
    last: u32,
    /// Who comes first within a scope must not tell who comes first in another.
    order: RandomState,
}

impl Numbers {
    /// Those of these participants, in the order of their ids.
    pub(super) fn new(people: People, ids: Vec<ParticipantId>) -> Self {
        match people {
            People::Linked => Self::Linked(ids),
            People::Unlinked => Self::Unlinked(ByScope::default()),
        }
    }

    /// The number of a participant; none of one who is not stored.
    pub(super) fn number(&mut self, scope: Scope, who: ParticipantId) -> Option<u32> {
        match self {
            Self::Linked(ids) => ids.binary_search(&who).ok().map(|place| place as u32 + 1),
            Self::Unlinked(by_scope) => Some(by_scope.number(scope, who)),
        }
    }

    /// Puts those who did something within a scope in the order in which they are to be written.
    pub(super) fn arrange(&self, scope: Scope, who: &mut [ParticipantId]) {
        if let Self::Unlinked(by_scope) = self {
            who.sort_by_cached_key(|id| by_scope.order.hash_one((scope, id)));
        }
    }

    /// Forgets who has which number within a scope about which nothing more comes.
    pub(super) fn leave(&mut self, scope: Scope) {
        if let Self::Unlinked(by_scope) = self {
            by_scope.given.remove(&scope);
        }
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> u32 {
        match self {
            Self::Linked(ids) => ids.len() as u32,
            Self::Unlinked(by_scope) => by_scope.last,
        }
    }
}

impl ByScope {
    fn number(&mut self, scope: Scope, who: ParticipantId) -> u32 {
        *self.given.entry(scope).or_default().entry(who).or_insert_with(|| {
            self.last += 1;
            self.last
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn ids(n: u8) -> Vec<ParticipantId> {
        (0..n).map(|n| ParticipantId::new(Uuid::from_bytes([n; 16]))).collect()
    }

    #[test]
    fn who_is_linked_has_one_number() {
        let mut numbers = Numbers::new(People::Linked, ids(3));
        let scopes = [Scope::Activity(1), Scope::Activity(2), Scope::Question(PostId::new(1))];
        assert_eq!(scopes.map(|scope| numbers.number(scope, ids(3)[1])), [Some(2); 3]);
        assert_eq!((numbers.number(scopes[0], ids(4)[3]), numbers.len()), (None, 3));
    }

    #[test]
    fn who_is_not_has_another_in_each_scope_and_one_within() {
        let mut numbers = Numbers::new(People::Unlinked, ids(2));
        let (first, second) = (Scope::Activity(1), Scope::Activity(2));
        let given: Vec<_> = [(first, 0), (first, 1), (first, 0), (second, 0), (second, 1)]
            .map(|(scope, who)| numbers.number(scope, ids(2)[who]).expect("a number"))
            .into();
        assert_eq!((given, numbers.len()), (vec![1, 2, 1, 3, 4], 4));
        numbers.leave(first);
        assert_eq!(numbers.number(second, ids(2)[1]), Some(4));
    }

    #[test]
    fn the_order_in_one_scope_tells_nothing_of_that_in_another() {
        let numbers = Numbers::new(People::Unlinked, Vec::new());
        let arranged = |scope| {
            let mut who = ids(100);
            numbers.arrange(scope, &mut who);
            who
        };
        let (first, second) = (arranged(Scope::Activity(1)), arranged(Scope::Activity(2)));
        assert_ne!(first, ids(100));
        assert_ne!(first, second);
    }
}
