//! Runs the example against the emulator.

use passlock_blocking::Client;
use passlock_emulator::{BlockingEmulator, EmulatorConfig, NewUser};

#[path = "../../../examples/threads/threads.rs"]
#[expect(dead_code, reason = "its main reads the process's environment and input")]
#[expect(unreachable_pub, reason = "as an example it is a crate of its own")]
mod threads;

#[test]
fn tokens_are_checked_by_several_threads() {
    let emulator = BlockingEmulator::start(EmulatorConfig::new()).unwrap();
    let client = Client::builder()
        .tenancy_id(emulator.tenancy_id())
        .api_key(emulator.api_key())
        .endpoint(emulator.endpoint())
        .build()
        .unwrap();
    let sub = emulator.add_user(NewUser::new("ada@example.com")).sub;
    let good: Vec<_> = (0..20).map(|_| emulator.issue_token(&sub).token).collect();
    let input = format!("{}\nunknown-token\n", good.join("\n"));
    let mut out = Vec::new();
    threads::check_all(&client, input.as_bytes(), &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert_eq!(out.lines().count(), 21);
    assert_eq!(out.lines().filter(|line| *line == format!("{sub} has logged in by passkey")).count(), 20);
    assert_eq!(out.lines().filter(|line| line.starts_with("not_found: ")).count(), 1);
    assert!(!out.contains("unknown-token"));
}
