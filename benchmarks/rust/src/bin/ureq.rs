//! ureq as its documentation uses it: one agent; with `--limit` also a time limit.
//!
//! It looks a name up at every call: with `--by-address` there is none.

use clap::Parser;
use passlock_benchmarks::measure::{Arguments, run_blocking};
use passlock_benchmarks::peer::{Principal, authorization, url};

fn main() {
    let arguments = Arguments::parse();
    let mut tls = ureq::tls::TlsConfig::builder()
        .unversioned_rustls_crypto_provider(std::sync::Arc::new(rustls::crypto::ring::default_provider()));
    if let Some(ca) = &arguments.ca {
        let pem = std::fs::read(ca).expect("the certificate");
        let certificate = ureq::tls::Certificate::from_pem(&pem).expect("a certificate").to_owned();
        tls = tls.root_certs(ureq::tls::RootCerts::new_with_certs(&[certificate]));
    }
    let config = ureq::Agent::config_builder()
        .tls_config(tls.build())
        .timeout_global(arguments.time_limit())
        .max_idle_connections_per_host(64)
        .max_idle_connections(64);
    let agent: ureq::Agent = config.build().into();
    let mut endpoint = arguments.endpoint.clone();
    if arguments.by_address {
        endpoint = endpoint.replace("localhost", "127.0.0.1");
    }
    run_blocking(&arguments, || {
        let mut response =
            agent.get(url(&endpoint)).header("authorization", authorization()).call().expect("an answer");
        let principal: Principal = response.body_mut().read_json().expect("a principal");
        std::hint::black_box(principal);
    });
}
