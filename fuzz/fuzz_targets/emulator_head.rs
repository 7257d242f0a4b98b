#![no_main]

#[path = "../checks/emulator_head.rs"]
mod emulator_head;

libfuzzer_sys::fuzz_target!(|input: &[u8]| emulator_head::check(input));
