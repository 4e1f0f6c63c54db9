//! What strangers may send, thrown at the code that reads it: each module has one function that
//! takes any bytes, and panics where the code does not keep its promises. The fuzzer calls them
//! (`cargo xtask fuzz`); so do, for some seconds, the tests of the server
//! (`server/tests/hostile/mutated.rs`).

pub mod command;
pub mod frame;
