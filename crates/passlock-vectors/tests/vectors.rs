//! All Rust clients against every vector, and the self-test of the comparison on what they observed. Without the usual
//! harness, so that the summary lines are always printed.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test says what went wrong by failing, and this one prints its counts"
)]

use std::process::ExitCode;

use passlock_vectors::{Suite, Tally, folder, observe_clients, unnoticed};

fn main() -> ExitCode {
    let suite = Suite::load(&folder()).expect("the vectors load");
    println!("{} vectors, {} of them not to be said in Rust", suite.all(), suite.left_out.len());
    let mut failures = 0;
    for (flavour, outcomes) in observe_clients(&suite, "").expect("the vectors run") {
        let tally = Tally::of(flavour, &outcomes);
        for (name, complaints) in &tally.failed {
            println!("{} {name}\n    {}", flavour.name(), complaints.join("\n    "));
        }
        failures += tally.failed.len();

        // What a failure observed says nothing about the comparison.
        let passed = outcomes.iter().filter(|outcome| outcome.complaints().is_empty());
        let (mut changes, mut missed) = (0, Vec::new());
        for (count, unnoticed) in passed.map(unnoticed) {
            changes += count;
            missed.extend(unnoticed);
        }
        for change in &missed {
            println!("self-test: {change}, and nothing was noticed");
        }
        println!("self-test: {changes} changes of what is expected, {} unnoticed", missed.len());
        println!("{tally}");
        assert!(changes > 10 * tally.passed, "a vector has more than ten leaves");
        failures += missed.len();
    }
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
