//! Calls one by one, each when it is asked for: the benchmark of latency decides what happens in between.
//!
//! For each line `call` or `warm-up` of standard input there is one of standard output: how long it took, in microseconds, or
//! `failed`, or `none` for what this client does not have.

use std::io::BufRead;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use tokio::io::{AsyncBufReadExt, BufReader};

/// On one thread of tokio, which goes on between two calls.
pub fn run_async<C, F, W, G>(client: C, warm_up: Option<W>)
where
    C: Fn() -> F,
    F: Future<Output = ()> + Send + 'static,
    W: Fn() -> G,
    G: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        while let Some(line) = lines.next_line().await.expect("standard input") {
            let start = Instant::now();
            let done = match (line.as_str(), &warm_up) {
                // A client that fails panics, as in the other benchmarks.
                ("call", _) => tokio::spawn(client()).await.is_ok(),
                (_, Some(warm_up)) => tokio::spawn(warm_up()).await.is_ok(),
                (_, None) => {
                    println!("none");
                    continue;
                }
            };
            answer(start, done);
        }
    });
}

/// On this thread.
pub fn run_blocking(client: impl Fn(), warm_up: Option<impl Fn()>) {
    for line in std::io::stdin().lock().lines() {
        let start = Instant::now();
        let done = match (line.expect("standard input").as_str(), &warm_up) {
            ("call", _) => catch_unwind(AssertUnwindSafe(&client)).is_ok(),
            (_, Some(warm_up)) => catch_unwind(AssertUnwindSafe(warm_up)).is_ok(),
            (_, None) => {
                println!("none");
                continue;
            }
        };
        answer(start, done);
    }
}

fn answer(start: Instant, done: bool) {
    let took = start.elapsed().as_micros();
    match done {
        true => println!("{took}"),
        false => println!("failed"),
    }
}
