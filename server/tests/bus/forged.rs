//! Redis is a place where others may speak: what they say is not believed.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use parterre_live::bus::{
    Hint, Notification,
    seal::Seal,
    wire::{self, NodeId},
};
use parterre_protocol::{EventId, Rev};
use parterre_system::metrics::BusMessageResult;

use crate::{
    nodes::{Nodes, TIMEOUT, until},
    redis::Redis,
};

/// Somebody who reaches Redis.
struct Stranger(BufReader<TcpStream>);

impl Stranger {
    fn new(redis: &Redis) -> Self {
        let address = redis.url().replace("redis://", "");
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        Self(BufReader::new(stream))
    }

    fn say(&mut self, words: &[&[u8]]) {
        let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            bytes.extend(format!("${}\r\n", word.len()).as_bytes());
            bytes.extend(*word);
            bytes.extend(b"\r\n");
        }
        self.0.get_mut().write_all(&bytes).unwrap();
    }

    /// The next line of an answer.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The next bytes that an answer holds.
    fn bulk(&mut self) -> Vec<u8> {
        let length: usize = self.line().strip_prefix('$').unwrap().parse().unwrap();
        let mut bytes = vec![0; length + 2];
        self.0.read_exact(&mut bytes).unwrap();
        bytes.truncate(length);
        bytes
    }

    fn publishes(&mut self, channel: &str, message: &[u8]) {
        self.say(&[b"PUBLISH", channel.as_bytes(), message]);
        assert!(self.line().starts_with(':'));
    }

    fn listens(&mut self, channel: &str) {
        self.say(&[b"SUBSCRIBE", channel.as_bytes()]);
        assert_eq!((self.line(), self.bulk(), self.bulk()), ("*3".to_owned(), b"subscribe".into(), channel.into()));
        assert_eq!(self.line(), ":1");
    }

    fn hears(&mut self) -> Vec<u8> {
        assert_eq!((self.line(), self.bulk()), ("*3".to_owned(), b"message".into()));
        self.bulk();
        self.bulk()
    }
}

fn channel(event: EventId) -> String {
    format!("parterre:{{{event}}}")
}

/// A notification that would have a room read, or that changes what it shows.
fn tempting(event: EventId, rev: Rev) -> [Notification; 2] {
    let hint = Hint::Changes { from: rev, answers: [].into(), forum: [].into() };
    [Notification { event, rev: rev + 1, hint }, Notification { event, rev: rev + 1000, hint: Hint::Resync }]
}

/// Messages that no node has made: under a guessed seal, under none, changed on the way, or
/// nonsense.
fn forgeries(event: EventId, rev: Rev, said: &[u8]) -> Vec<Vec<u8>> {
    let mut forged = Vec::new();
    for notification in tempting(event, rev) {
        let another = wire::encode(&Seal::with(b"guessed"), channel(event).as_bytes(), NodeId(7), &notification);
        // As nodes spoke that had no seal.
        forged.push([&[1], &another[1..34], &another[66..]].concat());
        forged.push(another);
    }
    let mut changed = said.to_vec();
    changed[32] ^= 1;
    forged.extend([changed, b"hello".to_vec(), Vec::new()]);
    forged
}

#[tokio::test]
async fn what_no_node_has_said_there_is_counted_and_changes_nothing() {
    let redis = Redis::start();
    let nodes = Nodes::two(&redis.url()).await;
    let (mut forger, mut spy) = (Stranger::new(&redis), Stranger::new(&redis));
    spy.listens(&channel(nodes.event));
    nodes.answer(0, 1).await;
    nodes.all_count(1).await;
    // What a node said, of joining or of the answer.
    let said = spy.hears();
    let (rev, before) = (nodes.rev().await, nodes.resyncs());
    let refused = || [0, 1].map(|node| nodes.bus_messages(node, BusMessageResult::Refused));
    assert_eq!(refused(), [0, 0]);

    let here = channel(nodes.event);
    let forged = forgeries(nodes.event, rev, &said);
    for message in &forged {
        forger.publishes(&here, message);
    }
    // Said by a node, but not there.
    forger.publishes(&channel(parterre_live::bus::EVERYWHERE), &said);
    let all = forged.len() as u64 + 1;
    // The second node is whoever did not say it, and knows what was said for a notification of
    // another.
    until("all were refused", || nodes.bus_messages(1, BusMessageResult::Refused) == all).await;
    assert_eq!((nodes.rev().await, nodes.resyncs()), (rev, before.clone()));
    assert!(nodes.rooms.iter().all(|room| room.rev() == rev));

    // What nodes say is believed as before.
    nodes.answer(1, 2).await;
    nodes.all_count(2).await;
    assert_eq!(nodes.resyncs(), before);
}
