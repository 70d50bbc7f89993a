//! The target of libFuzzer: `cargo +nightly fuzz run --features libfuzzer downcalls`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wpu_fuzz::run(data));
