//! passlock-blocking.

use clap::Parser;
use passlock_benchmarks::measure::{Arguments, run_blocking};
use passlock_benchmarks::{KEY, TENANCY, TOKEN};

fn main() {
    let arguments = Arguments::parse();
    let mut builder =
        passlock_blocking::Client::builder().endpoint(&arguments.endpoint).tenancy_id(TENANCY).api_key(KEY);
    if let Some(ca) = &arguments.ca {
        builder = builder.ca_certificates(std::fs::read(ca).expect("the certificate"));
    }
    let client = builder.build().expect("a client");
    run_blocking(&arguments, || {
        client.exchange_token(TOKEN).expect("a principal");
    });
}
