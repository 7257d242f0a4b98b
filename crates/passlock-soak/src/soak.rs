//! One client, from its start to the verdict.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::certificates::{Certificates, NAMES};
use crate::judge::Judge;
use crate::process::{Process, Program};
use crate::relay::Relay;
use crate::resources::Resources;
use crate::service::{AT_ONCE, Ledger, Service, trouble};

/// How long all of a call may take, in seconds.
const TIMEOUT: f64 = 2.0;
/// How long it may take to come to rest: calls in flight have their limit, clients of other languages a collector.
const REST: Duration = Duration::from_secs(20);
/// The journal holds 10,000 requests: it is read more often than that many can come.
const NOTE: Duration = Duration::from_secs(2);

/// What to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// How long each client makes calls.
    pub(crate) seconds: u64,
    /// What the relay does comes from it, but not when: that is up to the machine.
    pub(crate) seed: u64,
}

/// The outcome for a client.
pub(crate) struct Report {
    pub(crate) summary: String,
    pub(crate) complaints: Vec<String>,
}

/// Runs one client.
pub(crate) fn run(plan: Plan, program: &Program) -> Report {
    soak(plan, program).unwrap_or_else(|why| Report {
        summary: format!("{}: broken off", program.name),
        complaints: vec![why],
    })
}

fn soak(plan: Plan, program: &Program) -> Result<Report, String> {
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    let certificates = Certificates::new()?;
    let service = runtime.block_on(Service::start(plan.seconds))?;
    let relay = runtime.block_on(Relay::start(service.address, &certificates, plan.seed))?;
    let mut judge = Judge::new(&service.people, TIMEOUT);
    let mut ledger = Ledger::default();
    let mut process = Process::start(program, &set_up(&service, &relay, &certificates))?;
    runtime.spawn(trouble((*service.emulator).clone(), plan.seed));

    // The client rests in between, and what it holds then must not grow.
    let rounds = (plan.seconds / 60).clamp(4, 30);
    let round = Duration::from_millis(plan.seconds * 1000 / rounds);
    let mut rests: Vec<Resources> = Vec::new();
    for _ in 0..rounds {
        process.tell("go")?;
        let end = Instant::now() + round;
        while Instant::now() < end {
            let heard = process.listen(end.min(Instant::now() + NOTE), |said| hear(&mut judge, said));
            ledger.note(&service.emulator.journal());
            heard?;
        }
        process.tell("rest")?;
        let resting = process.listen(Instant::now() + REST, |said| hear(&mut judge, said))?;
        let id = resting.ok_or_else(|| format!("it does not come to rest within {REST:?}: a call hangs"))?;
        // What the server has not seen yet, and what the system closes behind a process's back.
        thread::sleep(Duration::from_millis(1_500));
        ledger.note(&service.emulator.journal());
        rests.extend(Resources::of(id));
    }
    if let Err(why) = process.end(REST) {
        judge.complain("at the end", why);
    }
    if cfg!(target_os = "linux") && rests.len() as u64 != rounds {
        judge.complain("grows", format!("it was looked at {} times, not {rounds}", rests.len()));
    }
    // The first half is there to warm up in.
    let first = rests.iter().take(rests.len().div_ceil(2)).copied().reduce(Resources::most);
    let held = match (first, rests.last()) {
        (Some(first), Some(last)) => {
            last.growth(first).into_iter().for_each(|what| judge.complain("grows", what));
            format!("{last}, at first {first}")
        }
        _ => "what it holds is not known here".to_owned(),
    };
    let calls: u64 = judge.ended.values().sum();
    let ended: Vec<_> = judge.ended.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let summary =
        format!("{}: {calls} calls in {} s: {}; {held}", program.name, plan.seconds, ended.join(", "));
    Ok(Report { summary, complaints: judge.verdict(&ledger) })
}

fn hear(judge: &mut Judge<'_>, said: &Value) {
    match serde_json::from_value(said.clone()) {
        Ok(call) => judge.call(call),
        Err(error) => judge.complain("wrong", format!("it said {said}: {error}")),
    }
}

/// The first line that a client reads.
fn set_up(service: &Service, relay: &Relay, certificates: &Certificates) -> Value {
    let users = service.people.iter().map(|person| json!({ "sub": person.sub, "token": person.token }));
    json!({
        "endpoints": [
            format!("https://{}:{}", NAMES[0], relay.tls.port()),
            format!("http://127.0.0.1:{}", relay.plain.port()),
        ],
        "unresolved": format!("https://{}:{}", NAMES[1], relay.tls.port()),
        "ca_certificates": certificates.authority,
        "tenancy_id": service.emulator.tenancy_id(),
        "api_key": service.emulator.api_key(),
        "timeout": TIMEOUT,
        "attempt_timeout": 0.8,
        "connect_timeout": 0.5,
        "at_once": AT_ONCE,
        "users": users.collect::<Vec<_>>(),
    })
}
