//! The real command, run as a user runs it.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use passlock_emulator::{BlockingEmulator, EmulatorConfig, NewUser};
use serde_json::Value;

pub(crate) const TENANCY: &str = "tenancy-1";
pub(crate) const KEY: &str = "canary-api-key-1";
pub(crate) const SUB: &str = "user-1";
/// Nothing takes this long, unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// An emulator that knows one user.
pub(crate) fn emulator() -> BlockingEmulator {
    let user = NewUser::new("ada@example.com").sub(SUB).given_name("Ada");
    BlockingEmulator::start(EmulatorConfig::new().tenancy_id(TENANCY).api_key(KEY).user(user)).unwrap()
}

/// The command with nothing in its environment that it would read.
pub(crate) fn bare<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passlock-cli"));
    for (name, _) in std::env::vars_os() {
        let upper = name.to_string_lossy().to_uppercase();
        if ["PASSLOCK_", "CLICOLOR", "NO_COLOR"].iter().any(|prefix| upper.starts_with(prefix))
            || upper.ends_with("_PROXY")
        {
            command.env_remove(name);
        }
    }
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The commands, each as its words: `user get`, for example. The help lists them.
pub(crate) fn commands() -> Vec<Vec<String>> {
    commands_below(&[])
}

fn commands_below(words: &[String]) -> Vec<Vec<String>> {
    let help = run(bare([words, &["--help".to_owned()]].concat())).success();
    let Some((_, listed)) = help.split_once("\nCommands:\n") else { return vec![words.to_vec()] };
    let lines = listed.lines().take_while(|line| !line.is_empty());
    // What is indented further is the rest of a description.
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names = names.filter(|name| !name.is_empty());
    names.flat_map(|name| commands_below(&[words, &[name.to_owned()]].concat())).collect()
}

/// A script, whose `$0` is the command.
pub(crate) fn bash(script: &str) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", script, env!("CARGO_BIN_EXE_passlock-cli")]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The command, set up to call this emulator.
pub(crate) fn passlock<S: AsRef<OsStr>>(
    emulator: &BlockingEmulator,
    args: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = bare(args);
    command
        .env("PASSLOCK_ENDPOINT", emulator.endpoint())
        .env("PASSLOCK_TENANCY_ID", emulator.tenancy_id())
        .env("PASSLOCK_API_KEY", emulator.api_key());
    command
}

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// What was printed by a command that succeeded.
    #[track_caller]
    pub(crate) fn success(self) -> String {
        assert_eq!(self.status, Some(0), "{self:?}");
        assert_eq!(self.stderr, "");
        self.stdout
    }

    /// What was printed by a command that failed with this status.
    #[track_caller]
    pub(crate) fn failure(self, status: i32) -> String {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert_eq!(self.stdout, "");
        self.stderr
    }
}

#[track_caller]
pub(crate) fn run(mut command: Command) -> Run {
    finish(command.spawn().unwrap())
}

#[track_caller]
pub(crate) fn run_with_stdin(mut command: Command, input: &[u8]) -> Run {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // A command that refuses before it reads breaks the pipe.
    let _ = child.stdin.take().unwrap().write_all(input);
    finish(child)
}

/// Waits until a command has ended: one that does not end fails its test, and is ended.
#[track_caller]
pub(crate) fn finish(mut child: Child) -> Run {
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let status = ended(&mut child);
    Run { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

/// Reads a stream to its end, if there is one, while the command goes on.
fn collect(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut stream) = stream {
            stream.read_to_string(&mut text).unwrap();
        }
        text
    })
}

#[track_caller]
fn ended(child: &mut Child) -> Option<i32> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    panic!("the command did not end");
}

/// One line of JSON and nothing else.
#[track_caller]
pub(crate) fn json(text: &str) -> Value {
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// `passlock-cli emulate --json` as a process, which ends with this value.
pub(crate) struct Process {
    child: Child,
    pub(crate) ready: Value,
}

impl Process {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::of(bare([&["emulate", "--json", "--exit-with-stdin"], args].concat()))
    }

    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { ready: json(&line), child }
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Closes its standard input.
    pub(crate) fn close_stdin(&mut self) {
        drop(self.child.stdin.take());
    }

    /// The status it ended with.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> Option<i32> {
        ended(&mut self.child)
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
