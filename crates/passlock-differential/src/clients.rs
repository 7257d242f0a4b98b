//! The clients that run vectors.

use passlock_vectors::{Flavour, Outcome, Runner, Suite};
use serde_json::Value;

/// One of them.
pub trait Client {
    /// Its name in reports.
    fn name(&self) -> &str;

    /// The language that a vector's `only` has to name.
    fn language(&self) -> &str {
        "rust"
    }

    /// The port of its emulator, once that is known.
    fn port(&self) -> Option<u16>;

    /// Runs a vector.
    ///
    /// # Errors
    ///
    /// There is no outcome at all, since the process has ended. The next vector may go well.
    fn observe(&mut self, vector: &Value) -> Result<Outcome, String>;
}

/// A Rust client, in this process.
#[derive(Debug)]
pub struct InProcess<'a> {
    name: &'static str,
    runner: Runner<'a>,
}

impl<'a> InProcess<'a> {
    /// Starts its emulator.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn start(suite: &'a Suite, flavour: Flavour) -> Result<Self, String> {
        Ok(Self { name: flavour.name(), runner: Runner::start(suite, flavour)? })
    }

    /// All Rust clients.
    ///
    /// # Errors
    ///
    /// An emulator does not start.
    pub fn start_all(suite: &'a Suite) -> Result<Vec<Box<dyn Client + 'a>>, String> {
        let start = |flavour| Ok(Box::new(Self::start(suite, flavour)?) as Box<dyn Client>);
        Flavour::ALL.into_iter().map(start).collect()
    }
}

impl Client for InProcess<'_> {
    fn name(&self) -> &str {
        self.name
    }

    fn port(&self) -> Option<u16> {
        Some(self.runner.port())
    }

    fn observe(&mut self, vector: &Value) -> Result<Outcome, String> {
        Ok(match serde_json::from_value(vector.clone()) {
            Ok(vector) => self.runner.observe(&vector),
            Err(error) => Outcome {
                name: String::new(),
                expectation: Value::Null,
                observation: Err(format!("it is no vector: {error}")),
            },
        })
    }
}
