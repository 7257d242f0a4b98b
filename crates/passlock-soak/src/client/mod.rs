//! The Rust clients under test, each in its own process. `README.md` says what such a process reads and writes.

mod asynchronous;
mod blocking;
mod work;

use std::sync::Arc;

use work::Work;

/// Runs as a client until the input ends.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let name = arguments.first().map(String::as_str);
    let work = Arc::new(Work::read(arguments.get(1).map(String::as_str))?);
    match name {
        Some("reqwest") => asynchronous::run::<passlock::Client>(&work),
        Some("hyper") => asynchronous::run::<passlock_hyper::Client>(&work),
        Some("ureq") => blocking::run(&work),
        other => Err(format!("there is no client {other:?}")),
    }
}
