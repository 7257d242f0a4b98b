//! reqwest as its documentation uses it: one client, `bearer_auth`, `json()`; with `--limit` also a time limit.

use clap::Parser;
use passlock_benchmarks::KEY;
use passlock_benchmarks::measure::{Arguments, run_async};
use passlock_benchmarks::peer::{Principal, url};

fn main() {
    let arguments = Arguments::parse();
    rustls::crypto::ring::default_provider().install_default().expect("the first provider");
    let mut builder = reqwest::Client::builder();
    if let Some(ca) = &arguments.ca {
        let pem = std::fs::read(ca).expect("the certificate");
        builder = builder.add_root_certificate(reqwest::Certificate::from_pem(&pem).expect("a certificate"));
    }
    if let Some(limit) = arguments.time_limit() {
        builder = builder.timeout(limit);
    }
    let client = builder.build().expect("a client");
    let endpoint = arguments.endpoint.clone();
    run_async(&arguments, move || {
        let (client, endpoint) = (client.clone(), endpoint.clone());
        async move {
            let response = client.get(url(&endpoint)).bearer_auth(KEY).send().await.expect("an answer");
            let principal: Principal =
                response.error_for_status().expect("a success").json().await.expect("a principal");
            std::hint::black_box(principal);
        }
    });
}
