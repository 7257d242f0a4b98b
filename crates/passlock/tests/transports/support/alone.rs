//! Tests of what belongs to the whole process: environment, threads, open files, signals.

use std::env;
use std::process::{Command, ExitStatus};

const MARK: &str = "PASSLOCK_TEST_ALONE";

/// Whether this process was started to run the test of this name only.
pub(crate) fn in_child(name: &str) -> bool {
    env::var_os(MARK).is_some_and(|running| running == name)
}

/// Runs the test of this name again, in a process of its own with this environment (`None` removes a variable).
pub(crate) fn run_alone(name: &str, environment: &[(&str, Option<&str>)]) {
    assert_passed(outcome_alone(name, environment));
}

/// The same in a process that gets no more memory than this, in KiB.
#[cfg(target_os = "linux")]
pub(crate) fn run_alone_with_memory(name: &str, kib: u32) {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {kib} && exec \"$0\" \"$@\"")]).arg(env::current_exe().unwrap());
    // Each thread's heap would take 64 MiB of addresses.
    assert_passed(run_by(command, name, &[("MALLOC_ARENA_MAX", Some("1"))]));
}

/// How such a process ends, and what it writes.
pub(crate) fn outcome_alone(name: &str, environment: &[(&str, Option<&str>)]) -> (ExitStatus, String) {
    run_by(Command::new(env::current_exe().unwrap()), name, environment)
}

fn assert_passed((status, text): (ExitStatus, String)) {
    assert!(status.success(), "{status} {text}");
    // A name that has changed would run nothing, and succeed.
    assert!(text.contains("1 passed"), "{text}");
}

fn run_by(mut command: Command, name: &str, environment: &[(&str, Option<&str>)]) -> (ExitStatus, String) {
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(MARK, name);
    for (name, value) in environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status, String::from_utf8_lossy(&text).into_owned())
}
