//! `passlock-soak --seconds N`: each client for a long time through a relay that misbehaves in every way a network can.

mod certificates;
mod client;
mod fate;
mod judge;
mod process;
mod relay;
mod resources;
mod service;
mod soak;

use std::process::ExitCode;

use process::Program;
use soak::Plan;

const RUST: [&str; 3] = ["reqwest", "hyper", "ureq"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        // What this program starts itself as.
        Some((first, rest)) if first == "client" => client::run(rest).map(|()| true),
        _ => run_all(&arguments),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            say(&why);
            ExitCode::FAILURE
        }
    }
}

fn run_all(arguments: &[String]) -> Result<bool, String> {
    let mut plan = Plan { seconds: 60, seed: fastrand::u64(..) };
    let mut programs = rust_clients()?;
    let mut only = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name} is a number, not {value}"));
        match name.as_str() {
            "--seconds" => plan.seconds = number()?,
            "--seed" => plan.seed = number()?,
            "--only" => only.push(value.clone()),
            "--program" => programs
                .push(Program::parse(value).ok_or("--program is NAME and a command, one word a line")?),
            _ => return Err(format!("there is no {name}: --seconds, --seed, --only, --program are all")),
        }
    }
    programs.retain(|program| only.is_empty() || only.contains(&program.name));
    let (mut passed, mut failed) = (0, 0);
    for program in &programs {
        let report = soak::run(plan, program);
        say(&report.summary);
        report.complaints.iter().for_each(|complaint| say(&format!("    {complaint}")));
        *if report.complaints.is_empty() { &mut passed } else { &mut failed } += 1;
    }
    say(&format!("{passed} passed, {failed} failed"));
    Ok(failed == 0 && passed > 0)
}

fn rust_clients() -> Result<Vec<Program>, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let command = |name: &str| vec![this.display().to_string(), "client".to_owned(), name.to_owned()];
    Ok(RUST.map(|name| Program { name: name.to_owned(), command: command(name) }).to_vec())
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn say(line: &str) {
    println!("{line}");
}
