//! Answers one by one, as exports read them.

use std::collections::BTreeMap;

use parterre_domain::event::EventSettings;
use parterre_protocol::{Answer, Control};
use parterre_store::{AnswerCursor, AnswerRecord, Batch, EventAnswers, Store};

use crate::room::{Host, Room, any_code, cloud, picked, said};

/// All answers to the activity at this place of the rundown.
async fn read(room: &Room<'_>, place: usize) -> Vec<AnswerRecord> {
    pages(room, place).await.concat()
}

/// The same, page by page.
async fn pages(room: &Room<'_>, place: usize) -> Vec<Vec<AnswerRecord>> {
    let EventAnswers { outline, mut reader, .. } = room.store.answers_of(room.event).await.unwrap().unwrap();
    let (mut cursor, mut all) = (AnswerCursor::default(), Vec::new());
    loop {
        let page = reader.page(&outline.activities[place], &mut cursor).await.unwrap();
        if page.is_empty() {
            assert_eq!(cursor, AnswerCursor::End);
            return all;
        }
        all.push(page);
    }
}

/// How often each answer was given in a round.
fn counted(records: &[AnswerRecord]) -> BTreeMap<(u32, String), u32> {
    let mut counts = BTreeMap::new();
    for record in records {
        *counts.entry((record.round, format!("{:?}", record.answer))).or_default() += record.count;
    }
    counts
}

pub(crate) async fn what_counts_is_read_once_over_many_pages(store: &Store, host: &Host) {
    const PEOPLE: usize = 6000;
    let room = Room::draft(store, host).await;
    let words = room.add(&cloud()).await;
    room.steer(Control::Open { activity: words }).await;
    let phones = room.join_many(PEOPLE).await;
    // Most are different, and the signs of several languages have one order on both databases.
    let word = |n: usize| said(&[&format!("{}{}", ["É", "e", "Z", "z", "ß"][n % 5], n / 2)]);
    let first: Vec<_> = (0..PEOPLE).map(|n| room.answer(phones[n], words, word(n))).collect();
    room.commit(first, 10).await;
    room.commit(vec![room.answer(phones[0], words, said(&[])), room.answer(phones[1], words, word(7))], 20).await;
    room.steer(Control::Reset { activity: words, round: 1 }).await;
    room.steer(Control::Open { activity: words }).await;
    let mut again = room.answer(phones[0], words, word(7));
    again.round = 2;
    room.commit(vec![again], 30).await;

    let pages = pages(&room, 1).await;
    assert!(pages.len() > 1, "there are more than one page holds");
    let records = pages.concat();
    let mut expected = BTreeMap::new();
    let answers = (2..PEOPLE).map(word).chain([word(7)]);
    answers.for_each(|answer| *expected.entry((1, format!("{answer:?}"))).or_default() += 1);
    expected.insert((2, format!("{:?}", word(7))), 1);
    assert_eq!(counted(&records), expected);
    assert_eq!(records.len(), expected.len(), "equal ones together");
    assert!(records.iter().all(|record| record.by.is_none()), "nobody was asked for a name");
}

pub(crate) async fn names_are_told_where_they_are_asked_for_and_of_others_nothing(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let mut joins = room.crowd(1102);
    for (n, join) in joins.iter_mut().enumerate().skip(2) {
        join.name = Some(format!("Person {n}"));
    }
    let phones: Vec<_> = joins.iter().map(|join| join.id).collect();
    store.commit(&Batch { joins, ..Batch::default() }, 3).await.unwrap();
    room.commit(phones.iter().map(|phone| room.pick(*phone, 1)).collect(), 10).await;

    let unnamed = read(&room, 0).await;
    assert_eq!(unnamed.len(), 1);
    assert_eq!((&unnamed[0].by, unnamed[0].count), (&None, 1102), "the event does not ask for names");

    let asking = EventSettings::parse("Annual meeting", &any_code(), true).unwrap();
    store.change_event(room.event, &asking).await.unwrap().unwrap();
    let records = read(&room, 0).await;
    let (named, others): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| record.by.is_some());
    assert_eq!(others, [AnswerRecord { round: 1, answer: picked(&[1], None), by: None, count: 2 }]);
    let mut names: Vec<_> = named.iter().filter_map(|record| record.by.clone()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), named.len()), (1100, 1100));
    assert!(named.iter().all(|record| record.count == 1 && record.by.as_ref().is_some_and(|(_, at)| *at == 10)));
}

pub(crate) async fn one_moment_is_read_whatever_comes_meanwhile(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let phones = room.join_many(3).await;
    room.commit(phones[..2].iter().map(|phone| room.pick(*phone, 1)).collect(), 10).await;
    let EventAnswers { outline, mut reader, .. } = store.answers_of(room.event).await.unwrap().unwrap();
    room.commit(vec![room.pick(phones[0], 2), room.pick(phones[2], 3)], 20).await;
    let page = reader.page(&outline.activities[0], &mut AnswerCursor::default()).await.unwrap();
    let one: Answer = picked(&[1], None);
    assert_eq!(page, [AnswerRecord { round: 1, answer: one, by: None, count: 2 }]);
    drop(reader);
    store.delete_event(room.event, 30).await.unwrap().unwrap();
    assert!(store.answers_of(room.event).await.unwrap().is_none());
}
