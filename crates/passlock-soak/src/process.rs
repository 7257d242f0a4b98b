//! A client under test: a separate process, which is told when to go and when to rest, and reports the outcome of each call.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::resources::children;

/// How a client is started.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) command: Vec<String>,
}

impl Program {
    /// `NAME PROGRAM ARGUMENT ...`, each on a line of its own.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = text.lines().map(str::to_owned);
        let name = words.next()?;
        let command: Vec<String> = words.collect();
        (!command.is_empty()).then_some(Self { name, command })
    }
}

/// A running one. Dropping it ends it.
pub(crate) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Process {
    pub(crate) fn start(program: &Program, set_up: &Value) -> Result<Self, String> {
        let (first, arguments) = program.command.split_first().ok_or("there is no command")?;
        let mut child = Command::new(first)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Else glibc keeps memory for each thread that there ever was, which looks like a leak.
            .env("MALLOC_ARENA_MAX", "2")
            .spawn()
            .map_err(|error| format!("{first}: {error}"))?;
        let output = child.stdout.take().ok_or("it has no output")?;
        let input = child.stdin.take();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
        });
        let mut process = Self { child, input, lines };
        process.tell(&set_up.to_string())?;
        Ok(process)
    }

    pub(crate) fn tell(&mut self, line: &str) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("its input is closed")?;
        writeln!(input, "{line}")
            .and_then(|()| input.flush())
            .map_err(|error| format!("it has ended: {error}"))
    }

    /// Passes on its output until it rests, or until the time is over. Returns the process that rests.
    pub(crate) fn listen(&self, until: Instant, mut each: impl FnMut(&Value)) -> Result<Option<u64>, String> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    let said: Value =
                        serde_json::from_str(&line).map_err(|error| format!("it said {line:?}: {error}"))?;
                    if said["resting"] == true {
                        let started = u64::from(self.child.id());
                        return Ok(Some(if said["inside"] == true { last_child(started) } else { started }));
                    }
                    each(&said);
                }
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => return Err("it has ended by itself".to_owned()),
            }
        }
    }

    /// Ends its input, which must end it.
    pub(crate) fn end(mut self, within: Duration) -> Result<(), String> {
        drop(self.input.take());
        let until = Instant::now() + within;
        loop {
            match self.child.try_wait().map_err(|error| error.to_string())? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("it ended with {status}")),
                None if Instant::now() >= until => return Err("it does not end".to_owned()),
                None => thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

/// The process that one has been started for, where others make ready for it.
fn last_child(mut process: u64) -> u64 {
    while let Some(child) = children(process).first() {
        process = *child;
    }
    process
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
