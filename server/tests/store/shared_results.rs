//! What of an event's results is shown to others.

use parterre_domain::{
    ids::LinkId,
    shared_results::{ResultsLink, SharedResults},
};
use parterre_protocol::ActivityId;
use parterre_store::Store;
use uuid::Uuid;

use crate::room::{Host, Room};

pub(crate) async fn changes_at_once_undo_nothing_of_each_other(store: &Store, other_node: &Store, host: &Host) {
    const CHANGES: u8 = 8;
    let room = Room::draft(store, host).await;
    let activity = |n| ActivityId::new(Uuid::from_bytes([n; 16]));
    let adds = (0..CHANGES).map(|n| {
        let node = [store, other_node][usize::from(n % 2)];
        node.share_results(room.event, move |mut shared| {
            shared.activities.insert(activity(n));
            shared
        })
    });
    for added in futures_util::future::join_all(adds).await {
        added.unwrap().unwrap();
    }
    let shared = store.shared_results(room.event).await.unwrap();
    assert_eq!(shared.activities, (0..CHANGES).map(activity).collect());
}

pub(crate) async fn a_link_leads_to_its_event_until_there_is_another(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    let link = |n| ResultsLink { id: LinkId::new(Uuid::from_bytes([n; 16])), expires_at: 50 };
    let share = async |n| {
        let wanted = move |shared| SharedResults { link: Some(link(n)), on_phones: true, ..shared };
        store.share_results(room.event, wanted).await.unwrap().unwrap()
    };
    let (first, rev) = share(1).await;
    assert_eq!((first.link, store.event(room.event).await.unwrap().unwrap().rev), (Some(link(1)), rev));
    assert!(store.event(room.event).await.unwrap().unwrap().results_shared);
    assert_eq!(store.event_of_results_link(link(1).id).await.unwrap(), Some(room.event));
    let (_, again) = share(2).await;
    assert_eq!(again, rev, "phones are told nothing that they know");
    assert_eq!(store.event_of_results_link(link(1).id).await.unwrap(), None);
    store.delete_event(room.event, 60).await.unwrap();
    assert_eq!(store.event_of_results_link(link(2).id).await.unwrap(), None);
    assert_eq!(store.shared_results(room.event).await.unwrap(), SharedResults::default());
    assert!(store.share_results(room.event, |shared| shared).await.unwrap().is_none());
}
