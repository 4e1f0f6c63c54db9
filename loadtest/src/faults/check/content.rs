//! Compares what was shown with what the database held at that version. Every answer keeps the
//! version that it led to, so the counts of any version can be recomputed. Of votes, the database
//! keeps only each person's last one, so earlier counts are only known within bounds.

use std::collections::{BTreeSet, HashMap, HashSet};

use parterre_protocol::{
    ActivityId, Answer, EventId, ParticipantId, PostId, Rev, Tally, posts::PostState, texts::ShownText, topics::Results,
};

use crate::{
    faults::{
        db_snapshot::{DbSnapshot, PostPlace, StoredAnswer, StoredPost},
        observations::{Content, Observations, TopicKey, Version, Wrongs},
    },
    kinds::{Counts, counts, parts},
};

/// The counts of a round, answer by answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Count {
    current: HashMap<ParticipantId, Answer>,
    counts: Counts,
}

impl Count {
    /// Adds a participant's next answer.
    pub fn take(&mut self, stored: &StoredAnswer) {
        if let Some(before) = self.current.remove(&stored.participant_id) {
            self.add(&before, -1);
        }
        // Answers that nobody sent are reported by another check.
        let Some(answer) = &stored.answer else { return };
        self.add(answer, 1);
        if !parts(answer).is_empty() {
            self.current.insert(stored.participant_id, answer.clone());
        }
    }

    fn add(&mut self, answer: &Answer, by: i32) {
        parts(answer).iter().for_each(|part| change(&mut self.counts, part, by));
    }

    /// How many have answered.
    pub fn respondents(&self) -> u32 {
        self.current.len() as u32
    }

    /// How results differ from these, if they do.
    pub fn differs(&self, results: &Results) -> Option<String> {
        let respondents = results.respondents.is_none_or(|respondents| respondents == self.respondents());
        let tally = results.tally.as_ref().is_none_or(|tally| counts(tally) == self.counts);
        (!respondents || !tally).then(|| format!("{} answered {:?}", self.respondents(), self.counts))
    }
}

fn change(counts: &mut Counts, part: &str, by: i32) {
    let count = counts.entry(part.to_owned()).or_default();
    *count = count.saturating_add_signed(by);
    if *count == 0 {
        counts.remove(part);
    }
}

/// The answers of each round, in the order in which they were counted. If one commit stored several
/// of the same participant, the one that it left in force comes last.
pub(super) fn rounds(snapshot: &DbSnapshot) -> HashMap<(ActivityId, u32), Vec<&StoredAnswer>> {
    let mut rounds: HashMap<_, Vec<&StoredAnswer>> = HashMap::new();
    for stored in &snapshot.answers {
        rounds.entry((stored.activity_id, stored.round)).or_default().push(stored);
    }
    for answers in rounds.values_mut() {
        answers.sort_by_key(|stored| (stored.rev, stored.replaced_at != Some(stored.at)));
    }
    rounds
}

/// The final counts of one round.
pub(super) fn counted(snapshot: &DbSnapshot, activity: ActivityId, round: u32) -> Count {
    let mut count = Count::default();
    rounds(snapshot).get(&(activity, round)).into_iter().flatten().for_each(|stored| count.take(stored));
    count
}

/// Counts that were shown, but were not those of the database at that version.
pub(super) fn results(observations: &Observations, snapshot: &DbSnapshot) -> Wrongs {
    let (mut wrongs, rounds, walls) = (Wrongs::default(), rounds(snapshot), Walls::of(snapshot));
    let mut shown: HashMap<(ActivityId, u32), Vec<(&Version, Results)>> = HashMap::new();
    for (version, observation) in observations.in_order(TopicKey::Results) {
        match &observation.content {
            Content::Results(results) => {
                if let Some(activity) = results.activity {
                    shown.entry((activity, results.round)).or_default().push((version, results.clone()));
                }
            }
            other => wrongs.note(|| format!("{version:?}: {other:?}")),
        }
    }
    for (version, observation) in observations.in_order(TopicKey::Stage) {
        let Content::Stage(stage) = &observation.content else { continue };
        for item in stage.rundown.iter().flatten() {
            let results = Results { respondents: item.respondents, ..Results::default() };
            shown.entry((item.id, item.round)).or_default().push((version, results));
        }
    }
    for (round, mut shown) in shown {
        shown.sort_by_key(|(version, _)| version.rev);
        let mut answers = rounds.get(&round).into_iter().flatten().peekable();
        let mut count = Count::default();
        for (version, results) in shown {
            while let Some(stored) = answers.next_if(|stored| stored.rev <= version.rev) {
                count.take(stored);
            }
            let expected = walls.differs(round, version.rev, &results).unwrap_or_else(|| count.differs(&results));
            if let Some(expected) = expected {
                wrongs.note(|| format!("{version:?} showed {results:?}; the database held {expected}"));
            }
        }
    }
    wrongs
}

/// The texts of each round of an activity, with the versions that they led to.
pub struct Walls<'a> {
    texts: HashMap<(ActivityId, u32), Vec<(Rev, &'a StoredPost)>>,
    places: Places<'a>,
}

impl<'a> Walls<'a> {
    /// Those that the database holds.
    pub fn of(snapshot: &'a DbSnapshot) -> Self {
        let mut texts: HashMap<_, Vec<_>> = HashMap::new();
        snapshot.texts().for_each(|(round, came, post)| texts.entry(round).or_default().push((came, post)));
        Self { texts, places: Places::of(snapshot) }
    }

    /// How the results of a round differ from its texts at a version, if they do. `None` if the
    /// round has no texts.
    pub fn differs(&self, round: (ActivityId, u32), rev: Rev, results: &Results) -> Option<Option<String>> {
        let sent: Vec<_> = self.texts.get(&round)?.iter().filter(|(came, _)| *came <= rev).collect();
        let senders = sent.iter().map(|(_, post)| post.participant_id).collect::<HashSet<_>>().len() as u32;
        let is_visible = |post: &StoredPost| {
            let place = self.places.at(post.event_id, post.number, rev);
            place.is_some_and(|place| place.state == PostState::Published && place.merged_into.is_none())
        };
        let visible = sent.iter().map(|(_, post)| *post).filter(|post| is_visible(post));
        let visible: HashMap<_, _> = visible.map(|post| (post.number, post.text.as_str())).collect();
        let is_right = results.respondents.is_none_or(|respondents| respondents == senders)
            && match &results.tally {
                None => true,
                Some(Tally::Open(shown)) => {
                    let is_there = |(post, text): (&PostId, &ShownText)| visible.get(post) == Some(&text.text.as_str());
                    shown.shown as usize == visible.len() && shown.texts.iter().all(is_there)
                }
                Some(_) => false,
            };
        Some((!is_right).then(|| format!("{senders} had sent texts, of which were visible {visible:?}")))
    }
}

/// A post's place before and after a version.
type Moved = (Rev, PostPlace, PostPlace);

/// Where each question was at which version, from the first act that changed it.
struct Places<'a> {
    posts: HashMap<(EventId, PostId), &'a StoredPost>,
    changes: HashMap<(EventId, PostId), Vec<Moved>>,
}

impl<'a> Places<'a> {
    fn of(snapshot: &'a DbSnapshot) -> Self {
        let posts = snapshot.posts.iter().map(|post| ((post.event_id, post.number), post)).collect();
        let mut changes: HashMap<_, Vec<_>> = HashMap::new();
        for act in &snapshot.acts {
            for change in &act.changes {
                let place = changes.entry((act.event_id, change.post)).or_default();
                place.push((act.rev, change.before, change.after));
            }
        }
        Self { posts, changes }
    }

    /// Where a question was, if it exists.
    fn at(&self, event: EventId, post: PostId, rev: Rev) -> Option<PostPlace> {
        let stored = self.posts.get(&(event, post))?;
        let changes = self.changes.get(&(event, post)).map_or(&[][..], Vec::as_slice);
        let now = changes.iter().rev().find(|(at, ..)| *at <= rev).map(|(_, _, after)| *after);
        let first = || changes.first().map(|(_, before, _)| *before);
        let never = PostPlace { state: stored.state, merged_into: stored.merged_into };
        Some(now.or_else(first).unwrap_or(never))
    }

    /// Whether it was ever merged with another.
    fn grouped(&self) -> HashSet<(EventId, PostId)> {
        let mut grouped = HashSet::new();
        for ((event, post), changes) in &self.changes {
            for (_, before, after) in
                changes.iter().filter(|(_, before, after)| before.merged_into != after.merged_into)
            {
                let both = [Some(*post), before.merged_into, after.merged_into];
                grouped.extend(both.into_iter().flatten().map(|post| (*event, post)));
            }
        }
        grouped
    }
}

/// Questions that were shown although they were not visible, or with an impossible number of votes.
pub(super) fn posts(observations: &Observations, snapshot: &DbSnapshot) -> Wrongs {
    let (mut wrongs, places, mut bounds) = (Wrongs::default(), Places::of(snapshot), Bounds::of(snapshot));
    for (version, observation) in observations.in_order(TopicKey::Posts) {
        let Content::Posts(posts) = &observation.content else {
            wrongs.note(|| format!("{version:?}: {:?}", observation.content));
            continue;
        };
        for (post, shown) in &posts.posts {
            let place = places.at(version.event, *post, version.rev);
            let seen = place.is_some_and(|it| it.state == PostState::Published && it.merged_into.is_none());
            if !seen {
                wrongs.note(|| format!("{version:?} showed {post}, which was {place:?}"));
            }
            bounds.judge(version, *post, shown.votes, &mut wrongs);
        }
    }
    for (version, observation) in observations.in_order(TopicKey::Moderation) {
        let Content::Moderation(posts) = &observation.content else {
            wrongs.note(|| format!("{version:?}: {:?}", observation.content));
            continue;
        };
        for (post, (state, changed, votes)) in posts {
            let place = places.at(version.event, *post, version.rev);
            if place.is_none_or(|place| place.state != *state) || *changed > version.rev {
                wrongs.note(|| format!("{version:?} showed {post} as {state:?} since {changed}; it was {place:?}"));
            }
            // Votes on a merged question count for its group.
            if place.is_some_and(|place| place.merged_into.is_none()) {
                bounds.judge(version, *post, *votes, &mut wrongs);
            }
        }
    }
    wrongs
}

/// How many votes a question can have had.
struct Bounds {
    /// The last votes on it, by version: for it, or not.
    last: HashMap<(EventId, PostId), Vec<(Rev, bool)>>,
    /// Questions that were ever part of a group. Any of an event's groups had at most `most` votes.
    grouped: HashSet<(EventId, PostId)>,
    most: HashMap<EventId, u32>,
}

impl Bounds {
    fn of(snapshot: &DbSnapshot) -> Self {
        let grouped = Places::of(snapshot).grouped();
        let mut last: HashMap<_, Vec<_>> = HashMap::new();
        let mut in_groups: HashMap<EventId, BTreeSet<ParticipantId>> = HashMap::new();
        for vote in &snapshot.votes {
            let place = (vote.event_id, vote.post);
            last.entry(place).or_default().push((vote.rev, vote.vote == 1));
            if grouped.contains(&place) {
                in_groups.entry(vote.event_id).or_default().insert(vote.participant_id);
            }
        }
        let most = in_groups.into_iter().map(|(event, who)| (event, who.len() as u32)).collect();
        Self { last, grouped, most }
    }

    fn judge(&mut self, version: &Version, post: PostId, votes: u32, wrongs: &mut Wrongs) {
        let place = (version.event, post);
        let (least, most) = if self.grouped.contains(&place) {
            (0, self.most.get(&version.event).copied().unwrap_or(0))
        } else {
            let last = self.last.get(&place).map_or(&[][..], Vec::as_slice);
            let count =
                |like: &dyn Fn(Rev, bool) -> bool| last.iter().filter(|(rev, up)| like(*rev, *up)).count() as u32;
            // If a person's last vote is not later than this version, it counts. Otherwise their
            // vote is unknown.
            (count(&|rev, up| rev <= version.rev && up), count(&|rev, up| rev > version.rev || up))
        };
        if !(least..=most).contains(&votes) {
            wrongs.note(|| format!("{version:?} showed {post} with {votes} votes; it had {least} to {most}"));
        }
    }
}

/// Frames sent to the wrong client, and results and questions of another event.
pub(super) fn astray(observations: &Observations, snapshot: &DbSnapshot) -> Wrongs {
    let mut wrongs = observations.astray.clone();
    for (version, observation) in &observations.contents {
        let foreign = |activity: Option<ActivityId>| {
            let stored = activity.and_then(|activity| snapshot.activities.get(&activity));
            stored.is_some_and(|stored| stored.event_id != version.event)
        };
        let astray = match &observation.content {
            Content::Stage(stage) => foreign(stage.activity.as_ref().map(|it| it.id)),
            Content::Results(results) => foreign(results.activity),
            _ => false,
        };
        if astray {
            wrongs.note(|| format!("{version:?} was {:?}", observation.content));
        }
    }
    // Questions of different events can have the same number, but not the same wording.
    let wordings: HashMap<_, _> = snapshot.posts.iter().map(|post| (post.text.as_str(), post.event_id)).collect();
    for (version, observation) in observations.in_order(TopicKey::Posts) {
        let Content::Posts(posts) = &observation.content else { continue };
        for shown in posts.posts.values().filter(|it| wordings.get(it.text.as_str()) != Some(&version.event)) {
            wrongs.note(|| format!("{version:?} showed “{}”", shown.text));
        }
    }
    wrongs
}
