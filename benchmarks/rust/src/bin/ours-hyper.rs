//! The crate passlock-hyper.

use clap::Parser;
use passlock_benchmarks::measure::{Arguments, run_async};
use passlock_benchmarks::{KEY, TENANCY, TOKEN, on_demand};

fn main() {
    let arguments = Arguments::parse();
    let mut builder =
        passlock_hyper::Client::builder().endpoint(&arguments.endpoint).tenancy_id(TENANCY).api_key(KEY);
    if let Some(ca) = &arguments.ca {
        builder = builder.ca_certificates(std::fs::read(ca).expect("the certificate"));
    }
    let client = builder.build().expect("a client");
    let warm = client.clone();
    let call = move || {
        let client = client.clone();
        async move {
            client.exchange_token(TOKEN).await.expect("a principal");
        }
    };
    if arguments.calls > 0 {
        return run_async(&arguments, call);
    }
    let warm_up = move || {
        let client = warm.clone();
        async move { client.warm_up().await.expect("a connection") }
    };
    on_demand::run_async(call, Some(warm_up));
}
