//! passlock for a very long time. It keeps nothing of a call, so that its memory is the client's only.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser;
use passlock_benchmarks::{KEY, TENANCY, TOKEN};

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    endpoint: String,
    #[arg(long)]
    calls: usize,
    #[arg(long)]
    at_once: usize,
}

fn main() {
    let arguments = Arguments::parse();
    let builder =
        passlock_hyper::Client::builder().endpoint(&arguments.endpoint).tenancy_id(TENANCY).api_key(KEY);
    let client = builder.build().expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let made = runtime.block_on(async {
        let next = Arc::new(AtomicUsize::new(0));
        let workers: Vec<_> = (0..arguments.at_once)
            .map(|_| {
                let (client, next) = (client.clone(), Arc::clone(&next));
                tokio::spawn(async move {
                    let mut made = 0;
                    while next.fetch_add(1, Ordering::Relaxed) < arguments.calls {
                        client.exchange_token(TOKEN).await.expect("a principal");
                        made += 1;
                    }
                    made
                })
            })
            .collect();
        let mut made = 0;
        for worker in workers {
            made += worker.await.expect("a worker that ends");
        }
        made
    });
    println!(r#"{{"calls":{made}}}"#);
}
