//! Time limits, and the two clocks.

use std::time::Duration;

use passlock_core::{Claim, ErrorKind, Limit, TransportErrorKind};

use crate::support::{NOW, PerCall, Scenario, answer, cut, every_operation, fault, principal, wall};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn an_attempt_may_take_its_own_limit_or_what_is_left_of_the_call() {
    let run = Scenario::get()
        .config(|c| c.timeout(seconds(12)).attempt_timeout(seconds(5)))
        .then(fault(TransportErrorKind::AttemptTimeout).takes_its_limit())
        .then(fault(TransportErrorKind::AttemptTimeout).takes_its_limit())
        .then(fault(TransportErrorKind::AttemptTimeout).takes_its_limit())
        .run();
    let timeouts: Vec<_> = run.sent.iter().map(|sent| sent.timeout).collect();
    assert_eq!(timeouts, [seconds(5), seconds(5), seconds(2)]);
    assert_eq!(run.took, seconds(12));
    assert_eq!(run.fields().limit, Some(Limit::Timeout), "the last attempt was ended by the call's limit");
}

#[test]
fn the_limit_that_passed_is_named_with_its_value() {
    use TransportErrorKind::{AttemptTimeout, ConnectTimeout};
    // (call, attempt, connect), what the transport said, the limit that passed
    for (limits, kind, limit, value) in [
        ([30, 10, 5], AttemptTimeout, Limit::AttemptTimeout, "10s"),
        ([30, 10, 5], ConnectTimeout, Limit::ConnectTimeout, "5s"),
        ([30, 40, 5], AttemptTimeout, Limit::Timeout, "30s"),
        ([10, 10, 5], AttemptTimeout, Limit::Timeout, "10s"),
        ([10, 10, 10], ConnectTimeout, Limit::Timeout, "10s"),
        ([30, 10, 40], ConnectTimeout, Limit::ConnectTimeout, "10s"),
    ] {
        let case = format!("{kind:?} of {limits:?}");
        let [call, attempt, connect] = limits.map(seconds);
        let takes = if kind == ConnectTimeout { connect.min(attempt).min(call) } else { attempt.min(call) };
        for (operation, scenario) in every_operation() {
            let scenario = scenario
                .config(|c| c.timeout(call).attempt_timeout(attempt).connect_timeout(connect).max_retries(0));
            let run = scenario.clone().then(fault(kind).takes(takes)).run();
            assert_eq!(run.fields().kind, ErrorKind::Timeout, "{case}");
            assert_eq!(run.fields().limit, Some(limit), "{case}");
            let named = format!("{limit} is {value}");
            assert!(run.error().message().contains(&named), "{named} is not in {}", run.error());
            // A stalled body is no other than a stalled head, but for its status. An update was accepted by then.
            if !operation.is_idempotent {
                continue;
            }
            let run = scenario.then(cut(200, kind).takes(takes)).run();
            assert_eq!((run.fields().limit, run.fields().status), (Some(limit), Some(200)), "{case}");
        }
    }
}

#[test]
fn a_timer_that_fires_a_little_early_does_not_change_which_limit_passed() {
    let run = Scenario::get()
        .config(|c| c.timeout(seconds(3)).max_retries(0))
        .then(fault(TransportErrorKind::AttemptTimeout).takes_its_limit_less(millis(1)))
        .run();
    assert_eq!(run.fields().limit, Some(Limit::Timeout));
    // The second attempt has 2 seconds left: less than a connection may take.
    let run = Scenario::get()
        .config(|c| {
            c.timeout(seconds(6)).attempt_timeout(seconds(4)).connect_timeout(seconds(4)).max_retries(1)
        })
        .then(fault(TransportErrorKind::ConnectTimeout).takes_its_limit())
        .then(fault(TransportErrorKind::ConnectTimeout).takes_its_limit_less(millis(1)))
        .run();
    assert_eq!(run.sent[1].timeout, seconds(2));
    assert_eq!(run.fields().limit, Some(Limit::Timeout));
}

#[test]
fn a_limit_that_passed_is_worth_a_retry_only_where_nothing_can_be_applied_twice() {
    for (operation, scenario) in every_operation() {
        let run = scenario
            .config(|c| c.timeout(seconds(10)))
            .then(fault(TransportErrorKind::AttemptTimeout).takes_its_limit())
            .run();
        let fields = run.fields();
        assert_eq!((fields.limit, fields.attempts), (Some(Limit::Timeout), 1));
        assert_eq!(fields.retryable, operation.is_idempotent);
    }
}

#[test]
fn a_wait_that_took_too_long_ends_the_call_without_another_attempt() {
    for (_, scenario) in every_operation() {
        let run = scenario
            .config(|c| c.timeout(seconds(10)))
            .oversleep(seconds(10))
            .then(answer(429, "").header("retry-after", "1").header("x-request-id", "id-1"))
            .run();
        let fields = run.fields();
        assert_eq!((fields.kind, fields.limit), (ErrorKind::Timeout, Some(Limit::Timeout)));
        assert_eq!((fields.attempts, fields.retryable, fields.applied), (1, true, false));
        assert_eq!((fields.status, fields.request_id), (None, None));
        assert_eq!(run.sent.len(), 1);
        let last = run.log.iter().rfind(|line| !line.starts_with("span "));
        assert!(last.unwrap().contains("failed"), "{:?}", run.log);
    }
}

#[test]
fn a_wait_that_took_longer_leaves_less_for_the_attempt() {
    let run = Scenario::get()
        .config(|c| c.timeout(seconds(10)))
        .oversleep(seconds(4))
        .then(answer(429, "").header("retry-after", "1"))
        .then_success()
        .run();
    assert_eq!((run.sent[1].at, run.sent[1].timeout), (seconds(5), seconds(5)));
}

#[test]
fn the_follow_up_read_shares_the_time_of_its_update() {
    let scenario = Scenario::update()
        .config(|c| c.timeout(seconds(10)).attempt_timeout(seconds(8)))
        .then(answer(204, "").takes(seconds(7)));
    let run = scenario.clone().then_success().run();
    assert_eq!(run.sent[1].timeout, seconds(3));
    let run = scenario.then(fault(TransportErrorKind::AttemptTimeout).takes_its_limit()).run();
    let fields = run.fields();
    assert_eq!((fields.limit, fields.applied, fields.retryable), (Some(Limit::Timeout), true, true));
    // No time for it at all.
    let run =
        Scenario::update().config(|c| c.timeout(seconds(10))).then(answer(204, "").takes(seconds(10))).run();
    let fields = run.fields();
    assert_eq!((fields.limit, fields.applied, fields.attempts), (Some(Limit::Timeout), true, 1));
}

#[test]
fn an_answer_that_came_in_time_is_taken_however_late_it_is_looked_at() {
    let run = Scenario::get()
        .then(answer(200, r#"{"user":{"sub":"user-1","email":"a@example.com"}}"#).takes(seconds(60)))
        .run();
    assert!(run.result.is_ok());
    let run = Scenario::get().then(answer(404, "").takes(seconds(60))).run();
    assert_eq!(run.fields().kind, ErrorKind::NotFound);
    let run = Scenario::get().then(answer(500, "").takes(seconds(60))).run();
    assert_eq!((run.fields().kind, run.waits.len()), (ErrorKind::Server, 0));
}

#[test]
fn one_call_may_have_a_limit_of_its_own() {
    let timeout = |timeout| PerCall { timeout: Some(timeout), ..PerCall::default() };
    let run = Scenario::get().per_call(timeout(seconds(3))).then_success().run();
    assert_eq!(run.sent[0].timeout, seconds(3), "the attempt's limit is clamped");
    // It is the client's limits that are clamped, not what an earlier clamp left of them.
    let run = Scenario::get()
        .config(|c| c.timeout(seconds(3)).attempt_timeout(seconds(20)))
        .per_call(timeout(seconds(60)))
        .then_success()
        .run();
    assert_eq!(run.sent[0].timeout, seconds(20));
    for refused in [Duration::ZERO, seconds(3601), Duration::MAX] {
        let run = Scenario::get().per_call(timeout(refused)).run();
        assert_eq!(run.error().kind(), ErrorKind::Config);
        assert!(run.error().message().starts_with("timeout must be"), "{}", run.error());
    }
}

#[test]
fn a_wall_clock_that_jumps_does_not_move_the_limits() {
    for jump in [wall(0), wall(NOW - 86_400), wall(NOW + 86_400)] {
        let run = Scenario::get()
            .config(|c| c.timeout(seconds(12)).attempt_timeout(seconds(5)))
            .then(fault(TransportErrorKind::AttemptTimeout).takes_its_limit().wall_clock_set_to(jump))
            .then(fault(TransportErrorKind::AttemptTimeout).takes_its_limit())
            .then(fault(TransportErrorKind::AttemptTimeout).takes_its_limit())
            .run();
        let timeouts: Vec<_> = run.sent.iter().map(|sent| sent.timeout).collect();
        assert_eq!(timeouts, [seconds(5), seconds(5), seconds(2)]);
        assert_eq!((run.took, run.fields().limit), (seconds(12), Some(Limit::Timeout)));
    }
}

#[test]
fn claims_are_checked_by_the_wall_clock_as_it_stands_when_the_answer_came() {
    let after = |jump| {
        let run = Scenario::exchange().then(answer(200, principal()).wall_clock_set_to(wall(jump))).run();
        run.result.is_err().then(|| run.fields().claim).flatten()
    };
    assert_eq!(after(NOW), None);
    assert_eq!(after(NOW - 60), None, "within the leeway");
    assert_eq!(after(NOW - 61), Some(Claim::Nbf));
    assert_eq!(after(NOW + 419), None, "within the leeway");
    assert_eq!(after(NOW + 420), Some(Claim::Exp));
    // The clock moves on while the answer is waited for.
    let run = Scenario::exchange()
        .wall_clock(wall(NOW + 415))
        .then(answer(200, principal()).takes(seconds(5)))
        .run();
    assert_eq!(run.fields().claim, Some(Claim::Exp));
    // A clock that is set back between two attempts counts as it is set.
    let run = Scenario::exchange()
        .then(fault(TransportErrorKind::NotConnected).wall_clock_set_to(wall(NOW - 3600)))
        .then_success()
        .run();
    assert_eq!(run.fields().claim, Some(Claim::Nbf));
}
