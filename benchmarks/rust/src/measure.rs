//! What every client of the benchmarks prints about itself.

use std::time::{Duration, Instant};

use clap::Parser;

use crate::on_demand;

/// How every client is started, in every language.
#[derive(Clone, Debug, Parser)]
pub struct Arguments {
    /// Where the server is.
    #[arg(long)]
    pub endpoint: String,
    /// How many calls are made and not counted, to warm up.
    #[arg(long, default_value_t = 200)]
    pub warm_up: usize,
    /// How many calls are made; 0: one for each line of standard input that asks for it.
    #[arg(long, default_value_t = 2000)]
    pub calls: usize,
    /// How many of them at once.
    #[arg(long, default_value_t = 1)]
    pub at_once: usize,
    /// The certificate to trust, where the server speaks TLS.
    #[arg(long)]
    pub ca: Option<std::path::PathBuf>,
    /// When this process was started, in nanoseconds of the machine's monotonic clock.
    #[arg(long)]
    pub started: Option<u64>,
    /// Give the peer a time limit of 30 seconds for the whole call, as ours has one.
    #[arg(long)]
    pub limit: bool,
    /// Call the server by its address, to spare a peer what it does with a name.
    #[arg(long)]
    pub by_address: bool,
    #[arg(skip = monotonic())]
    main: Duration,
}

impl Arguments {
    /// The limit that was asked for.
    pub fn time_limit(&self) -> Option<Duration> {
        self.limit.then_some(Duration::from_secs(30))
    }

    /// To be called at the first answer.
    fn first_answer(&self) -> FirstAnswer {
        let now = monotonic();
        let since_start = self.started.map(|started| now.saturating_sub(Duration::from_nanos(started)));
        FirstAnswer { since_main: now - self.main, since_start }
    }
}

/// How long the first answer took.
#[derive(Clone, Copy)]
struct FirstAnswer {
    since_main: Duration,
    since_start: Option<Duration>,
}

/// What was used up to now.
#[derive(Clone, Copy)]
struct Start {
    wall: Instant,
    cpu: Duration,
}

impl Start {
    fn now() -> Self {
        Self { wall: Instant::now(), cpu: cpu() }
    }
}

/// Prints what `latencies.len()` calls cost since `start`, as one line of JSON: microseconds and kibibytes.
fn report(first: FirstAnswer, start: Start, mut latencies: Vec<Duration>) {
    let (wall, cpu) = (start.wall.elapsed(), cpu() - start.cpu);
    latencies.sort_unstable();
    let calls = latencies.len();
    let at = |part: f64| micros(latencies[((calls - 1) as f64 * part) as usize]);
    println!(
        r#"{{"calls":{calls},"cpu_us":{:.3},"wall_us":{:.3},"p50_us":{:.1},"p99_us":{:.1},"rss_kib":{},"import_us":0,"ready_us":{:.1},"start_us":{}}}"#,
        micros(cpu) / calls as f64,
        micros(wall) / calls as f64,
        at(0.50),
        at(0.99),
        peak_kib(),
        micros(first.since_main),
        first.since_start.map_or("null".to_owned(), |duration| format!("{:.1}", micros(duration))),
    );
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// The clock that all processes of this machine share.
fn monotonic() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // The clock exists on every system that these benchmarks run on.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn cpu() -> Duration {
    let usage = usage();
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Not `ru_maxrss`: that one begins with what the process that started this one had used.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn usage() -> libc::rusage {
    let mut usage = std::mem::MaybeUninit::uninit();
    // The call fills the whole struct, and fails only for arguments other than these.
    unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    }
}

/// Makes calls one after another, or at once, on one thread of tokio.
pub fn run_async<C, F>(arguments: &Arguments, client: C)
where
    C: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    if arguments.calls == 0 {
        return on_demand::run_async(client, None::<fn() -> std::future::Ready<()>>);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        client().await;
        let first = arguments.first_answer();
        calls(&client, arguments.warm_up, arguments.at_once).await;
        let start = Start::now();
        let latencies = calls(&client, arguments.calls, arguments.at_once).await;
        report(first, start, latencies);
    });
}

async fn calls<C, F>(client: &C, count: usize, at_once: usize) -> Vec<Duration>
where
    C: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    // One caller is a task too, as a handler of a server is: `block_on` polls its own future with a system call more.
    let workers: Vec<_> = (0..at_once)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                let mut latencies = Vec::with_capacity(count / at_once);
                for _ in 0..count / at_once {
                    let started = Instant::now();
                    client().await;
                    latencies.push(started.elapsed());
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::with_capacity(count);
    for worker in workers {
        latencies.extend(worker.await.expect("a worker that ends"));
    }
    latencies
}

/// Makes calls one after another, or on that many threads.
pub fn run_blocking(arguments: &Arguments, client: impl Fn() + Sync) {
    if arguments.calls == 0 {
        return on_demand::run_blocking(client, None::<fn()>);
    }
    let calls = |count: usize| -> Vec<Duration> {
        let work = |count: usize| {
            let mut latencies = Vec::with_capacity(count);
            for _ in 0..count {
                let started = Instant::now();
                client();
                latencies.push(started.elapsed());
            }
            latencies
        };
        if arguments.at_once == 1 {
            return work(count);
        }
        std::thread::scope(|scope| {
            let workers: Vec<_> =
                (0..arguments.at_once).map(|_| scope.spawn(|| work(count / arguments.at_once))).collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("a worker that ends")).collect()
        })
    };
    client();
    let first = arguments.first_answer();
    calls(arguments.warm_up);
    let start = Start::now();
    let latencies = calls(arguments.calls);
    report(first, start, latencies);
}
