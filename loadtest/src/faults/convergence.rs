//! What must hold soon after everything has healed: all clients hold the same, which is what the
//! database holds; presence is exact; and no node uses more memory than before for as many
//! connections.

mod settling;

pub use self::settling::{Settled, settle};

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
    time::Duration,
};

use parterre_protocol::{
    ActivityId, Answer, Millis, ParticipantId, PostId, Rev,
    posts::PostState,
    topics::{Audience, Posts, Results, Topic},
};
use serde_json::Value;

use super::{
    check::{Verdict, Walls, counted},
    db_snapshot::{DbSnapshot, StoredPost},
    event_setup::EventSetup,
    history::History,
    observations::{Wrongs, audience},
};
use crate::client::Client;

/// Within this time all connections must hold the same, and presence must be exact.
pub const CONVERGENCE_LIMIT: Duration = Duration::from_secs(5);

/// Whatever has not settled within this time never will.
pub const CONVERGENCE_TIMEOUT: Duration = Duration::from_secs(40);

fn wrongs(told: Vec<String>) -> Wrongs {
    let mut wrongs = Wrongs::default();
    told.into_iter().for_each(|it| wrongs.note(|| it));
    wrongs
}

/// Topics that must be the same for all of an audience.
const SHARED: [Topic; 4] = [Topic::Stage, Topic::Results, Topic::Posts, Topic::Moderation];

/// Where clients of an event differ from the first client of their audience.
fn differences(gathering: &EventSetup, clients: &[Rc<Client>]) -> Vec<String> {
    let mut first: HashMap<(&'static str, usize), &Rc<Client>> = HashMap::new();
    let mut differences = Vec::new();
    for client in clients.iter().filter(|client| client.is_connected()) {
        let who = audience(as_what(client));
        for (place, topic) in SHARED.into_iter().enumerate() {
            let one = *first.entry((who, place)).or_insert(client);
            let (ours, theirs) = (client.topics(), one.topics());
            let (ours, theirs) = (ours.get(topic), theirs.get(topic));
            if ours.map(|held| &held.data) != theirs.map(|held| &held.data) {
                let name = &gathering.event.name;
                let [ours, theirs] = [(client, ours, theirs), (one, theirs, ours)].map(|(client, held, other)| {
                    let differs = held.map(|held| (held.rev, difference(&held.data, other.map(|other| &other.data))));
                    format!("{who} {} holds {differs:.400?}", client.number)
                });
                differences.push(format!("{name}: {topic:?} differs: {ours}, {theirs}"));
            }
        }
    }
    differences
}

/// How one value differs from another: the deepest value that contains all differences, and its
/// path.
fn difference(one: &Value, other: Option<&Value>) -> String {
    let (mut path, mut one, mut other) = (String::new(), one, other);
    while let (Value::Object(fields), Some(Value::Object(others))) = (one, other) {
        let mut differing = fields.iter().filter(|(name, value)| others.get(*name) != Some(value));
        match (differing.next(), differing.next()) {
            (Some((name, value)), None) if others.keys().all(|name| fields.contains_key(name)) => {
                path.push('/');
                path.push_str(name);
                (one, other) = (value, others.get(name));
            }
            _ => break,
        }
    }
    format!("{path} {one}")
}

/// The audience of a client, from its address.
fn as_what(client: &Client) -> Audience {
    let path = client.path_as();
    [Audience::Phone, Audience::Screen, Audience::Studio, Audience::Moderator, Audience::Speaker]
        .into_iter()
        .find(|audience| path.contains(&format!("as={audience}")))
        .unwrap_or(Audience::Phone)
}

/// Clients that show a wrong presence.
fn miscounts(gathering: &EventSetup, clients: &[Rc<Client>]) -> Vec<String> {
    let phones = gathering.phones.borrow();
    let (joined, here) = (phones.len(), phones.iter().filter(|phone| !phone.gone).count());
    let watching = clients.iter().filter(|client| as_what(client) != Audience::Phone);
    let mut wrong = Vec::new();
    for client in watching {
        let topics = client.topics();
        let held = topics.get(Topic::Presence).map(|held| &held.data);
        let right = held.is_some_and(|held| {
            held["here"] == here && held["joined"] == joined && held["arriving"] == 0 && held["degraded"] == false
        });
        if !right {
            let name = &gathering.event.name;
            wrong.push(format!("{name}: client {} shows {held:?}; here are {here} of {joined}", client.number));
        }
    }
    wrong
}

/// Compares what clients hold at the end with the database: one client of each audience, since all
/// hold the same, and every phone's own data.
pub fn last(gatherings: &[Rc<EventSetup>], history: &History, snapshot: &DbSnapshot) -> Verdict {
    let mut wrongs = Wrongs::default();
    let mut own: HashMap<Own, Vec<&Answer>> = HashMap::new();
    for stored in &snapshot.answers {
        // Two answers of one commit have the same time.
        let place = (stored.participant_id, stored.activity_id, stored.round, stored.at);
        own.entry(place).or_default().extend(&stored.answer);
    }
    for gathering in gatherings {
        let mut looked_at = Vec::new();
        for client in gathering.clients() {
            let mut found = unconfirmed(&client, &own);
            let audience = as_what(&client);
            if !looked_at.contains(&audience) {
                looked_at.push(audience);
                found = found.or_else(|| untrue(gathering, &client, snapshot));
            }
            if let Some(why) = found {
                wrongs.note(|| format!("{}: {why}", history.clients[client.number].name));
            }
        }
    }
    Verdict::of("last-is-true", "what all hold in the end is what the database holds", wrongs)
}

fn untrue(gathering: &EventSetup, client: &Client, snapshot: &DbSnapshot) -> Option<String> {
    let topics = client.topics();
    let Some((event, stage)) = snapshot.events.get(&gathering.event.id).zip(topics.stage()) else {
        return Some("there is no stage".to_owned());
    };
    let staged = stage.activity.as_ref().map(|it| (it.id, it.state, it.round, it.results));
    let stored = event.staged.and_then(|id| snapshot.activities.get(&id));
    let expected = stored.map(|it| (it.id, it.state, it.round, it.results));
    if staged != expected || stage.event.state != event.state {
        return Some(format!("the stage is {staged:?}, stored is {expected:?}"));
    }
    if let Some(results) = topics.results() {
        if results.activity != event.staged {
            return Some(format!("results are of {:?}, on stage is {:?}", results.activity, event.staged));
        }
        if let Some(why) = miscounted(&results, snapshot) {
            return Some(why);
        }
    }
    topics.posts().and_then(|shown| misshown(gathering, &shown, snapshot))
}

fn miscounted(results: &Results, snapshot: &DbSnapshot) -> Option<String> {
    let round = (results.activity?, results.round);
    let texts = Walls::of(snapshot).differs(round, Rev::MAX, results);
    let differs = texts.unwrap_or_else(|| counted(snapshot, round.0, round.1).differs(results));
    differs.map(|expected| format!("results are {results:?}, the database counts {expected}"))
}

/// Compares a window of questions with the stored ones: its content, the votes, and the number of
/// published questions.
fn misshown(gathering: &EventSetup, shown: &Posts, snapshot: &DbSnapshot) -> Option<String> {
    let is_question = |post: &&StoredPost| post.event_id == gathering.event.id && post.activity_id.is_none();
    let posts = || snapshot.posts.iter().filter(is_question);
    let roots: HashMap<PostId, PostId> = posts().map(|post| (post.number, post.root)).collect();
    let mut supporters: BTreeMap<PostId, BTreeSet<_>> = BTreeMap::new();
    for vote in snapshot.votes.iter().filter(|vote| vote.event_id == gathering.event.id && vote.vote == 1) {
        if let Some(root) = roots.get(&vote.post) {
            supporters.entry(*root).or_default().insert(vote.participant_id);
        }
    }
    let visible: BTreeMap<_, _> = posts()
        .filter(|post| post.state == PostState::Published && post.merged_into.is_none())
        .map(|post| (post.number, post))
        .collect();
    if shown.published as usize != visible.len() {
        return Some(format!("{} are said to be published, {} are", shown.published, visible.len()));
    }
    shown.posts.iter().find_map(|(post, it)| {
        let votes = supporters.get(post).map_or(0, BTreeSet::len);
        let right = visible.get(post).is_some_and(|stored| stored.text == it.text) && it.votes as usize == votes;
        (!right).then(|| format!("{post} is shown as {it:?}, stored are {votes} votes and {:?}", visible.get(post)))
    })
}

/// Compares a phone's own answers with the stored ones. A real page also adds answers from
/// receipts. These clients do not, so their answers must be stored, but need not be the newest.
fn unconfirmed(client: &Client, own: &HashMap<Own, Vec<&Answer>>) -> Option<String> {
    let me = client.topics().me()?;
    me.responses.iter().find_map(|(activity, response)| {
        let stored = own.get(&(me.participant, *activity, response.round, response.at));
        let is_stored = stored.is_some_and(|stored| stored.contains(&&response.answer));
        (!is_stored).then(|| format!("`me` has {response:?} to {activity}; stored is {stored:?}"))
    })
}

/// Participant, activity, round, and time.
type Own = (ParticipantId, ActivityId, u32, Millis);
