//! `passlock-vectors [FILTER]` runs the vectors; `passlock-vectors generate` writes the generated ones.

use std::process::ExitCode;

use passlock_vectors::{Suite, Tally, folder, observe_clients, tables};

fn main() -> ExitCode {
    let argument = std::env::args().nth(1).unwrap_or_default();
    let done = if argument == "generate" { generate() } else { run(&argument) };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            say(&why);
            ExitCode::FAILURE
        }
    }
}

/// Runs the vectors whose names contain `filter`. Whether all passed.
fn run(filter: &str) -> Result<bool, String> {
    let suite = Suite::load(&folder())?;
    for name in &suite.left_out {
        say(&format!("left out, since Rust can't say it: {name}"));
    }
    let mut all = true;
    for (flavour, outcomes) in observe_clients(&suite, filter)? {
        let tally = Tally::of(flavour, &outcomes);
        for (name, complaints) in &tally.failed {
            say(&format!("{} {name}\n    {}", flavour.name(), complaints.join("\n    ")));
        }
        say(&tally.to_string());
        all &= tally.failed.is_empty();
    }
    Ok(all)
}

fn generate() -> Result<bool, String> {
    for (name, text) in tables::files() {
        let path = folder().join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(true)
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn say(line: &str) {
    println!("{line}");
}
