#![no_main]
//! Runs `no502_fuzz::yaml::check` on inputs of libFuzzer.

libfuzzer_sys::fuzz_target!(|input: &[u8]| no502_fuzz::yaml::check(input));
