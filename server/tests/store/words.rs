//! What moderators decide of the words that people have sent.

use parterre_domain::{
    kinds::{ResultLimits, Reveal},
    tally::RunningTally,
};
use parterre_protocol::{Act, ActivityId, Control, Outcome, RefusalCode, Tally, WordsTally};
use parterre_store::Store;

use crate::{
    desk::Desk,
    room::{Host, Room, cid, cloud, refused, said},
};

/// The words of a tally that all see.
fn shown(tally: &RunningTally) -> Vec<(String, u32)> {
    match tally.view(ResultLimits { words: 10, others: 0 }, Reveal::Hidden) {
        Tally::Words(WordsTally { words, .. }) => words.into_iter().collect(),
        other => panic!("{other:?}"),
    }
}

async fn open_cloud(room: &Room<'_>) -> ActivityId {
    let activity = room.add(&cloud()).await;
    room.steer(Control::Open { activity }).await;
    let words = said(&["wordgone", "Ocean", "Mer"]);
    room.commit_one(room.answer(room.join().await, activity, words), 10).await;
    activity
}

pub(crate) async fn what_is_decided_of_words_lasts_and_is_undone(store: &Store, other_node: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    let (room, activity) = (&desk.room, open_cloud(&desk.room).await);
    let spelt = |word: &str, count| (word.to_owned(), count);
    let (before, hide) = (room.rev().await, cid());
    let act = Act::HideWord { activity, word: "Wordgone".to_owned() };
    for again in [false, true] {
        let acted = store.moderate(room.event, desk.link, hide, &act, 50).await.unwrap();
        assert_eq!(acted.outcome, Outcome::Stored { at: 50 });
        let rev = Some(before + 1);
        assert_eq!((acted.outline, acted.repeated), if again { (None, rev) } else { (rev, None) });
    }
    let merged = desk.act(Act::MergeWord { activity, word: "Ocean".to_owned(), into: "mer".to_owned() }).await;
    assert_eq!((merged.change, merged.outline), (None, Some(before + 2)));
    let room_there = other_node.room(room.event).await.unwrap().unwrap();
    assert_eq!(shown(&room_there.tally.unwrap()), [spelt("Mer", 2)]);
    assert_eq!(store.outline(room.event).await.unwrap().unwrap().activities, room_there.activities);
    let same = desk.act(Act::HideWord { activity, word: "WORDGONE".to_owned() }).await;
    assert_eq!((same.outline, room.rev().await), (None, before + 2), "it is so already");

    desk.act(Act::Undo { cid: hide }).await;
    assert_eq!(shown(&room.tally().await), [spelt("Mer", 2), spelt("wordgone", 1)]);
    desk.act(Act::RestoreWord { activity, word: "wordgone".to_owned() }).await;
    let stale = desk.try_act(desk.link, Act::Undo { cid: hide }).await;
    assert_eq!(refused(&stale.outcome), RefusalCode::Stale, "it was decided anew since");

    // In the next round too, and when the activity comes back.
    room.steer(Control::Reset { activity, round: 1 }).await;
    store.delete_activity(room.event, activity, 60).await.unwrap();
    let gone = desk.try_act(desk.link, Act::HideWord { activity, word: "Mer".to_owned() }).await;
    assert_eq!(refused(&gone.outcome), RefusalCode::Unknown);
    store.restore_activity(room.event, activity).await.unwrap();
    let kept = store.activities(room.event).await.unwrap();
    assert!(kept.iter().any(|kept| kept.id == activity && kept.words.len() == 1), "{kept:?}");
    let other = Room::draft(store, host).await;
    let elsewhere = store.moderate(other.event, desk.link, cid(), &act, 50).await.unwrap();
    assert_eq!(refused(&elsewhere.outcome), RefusalCode::Forbidden, "a link is good for one event");
}
