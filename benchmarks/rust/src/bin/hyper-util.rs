//! hyper-util's pooled client, over plain http.

use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use passlock_benchmarks::measure::{Arguments, run_async};
use passlock_benchmarks::peer::{Principal, authorization, url};

fn main() {
    let arguments = Arguments::parse();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let endpoint = arguments.endpoint.clone();
    run_async(&arguments, move || {
        let (client, endpoint) = (client.clone(), endpoint.clone());
        async move {
            let request = http::Request::get(url(&endpoint))
                .header("authorization", authorization())
                .header("accept", "application/json")
                .body(Empty::new())
                .expect("a request");
            let response = client.request(request).await.expect("an answer");
            assert!(response.status().is_success());
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            let principal: Principal = serde_json::from_slice(&body).expect("a principal");
            std::hint::black_box(principal);
        }
    });
}
