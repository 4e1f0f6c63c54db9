//! One connection to one Redis process: it publishes, and says what it hears and when it ends.
//!
//! With RESP3 all goes over one connection. An older server needs one of its own for subscriptions,
//! and its channels are not sharded.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, ErrorKind, Pipeline, ProtocolVersion, PushInfo, PushKind,
    RedisResult, TlsCertificates, Value,
    aio::{MultiplexedConnection, PubSubSink},
};
use tokio::{sync::Mutex, task::AbortHandle, time::timeout};

use super::Trouble;

/// How long Redis may take to answer before it counts as lost.
pub(super) const ANSWER: Duration = Duration::from_secs(2);
/// How long it may take to connect, TLS and password included.
const CONNECT: Duration = Duration::from_secs(3);

/// What a link hears.
#[derive(Debug)]
pub(super) enum Heard<'a> {
    /// A message on a channel.
    Message {
        /// Which.
        channel: &'a [u8],
        /// What was said there.
        message: &'a [u8],
    },
    /// The server ended a subscription, asked for it or not.
    Unsubscribed(&'a [u8]),
    /// The connection is over.
    End,
}

/// What takes it, in the connection's own task: it must not wait.
pub(super) type Listener = Arc<dyn Fn(Heard<'_>) + Send + Sync>;

/// Where to connect and how.
#[derive(Clone)]
pub(super) struct RedisTarget {
    pub(super) info: ConnectionInfo,
    /// The certificates to trust, as PEM; none: those of the system.
    pub(super) ca: Option<Vec<u8>>,
}

/// A connection.
pub(super) struct RedisConnection {
    commands: MultiplexedConnection,
    /// Where subscriptions need a connection of their own.
    old: Option<Old>,
}

/// A connection of RESP2, which can do nothing but listen.
struct Old {
    sink: Mutex<PubSubSink>,
    listening: AbortHandle,
}

impl Drop for Old {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl RedisTarget {
    /// Whether it can be gone: whether there are certificates, and a use for them.
    pub(super) fn check(&self) -> RedisResult<()> {
        self.client(ProtocolVersion::RESP3).map(drop)
    }

    fn client(&self, protocol: ProtocolVersion) -> RedisResult<Client> {
        let redis = self.info.redis_settings().clone().set_protocol(protocol);
        let info = self.info.clone().set_redis_settings(redis);
        match &self.ca {
            Some(ca) => Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: Some(ca.clone()) }),
            None => Client::open(info),
        }
    }
}

impl RedisConnection {
    /// Connects, with the newest protocol that the server speaks.
    pub(super) async fn connect(target: &RedisTarget, listener: Listener) -> Result<Self, Trouble> {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(Some(ANSWER));
        let info_listener = listener.clone();
        let push = move |info: PushInfo| {
            hear(&*info_listener, &info);
            Ok::<_, ()>(())
        };
        let client = target.client(ProtocolVersion::RESP3)?;
        let newest = config.clone().set_push_sender(push);
        match client.get_multiplexed_async_connection_with_config(&newest).await {
            Ok(commands) => Ok(Self { commands, old: None }),
            Err(error) if is_old(&error) => {
                let client = target.client(ProtocolVersion::RESP2)?;
                let commands = client.get_multiplexed_async_connection_with_config(&config).await?;
                let pubsub = timeout(CONNECT, client.get_async_pubsub()).await;
                let (sink, mut stream) = pubsub.map_err(|_| Trouble::Silent)??.split();
                let listening = tokio::spawn(async move {
                    while let Some(message) = stream.next().await {
                        let channel = message.get_channel_name().as_bytes();
                        listener(Heard::Message { channel, message: message.get_payload_bytes() });
                    }
                    listener(Heard::End);
                });
                let old = Old { sink: Mutex::new(sink), listening: listening.abort_handle() };
                Ok(Self { commands, old: Some(old) })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether it can subscribe to sharded channels.
    pub(super) fn can_shard(&self) -> bool {
        self.old.is_none()
    }

    /// Asks for something.
    pub(super) async fn ask(&self, command: &redis::Cmd) -> Result<Value, Trouble> {
        Ok(self.commands.clone().send_packed_command(command).await?.extract_error()?)
    }

    /// Has all of this done; the first refusal is an error.
    pub(super) async fn run(&self, commands: &Pipeline) -> Result<(), Trouble> {
        let done = self.commands.clone().send_packed_commands(commands, 0, commands.len()).await?;
        for answer in done {
            answer.extract_error()?;
        }
        Ok(())
    }

    /// Begins or ceases to listen to channels.
    pub(super) async fn listen(&self, channels: &[String], verb: Verb, sharded: bool) -> Result<(), Trouble> {
        let Some(old) = &self.old else {
            let mut commands = redis::pipe();
            for channel in channels {
                commands.cmd(verb.command(sharded)).arg(channel);
            }
            return self.run(&commands).await;
        };
        let mut sink = old.sink.lock().await;
        let done = async {
            match verb {
                Verb::Subscribe => sink.subscribe(channels).await,
                Verb::Unsubscribe => sink.unsubscribe(channels).await,
            }
        };
        Ok(timeout(ANSWER, done).await.map_err(|_| Trouble::Silent)??)
    }

    /// Whether the server still answers, on every connection.
    pub(super) async fn probe(&self) -> Result<(), Trouble> {
        self.ask(&redis::cmd("PING")).await?;
        if let Some(old) = &self.old {
            let mut sink = old.sink.lock().await;
            timeout(ANSWER, sink.ping::<Value>()).await.map_err(|_| Trouble::Silent)??;
        }
        Ok(())
    }
}

/// Whether the server does not speak RESP3: it knows no `HELLO`, refuses it to us, or the version
/// in it.
fn is_old(error: &redis::RedisError) -> bool {
    let detail = error.detail().unwrap_or_default().to_lowercase();
    error.kind() == ErrorKind::RESP3NotSupported || error.code() == Some("NOPROTO") || detail.contains("'hello'")
}

/// Whether to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Subscribe,
    Unsubscribe,
}

impl Verb {
    const fn command(self, sharded: bool) -> &'static str {
        match (self, sharded) {
            (Self::Subscribe, false) => "SUBSCRIBE",
            (Self::Subscribe, true) => "SSUBSCRIBE",
            (Self::Unsubscribe, false) => "UNSUBSCRIBE",
            (Self::Unsubscribe, true) => "SUNSUBSCRIBE",
        }
    }
}

fn hear(listener: &(dyn Fn(Heard<'_>) + Send + Sync), info: &PushInfo) {
    let bytes = |place: usize| match info.data.get(place) {
        Some(Value::BulkString(bytes)) => bytes.as_slice(),
        _ => &[],
    };
    match info.kind {
        PushKind::Message | PushKind::SMessage => {
            listener(Heard::Message { channel: bytes(0), message: bytes(1) });
        }
        PushKind::SUnsubscribe | PushKind::Unsubscribe => listener(Heard::Unsubscribed(bytes(0))),
        PushKind::Disconnection => listener(Heard::End),
        _ => {}
    }
}
