//! Which attempts are repeated, and how long is waited before.

use std::time::Duration;

use http::StatusCode;
use passlock_core::{ErrorKind, TransportErrorKind};

use crate::support::{
    FAULTS, NOW, Scenario, Turn, answer, cut, every_idempotent_operation, every_operation, fault, wall,
};
use crate::tables::{RETRIES, Row};

/// The outcome of an attempt, and whether an idempotent operation and any other are sent again by the retry table. Another
/// whose head says that it was accepted is none of its matter: the user is read after it, and that read is.
struct Case {
    outcome: Turn,
    idempotent: bool,
    other: Option<bool>,
}

fn cases() -> Vec<Case> {
    let of = |outcome, row: &Row| Case { outcome, idempotent: row.get, other: Some(row.update) };
    let read = |outcome, row: &Row| Case { outcome, idempotent: row.get, other: None };
    let mut cases = Vec::new();
    for (name, kind) in FAULTS {
        cases.push(of(fault(kind), RETRIES.of_fault(name)));
    }
    // After the head of a success, which only these can end.
    for (name, kind) in FAULTS
        .into_iter()
        .filter(|(name, _)| ["interrupted", "attempt_timeout", "malformed", "too_large"].contains(name))
    {
        cases.push(read(cut(200, kind), RETRIES.of_fault(name)));
    }
    let other = RETRIES.rows.last().unwrap();
    cases.push(read(answer(200, "not JSON").header("content-encoding", "gzip"), other));
    for status in (100..=999).filter(|status| !(200..300).contains(status)) {
        let asked = RETRIES.of_status(status, true);
        cases.push(of(answer(status, "").header("retry-after", "0"), asked));
        let unasked = RETRIES.of_status(status, false);
        if !asked.get && !unasked.get {
            continue;
        }
        for value in ["-1", "1", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            cases.push(of(answer(status, "").header("retry-after", value), asked));
        }
        cases.push(of(cut(status, TransportErrorKind::AttemptTimeout).header("retry-after", "0"), asked));
        cases.push(of(answer(status, "<html>"), unasked));
        cases.push(of(answer(status, "").header("retry-after", "soon"), unasked));
        cases.push(of(cut(status, TransportErrorKind::Interrupted), unasked));
        cases.push(of(cut(status, TransportErrorKind::TooLarge), unasked));
    }
    cases
}

#[test]
fn the_table_names_every_fault_once() {
    let mut named: Vec<_> = RETRIES.rows.iter().flat_map(|row| &row.faults).map(String::as_str).collect();
    let mut faults = FAULTS.map(|(name, _)| name);
    named.sort_unstable();
    faults.sort_unstable();
    assert_eq!(named, faults);
}

#[test]
fn every_row_of_the_table_is_kept_by_every_operation() {
    for Case { outcome, idempotent, other } in cases() {
        for (operation, scenario) in every_operation() {
            let repeated = if operation.is_idempotent { Some(idempotent) } else { other };
            let Some(repeated) = repeated else { continue };
            let case = format!("{:?} after {outcome:?}", scenario.call);
            let scenario = scenario.config(|c| c.max_retries(3)).then(outcome.clone());
            if !repeated {
                let run = scenario.run();
                assert_eq!((run.sent.len(), run.waits.len()), (1, 0), "{case}");
                assert_eq!((run.fields().attempts, run.fields().retryable), (1, false), "{case}");
                continue;
            }
            let run = scenario.clone().then_success().run();
            assert!(run.result.is_ok(), "{case}");
            assert_eq!((run.sent.len(), run.waits.len()), (2, 1), "{case}");

            let outcomes = [(); 3].iter().fold(scenario, |scenario, ()| scenario.then(outcome.clone()));
            let run = outcomes.run();
            assert_eq!((run.sent.len(), run.waits.len()), (4, 3), "{case}");
            assert_eq!((run.fields().attempts, run.fields().retryable), (4, true), "used up: {case}");
        }
    }
}

#[test]
fn two_retries_by_default_and_none_when_there_shall_be_none() {
    let reset = || fault(TransportErrorKind::Interrupted);
    let run = Scenario::get().then(reset()).then(reset()).then(reset()).run();
    assert_eq!(run.fields().attempts, 3);
    let run = Scenario::get().config(|c| c.max_retries(0)).then(reset()).run();
    assert_eq!((run.fields().attempts, run.fields().retryable, run.waits.len()), (1, true, 0));
}

#[test]
fn a_repeated_request_is_the_same_request() {
    for (_, scenario) in every_operation() {
        let run =
            scenario.then(answer(429, "")).then(fault(TransportErrorKind::NotConnected)).then_success().run();
        let same = |i: usize| {
            let sent = &run.sent[i];
            (&sent.method, &sent.uri, &sent.headers, &sent.body, sent.max_response_bytes)
        };
        assert_eq!(same(0), same(1));
        assert_eq!(same(0), same(2));
    }
}

#[test]
fn one_call_may_fail_in_many_ways_before_it_succeeds() {
    let run = Scenario::exchange()
        .config(|c| c.max_retries(10))
        .then(fault(TransportErrorKind::NotConnected))
        .then(answer(500, ""))
        .then(fault(TransportErrorKind::AttemptTimeout))
        .then(answer(429, ""))
        .then(cut(200, TransportErrorKind::Interrupted))
        .then_success()
        .run();
    assert!(run.result.is_ok());
    assert_eq!(run.sent.len(), 6);
}

#[test]
fn the_wait_is_jittered_between_nothing_and_a_span_that_doubles_up_to_four_seconds() {
    let waits = |random| {
        let refused = (0..10)
            .fold(Scenario::get(), |scenario, _| scenario.then(fault(TransportErrorKind::NotConnected)));
        let run = refused
            .config(|c| c.max_retries(10).timeout(Duration::from_secs(300)))
            .random(random)
            .then_success()
            .run();
        run.waits
    };
    assert_eq!(waits(0), [Duration::ZERO; 10]);
    let spans = [250, 500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000].map(Duration::from_millis);
    for (wait, span) in waits(u64::MAX).into_iter().zip(spans) {
        assert!(wait < span && span - wait < Duration::from_micros(1), "{wait:?} of {span:?}");
    }
    for (wait, span) in waits(u64::MAX / 4).into_iter().zip(spans) {
        assert!(wait <= span / 4 && span / 4 - wait < Duration::from_micros(1), "{wait:?} of {span:?} / 4");
    }
}

#[test]
fn the_service_is_given_the_time_it_asks_for_and_the_jitter_on_top() {
    let seconds = Duration::from_secs;
    for (value, asked) in [
        ("7", Some(seconds(7))),
        ("0", Some(seconds(0))),
        ("-7", Some(seconds(0))),
        // 7 seconds after the wall clock's midnight, in all three forms of RFC 9110, and a minute before it.
        ("Sun, 24 Nov 2024 00:00:07 GMT", Some(seconds(7))),
        ("Sunday, 24-Nov-24 00:00:07 GMT", Some(seconds(7))),
        ("Sun Nov 24 00:00:07 2024", Some(seconds(7))),
        ("Sat, 23 Nov 2024 23:59:00 GMT", Some(seconds(0))),
        ("7.5", None),
        ("soon", None),
        ("", None),
    ] {
        for status in [429, 500, 503] {
            let scenario = Scenario::get().then(answer(status, "").header("retry-after", value));
            let run = scenario.clone().then_success().run();
            assert_eq!(run.waits, [asked.unwrap_or_default()], "{status} {value}");
            let run = scenario.clone().random(u64::MAX).then_success().run();
            let jitter = run.waits[0] - asked.unwrap_or_default();
            assert_eq!(jitter.as_millis(), 249, "{status} {value}");
            let run = scenario.config(|c| c.max_retries(0)).run();
            assert_eq!(run.fields().retry_after, asked, "{status} {value}");
        }
    }
}

#[test]
fn a_date_is_read_by_the_clock_that_the_settings_fix() {
    let run = Scenario::get()
        .config(|c| c.fixed_now(wall(NOW - 5)))
        .then(answer(429, "").header("retry-after", "Sun, 24 Nov 2024 00:00:07 GMT"))
        .then_success()
        .run();
    assert_eq!(run.waits, [Duration::from_secs(12)]);
}

#[test]
fn a_wait_that_does_not_fit_is_not_begun_and_the_error_says_how_long_it_is() {
    for (value, asked) in [
        ("86400", Duration::from_secs(86_400)),
        ("99999999999999999999999999", Duration::from_secs(u64::MAX)),
        ("Mon, 25 Nov 2024 00:00:00 GMT", Duration::from_secs(86_400)),
        // As long as the whole call may take: no time would be left for the attempt.
        ("30", Duration::from_secs(30)),
    ] {
        for (_, scenario) in every_operation() {
            let run = scenario.then(answer(429, "").header("retry-after", value)).run();
            let fields = run.fields();
            assert_eq!((run.waits.len(), run.took), (0, Duration::ZERO), "{value}");
            assert_eq!(fields.kind, ErrorKind::RateLimited);
            assert_eq!((fields.attempts, fields.retryable), (1, true));
            assert_eq!(fields.retry_after, Some(asked), "{value}");
        }
    }
    let run = Scenario::get().then(answer(429, "").header("retry-after", "29")).then_success().run();
    assert_eq!(run.waits, [Duration::from_secs(29)]);
}

#[test]
fn retry_after_is_kept_of_every_answer_that_is_an_error() {
    for status in (300..600).filter(|s| StatusCode::from_u16(*s).is_ok()) {
        let run = Scenario::get()
            .config(|c| c.max_retries(0))
            .then(answer(status, "").header("retry-after", "7"))
            .run();
        assert_eq!(run.fields().retry_after, Some(Duration::from_secs(7)), "{status}");
    }
}

#[test]
fn a_404_says_what_an_earlier_attempt_may_have_done() {
    let not_found = || answer(404, r#"{"_tag":"NotFound","message":"Invalid token"}"#);
    let unknown = [
        fault(TransportErrorKind::Interrupted),
        fault(TransportErrorKind::AttemptTimeout),
        cut(200, TransportErrorKind::Interrupted),
        answer(500, ""),
        answer(503, ""),
    ];
    let known = [
        fault(TransportErrorKind::NotConnected),
        fault(TransportErrorKind::ConnectTimeout),
        answer(429, ""),
        answer(503, "").header("retry-after", "0"),
    ];
    let firsts: Vec<_> =
        unknown.into_iter().map(|t| (t, true)).chain(known.into_iter().map(|t| (t, false))).collect();
    for (operation, scenario) in every_idempotent_operation() {
        let says = |scenario: Scenario, maybe_applied: bool, case: &str| {
            let run = scenario.then(not_found()).run();
            assert_eq!(run.fields().kind, ErrorKind::NotFound, "{case}");
            let message = run.error().message();
            match operation.of_earlier_attempt {
                Some(note) => assert_eq!(message.contains(note), maybe_applied, "{case}: {message}"),
                // A user who was read has lost nothing.
                None => assert!(!message.contains("earlier attempt"), "{case}: {message}"),
            }
        };
        for (first, maybe_applied) in &firsts {
            let case = format!("{:?} after {first:?}", scenario.call);
            says(scenario.clone().then(first.clone()), *maybe_applied, &case);
            // However the attempt in between ended.
            says(scenario.clone().then(first.clone()).then(answer(429, "")), *maybe_applied, &case);
        }
        says(scenario.clone(), false, "the first attempt");
    }
}
