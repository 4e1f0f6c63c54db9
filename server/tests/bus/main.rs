//! Nodes that hear of each other over Redis: what each learns without asking the database, and how
//! it heals when Redis does not do what it should. Redis is a real one; the nodes share a database
//! and this process.

#![expect(clippy::unwrap_used, reason = "what cannot go on is a failed test")]

mod behind;
mod forged;
mod loss;
mod nodes;
mod ways;

use parterre_testkit::redis;
