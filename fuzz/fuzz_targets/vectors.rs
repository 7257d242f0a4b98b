#![no_main]

#[path = "../checks/vectors.rs"]
mod vectors;

libfuzzer_sys::fuzz_target!(|input: &[u8]| vectors::check(input));
