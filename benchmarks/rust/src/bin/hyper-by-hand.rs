//! hyper without a pool of anyone else's: `conn::http1`, a spawned connection, and a list of idle ones.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use passlock_benchmarks::measure::{Arguments, run_async};
use passlock_benchmarks::peer::{Principal, authorization};
use passlock_benchmarks::{TENANCY, TOKEN};

type Idle = Arc<Mutex<Vec<SendRequest<Empty<Bytes>>>>>;

fn main() {
    let arguments = Arguments::parse();
    let authority: Arc<str> = arguments.endpoint.strip_prefix("http://").expect("plain http").into();
    let idle = Idle::default();
    run_async(&arguments, move || {
        let (idle, authority) = (Arc::clone(&idle), Arc::clone(&authority));
        async move {
            let mut connection = connection(&idle, &authority).await;
            let request = http::Request::get(format!("/{TENANCY}/token/{TOKEN}"))
                .header("host", &*authority)
                .header("authorization", authorization())
                .header("accept", "application/json")
                .body(Empty::new())
                .expect("a request");
            let response = connection.send_request(request).await.expect("an answer");
            assert!(response.status().is_success());
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            let principal: Principal = serde_json::from_slice(&body).expect("a principal");
            std::hint::black_box(principal);
            idle.lock().expect("a list").push(connection);
        }
    });
}

async fn connection(idle: &Idle, authority: &str) -> SendRequest<Empty<Bytes>> {
    loop {
        let Some(mut connection) = idle.lock().expect("a list").pop() else { break };
        if connection.ready().await.is_ok() {
            return connection;
        }
    }
    let stream = tokio::net::TcpStream::connect(authority).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("a handshake");
    tokio::spawn(connection);
    sender
}
