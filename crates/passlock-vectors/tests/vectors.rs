//! Both Rust clients against every vector, with a summary line that is always printed.

use std::process::ExitCode;

use passlock_vectors::{Flavour, Suite, folder, run_all};

fn main() -> ExitCode {
    let suite = Suite::load(&folder()).expect("the vectors load");
    let mut all = true;
    for flavour in [Flavour::Async, Flavour::Blocking] {
        let tally = run_all(&suite, flavour, "").expect("the vectors run");
        for (name, complaints) in &tally.failed {
            println!("{} {name}\n    {}", flavour.name(), complaints.join("\n    "));
        }
        println!("{tally}");
        all &= tally.failed.is_empty();
    }
    if all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
