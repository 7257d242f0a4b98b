//! Running vectors: one emulator, reset before each.

use std::fmt;
use std::net::TcpListener;

use passlock_emulator::{BlockingEmulator, JournalEntry};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::client::{Flavour, Given, Plan, Stop, from_error, run_hyper, run_reqwest, run_ureq};
use crate::compare::{Expectation, Observation, check};
use crate::emulator;
use crate::expand::Variables;
use crate::suite::{Suite, Vector};

/// A vector that was run, what was expected, and what was observed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The vector's name.
    pub name: String,
    /// What was expected.
    pub expectation: Value,
    /// What was observed, or why the vector could not be run.
    pub observation: Result<Observation, String>,
}

impl Outcome {
    /// What is wrong; empty for a pass.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        match &self.observation {
            Ok(observation) => check(&self.expectation, observation),
            Err(why) => vec![format!("it can't be run: {why}")],
        }
    }
}

/// How many vectors passed and failed in one flavour.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The flavour.
    pub flavour: Flavour,
    /// How many passed.
    pub passed: usize,
    /// The names of those that did not, with what is wrong.
    pub failed: Vec<(String, Vec<String>)>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} passed, {} failed", self.flavour.name(), self.passed, self.failed.len())
    }
}

impl Tally {
    /// Counts what was seen.
    #[must_use]
    pub fn of(flavour: Flavour, outcomes: &[Outcome]) -> Self {
        let complaints = outcomes.iter().map(|outcome| (outcome.name.clone(), outcome.complaints()));
        let (passed, failed): (Vec<_>, Vec<_>) =
            complaints.partition(|(_, complaints)| complaints.is_empty());
        Self { flavour, passed: passed.len(), failed }
    }
}

/// Runs all vectors, or those whose names contain `filter`, through all clients at once, since nearly all of it is
/// waiting.
///
/// # Errors
///
/// An emulator does not start, or no vector has such a name.
pub fn observe_clients(suite: &Suite, filter: &str) -> Result<[(Flavour, Vec<Outcome>); 3], String> {
    let outcomes = std::thread::scope(|scope| {
        let threads = Flavour::ALL.map(|flavour| scope.spawn(move || observe_all(suite, flavour, filter)));
        threads.map(|thread| thread.join().unwrap_or_else(|_| Err("a client's thread panicked".to_owned())))
    });
    let [reqwest, hyper, ureq] = outcomes;
    Ok([(Flavour::Reqwest, reqwest?), (Flavour::Hyper, hyper?), (Flavour::Ureq, ureq?)])
}

/// Runs all vectors, or those whose names contain `filter`, and returns what was observed for each.
///
/// # Errors
///
/// The emulator does not start, or no vector has such a name.
pub fn observe_all(suite: &Suite, flavour: Flavour, filter: &str) -> Result<Vec<Outcome>, String> {
    let runner = Runner::start(suite, flavour)?;
    let chosen: Vec<_> = suite.vectors.iter().filter(|vector| vector.name.contains(filter)).collect();
    if chosen.is_empty() {
        return Err(format!("there is no vector whose name contains `{filter}`"));
    }
    Ok(chosen.into_iter().map(|vector| runner.observe(vector)).collect())
}

/// A flavour, an emulator, and the other ports that vectors need.
#[derive(Debug)]
pub struct Runner<'a> {
    suite: &'a Suite,
    flavour: Flavour,
    runtime: Runtime,
    emulator: BlockingEmulator,
    variables: Variables,
    /// Listens and never accepts: connections open, and nothing comes.
    _silent: TcpListener,
}

impl<'a> Runner<'a> {
    /// Starts the emulator.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn start(suite: &'a Suite, flavour: Flavour) -> Result<Self, String> {
        let setting =
            |name: &str| suite.defaults.settings.get(name).and_then(Value::as_str).unwrap_or_default();
        let emulator = emulator::start(setting("tenancy_id"), setting("api_key"))?;
        let listen = || {
            let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
            let port = listener.local_addr().map_err(|error| error.to_string())?.port();
            Ok::<_, String>((listener, port))
        };
        let (silent, silent_port) = listen()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let mut variables = Variables::default();
        let endpoint = emulator.endpoint().to_owned();
        let port = endpoint.rsplit(':').next().unwrap_or_default().to_owned();
        variables.0.insert("endpoint", endpoint.into());
        variables.0.insert("port", port.into());
        variables.0.insert("silent", silent_port.to_string().into());
        let user_agent = concat!("passlock-rust/", env!("CARGO_PKG_VERSION"));
        variables.0.insert("user_agent", user_agent.into());
        Ok(Self {
            suite,
            flavour,
            runtime: runtime.map_err(|error| error.to_string())?,
            emulator,
            variables,
            _silent: silent,
        })
    }

    /// The port of the emulator.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.emulator.endpoint().rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default()
    }

    /// Runs one vector.
    #[must_use]
    pub fn observe(&self, vector: &Vector) -> Outcome {
        let mut variables = self.variables.clone();
        let expected = Expectation::new(vector, &self.suite.defaults).value;
        let observation = self.run(vector, &mut variables);
        let (expectation, observation) = match variables.expand(&expected) {
            Ok(expectation) => (expectation, observation),
            Err(why) => (expected, Err(why)),
        };
        Outcome { name: vector.name.clone(), expectation, observation }
    }

    fn run(&self, vector: &Vector, variables: &mut Variables) -> Result<Observation, String> {
        self.emulator.reset();
        for step in &vector.server {
            emulator::step(&self.emulator, step, variables)?;
        }
        let mut settings = self.suite.defaults.settings.clone();
        settings.extend(vector.settings.clone());
        let plan = Plan {
            settings: variables.object(&settings)?,
            environment: variables.object(&vector.environment)?,
            now: vector.now.clone(),
            call: variables.object(&vector.call)?,
        };
        let given = match self.flavour {
            Flavour::Reqwest => self.runtime.block_on(run_reqwest(&plan)),
            Flavour::Hyper => self.runtime.block_on(run_hyper(&plan)),
            Flavour::Ureq => run_ureq(&plan),
        };
        let journal = self.emulator.journal().iter().map(entry).collect();
        match given {
            Ok(Given { value, shown }) => Ok(Observation {
                outcome: json!({ "result": value }),
                journal,
                message: String::new(),
                texts: vec![shown],
            }),
            Err(Stop::Refused(error)) => Ok(Observation {
                outcome: json!({ "error": from_error(&error) }),
                journal,
                message: error.to_string(),
                texts: vec![error.to_string(), format!("{error:?}")],
            }),
            Err(Stop::Broken(why)) => Err(why),
        }
    }
}

/// An entry as the control API shows it.
fn entry(entry: &JournalEntry) -> Value {
    // Maps of strings and numbers: writing them can't fail.
    serde_json::to_value(entry).unwrap_or_default()
}
