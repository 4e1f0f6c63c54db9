//! One simulated phone against a peer that speaks the protocol by hand, so that the judge itself is
//! judged: it must send what it has to send, and notice what it has to notice.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{rc::Rc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use loadtest::{
    client::{Client, ConnectOptions, transport::Transport},
    crowd::{Crowd, CrowdTotals},
    http::Address,
};
use parterre_protocol::{ActivityId, Answer, Choice, ClientMessage, topics::Topic};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::LocalSet,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
const ACTIVITY: &str = "01930000-0000-7000-8000-000000000001";

/// The server's side of one connection.
struct Peer {
    socket: WebSocketStream<TcpStream>,
    /// The path that was asked for.
    path: String,
}

impl Peer {
    /// Accepts the next connection and upgrades it.
    async fn accept(listener: &TcpListener) -> Self {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut request).await.unwrap();
        }
        let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                      Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
        let path = String::from_utf8(request).unwrap().split(' ').nth(1).unwrap().to_owned();
        Self { socket: WebSocketStream::from_raw_socket(stream, Role::Server, None).await, path }
    }

    async fn send(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    /// Sends what a phone gets first.
    async fn send_first_frames(&mut self) {
        self.send(json!({"t": "hello", "v": 1, "now": 1, "ping_ms": 25000})).await;
        self.send(json!({"t": "full", "topic": "stage", "rev": 3, "data": {"event": {}}})).await;
        self.send(json!({"t": "full", "topic": "results", "rev": 4, "data": {"round": 0}})).await;
        self.send(json!({"t": "full", "topic": "me", "rev": 2, "data": {"participant": ACTIVITY, "responses": {}}}))
            .await;
    }

    /// The next command, as text.
    async fn receive(&mut self) -> String {
        let message = self.socket.next().await.unwrap().unwrap();
        message.into_text().unwrap().to_string()
    }

    async fn confirm(&mut self, command: &str) {
        let cid = serde_json::from_str::<Value>(command).unwrap()["cid"].clone();
        self.send(json!({"t": "receipt", "cid": cid, "status": "stored", "at": 77})).await;
    }
}

/// A phone, its crowd, and where it connects to.
async fn phone() -> (Rc<Client>, Rc<Crowd>, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Address::resolve(&format!("http://{}", listener.local_addr().unwrap())).await.unwrap();
    let path = "/api/v1/live?event=e&as=phone".to_owned();
    let way = ConnectOptions {
        address,
        path,
        head: String::new(),
        receive_buffer: None,
        watched: true,
        transport: Transport::Socket,
    };
    let crowd = Rc::new(Crowd::default());
    (Client::start(0, crowd.clone(), way, 1), crowd, listener)
}

async fn until(crowd: &Crowd, met: impl Fn(&CrowdTotals) -> bool) {
    crowd.until("the condition", ANSWER_TIMEOUT, met).await.unwrap();
}

fn answer() -> (ActivityId, u32, Answer) {
    (ACTIVITY.parse().unwrap(), 1, Answer::Choice(Choice { options: vec![2], other: None }))
}

#[tokio::test]
async fn an_answer_without_a_receipt_is_sent_again_unchanged_with_the_revs_held() {
    LocalSet::new()
        .run_until(async {
            let (phone, crowd, listener) = phone().await;
            let mut first = Peer::accept(&listener).await;
            assert_eq!(first.path, "/api/v1/live?event=e&as=phone");
            first.send_first_frames().await;
            until(&crowd, |seen| seen.joined == 1).await;
            let (activity, round, choice) = answer();
            phone.respond(activity, round, choice);
            let sent = first.receive().await;
            assert!(matches!(serde_json::from_str(&sent).unwrap(), ClientMessage::Respond { .. }));
            drop(first);

            let mut second = Peer::accept(&listener).await;
            assert_eq!(second.path, "/api/v1/live?event=e&as=phone&stage=3&results=4&me=2");
            second.send(json!({"t": "hello", "v": 1, "now": 1, "ping_ms": 25000})).await;
            assert_eq!(second.receive().await, sent);
            assert_eq!(crowd.seen().waiting(), 1);
            second.confirm(&sent).await;
            until(&crowd, |seen| seen.waiting() == 0).await;
            assert_eq!(phone.confirmed()[&(activity, round)].at, 77);
            assert_eq!((crowd.seen().comebacks, crowd.seen().troubles.len()), (1, 0));
            assert_eq!(crowd.seen().current_again.percentiles().unwrap().count, 1);
        })
        .await;
}

#[tokio::test]
async fn a_delta_that_does_not_fit_is_trouble_and_the_topic_is_asked_for_whole() {
    LocalSet::new()
        .run_until(async {
            let (phone, crowd, listener) = phone().await;
            let mut first = Peer::accept(&listener).await;
            first.send_first_frames().await;
            first.send(json!({"t": "delta", "topic": "results", "from": 4, "rev": 5, "patch": {"round": 1}})).await;
            until(&crowd, |seen| seen.showing(|score| score.round == 1) == 1).await;
            first.send(json!({"t": "delta", "topic": "results", "from": 4, "rev": 6, "patch": {"round": 2}})).await;
            let second = Peer::accept(&listener).await;
            assert_eq!(second.path, "/api/v1/live?event=e&as=phone&stage=3&me=2");
            assert_eq!(phone.topics().rev(Topic::Results), 0);
            assert_eq!(crowd.seen().troubles.len(), 1);
        })
        .await;
}

#[tokio::test]
async fn a_phone_that_is_told_not_to_come_back_stays_away() {
    LocalSet::new()
        .run_until(async {
            let (_phone, crowd, listener) = phone().await;
            let mut peer = Peer::accept(&listener).await;
            peer.send_first_frames().await;
            let frame = tokio_tungstenite::tungstenite::protocol::CloseFrame { code: 4500.into(), reason: "".into() };
            peer.socket.close(Some(frame)).await.unwrap();
            until(&crowd, |seen| seen.connected == 0 && seen.joined == 1 && !seen.troubles.is_empty()).await;
            assert_eq!(crowd.seen().troubles.keys().next().unwrap(), "the server closed with 4500");
        })
        .await;
}

#[tokio::test]
async fn a_command_put_off_is_sent_again_after_the_time_named() {
    LocalSet::new()
        .run_until(async {
            let (phone, crowd, listener) = phone().await;
            let mut peer = Peer::accept(&listener).await;
            peer.send_first_frames().await;
            let (activity, round, choice) = answer();
            phone.respond(activity, round, choice);
            let sent = peer.receive().await;
            let cid = serde_json::from_str::<Value>(&sent).unwrap()["cid"].clone();
            peer.send(json!({"t": "receipt", "cid": cid, "status": "later", "retry_ms": 5})).await;
            assert_eq!(peer.receive().await, sent);
            peer.confirm(&sent).await;
            until(&crowd, |seen| seen.stored == 1 && seen.later == 1).await;
        })
        .await;
}
