//! Tests of what belongs to the whole process: environment, threads, open files, signals.

use std::env;
use std::process::{Command, ExitStatus};

const MARK: &str = "PASSLOCK_TEST_ALONE";

/// Whether this process was started to run the test of this name alone.
pub(crate) fn in_child(name: &str) -> bool {
    env::var_os(MARK).is_some_and(|running| running == name)
}

/// Runs the test of this name again, in a process of its own with this environment (`None` removes a variable).
pub(crate) fn run_alone(name: &str, environment: &[(&str, Option<&str>)]) {
    let (status, text) = outcome_alone(name, environment);
    assert!(status.success(), "{status} {text}");
    // A name that has changed would run nothing, and succeed.
    assert!(text.contains("1 passed"), "{text}");
}

/// How such a process ends, and what it writes.
pub(crate) fn outcome_alone(name: &str, environment: &[(&str, Option<&str>)]) -> (ExitStatus, String) {
    let mut command = Command::new(env::current_exe().unwrap());
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
