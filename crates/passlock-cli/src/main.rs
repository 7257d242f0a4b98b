//! The command `passlock-cli`: calls the Passlock API, or runs its emulator.

mod args;
mod browser;
mod call;
mod demo;
mod doctor;
mod emulate;
mod failure;
mod output;

use std::process::ExitCode;

use args::Command;
use failure::Failure;

fn main() -> ExitCode {
    match args::parse().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(args::wants_json()),
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(args) if args.browser => browser::run(&args),
        Command::Demo(_) => demo::run(),
        Command::Doctor(args) => doctor::run(&args.call),
        Command::Emulate(args) => emulate::run(args),
        Command::Exchange(args) => call::exchange(args),
        Command::User { command } => call::user(command),
    }
}
