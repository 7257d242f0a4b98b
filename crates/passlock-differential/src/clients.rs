//! The clients that run vectors.

use passlock_vectors::{Flavour, Outcome, Runner, Suite, Vector};

/// One of them.
pub trait Client {
    /// Its name in what is said of it.
    fn name(&self) -> &str;

    /// Runs a vector.
    fn observe(&mut self, vector: &Vector) -> Outcome;
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

    fn observe(&mut self, vector: &Vector) -> Outcome {
        self.runner.observe(vector)
    }
}
