//! A client in another language: its vector runner, which stays up and takes one vector per line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use passlock_vectors::{Defaults, Expectation, Observation, Outcome};
use serde_json::Value;

use crate::clients::Client;

/// How such a runner is started.
#[derive(Clone, Debug)]
pub struct Program {
    /// The client's name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// The program and its arguments.
    pub command: Vec<String>,
}

impl Program {
    /// `NAME LANGUAGE PROGRAM ARGUMENT ...`, each on its own line.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.lines().map(str::to_owned);
        let (name, language) = (words.next()?, words.next()?);
        let command: Vec<String> = words.collect();
        (!command.is_empty()).then_some(Self { name, language, command })
    }
}

/// A running program.
#[derive(Debug)]
pub struct Served<'a> {
    program: &'a Program,
    defaults: &'a Defaults,
    process: Option<Process>,
    /// Of the process that runs.
    port: Option<u16>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl<'a> Served<'a> {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// There is no such program.
    pub fn start(program: &'a Program, defaults: &'a Defaults) -> Result<Self, String> {
        Ok(Self { program, defaults, process: Some(Process::start(program)?), port: None })
    }

    fn outcome(&self, vector: &Value, said: &Value) -> Result<Outcome, String> {
        let name = vector["name"].as_str().unwrap_or_default().to_owned();
        let parsed =
            serde_json::from_value(vector.clone()).map_err(|error| format!("it is no vector: {error}"))?;
        let known = said["known"].as_object().cloned().unwrap_or_default();
        let expectation = Expectation::new(&parsed, self.defaults).expanded(&known)?;
        let observation = match said["broken"].as_str() {
            Some(why) => Err(why.to_owned()),
            None => Ok(Observation {
                outcome: said["outcome"].clone(),
                journal: said["journal"].as_array().cloned().unwrap_or_default(),
                message: said["message"].as_str().unwrap_or_default().to_owned(),
                texts: said["texts"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
            }),
        };
        Ok(Outcome { name, expectation, observation })
    }
}

impl Client for Served<'_> {
    fn name(&self) -> &str {
        &self.program.name
    }

    fn language(&self) -> &str {
        &self.program.language
    }

    fn port(&self) -> Option<u16> {
        self.port
    }

    fn observe(&mut self, vector: &Value) -> Result<Outcome, String> {
        let process = match &mut self.process {
            Some(process) => process,
            none => none.insert(Process::start(self.program)?),
        };
        match process.ask(vector) {
            Ok(said) => {
                self.port = said["known"]["port"].as_str().and_then(|port| port.parse().ok());
                self.outcome(vector, &said)
            }
            Err(why) => {
                (self.process, self.port) = (None, None);
                Err(why)
            }
        }
    }
}

impl Process {
    fn start(program: &Program) -> Result<Self, String> {
        let failed = |why: String| format!("{}: {why}", program.name);
        let (first, arguments) =
            program.command.split_first().ok_or_else(|| failed("no command".to_owned()))?;
        let mut command = Command::new(first);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Ok(Self { child, input, output: BufReader::new(output) }),
            _ => Err(failed("it has no pipes".to_owned())),
        }
    }

    fn ask(&mut self, vector: &Value) -> Result<Value, String> {
        writeln!(self.input, "{vector}").map_err(|error| format!("it ended: {error}"))?;
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(0) => Err(format!("it ended: {:?}", self.child.wait())),
            Ok(_) => serde_json::from_str(&line).map_err(|error| format!("it said {line:?}: {error}")),
            Err(error) => Err(format!("it ended: {error}")),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends by itself when its input does, but may hang: that is what it is here for.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
