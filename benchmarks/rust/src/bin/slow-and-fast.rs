//! Is a fast answer delayed by slow ones? Fast calls are timed alone, and again while `--at-once` slow ones are waiting.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use passlock_benchmarks::{KEY, TENANCY};

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    endpoint: String,
    /// How many fast calls are made, one after another.
    #[arg(long, default_value_t = 2000)]
    calls: usize,
    /// How many slow calls wait meanwhile.
    #[arg(long, default_value_t = 256)]
    at_once: usize,
    #[arg(long)]
    client: Which,
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
    Passlock,
    Reqwest,
}

type Get = Arc<dyn Fn(&'static str) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

fn main() {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let get = get(&arguments);
        let mut slow = Vec::new();
        fast(&get, arguments.calls).await;
        let alone = fast(&get, arguments.calls).await;
        for _ in 0..arguments.at_once {
            let call = get("slow");
            slow.push(tokio::spawn(call));
        }
        // Until all of them are at the server.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let beside = fast(&get, arguments.calls).await;
        let waiting = slow.iter().filter(|call| !call.is_finished()).count();
        println!(
            r#"{{"slow":{},"slow_still_waiting":{waiting},"alone_p50_us":{:.1},"alone_p99_us":{:.1},"beside_p50_us":{:.1},"beside_p99_us":{:.1}}}"#,
            slow.len(),
            part(&alone, 0.50),
            part(&alone, 0.99),
            part(&beside, 0.50),
            part(&beside, 0.99),
        );
    });
}

fn get(arguments: &Arguments) -> Get {
    match arguments.client {
        Which::Passlock => {
            let builder = passlock_hyper::Client::builder()
                .endpoint(&arguments.endpoint)
                .tenancy_id(TENANCY)
                .api_key(KEY);
            let client = builder.build().expect("a client");
            Arc::new(move |sub| {
                let client = client.clone();
                Box::pin(async move {
                    client.get_user(sub).await.expect("a user");
                })
            })
        }
        Which::Reqwest => {
            rustls::crypto::ring::default_provider().install_default().expect("the first provider");
            let client = reqwest::Client::new();
            let endpoint = arguments.endpoint.clone();
            Arc::new(move |sub| {
                let request = client.get(format!("{endpoint}/{TENANCY}/user/{sub}")).bearer_auth(KEY);
                Box::pin(async move {
                    let response =
                        request.send().await.expect("an answer").error_for_status().expect("a success");
                    response.json::<serde_json::Value>().await.expect("a user");
                })
            })
        }
    }
}

/// Microseconds of each call, sorted.
async fn fast(get: &Get, calls: usize) -> Vec<f64> {
    let mut latencies = Vec::with_capacity(calls);
    for _ in 0..calls {
        let started = Instant::now();
        get("fast").await;
        latencies.push(started.elapsed().as_secs_f64() * 1e6);
    }
    latencies.sort_unstable_by(f64::total_cmp);
    latencies
}

fn part(sorted: &[f64], part: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * part) as usize]
}
