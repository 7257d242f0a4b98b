//! passlock-blocking.

use clap::Parser;
use passlock_benchmarks::measure::{Arguments, run_blocking};
use passlock_benchmarks::{KEY, TENANCY, TOKEN, on_demand};

fn main() {
    let arguments = Arguments::parse();
    let mut builder =
        passlock_blocking::Client::builder().endpoint(&arguments.endpoint).tenancy_id(TENANCY).api_key(KEY);
    if let Some(ca) = &arguments.ca {
        builder = builder.ca_certificates(std::fs::read(ca).expect("the certificate"));
    }
    let client = builder.build().expect("a client");
    let call = || {
        client.exchange_token(TOKEN).expect("a principal");
    };
    match arguments.calls {
        0 => on_demand::run_blocking(call, Some(|| client.warm_up().expect("a connection"))),
        _ => run_blocking(&arguments, call),
    }
}
