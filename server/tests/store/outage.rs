//! The database goes away and comes back.

use parterre::store::{Batch, Store};
use tokio::sync::watch;

use crate::{
    postgres::Postgres,
    room::{Host, Room},
};

const PHONES: usize = 400;

/// Phones that send again until they have a receipt, while the server crashes under them.
pub(crate) async fn no_answer_is_lost_or_doubled_by_a_crash(server: &mut Postgres, host: &Host) {
    let store = Store::open(&server.url()).await.unwrap();
    let room = Room::running(&store, host).await;
    let phones = room.join_many(PHONES).await;
    let (receipts, mut received) = watch::channel(0);
    let sending = async {
        for (n, phone) in phones.iter().enumerate() {
            let batch = Batch { joins: vec![], responses: vec![room.pick(*phone, 1)], posts: vec![] };
            while let Err(error) = store.commit(&batch, n as i64).await {
                assert!(error.is_retryable(), "{error}");
            }
            receipts.send_replace(n + 1);
        }
    };
    let crashing = async {
        received.wait_for(|count| *count > PHONES / 4).await.unwrap();
        tokio::task::block_in_place(|| {
            server.crash();
            server.resume();
        });
    };
    tokio::join!(sending, crashing);
    assert_eq!(room.answered().await as usize, PHONES);
    store.close().await;
}
