//! What must be so once all has healed: everybody holds the same, which is what the database holds, soon; who is here is
//! counted exactly; no node keeps more than before for as many connections.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
    time::Duration,
};

use parterre_protocol::{
    ActivityId, Answer, Millis, ParticipantId, PostId,
    posts::PostState,
    topics::{Audience, Posts, Results, Topic},
};
use serde::Serialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{
    check::{Verdict, counted},
    db_snapshot::Truth,
    event_setup::EventSetup,
    history::History,
    observations::{Wrongs, audience},
};
use crate::client::Client;

/// All connections must hold the same within this time, and who is here must be right.
pub const CONVERGENCE_LIMIT: Duration = Duration::from_secs(5);

/// What is not settled by then will not be.
pub const CONVERGENCE_TIMEOUT: Duration = Duration::from_secs(40);

/// How often everybody is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// How long after the last fault something was so, in seconds; none: it never was.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Settled {
    /// From the last fault's healing until every client was connected.
    pub connected: Option<f64>,
    /// From then until every command had its receipt.
    pub confirmed: Option<f64>,
    /// From then until all connections held identical topics.
    pub identical: Option<f64>,
    /// From the time when all were connected until presence was exact on all connections.
    pub present: Option<f64>,
}

/// Waits until everything is settled, for so long at most; gives how long each part took, and what was not settled in
/// words.
pub async fn settle(gatherings: &[Rc<EventSetup>], time_limit: Duration) -> (Settled, Vec<Verdict>) {
    let healed = Instant::now();
    let clients: Vec<_> = gatherings.iter().map(|it| it.clients()).collect();
    let all = || clients.iter().flatten();
    let since = |start: Instant| Some(start.elapsed().as_secs_f64());
    let mut settled = Settled::default();
    let apart = |connected: &mut Settled| -> Vec<String> {
        let absent: Vec<_> = all().filter(|client| !client.is_connected()).map(|client| client.number).collect();
        let waiting: Vec<_> = all().filter(|client| client.waiting() > 0).map(|client| client.number).collect();
        let mut apart = Vec::new();
        if !absent.is_empty() {
            apart.push(format!("not connected: clients {absent:?}"));
        } else if connected.connected.is_none() {
            connected.connected = since(healed);
        }
        if !waiting.is_empty() {
            apart.push(format!("without receipts: clients {waiting:?}"));
        } else if absent.is_empty() && connected.confirmed.is_none() {
            connected.confirmed = since(healed);
        }
        apart
    };
    let (mut last_connected, mut last_confirmed) = (None, None);
    let (mut returned, mut differing, mut miscounted) = (Vec::new(), Vec::new(), Vec::new());
    while healed.elapsed() < time_limit {
        returned = apart(&mut settled);
        if settled.connected.is_some() {
            last_connected.get_or_insert_with(Instant::now);
        }
        if settled.confirmed.is_some() {
            last_confirmed.get_or_insert_with(Instant::now);
        }
        differing = gatherings.iter().zip(&clients).flat_map(|(it, clients)| differences(it, clients)).collect();
        miscounted = gatherings.iter().zip(&clients).flat_map(|(it, clients)| miscounts(it, clients)).collect();
        // A time counts from when there was nothing left to wait for; what is so and then not so any more begins anew.
        match last_confirmed.filter(|_| differing.is_empty()) {
            Some(confirmed) => settled.identical = settled.identical.or_else(|| since(confirmed)),
            None => settled.identical = None,
        }
        match last_connected.filter(|_| miscounted.is_empty()) {
            Some(connected) => settled.present = settled.present.or_else(|| since(connected)),
            None => settled.present = None,
        }
        // What was confirmed last may not be shown yet, and all hold the same also without it.
        let all_shown = last_confirmed.is_some_and(|confirmed| confirmed.elapsed() > CONVERGENCE_LIMIT);
        if settled.identical.is_some() && settled.present.is_some() && all_shown {
            break;
        }
        sleep(POLL_INTERVAL).await;
    }
    let verdicts = vec![
        Verdict::of("all-return", "everybody is connected again, and every command has its receipt", wrongs(returned)),
        in_time("same-for-all", "all connections hold identical topics within 5 s", settled.identical, differing),
        in_time("presence", "who is here is exact on all connections within 5 s", settled.present, miscounted),
    ];
    (settled, verdicts)
}

fn in_time(name: &'static str, what: &str, after: Option<f64>, apart: Vec<String>) -> Verdict {
    let limit = CONVERGENCE_LIMIT.as_secs_f64();
    let late = after.filter(|after| *after > limit).map(|after| format!("it took {after:.1} s"));
    Verdict::of(name, what, wrongs(apart.into_iter().chain(late).collect()))
}

fn wrongs(told: Vec<String>) -> Wrongs {
    let mut wrongs = Wrongs::default();
    told.into_iter().for_each(|it| wrongs.note(|| it));
    wrongs
}

/// Topics that must be the same for all of an audience.
const SHARED: [Topic; 4] = [Topic::Stage, Topic::Results, Topic::Posts, Topic::Moderation];

/// What clients of an event hold otherwise than the first of their audience.
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
                    let alone = held.map(|held| (held.rev, alone(&held.data, other.map(|other| &other.data))));
                    format!("{who} {} holds {alone:.400?}", client.number)
                });
                differences.push(format!("{name}: {topic:?} differs: {ours}, {theirs}"));
            }
        }
    }
    differences
}

/// What is otherwise in one than in another: the deepest value that holds all differences, under its path.
fn alone(one: &Value, other: Option<&Value>) -> String {
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

/// As what a client is connected, from its address.
fn as_what(client: &Client) -> Audience {
    let path = client.path_as();
    [Audience::Phone, Audience::Screen, Audience::Studio, Audience::Moderator, Audience::Speaker]
        .into_iter()
        .find(|audience| path.contains(&format!("as={audience}")))
        .unwrap_or(Audience::Phone)
}

/// Where who is here is told otherwise than it is.
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

/// Compares what clients hold in the end with the database: of each audience one, since all hold the same, and every
/// phone's own.
pub fn last(gatherings: &[Rc<EventSetup>], history: &History, truth: &Truth) -> Verdict {
    let mut wrongs = Wrongs::default();
    let mut own: HashMap<Own, Vec<&Answer>> = HashMap::new();
    for stored in &truth.answers {
        // Two of one commit have one time.
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
                found = found.or_else(|| untrue(gathering, &client, truth));
            }
            if let Some(why) = found {
                wrongs.note(|| format!("{}: {why}", history.clients[client.number].name));
            }
        }
    }
    Verdict::of("last-is-true", "what all hold in the end is what the database holds", wrongs)
}

fn untrue(gathering: &EventSetup, client: &Client, truth: &Truth) -> Option<String> {
    let topics = client.topics();
    let Some((event, stage)) = truth.events.get(&gathering.event.id).zip(topics.stage()) else {
        return Some("there is no stage".to_owned());
    };
    let staged = stage.activity.as_ref().map(|it| (it.id, it.state, it.round, it.results));
    let stored = event.staged.and_then(|id| truth.activities.get(&id));
    let expected = stored.map(|it| (it.id, it.state, it.round, it.results));
    if staged != expected || stage.event.state != event.state {
        return Some(format!("the stage is {staged:?}, stored is {expected:?}"));
    }
    if let Some(results) = topics.results() {
        if results.activity != event.staged {
            return Some(format!("results are of {:?}, on stage is {:?}", results.activity, event.staged));
        }
        if let Some(why) = miscounted(&results, truth) {
            return Some(why);
        }
    }
    topics.posts().and_then(|shown| misshown(gathering, &shown, truth))
}

fn miscounted(results: &Results, truth: &Truth) -> Option<String> {
    let count = counted(truth, results.activity?, results.round);
    count.differs(results).map(|expected| format!("results are {results:?}, the database counts {expected}"))
}

/// A window of questions against the stored ones: what is in it, with how many votes, and how many are published.
fn misshown(gathering: &EventSetup, shown: &Posts, truth: &Truth) -> Option<String> {
    let posts = || truth.posts.iter().filter(|post| post.event_id == gathering.event.id);
    let roots: HashMap<PostId, PostId> = posts().map(|post| (post.number, post.root)).collect();
    let mut supporters: BTreeMap<PostId, BTreeSet<_>> = BTreeMap::new();
    for vote in truth.votes.iter().filter(|vote| vote.event_id == gathering.event.id && vote.vote == 1) {
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

/// A phone's own answers against the stored ones. A page adds its receipts to them by itself, which these clients do not:
/// what is held must be stored, and need not be the newest.
fn unconfirmed(client: &Client, own: &HashMap<Own, Vec<&Answer>>) -> Option<String> {
    let me = client.topics().me()?;
    me.responses.iter().find_map(|(activity, response)| {
        let stored = own.get(&(me.participant, *activity, response.round, response.at));
        let is_stored = stored.is_some_and(|stored| stored.contains(&&response.answer));
        (!is_stored).then(|| format!("`me` has {response:?} to {activity}; stored is {stored:?}"))
    })
}

/// By whom, to what, in which round, and when.
type Own = (ParticipantId, ActivityId, u32, Millis);
