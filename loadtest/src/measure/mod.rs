//! Measurements: delays as percentiles, and a process's CPU time and memory from `/proc`.

mod delays;
mod process;
mod processes;

pub use self::{
    delays::{Delays, Percentiles, median},
    process::{CpuReading, Process},
    processes::{MemoryOverTime, MemoryWatch, Processes},
};
