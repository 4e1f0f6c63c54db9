//! The load test's parts, from one simulated phone to whole scenarios.
//!
//! They know nothing of the server but the protocol: whatever they find, any client would find. One
//! thread drives all phones, because it shares the machine with the server that it measures.

pub mod baseline;
pub mod bench;
pub mod broadcast;
pub mod client;
pub mod cluster;
pub mod cores;
pub mod cross_node;
pub mod crowd;
pub mod deploy;
pub mod disconnect;
pub mod facilitator;
pub mod faults;
pub mod hostile;
pub mod http;
pub mod join;
pub mod kinds;
pub mod ledger;
pub mod lines;
pub mod measure;
pub mod phones;
pub mod progress;
pub mod questions;
pub mod reconnects;
pub mod report;
pub mod room_test;
pub mod services;
pub mod slow_readers;
pub mod topic_cache;
pub mod vote;
