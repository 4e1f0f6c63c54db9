//! What the server counts about itself, for `/metrics`.
//!
//! All metrics are declared in the table below. Handles are atomics found by index, cheap enough
//! for the hot path. The registry belongs to the server, not the process, so that one test can run
//! several servers.

use std::marker::PhantomData;

use parterre_domain::job::JobKind;
use parterre_protocol::{
    CloseCode, Outcome,
    topics::{Audience, Topic},
};
pub use prometheus::IntCounter;
use prometheus::{
    Histogram, HistogramOpts, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder, core::Collector,
};

/// Rows of one commit: from a quiet room to the default maximum, `live.commit_rows`.
const ROWS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0];
/// Seconds of one commit: 0.4 ms on a fast disk, 50 ms on a distant database; a second is an
/// outage.
const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// Seconds of one heartbeat: 1 ms with an idle database nearby, 50 ms if it counts a full room.
/// Over a second, other nodes would think this one dead.
const HEARTBEAT_SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0];

macro_rules! metrics {
    ($($field:ident: $kind:ty, $name:literal, $help:literal $(, $buckets:expr)?;)*) => {
        /// All metrics of one server. Clones count together.
        #[derive(Clone)]
        pub struct Metrics {
            registry: Registry,
            $(#[doc = $help] pub $field: $kind,)*
        }

        impl Metrics {
            /// Metrics that all start at zero.
            pub fn new() -> Self {
                let registry = Registry::new();
                $(let $field = <$kind>::register(&registry, HistogramOpts::new($name, $help)$(.buckets($buckets.to_vec()))?);)*
                Self { registry, $($field,)* }
            }
        }
    };
}

metrics! {
    connections: By<Audience, IntGauge>, "parterre_connections", "Live connections of this node.";
    joins: IntCounter, "parterre_joins_total", "Requests to join that were granted, including repeated ones.";
    unknown_codes: IntCounter, "parterre_unknown_codes_total", "Attempts to use a join code that no event has: mistyped or guessed.";
    admission_rejected: IntCounter, "parterre_admission_rejected_total", "Requests to join or connect that were told to retry later because the node was busy, full or stopping.";
    displaced: IntCounter, "parterre_displaced_total", "Live connections that a full node closed to make room for better-known clients: onlookers, and phones that had sent nothing.";
    commands: By<CommandResult, IntCounter>, "parterre_commands_total", "Commands by outcome.";
    acts: By<CommandResult, IntCounter>, "parterre_moderator_acts_total", "Moderators' actions by outcome.";
    timers: IntCounter, "parterre_timers_total", "Countdowns, openings and closings that this node carried out when they were due.";
    commit_rows: Histogram, "parterre_commit_rows", "Commands in one commit.", ROWS;
    commit_seconds: Histogram, "parterre_commit_seconds", "Duration of one commit.", SECONDS;
    heartbeat_seconds: Histogram, "parterre_heartbeat_seconds", "Duration of one heartbeat, in which the node reports its presence to the database and asks for changes.", HEARTBEAT_SECONDS;
    heartbeat_failures: IntCounter, "parterre_heartbeat_failures_total", "Heartbeats that failed or took too long.";
    nodes: IntGauge, "parterre_nodes", "Live nodes, including this one, as of the last heartbeat; 0 if there is only one by design.";
    clock_ahead: IntGauge, "parterre_clock_ahead_seconds", "How far the clock (the system's or the database's) is ahead of the time that the node uses, if it was set while the node runs; 0 if they agree.";
    frames_sent: By<Topic, IntCounter>, "parterre_frames_sent_total", "Topic frames written to sockets.";
    bytes_sent: IntCounter, "parterre_bytes_sent_total", "Bytes written to live connections.";
    closes: By<End, IntCounter>, "parterre_closes_total", "Live connections that ended, by close code; 1006 means that the connection broke.";
    bus_messages: By<BusMessageResult, IntCounter>, "parterre_bus_messages_total", "Messages between nodes by result. After dropped ones, a resync is sent. Refused ones were not sealed by a node of this database.";
    bus_up: IntGauge, "parterre_bus_up", "Whether the bus between nodes is connected: 1, or 0 while it is lost or if there is none.";
    bus_connects: IntCounter, "parterre_bus_connects_total", "Times that the bus was connected, including the first.";
    bus_errors: IntCounter, "parterre_bus_errors_total", "Times that the bus was lost or could not be connected.";
    room_resyncs: By<ResyncCause, IntCounter>, "parterre_room_resyncs_total", "Rooms reread from the database, by cause.";
    certificate_expiry: IntGauge, "parterre_certificate_expiry_timestamp_seconds", "When the node's certificate expires, in seconds since 1970; 0 without TLS.";
    certificate_failures: IntCounter, "parterre_certificate_failures_total", "Failed certificate renewals: the authority issued none, or the files cannot be used.";
    malformed: IntCounter, "parterre_http_malformed_total", "HTTP connections closed because of a malformed request.";
    idle_closed: IntCounter, "parterre_http_idle_closed_total", "Idle HTTP connections closed because a worker had too many, longest idle first.";
    jobs: ByBoth<JobKind, JobResult, IntCounter>, "parterre_jobs_total", "Attempts at background jobs by result; lost ones were taken over by another node.";
    jobs_waiting: By<JobKind, IntGauge>, "parterre_jobs_waiting", "Jobs that are due and not yet done, on all nodes together.";
    jobs_failed: By<JobKind, IntGauge>, "parterre_jobs_failed", "Jobs that failed for good, on all nodes together; each counts until a job with the same key succeeds, 30 days at most.";
    requests: By<StatusClass, IntCounter>, "parterre_http_requests_total", "HTTP requests answered, by status class.";
}

impl Metrics {
    /// All metrics in Prometheus' text format.
    pub fn render(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).expect("text is written to memory")
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// A label with a fixed set of values.
pub trait Label: Copy + 'static {
    /// The label's name.
    const NAME: &'static str;
    /// Every value, in the order of [`Label::index`].
    fn all() -> Vec<Self>;
    /// The value's index among all.
    fn index(self) -> usize;
    /// The value as text.
    fn text(self) -> String;
}

/// One metric per value of a label.
#[derive(Clone)]
pub struct By<L, M>(Vec<M>, PhantomData<L>);

impl<L: Label, M> By<L, M> {
    /// The one for this value.
    pub fn at(&self, label: impl Into<L>) -> &M {
        &self.0[label.into().index()]
    }
}

/// One metric per value of each of two labels.
#[derive(Clone)]
pub struct ByBoth<A, B, M>(Vec<M>, PhantomData<(A, B)>);

impl<A: Label, B: Label, M> ByBoth<A, B, M> {
    /// The one for these values.
    pub fn at(&self, one: A, other: B) -> &M {
        &self.0[one.index() * B::all().len() + other.index()]
    }
}

/// The result of an attempt at a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobResult {
    /// The job is done.
    Done,
    /// It failed and will be retried.
    Retried,
    /// It failed for the last time.
    Failed,
    /// Another node has taken it over.
    Lost,
}

/// The outcome of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandResult {
    /// Committed, or found to be committed already.
    Stored,
    /// Refused for good.
    Refused,
    /// To be resent.
    Later,
}

impl From<&Outcome> for CommandResult {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Stored { .. } => Self::Stored,
            Outcome::Refused { .. } => Self::Refused,
            Outcome::Later { .. } => Self::Later,
        }
    }
}

/// Why a room was reread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResyncCause {
    /// A notification said so, or did not continue what the room held.
    Notification,
    /// Notifications may have been missed.
    Lagged,
    /// The room was behind what a heartbeat said.
    Heartbeat,
}

/// What happened to a message between nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusMessageResult {
    /// Sent over the bus.
    Published,
    /// Received from another node.
    Received,
    /// Not sent, because the bus was lost or too slow.
    Dropped,
    /// Received, but not sealed by a node of this database, and ignored.
    Refused,
}

/// How a connection ended: with a code, or lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End(Option<CloseCode>);

impl From<Option<CloseCode>> for End {
    fn from(code: Option<CloseCode>) -> Self {
        Self(code)
    }
}

/// The first digit of an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusClass(u8);

impl From<u16> for StatusClass {
    fn from(status: u16) -> Self {
        Self((status / 100).clamp(1, 5) as u8)
    }
}

macro_rules! label {
    ($type:ty, $name:literal, $all:expr, $index:expr, $text:expr) => {
        impl Label for $type {
            const NAME: &'static str = $name;
            fn all() -> Vec<Self> {
                $all.into()
            }
            fn index(self) -> usize {
                let index: fn($type) -> usize = $index;
                index(self)
            }
            fn text(self) -> String {
                let text: fn($type) -> String = $text;
                text(self)
            }
        }
    };
}

label!(
    Audience,
    "audience",
    [Self::Phone, Self::Screen, Self::Studio, Self::Moderator, Self::Speaker],
    |it| it as usize,
    |it| it.to_string()
);
label!(
    Topic,
    "topic",
    [Self::Stage, Self::Results, Self::Posts, Self::Moderation, Self::Presence, Self::Me],
    |it| it as usize,
    lower_case
);
label!(CommandResult, "outcome", [Self::Stored, Self::Refused, Self::Later], |it| it as usize, lower_case);
label!(ResyncCause, "cause", [Self::Notification, Self::Lagged, Self::Heartbeat], |it| it as usize, lower_case);
label!(
    BusMessageResult,
    "result",
    [Self::Published, Self::Received, Self::Dropped, Self::Refused],
    |it| it as usize,
    lower_case
);
label!(JobKind, "kind", JobKind::ALL, |it| it as usize, |it| it.name().to_owned());
label!(JobResult, "result", [Self::Done, Self::Retried, Self::Failed, Self::Lost], |it| it as usize, lower_case);
label!(StatusClass, "status", [1, 2, 3, 4, 5].map(Self), |it| usize::from(it.0) - 1, |it| format!("{}xx", it.0));
label!(
    End,
    "code",
    std::iter::once(None).chain(CloseCode::ALL.map(Some)).map(Self).collect::<Vec<_>>(),
    |it| it.0.map_or(0, |code| CloseCode::ALL.iter().position(|one| *one == code).map_or(0, |place| place + 1)),
    |it| it.0.map_or(1006, CloseCode::code).to_string()
);

fn lower_case(value: impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

/// A kind of metric that the table can hold.
trait Register {
    fn register(registry: &Registry, opts: HistogramOpts) -> Self;
}

fn registered<M: Collector + Clone + 'static>(registry: &Registry, metric: prometheus::Result<M>) -> M {
    let metric = metric.expect("names and labels in the table are valid");
    registry.register(Box::new(metric.clone())).expect("names in the table are different");
    metric
}

impl Register for IntCounter {
    fn register(registry: &Registry, opts: HistogramOpts) -> Self {
        registered(registry, Self::with_opts(opts.common_opts))
    }
}

impl Register for IntGauge {
    fn register(registry: &Registry, opts: HistogramOpts) -> Self {
        registered(registry, Self::with_opts(opts.common_opts))
    }
}

impl Register for Histogram {
    fn register(registry: &Registry, opts: HistogramOpts) -> Self {
        registered(registry, Self::with_opts(opts))
    }
}

/// A kind of metric that exists once per value of a label, or per combination of several labels'
/// values.
trait Family: Sized {
    fn family(registry: &Registry, opts: Opts, labels: &[&str], values: &[Vec<String>]) -> Vec<Self>;
}

impl Family for IntCounter {
    fn family(registry: &Registry, opts: Opts, labels: &[&str], values: &[Vec<String>]) -> Vec<Self> {
        let family = registered(registry, IntCounterVec::new(opts, labels));
        values.iter().map(|values| family.with_label_values(values)).collect()
    }
}

impl Family for IntGauge {
    fn family(registry: &Registry, opts: Opts, labels: &[&str], values: &[Vec<String>]) -> Vec<Self> {
        let family = registered(registry, IntGaugeVec::new(opts, labels));
        values.iter().map(|values| family.with_label_values(values)).collect()
    }
}

impl<L: Label, M: Family> Register for By<L, M> {
    fn register(registry: &Registry, opts: HistogramOpts) -> Self {
        let values: Vec<_> = L::all().into_iter().map(|value| vec![value.text()]).collect();
        Self(M::family(registry, opts.common_opts, &[L::NAME], &values), PhantomData)
    }
}

impl<A: Label, B: Label, M: Family> Register for ByBoth<A, B, M> {
    fn register(registry: &Registry, opts: HistogramOpts) -> Self {
        let with_each = |one: A| B::all().into_iter().map(move |other| vec![one.text(), other.text()]);
        let values: Vec<_> = A::all().into_iter().flat_map(with_each).collect();
        Self(M::family(registry, opts.common_opts, &[A::NAME, B::NAME], &values), PhantomData)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown_under_its_label() {
        let metrics = Metrics::new();
        metrics.connections.at(Audience::Studio).inc();
        metrics.connections.at(Audience::Speaker).add(2);
        metrics.frames_sent.at(Topic::Moderation).inc();
        metrics.acts.at(&Outcome::Stored { at: 1 }).inc();
        metrics.frames_sent.at(Topic::Me).inc_by(3);
        metrics.commands.at(&Outcome::Later { retry_ms: 5 }).inc();
        metrics.closes.at(None).inc();
        metrics.closes.at(Some(CloseCode::Replaced)).inc_by(2);
        metrics.requests.at(404).inc();
        metrics.jobs.at(JobKind::ExpireRoomTests, JobResult::Retried).inc();
        metrics.jobs_failed.at(JobKind::ExpireReceipts).set(2);
        metrics.commit_rows.observe(7.0);
        let text = metrics.render();
        for line in [
            r#"parterre_connections{audience="studio"} 1"#,
            r#"parterre_connections{audience="phone"} 0"#,
            r#"parterre_connections{audience="speaker"} 2"#,
            r#"parterre_frames_sent_total{topic="moderation"} 1"#,
            r#"parterre_moderator_acts_total{outcome="stored"} 1"#,
            r#"parterre_frames_sent_total{topic="me"} 3"#,
            r#"parterre_commands_total{outcome="later"} 1"#,
            r#"parterre_closes_total{code="1006"} 1"#,
            r#"parterre_closes_total{code="4502"} 2"#,
            r#"parterre_http_requests_total{status="4xx"} 1"#,
            r#"parterre_jobs_total{kind="expire_room_tests",result="retried"} 1"#,
            r#"parterre_jobs_total{kind="expire_room_tests",result="done"} 0"#,
            r#"parterre_jobs_total{kind="expire_receipts",result="retried"} 0"#,
            r#"parterre_jobs_failed{kind="expire_receipts"} 2"#,
            r#"parterre_commit_rows_bucket{le="10"} 1"#,
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn two_servers_in_one_process_count_apart() {
        let (one, other) = (Metrics::new(), Metrics::new());
        one.clone().joins.inc();
        assert_eq!((one.joins.get(), other.joins.get()), (1, 0));
    }

    #[test]
    fn a_label_finds_its_own_value() {
        fn check<L: Label>() {
            assert!(L::all().into_iter().enumerate().all(|(place, value)| value.index() == place), "{}", L::NAME);
        }
        check::<Audience>();
        check::<Topic>();
        check::<CommandResult>();
        check::<End>();
        check::<ResyncCause>();
        check::<BusMessageResult>();
        check::<StatusClass>();
        check::<JobKind>();
        check::<JobResult>();
    }
}
