//! `passlock-differential --seed N --count N`: random vectors through all clients.

use std::process::ExitCode;
use std::time::Instant;

use passlock_differential::clients::{Client, InProcess};
use passlock_differential::served::{Program, Served};
use passlock_differential::{Plan, generate, run};
use passlock_vectors::{Suite, folder, pretty};

fn main() -> ExitCode {
    // A client that panics is a difference, and reported as one; the emulator does in place of an error.
    std::panic::set_hook(Box::new(|_| {}));
    match differential() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            say(&why);
            ExitCode::FAILURE
        }
    }
}

fn differential() -> Result<bool, String> {
    let mut plan = Plan { seed: 1, first: 0, count: 1000, workers: 8, most_differences: 10 };
    let mut programs = Vec::new();
    let mut arguments = std::env::args().skip(1);
    let mut only_prints = false;
    while let Some(name) = arguments.next() {
        if name == "--print" {
            only_prints = true;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name} is a number, not {value}"));
        match name.as_str() {
            "--seed" => plan.seed = number()?,
            "--first" => plan.first = number()?,
            "--count" => plan.count = number()?,
            "--workers" => plan.workers = number()?,
            "--program" => {
                programs.push(
                    Program::parse(&value)
                        .ok_or("--program is NAME, LANGUAGE and a command, one word a line")?,
                );
            }
            _ => {
                return Err(format!(
                    "there is no {name}: --seed, --first, --count, --workers, --program, --print are all"
                ));
            }
        }
    }
    let suite = Suite::load(&folder())?;
    if only_prints {
        let vectors = (plan.first..plan.first + plan.count).map(|number| generate::vector(plan.seed, number));
        vectors.for_each(|vector| say(&vector.to_string()));
        return Ok(true);
    }
    let begun = Instant::now();
    let report = run(plan, &suite.defaults, &|| {
        let mut clients = InProcess::start_all(&suite)?;
        for program in &programs {
            clients.push(Box::new(Served::start(program, &suite.defaults)?) as Box<dyn Client>);
        }
        Ok(clients)
    });
    for difference in &report.differences {
        say(&format!("FAILED\n    {}\n{}", difference.complaints.join("\n    "), pretty(&difference.vector)));
    }
    for difference in &report.once_only {
        let name = difference.vector["name"].as_str().unwrap_or_default();
        say(&format!("failed once: {name}\n    {}", difference.complaints.join("\n    ")));
    }
    for why in &report.broken {
        say(why);
    }
    let seed = plan.seed;
    say(&format!(
        "seed {seed}: the model states {} of {}, {:.0?}",
        report.stated,
        report.passed,
        begun.elapsed()
    ));
    say(&format!("{} passed, {} failed", report.passed, report.differences.len()));
    Ok(report.differences.is_empty() && report.broken.is_empty() && report.passed == plan.count)
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn say(line: &str) {
    println!("{line}");
}
