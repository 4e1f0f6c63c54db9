//! The votes as they must be counted: who supports which question while questions are merged and
//! unmerged.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use parterre_protocol::{Act, Millis, PostId, Vote};

use super::{
    record::{Entry, RecordedAct},
    secrets::Token,
};

/// Who supports each question at the end, if every act had happened a moment earlier or later than
/// its receipt says.
pub(super) fn supporters(
    stored: &[(Millis, &Entry)],
    numbers: &HashMap<Token, PostId>,
    shift: Millis,
) -> HashMap<PostId, BTreeSet<usize>> {
    let mut events: Vec<_> = stored
        .iter()
        .map(|(at, entry)| (at + if matches!(entry.deed, RecordedAct::Act { .. }) { shift } else { 0 }, entry))
        .collect();
    events.sort_by_key(|(at, _)| *at);
    let mut ballots = Ballots::default();
    for (_, entry) in events {
        match &entry.deed {
            RecordedAct::Ask { question } => {
                if let Some(post) = numbers.get(question) {
                    ballots.rows.entry(entry.by).or_default().insert(*post, Vote::Up);
                    ballots.asked.insert((entry.by, *post));
                }
            }
            RecordedAct::Vote { post, vote } => ballots.cast(entry.by, *post, *vote),
            RecordedAct::Act { act: Act::Merge { into, posts }, .. } => {
                ballots.parts.extend(posts.iter().map(|part| (part.post, into.post)));
            }
            RecordedAct::Act { act: Act::Unmerge { posts }, .. } => {
                ballots.parts.retain(|part, _| posts.iter().all(|it| it.post != *part));
            }
            _ => {}
        }
    }
    ballots.count()
}

/// One person's votes on a group, taken together.
fn together(votes: impl Iterator<Item = Vote> + Clone) -> Vote {
    [Vote::Up, Vote::Down].into_iter().find(|one| votes.clone().any(|vote| vote == *one)).unwrap_or_default()
}

/// Who voted how, and which question is merged into which.
#[derive(Default)]
struct Ballots {
    rows: HashMap<usize, BTreeMap<PostId, Vote>>,
    asked: HashSet<(usize, PostId)>,
    parts: HashMap<PostId, PostId>,
}

impl Ballots {
    fn root(&self, post: PostId) -> PostId {
        self.parts.get(&post).map_or(post, |into| self.root(*into))
    }

    /// A vote applies to the whole group. If it changes nothing, nothing is stored.
    fn cast(&mut self, who: usize, post: PostId, vote: Vote) {
        let root = self.root(post);
        let held = self.rows.get(&who).into_iter().flatten();
        let group: Vec<_> = held.filter(|(post, _)| self.root(**post) == root).map(|(p, v)| (*p, *v)).collect();
        let asked = group.iter().any(|(post, _)| self.asked.contains(&(who, *post)));
        if !asked && together(group.iter().map(|(_, vote)| *vote)) != vote {
            let posts = group.into_iter().map(|(post, _)| post).chain([root]);
            self.rows.entry(who).or_default().extend(posts.map(|post| (post, vote)));
        }
    }

    fn count(&self) -> HashMap<PostId, BTreeSet<usize>> {
        let mut counts: HashMap<_, BTreeSet<usize>> = HashMap::new();
        for (who, rows) in &self.rows {
            for (post, vote) in rows {
                if *vote == Vote::Up {
                    counts.entry(self.root(*post)).or_default().insert(*who);
                }
            }
        }
        counts
    }
}
