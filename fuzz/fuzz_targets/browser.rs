#![no_main]

#[path = "../checks/browser.rs"]
mod browser;

libfuzzer_sys::fuzz_target!(|input: &[u8]| browser::check(input));
