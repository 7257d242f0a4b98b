//! What the work is, and how its outcome is reported.

use std::io::{self, BufRead, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use passlock_core::{Config, Error, Principal, User};
use passlock_net::Resolver;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::service::MISSING;

/// The first line of the input.
#[derive(Debug, Deserialize)]
struct SetUp {
    endpoints: Vec<String>,
    unresolved: String,
    ca_certificates: String,
    tenancy_id: String,
    api_key: String,
    timeout: f64,
    attempt_timeout: f64,
    connect_timeout: f64,
    at_once: usize,
    users: Vec<Person>,
}

#[derive(Debug, Deserialize)]
struct Person {
    sub: String,
    token: String,
}

/// What all callers share.
pub(crate) struct Work {
    set_up: SetUp,
    /// A fault of the client's own, by which tests see that the soak finds it.
    planted: Option<String>,
    goes: AtomicBool,
    number: AtomicU64,
    /// The last result, for a client that gives it to another call.
    last: Mutex<Option<Value>>,
}

/// One call.
pub(crate) struct Task {
    pub(crate) operation: &'static str,
    pub(crate) argument: String,
    pub(crate) name: Option<String>,
    /// After how long it is cancelled, where the client can do that.
    pub(crate) cancel_after: Option<Duration>,
}

impl Work {
    pub(crate) fn read(planted: Option<&str>) -> Result<Self, String> {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|error| error.to_string())?;
        let set_up = serde_json::from_str(&line).map_err(|error| format!("what is this? {error}"))?;
        Ok(Self {
            set_up,
            planted: planted.map(str::to_owned),
            goes: AtomicBool::new(false),
            number: AtomicU64::new(0),
            last: Mutex::default(),
        })
    }

    pub(crate) fn at_once(&self) -> usize {
        self.set_up.at_once
    }

    pub(crate) fn goes(&self) -> bool {
        self.goes.load(Ordering::Acquire)
    }

    /// Does as the input says until it ends: `go` calls `begin`, and `rest` what that gave, which waits until all is quiet.
    pub(crate) fn follow<W: FnOnce()>(&self, mut begin: impl FnMut() -> W) -> Result<(), String> {
        let mut under_way = None;
        for line in io::stdin().lines() {
            match line.map_err(|error| error.to_string())?.as_str() {
                "go" => {
                    self.goes.store(true, Ordering::Release);
                    under_way = Some(begin());
                }
                "rest" => {
                    self.goes.store(false, Ordering::Release);
                    if let Some(wait) = under_way.take() {
                        wait();
                    }
                    self.leak();
                    tell(&json!({ "resting": true }));
                }
                other => return Err(format!("what is {other:?}?")),
            }
        }
        Ok(())
    }

    /// The settings of a client that is opened now, and how it looks names up.
    pub(crate) fn config(&self) -> Result<(Config, Resolver), Error> {
        let seconds = Duration::from_secs_f64;
        let set_up = &self.set_up;
        let endpoint = match fastrand::usize(..3) {
            2 => &set_up.unresolved,
            index => &set_up.endpoints[index],
        };
        let config = Config::builder()
            .environment(|_| None)
            .endpoint(endpoint)
            .ca_certificates(set_up.ca_certificates.clone())
            .tenancy_id(&set_up.tenancy_id)
            .api_key(&set_up.api_key)
            .timeout(seconds(set_up.timeout))
            .attempt_timeout(seconds(set_up.attempt_timeout))
            .connect_timeout(seconds(set_up.connect_timeout))
            .build()?;
        Ok((config, Resolver::new(Box::new(lookup))))
    }

    /// The next call of one of the callers.
    pub(crate) fn next(&self, caller: usize) -> Task {
        let own = self.set_up.users.len() / self.set_up.at_once;
        let person = &self.set_up.users[caller * own + fastrand::usize(..own)];
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let (operation, argument, name) = match fastrand::u8(..10) {
            ..4 => ("exchange_token", person.token.clone(), None),
            4..6 => ("get_user", person.sub.clone(), None),
            6..9 => ("update_user", person.sub.clone(), Some(format!("name-{number}"))),
            _ => ("get_user", format!("{MISSING}{number}"), None),
        };
        let cancel_after = (fastrand::u8(..10) == 0).then(|| Duration::from_millis(fastrand::u64(..150)));
        Task { operation, argument, name, cancel_after }
    }

    /// Reports the outcome of a call.
    pub(crate) fn ended(&self, task: &Task, began: Instant, ended: Ended) {
        let mut told = json!({ "operation": task.operation, "argument": task.argument });
        let mut seconds = began.elapsed().as_secs_f64();
        if let Some(name) = &task.name {
            told["name"] = name.as_str().into();
        }
        match ended {
            Ended::Ok(_) if self.is_given_up() => told["ended"] = "connection".into(),
            Ended::Ok(value) => {
                told["ended"] = "ok".into();
                let fields = self.mixed_up(value);
                for (name, value) in fields.as_object().into_iter().flatten() {
                    told[name] = value.clone();
                }
            }
            Ended::Failed(error) => {
                told["ended"] = error.kind().to_string().into();
                told["attempts"] = error.attempts().into();
            }
            Ended::Cancelled => {
                told["ended"] = "cancelled".into();
                seconds -= task.cancel_after.unwrap_or_default().as_secs_f64();
            }
        }
        told["seconds"] = seconds.into();
        tell(&told);
    }

    fn mixed_up(&self, value: Value) -> Value {
        if self.planted.as_deref() != Some("answer") || fastrand::u8(..100) != 0 {
            return value;
        }
        let mut last = self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        last.replace(value.clone()).unwrap_or(value)
    }

    fn leak(&self) {
        match self.planted.as_deref() {
            Some("descriptor") => std::mem::forget(std::net::TcpListener::bind("127.0.0.1:0")),
            Some("thread") => drop(thread::spawn(|| thread::sleep(Duration::from_secs(3600)))),
            _ => {}
        }
    }

    /// Whether the same call is made twice.
    pub(crate) fn is_doubled(&self, task: &Task) -> bool {
        match self.planted.as_deref() {
            Some("update") => task.operation == "update_user",
            Some("request") => task.argument.starts_with(MISSING),
            _ => false,
        }
    }

    /// Whether a call is given up that would have succeeded.
    fn is_given_up(&self) -> bool {
        self.planted.as_deref() == Some("failure") && fastrand::u8(..10) < 7
    }

    /// Whether a call never ends.
    pub(crate) fn hangs(&self) -> bool {
        self.planted.as_deref() == Some("hang") && fastrand::u8(..100) == 0
    }
}

/// How a call ended.
pub(crate) enum Ended {
    Ok(Value),
    Failed(Error),
    Cancelled,
}

impl Ended {
    pub(crate) fn of_principal(result: Result<Principal, Error>) -> Self {
        result.map_or_else(Self::Failed, |principal| {
            Self::Ok(json!({ "sub": principal.sub, "token": principal.token }))
        })
    }

    pub(crate) fn of_user(result: Result<User, Error>) -> Self {
        result.map_or_else(Self::Failed, |user| {
            Self::Ok(json!({ "sub": user.sub, "given_name": user.given_name }))
        })
    }
}

/// A resolver that fails, and that takes longer than any limit.
fn lookup(_: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    match fastrand::u8(..10) {
        0 => return Err(io::Error::other("no such name, for now")),
        1 => thread::sleep(Duration::from_secs(1)),
        _ => {}
    }
    Ok(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))])
}

fn tell(what: &Value) {
    // One write a line. Where nobody listens any more, the input ends too.
    let line = format!("{what}\n");
    drop(io::stdout().lock().write_all(line.as_bytes()));
}
