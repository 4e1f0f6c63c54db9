//! The database does not answer, answers too late, or answers where nobody hears it.
//!
//! Nothing here measures time: what must not hang is given [`HANG`], which is far more than any
//! deadline of the store.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use parterre::config::Config;
use parterre_live::{bus::LocalBus, hub::Hub};
use parterre_protocol::{Act, Control, Outcome};
use parterre_store::{Batch, Store, StoreError};
use parterre_system::{clock::Clock, metrics::Metrics};
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    desk::Desk,
    members,
    postgres::Postgres,
    relay::{Fault, Relay},
    room::{Host, Room, cid, settings},
};

/// What takes longer than this takes for ever.
const HANG: Duration = Duration::from_secs(60);

/// What must end.
async fn ends<T>(what: impl Future<Output = T>) -> T {
    timeout(HANG, what).await.expect("it ends")
}

/// A server with an owner, and a node that comes to it by a relay.
async fn world() -> (Postgres, Relay, Store, Store, Host) {
    let server = Postgres::start();
    let direct = Store::open(&server.url()).await.unwrap();
    let host = members::only_one_owner_is_ever_made(&direct, &direct).await;
    let relay = Relay::to(server.port()).await;
    let node = Store::open(&server.url_by(relay.port())).await.unwrap();
    (server, relay, node, direct, host)
}

/// A connection beside the store.
async fn connect(server: &Postgres) -> PgConnection {
    let options: PgConnectOptions = server.url().parse().unwrap();
    options.options([("default_transaction_read_only", "off")]).connect().await.unwrap()
}

/// The server's sessions of nodes.
async fn sessions(server: &Postgres) -> BTreeSet<i32> {
    let mut connection = connect(server).await;
    let asked = "SELECT pid FROM pg_stat_activity WHERE application_name = 'parterre'";
    let found: Vec<(i32,)> = sqlx::query_as(asked).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    found.into_iter().map(|(pid,)| pid).collect()
}

/// Has every connection of the node's pool be in use once.
async fn use_all(store: &Store) {
    let mut reads = JoinSet::new();
    for _ in 0..32 {
        let store = store.clone();
        reads.spawn(async move { store.has_owner().await });
    }
    reads.join_all().await.into_iter().for_each(|read| assert!(read.unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_holds_nobody_and_all_goes_on_when_it_thaws() {
    let (mut server, _relay, node, _direct, host) = world().await;
    let room = Room::running(&node, &host).await;
    let phone = room.join().await;
    let batch = Batch { responses: vec![room.pick(phone, 2)], ..Batch::default() };
    use_all(&node).await;

    server.freeze();
    let mut uses = JoinSet::new();
    for _ in 0..40 {
        let (store, batch, event) = (node.clone(), batch.clone(), room.event);
        uses.spawn(async move { store.commit(&batch, 7).await.map(drop) });
        let store = node.clone();
        uses.spawn(async move { store.room(event).await.map(drop) });
    }
    assert!(ends(node.check()).await.unwrap_err().is_retryable());
    let (control, act) = (Control::Lobby, Act::Show { on: true });
    assert!(ends(node.control(room.event, host.member, cid(), &control, 7)).await.unwrap_err().is_retryable());
    let moderated = node.moderate(room.event, parterre_store::Actor::Member(host.member), cid(), &act, 7);
    assert!(ends(moderated).await.unwrap_err().is_retryable());
    for used in ends(uses.join_all()).await {
        assert!(used.unwrap_err().is_retryable());
    }

    server.thaw();
    let committed = ends(async {
        loop {
            match node.commit(&batch, 9).await {
                Ok(committed) => break committed,
                Err(error) => assert!(error.is_retryable(), "{error}"),
            }
        }
    });
    let Outcome::Stored { at: 7 | 9 } = committed.await.responses[0] else { panic!("stored once, then or now") };
    assert_eq!(room.respondents().await, 1);
    use_all(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_the_network_forgot_are_thrown_away_and_the_first_commit_succeeds() {
    let (_server, relay, node, _direct, host) = world().await;
    let room = Room::running(&node, &host).await;
    let phone = room.join().await;
    use_all(&node).await;
    let before = relay.made();

    relay.drop_existing();
    let committed = ends(room.commit(vec![room.pick(phone, 1)], 7)).await;
    assert_eq!(committed.responses, [Outcome::Stored { at: 7 }]);
    use_all(&node).await;
    assert!(relay.made() > before, "by other connections");
    node.close().await;
    ends(relay.open_at_most(0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_answer_is_stored_once_while_the_server_is_restarted_by_its_operator() {
    let (mut server, _relay, node, _direct, host) = world().await;
    let room = Room::running(&node, &host).await;
    let phones = room.join_many(300).await;
    let (receipts, received) = tokio::sync::watch::channel(0);
    let sending = async {
        for (n, phone) in phones.iter().enumerate() {
            let batch = Batch { responses: vec![room.pick(*phone, 1)], ..Batch::default() };
            // A start that takes longer than the store is patient is the client's to wait for.
            while let Err(error) = node.commit(&batch, 7).await {
                assert!(error.is_retryable(), "{error}");
            }
            receipts.send_replace(n + 1);
        }
    };
    let restarting = async {
        for part in 1..=2 {
            let mut received = received.clone();
            received.wait_for(|count| *count > part * 100).await.unwrap();
            tokio::task::block_in_place(|| {
                server.shut_down();
                server.resume();
            });
        }
    };
    ends(async { tokio::join!(sending, restarting) }).await;
    assert_eq!(room.respondents().await, 300);
    use_all(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_cut_off_serves_again_by_itself() {
    let (_server, relay, node, _direct, host) = world().await;
    let room = Room::running(&node, &host).await;
    let phone = room.join().await;
    use_all(&node).await;
    relay.cut();
    let batch = Batch { responses: vec![room.pick(phone, 1)], ..Batch::default() };
    assert!(ends(node.commit(&batch, 7)).await.unwrap_err().is_retryable());
    assert!(ends(node.check()).await.unwrap_err().is_retryable());
    relay.heal();
    assert_eq!(ends(node.commit(&batch, 8)).await.unwrap().responses, [Outcome::Stored { at: 8 }]);
    use_all(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_freezes_while_it_goes_back_to_the_pool_is_not_waited_for() {
    let (_server, relay, node, _direct, _host) = world().await;
    // More rounds than the pool has connections: were one lost in each, none would be left.
    for _ in 0..6 {
        let mut reads = JoinSet::new();
        for _ in 0..8 {
            let node = node.clone();
            reads.spawn(async move { node.has_owner().await });
        }
        relay.drop_existing();
        // Whether a reading came through before does not matter.
        ends(reads.join_all()).await;
    }
    ends(async { while node.has_owner().await.is_err() {} }).await;
    use_all(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_is_found_stored_and_told_of() {
    let (_server, relay, node, direct, host) = world().await;
    let room = Room::running(&node, &host).await;
    let phone = room.join().await;
    let batch = Batch { responses: vec![room.pick(phone, 2)], ..Batch::default() };

    relay.break_at("COMMIT", Fault::LoseResponse);
    let committed = ends(node.commit(&batch, 7)).await.unwrap();
    let rev = room.rev().await;
    assert_eq!((committed.responses, committed.changes), (vec![Outcome::Stored { at: 7 }], vec![]));
    assert_eq!(committed.repeated, [(room.event, rev)], "nobody was told of it before");
    assert_eq!(room.respondents().await, 1);

    let control = Control::Close { activity: room.poll };
    relay.break_at("COMMIT", Fault::LoseResponse);
    let steered = ends(node.control(room.event, host.member, cid(), &control, 8)).await.unwrap();
    assert_eq!((steered.outcome, steered.rev), (Outcome::Stored { at: 8 }, None));
    assert_eq!(steered.repeated, Some(rev + 1), "nobody was told of it before");

    let desk = Desk::open(&node, &host).await;
    let act = Act::Show { on: true };
    relay.break_at("COMMIT", Fault::LoseResponse);
    let acted = ends(node.moderate(desk.room.event, desk.link, cid(), &act, 9)).await.unwrap();
    assert_eq!((acted.outcome, acted.change), (Outcome::Stored { at: 9 }, None));
    assert_eq!(acted.repeated, Some(desk.room.rev().await));

    // What has no cid is not done twice: who asked is told that it is unknown.
    let event = parterre_protocol::EventId::new(uuid::Uuid::new_v4());
    relay.break_at("COMMIT", Fault::LoseResponse);
    let made = ends(node.create_event(event, host.workspace, &settings("LOSTANSWER"), 1)).await;
    assert!(matches!(made, Err(StoreError::Unknown(_))), "{made:?}");
    assert!(direct.event(event).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_gone_in_the_middle_of_a_commit_lets_go_of_the_event() {
    let (_server, relay, node, direct, host) = world().await;
    let room = Room::running(&direct, &host).await;
    let (lost, other) = (room.join().await, room.join().await);
    let batch = Batch { responses: vec![room.pick(lost, 1)], ..Batch::default() };
    // Its `COMMIT` and all that follows never arrive, so the server holds the lock for it.
    relay.break_at("COMMIT", Fault::DropAll);
    let committing = tokio::spawn(async move { node.commit(&batch, 7).await });
    let committed = ends(async {
        loop {
            let batch = Batch { responses: vec![room.pick(other, 2)], ..Batch::default() };
            match direct.commit(&batch, 8).await {
                Ok(committed) => break committed,
                Err(error) => assert!(error.is_retryable(), "{error}"),
            }
        }
    });
    assert_eq!(committed.await.responses, [Outcome::Stored { at: 8 }]);
    let first = ends(committing).await.unwrap();
    assert!(first.is_err_and(|error| error.is_retryable()) || room.respondents().await == 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_switch_to_read_only_no_connection_is_kept() {
    let (server, _relay, node, direct, host) = world().await;
    direct.close().await;
    let room = Room::running(&node, &host).await;
    let phone = room.join().await;
    use_all(&node).await;
    let before = sessions(&server).await;
    let mut operator = connect(&server).await;
    for (switch, reset) in [("on", false), ("off", true)] {
        let set = format!("ALTER SYSTEM SET default_transaction_read_only = {switch}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(set)).execute(&mut operator).await.unwrap();
        sqlx::raw_sql("SELECT pg_reload_conf()").execute(&mut operator).await.unwrap();
        let stored = ends(async {
            loop {
                match node.commit(&Batch { responses: vec![room.pick(phone, 1)], ..Batch::default() }, 7).await {
                    // The server has not read the setting yet.
                    Ok(_) if !reset => {}
                    Ok(committed) => break Some(committed.responses),
                    Err(error) => {
                        assert!(error.is_retryable(), "{error}");
                        if !reset {
                            break None;
                        }
                    }
                }
            }
        });
        assert_eq!(stored.await, reset.then(|| vec![Outcome::Stored { at: 7 }]));
    }
    // Those that nobody happened to take since are found to be old when somebody does.
    use_all(&node).await;
    let after = sessions(&server).await;
    assert!(before.is_disjoint(&after), "{before:?} {after:?}");
    assert_eq!(room.respondents().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_no_room_for_another_connection_is_waited_for() {
    let server = Postgres::start_with(&["max_connections=8", "superuser_reserved_connections=0"]);
    let store = Store::open(&server.url()).await.unwrap();
    let host = members::only_one_owner_is_ever_made(&store, &store).await;
    let room = Room::running(&store, &host).await;
    let phone = room.join().await;
    store.close().await;

    let store = Store::open(&server.url()).await.unwrap();
    let room = Room { store: &store, ..room };
    let mut others: Vec<PgConnection> = Vec::new();
    let options: PgConnectOptions = server.url().parse().unwrap();
    while let Ok(connection) = options.connect().await {
        others.push(connection);
    }
    let mut reads = JoinSet::new();
    for _ in 0..32 {
        let (store, batch) = (store.clone(), Batch { responses: vec![room.pick(phone, 1)], ..Batch::default() });
        reads.spawn(async move { store.commit(&batch, 7).await });
    }
    for other in others {
        other.close().await.unwrap();
    }
    for committed in ends(reads.join_all()).await {
        assert_eq!(committed.unwrap().responses, [Outcome::Stored { at: 7 }]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_every_command_is_told_to_come_later() {
    let (mut server, _relay, node, direct, host) = world().await;
    let room = Room::running(&direct, &host).await;
    let phones = room.join_many(2000).await;
    let config = Config::default();
    let hub = Hub::start(node, Clock::standing(7), Metrics::new(), &config.node(), Arc::new(LocalBus::default()));

    server.freeze();
    let later = |outcome: &Outcome| matches!(outcome, Outcome::Later { retry_ms: 1000..=6000 });
    for _ in 0..2 {
        let receipts: Vec<_> = phones.iter().map(|phone| hub.committer.respond(room.pick(*phone, 1))).collect();
        let receipts = ends(futures_util::future::join_all(receipts)).await;
        assert!(receipts.iter().all(later), "{:?}", receipts.iter().find(|receipt| !later(receipt)));
    }
    server.thaw();
    for phone in &phones[..10] {
        let stored = async { while later(&hub.committer.respond(room.pick(*phone, 1)).await) {} };
        ends(stored).await;
    }
    // Commits that were under way when the server froze may have been done by it since.
    assert!((10..=2000).contains(&room.respondents().await));
}
