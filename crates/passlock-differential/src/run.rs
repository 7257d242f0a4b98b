//! Runs many vectors, several at the same time, because nearly all of it is waiting.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use passlock_vectors::Defaults;

use crate::clients::Client;
use crate::generate;
use crate::model::Prediction;
use crate::shrink::shrink;
use crate::{Differ, Difference};

/// Clients nest calls as deep as what they are given: bodies of a vector nest ten thousand deep.
const STACK: usize = 256 << 20;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Everything random is derived from it.
    pub seed: u64,
    /// The number of the first vector.
    pub first: u64,
    /// How many vectors.
    pub count: u64,
    /// How many at the same time.
    pub workers: u64,
    /// Stop after this many differences.
    pub most_differences: usize,
}

/// The outcome.
#[derive(Debug, Default)]
pub struct Report {
    /// How many passed.
    pub passed: u64,
    /// How many of those the model states.
    pub stated: u64,
    /// The vectors that differ, shrunk.
    pub differences: Vec<Difference>,
    /// The vectors that differed once and not again. A busy machine explains time limits that passed, and nothing else.
    pub once_only: Vec<Difference>,
    /// Workers that could not start.
    pub broken: Vec<String>,
}

/// Runs random vectors. Each worker has its own clients.
pub fn run<'a>(
    plan: Plan,
    defaults: &Defaults,
    clients: &(dyn Fn() -> Result<Vec<Box<dyn Client + 'a>>, String> + Sync),
) -> Report {
    let (next, report) = (AtomicU64::new(0), Mutex::new(Report::default()));
    let work = || {
        let mut differ = match clients() {
            Ok(clients) => Differ::new(clients, defaults),
            Err(why) => return with(&report, |report| report.broken.push(why)),
        };
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= plan.count
                || with(&report, |report| report.differences.len()) >= plan.most_differences
            {
                return;
            }
            one(&mut differ, plan.seed, plan.first + number, &report);
        }
    };
    thread::scope(|scope| {
        for _ in 0..plan.workers.clamp(1, plan.count.max(1)) {
            if let Err(why) = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work) {
                with(&report, |report| report.broken.push(why.to_string()));
            }
        }
    });
    report.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn one(differ: &mut Differ<'_>, seed: u64, number: u64, report: &Mutex<Report>) {
    // A vector of which nobody can state the outcome is replaced by another one.
    let predicted = (0..100).map(|again| generate::vector(seed, number | again << 48)).find_map(|vector| {
        match differ.predict(&vector) {
            Prediction::Skipped(_) => None,
            prediction => Some((vector, matches!(prediction, Prediction::Stated(_)))),
        }
    });
    let Some((vector, is_stated)) = predicted else {
        return with(report, |report| {
            report.broken.push(format!("no vector can be made of number {number}"))
        });
    };
    let difference = differ.difference(&vector);
    with(report, |report| report.once_only.append(&mut differ.take_once_only()));
    match difference {
        None => with(report, |report| {
            report.passed += 1;
            report.stated += u64::from(is_stated);
        }),
        Some(found) => {
            let small = shrink(differ, found);
            with(report, |report| report.differences.push(small));
        }
    }
}

fn with<T>(report: &Mutex<Report>, change: impl FnOnce(&mut Report) -> T) -> T {
    change(&mut report.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
}
