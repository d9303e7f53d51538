//! What has to hold for every input, however broken. One module for each reader of what others wrote; each has a
//! `check` that panics where a promise is broken. libFuzzer drives them from `fuzz_targets/`, and `cargo test` replays
//! the files of `seeds/` through the same functions.

pub mod policy;
pub mod review;
pub mod units;
pub mod yaml;
