//! The database goes away and comes back.

use parterre_protocol::{Act, Vote};
use parterre_store::{Batch, Store};
use tokio::sync::watch;

use crate::{
    desk::{Desk, ask, number, vote},
    postgres::Postgres,
    room::{Host, Room, cid},
};

const PHONES: usize = 400;

/// Phones that send again until they have a receipt, while the server crashes under them.
pub(crate) async fn no_answer_is_lost_or_doubled_by_a_crash(server: &mut Postgres, host: &Host) {
    let store = Store::open(&server.url()).await.unwrap();
    let room = Room::running(&store, host).await;
    let phones = room.join_many(PHONES).await;
    let (receipts, received) = watch::channel(0);
    let sending = async {
        for (n, phone) in phones.iter().enumerate() {
            let batch = Batch { responses: vec![room.pick(*phone, 1)], ..Batch::default() };
            while let Err(error) = store.commit(&batch, n as i64).await {
                assert!(error.is_retryable(), "{error}");
            }
            receipts.send_replace(n + 1);
        }
    };
    tokio::join!(sending, crash(server, received));
    assert_eq!(room.respondents().await as usize, PHONES);
    store.close().await;
}

/// The same for phones that ask and vote, and a moderator who acts, each of whom goes on once there
/// is a receipt.
pub(crate) async fn no_question_vote_or_act_is_lost_or_doubled_by_a_crash(server: &mut Postgres, host: &Host) {
    let store = Store::open(&server.url()).await.unwrap();
    let desk = Desk::open(&store, host).await;
    desk.asked(1).await;
    let phones = desk.room.join_many(PHONES).await;
    let (receipts, received) = watch::channel(0);
    let sending = async {
        for (n, phone) in phones.iter().enumerate() {
            let posts = vec![desk.command(*phone, ask("Why?")), desk.command(*phone, vote(1, Vote::Up))];
            let batch = Batch { posts, ..Batch::default() };
            while let Err(error) = store.commit(&batch, n as i64).await {
                assert!(error.is_retryable(), "{error}");
            }
            let (cid, act) = (cid(), Act::Show { on: n % 2 == 0 });
            while let Err(error) = store.moderate(desk.room.event, desk.link, cid, &act, 50).await {
                assert!(error.is_retryable(), "{error}");
            }
            receipts.send_replace(n + 1);
        }
    };
    tokio::join!(sending, crash(server, received));
    let forum = desk.forum().await;
    assert_eq!((forum.posts().count(), forum.post(number(1)).unwrap().votes.up), (PHONES + 1, PHONES as u32 + 1));
    let acts = store.ledger(desk.room.event, i64::MAX, 2 * PHONES as u32).await.unwrap();
    assert_eq!(acts.len(), PHONES + 1, "each once, after the settings");
    store.close().await;
}

/// Crashes the server once a quarter of the receipts is there.
async fn crash(server: &mut Postgres, mut received: watch::Receiver<usize>) {
    received.wait_for(|count| *count > PHONES / 4).await.unwrap();
    tokio::task::block_in_place(|| {
        server.crash();
        server.resume();
    });
}
