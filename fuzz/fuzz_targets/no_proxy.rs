#![no_main]

#[path = "../checks/no_proxy.rs"]
mod no_proxy;

libfuzzer_sys::fuzz_target!(|input: &[u8]| no_proxy::check(input));
