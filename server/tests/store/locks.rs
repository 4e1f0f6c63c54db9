//! Transactions of all kinds at the same time, on two nodes: nobody waits in a circle.

use std::time::Duration;

use parterre_domain::{
    guessing::{ACCOUNT, NETWORK},
    ids::MemberId,
    member::Email,
};
use parterre_protocol::{Act, ActivityId, Control, EventId, ParticipantId, Vote};
use parterre_store::{Actor, Batch, Guess, Join, Store};
use sqlx::{Connection, PgConnection};
use tokio::{task::JoinSet, time::timeout};
use uuid::Uuid;

use crate::{
    desk::{Desk, ask, vote},
    members,
    postgres::Postgres,
    room::{any_code, cid, poll, settings},
};

const EVENTS: usize = 4;
const PHONES: usize = 12;
const ROUNDS: usize = 15;
/// What takes longer than this takes for ever.
const HANG: Duration = Duration::from_secs(240);

/// One event, with what its writers need of it.
#[derive(Clone)]
struct LockTargets {
    event: EventId,
    poll: ActivityId,
    phones: Vec<ParticipantId>,
    link: Actor,
}

/// What phones of several events send at once, in another order on each node, with devices that
/// come to both.
async fn commits(store: Store, places: Vec<LockTargets>, node: usize) {
    for round in 0..ROUNDS {
        let mut batch = Batch::default();
        for place in places.iter().cycle().skip(node * 2 + round).take(EVENTS) {
            for (n, phone) in place.phones.iter().enumerate() {
                let answer = crate::room::picked(&[(n % 3 + 1) as u16], None);
                let response = parterre_store::NewResponse {
                    cid: cid(),
                    event: place.event,
                    activity: place.poll,
                    round: 1,
                    version: parterre_protocol::PromptVersion::FIRST,
                    participant: *phone,
                    answer,
                };
                let command = if n % 4 == 0 { ask("Why?") } else { vote(n as u32 % 3 + 1, Vote::Up) };
                let (event, participant) = (place.event, *phone);
                let post = parterre_store::NewPostCommand { cid: cid(), event, participant, command, flagged: false };
                batch.responses.push(response);
                batch.posts.push(post);
                batch.joins.push(Join {
                    id: ParticipantId::new(Uuid::from_u128(event.uuid().as_u128() ^ ((n + node * 5) % PHONES) as u128)),
                    event,
                    name: Some(format!("{node} {round}")),
                });
            }
        }
        store.commit(&batch, round as i64 * 100_000).await.unwrap();
    }
}

/// What facilitators, moderators and the studio do meanwhile.
async fn acts(store: Store, place: LockTargets, member: MemberId, node: usize) {
    let email = Email::parse("a@example.org").unwrap();
    for round in 0..ROUNDS {
        let (event, on) = (place.event, round % 2 == 0);
        let control = if on { Control::Close { activity: place.poll } } else { Control::Open { activity: place.poll } };
        store.control(event, member, cid(), &control, 5).await.unwrap();
        store
            .moderate(event, place.link, cid(), &Act::Block { post: parterre_protocol::PostId::new(1), on }, 6)
            .await
            .unwrap();
        store.moderate(event, Actor::Member(member), cid(), &Act::Show { on }, 6).await.unwrap();
        let id = ActivityId::new(Uuid::new_v4());
        store.add_activity(event, id, &poll(true), None).await.unwrap();
        let order: Vec<_> = store.activities(event).await.unwrap().iter().rev().map(|activity| activity.id).collect();
        // Another node may have added or deleted one since.
        let _ = store.order_activities(event, &order).await.unwrap();
        store.delete_activity(event, id, 9).await.unwrap();
        store.change_event(event, &settings(&any_code())).await.unwrap().unwrap();
        let shared = [("account:ines", ACCOUNT), ("network:here", NETWORK)].map(|(key, brake)| (key.to_owned(), brake));
        let guess = Guess { own: format!("pair:{}", round % 2), shared: shared.into(), email: Some(email.clone()) };
        // Others may have guessed too often already.
        let _ = store.count_guess(&guess, round as i64 * 10_000).await.unwrap();
        let token = format!("{node} {round} {}", Uuid::new_v4());
        store.create_session(&token, member, 10, 1000 + round as i64).await.unwrap();
        store.end_session(&token).await.unwrap();
        store.take_back_guess(&guess).await.unwrap();
    }
}

/// What the server has counted, once so many transactions at least are in its figures.
async fn commits_and_deadlocks(server: &Postgres, at_least: i64) -> (i64, i64) {
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    let asked = "SELECT xact_commit, deadlocks FROM pg_stat_database WHERE datname = 'postgres'";
    loop {
        let (commits, deadlocks) = sqlx::query_as(asked).fetch_one(&mut connection).await.unwrap();
        if commits >= at_least {
            return (commits, deadlocks);
        }
        sqlx::raw_sql("SELECT pg_stat_clear_snapshot()").execute(&mut connection).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_all_kinds_on_two_nodes_never_wait_in_a_circle() {
    let server = Postgres::start();
    let nodes = [Store::open(&server.url()).await.unwrap(), Store::open(&server.url()).await.unwrap()];
    let host = members::only_one_owner_is_ever_made(&nodes[0], &nodes[1]).await;
    let mut places = Vec::new();
    for _ in 0..EVENTS {
        let desk = Desk::open(&nodes[0], &host).await;
        desk.asked(3).await;
        desk.room.steer(Control::Open { activity: desk.room.poll }).await;
        let phones = desk.room.join_many(PHONES).await;
        places.push(LockTargets { event: desk.room.event, poll: desk.room.poll, phones, link: desk.link });
    }
    let mut writers = JoinSet::new();
    for (node, store) in nodes.iter().enumerate() {
        for shift in 0..2 {
            writers.spawn(commits(store.clone(), places.clone(), node + shift * 3));
        }
        for place in &places {
            writers.spawn(acts(store.clone(), place.clone(), host.member, node));
        }
    }
    timeout(HANG, writers.join_all()).await.expect("they end");

    // A session tells its figures when it ends.
    for node in nodes {
        node.close().await;
    }
    let written = (4 * ROUNDS + 2 * EVENTS * ROUNDS * 9) as i64;
    let (commits, deadlocks) = commits_and_deadlocks(&server, written).await;
    println!("{commits} transactions, {deadlocks} deadlocks");
    assert_eq!(deadlocks, 0);
}
