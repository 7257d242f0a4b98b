//! `doctor`: everything that a login needs, checked in the order in which a call needs it.
//!
//! What comes after a failure is skipped where it could say nothing new: so exactly what is wrong is named.

mod check;
mod network;
mod report;
mod service;
mod settings;
mod tls;

use passlock_core::Config;

use crate::args::CallArgs;
use crate::call::with_args;
use crate::failure::{Failure, human_message};
use crate::output;
use check::{Check, Report};

pub(crate) fn run(args: &CallArgs) -> Result<(), Failure> {
    let mut report = Report::default();
    let config = match config(args) {
        Ok(config) => Some(config),
        Err(error) => {
            report.push(Check::failed("settings", error, "correct this setting, and run the command again"));
            None
        }
    };
    report.settings = settings::list(args, config.as_ref());
    if let Some(config) = &config {
        examine(config, &mut report);
    }
    output::to_stdout(&if args.json { report.json() } else { report.text() })?;
    match report.is_good() {
        true => Ok(()),
        false => Err(Failure::Told { config: config.is_none() }),
    }
}

fn config(args: &CallArgs) -> Result<Config, String> {
    // One attempt: what fails now and then is worth knowing.
    let builder = Config::builder().environment(passlock_net::process_environment).max_retries(0);
    with_args(builder, args)
        .and_then(|builder| Ok(builder.build()?))
        .map_err(|failure| human_message(&failure))
}

fn examine(config: &Config, report: &mut Report) {
    report.push(Check::ok("settings", "complete"));
    let Some(stream) = network::connect(config, report) else { return };
    if config.endpoint().is_https() {
        if !tls::shake_hands(config, stream, report) {
            return;
        }
    } else {
        report.push(Check::skipped("tls", "the endpoint uses http"));
    }
    service::ask(config, report);
}
