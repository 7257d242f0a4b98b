//! Random vectors by the Rust clients, and the differ itself: a client that is wrong on purpose is found, and what it does
//! wrong is shrunk to a vector that a person can read.

#![allow(clippy::expect_used, reason = "a test says what went wrong by failing")]

use std::io::Write;
use std::net::TcpStream;

use passlock_differential::clients::{Client, InProcess};
use passlock_differential::{Differ, Difference, Plan, run};
use passlock_vectors::{Flavour, Outcome, Suite, folder, pretty};
use serde_json::{Value, json};

fn suite() -> Suite {
    Suite::load(&folder()).expect("the vectors load")
}

#[test]
fn the_rust_clients_agree_with_each_other_and_with_the_model() {
    let suite = suite();
    let plan = Plan { seed: 20_260_101, first: 0, count: 400, workers: 12, most_differences: 3 };
    let report = run(plan, &suite.defaults, &|| InProcess::start_all(&suite));
    let found: Vec<_> = report.differences.iter().map(shown).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!((report.passed, report.broken), (plan.count, Vec::new()));
    assert!(report.stated > plan.count * 9 / 10, "the model states {} of {}", report.stated, plan.count);
}

/// The status line is not the API's, so the model leaves the outcome open, and the clients are compared with each other.
#[test]
fn clients_that_agree_where_the_model_says_nothing_do_not_differ() {
    let suite = suite();
    let clients = InProcess::start_all(&suite).expect("they start");
    let mut differ = Differ::new(clients, &suite.defaults);
    let vector = json!({
        "name": "a-setting-in-parts",
        "settings": { "app_info": { "$concat": [["a", 127]] } },
        "now": 1_725_882_300.5,
        "server": [{ "faults": { "fault": { "kind": "garbage", "bytesBase64": "fQ==" } } }],
        "call": { "operation": "exchange_token", "token": "token-canary-1" },
    });
    assert!(differ.once(&vector).is_none_or(|difference| panic!("{}", shown(&difference))));
}

/// A client that writes a request, gives it up and says so. The emulator need not have read it by then.
struct GivesUp<'a> {
    client: InProcess<'a>,
    runs: usize,
}

impl Client for GivesUp<'_> {
    fn name(&self) -> &str {
        "gives-up"
    }

    fn port(&self) -> Option<u16> {
        self.client.port()
    }

    fn observe(&mut self, vector: &Value) -> Result<Outcome, String> {
        self.runs += 1;
        if self.runs % 2 == 0 {
            return self.client.observe(vector);
        }
        let port = self.port().expect("it is known");
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the emulator listens");
        stream.write_all(b"GET /stray HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it is written");
        Err("it gave up".to_owned())
    }
}

/// By `/proc`.
#[cfg(target_os = "linux")]
#[test]
fn what_a_client_has_given_up_is_not_counted_among_the_requests_of_the_next_vector() {
    let suite = suite();
    let client = InProcess::start(&suite, Flavour::Hyper).expect("its emulator starts");
    let mut differ = Differ::new(vec![Box::new(GivesUp { client, runs: 0 })], &suite.defaults);
    let vector = json!({ "name": "n", "now": 0, "call": { "operation": "get_user", "sub": "nobody" } });
    for _ in 0..100 {
        let given_up = differ.once(&vector).expect("it gave up");
        assert_eq!(given_up.complaints, ["gives-up it gave up"]);
        let difference = differ.once(&vector);
        assert!(difference.is_none(), "{}", shown(&difference.expect("there is one")));
    }
}

fn shown(difference: &Difference) -> String {
    format!("{}\n{}", difference.complaints.join("\n"), pretty(&difference.vector))
}

/// A client with a fault of its own.
struct Wrong<'a> {
    client: InProcess<'a>,
    /// What it takes a vector for.
    reads: fn(&mut Value),
    /// What it makes of the outcome.
    gives: fn(&mut Value),
}

impl Client for Wrong<'_> {
    fn name(&self) -> &str {
        "wrong"
    }

    fn port(&self) -> Option<u16> {
        self.client.port()
    }

    fn observe(&mut self, vector: &Value) -> Result<Outcome, String> {
        let mut vector = vector.clone();
        (self.reads)(&mut vector);
        let mut outcome = self.client.observe(&vector)?;
        if let Ok(seen) = &mut outcome.observation {
            (self.gives)(&mut seen.outcome);
        }
        Ok(outcome)
    }
}

/// The first difference that is found of such a client, beside one that is right.
fn found(reads: fn(&mut Value), gives: fn(&mut Value)) -> Difference {
    let suite = suite();
    let plan = Plan { seed: 1, first: 0, count: 5_000, workers: 8, most_differences: 1 };
    let report = run(plan, &suite.defaults, &|| {
        let right = InProcess::start(&suite, Flavour::Hyper)?;
        let wrong = Wrong { client: InProcess::start(&suite, Flavour::Hyper)?, reads, gives };
        Ok(vec![Box::new(right) as Box<dyn Client>, Box::new(wrong)])
    });
    let difference = report.differences.into_iter().next().expect("the fault is found");
    let all = shown(&difference);
    assert!(difference.complaints.iter().all(|complaint| complaint.starts_with("wrong ")), "{all}");
    assert!(pretty(&difference.vector).lines().count() <= 40, "nobody can read this: {all}");
    assert!(difference.vector["settings"].as_object().is_none_or(|settings| settings.len() <= 1), "{all}");
    assert_eq!(difference.vector["server"].as_array().map(Vec::len), Some(1), "{all}");
    difference
}

#[test]
fn a_client_that_rounds_retry_after_is_found_out() {
    let round = |outcome: &mut Value| {
        if let Some(seconds) = outcome["error"]["retry_after"].as_f64() {
            outcome["error"]["retry_after"] = seconds.round().into();
        }
    };
    let difference = found(|_| {}, round);
    let all = shown(&difference);
    assert!(difference.complaints[0].starts_with("wrong /error/retry_after: "), "{all}");
    // A date, and a clock between two seconds.
    let header = &difference.vector["server"][0]["faults"]["fault"]["headers"]["retry-after"];
    assert!(header.as_str().is_some_and(|value| value.ends_with("GMT") || value.ends_with("2024")), "{all}");
    assert!(difference.vector["now"].as_f64().is_some_and(|now| now.fract() != 0.0), "{all}");
}

#[test]
fn a_client_that_takes_no_byte_order_mark_is_found_out() {
    // To a client that passes over one mark, two are what one is to a client that passes over none.
    let double = |vector: &mut Value| {
        for step in vector.pointer_mut("/server").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(Value::String(body)) = step.pointer_mut("/faults/fault/body") {
                if body.starts_with('\u{feff}') {
                    body.insert(0, '\u{feff}');
                }
            }
        }
    };
    let difference = found(double, |_| {});
    let all = shown(&difference);
    let body = difference.vector["server"][0]["faults"]["fault"]["body"].as_str();
    assert!(body.is_some_and(|body| body.starts_with("\u{feff}{") && body.len() < 300), "{all}");
}
