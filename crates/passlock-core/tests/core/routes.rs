//! What callers and attackers choose reaches no other route.

use passlock_core::{ErrorKind, OperationName, UserUpdate};
use proptest::prelude::*;

use crate::corpora::checks::path;
use crate::support::{Call, Fields, OPERATIONS, Scenario, answer, every_operation};

const ENDPOINTS: [&str; 6] = [
    "https://api.passlock.dev",
    "https://api.passlock.dev/",
    "https://gw.example.com:8443/passlock",
    "http://localhost:8080/a/b%20c/",
    "http://[::1]:9/~x.y",
    "http://127.0.0.1/...",
];

/// Parts of values that mean something to some parser.
const FRAGMENTS: [&str; 32] = [
    "/",
    "\\",
    "..",
    ".",
    "%2e",
    "%2E%2e",
    "%2f",
    "%5c",
    "%",
    "%00",
    "%c0%ae",
    "?",
    "#",
    ":",
    "@",
    ";",
    "&",
    "=",
    "+",
    " ",
    "\t",
    "\r\n",
    "\0",
    "\u{7f}",
    "\u{85}",
    "\u{202e}",
    "\u{feff}",
    "\u{e9}",
    "e\u{301}",
    "\u{10ffff}",
    "user",
    "token",
];

/// Few are long: they take most of the time.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        80 => prop::collection::vec(prop::sample::select(&FRAGMENTS[..]), 0..6).prop_map(|parts| parts.concat()),
        80 => prop::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter),
        80 => "[ -~]{0,12}",
        40 => "[a-zA-Z0-9._~-]{1,24}",
        1 => (any::<char>(), 4080..4100_usize).prop_map(|(c, bytes)| c.to_string().repeat(bytes.div_ceil(c.len_utf8()))),
    ]
}

fn endpoint() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(&ENDPOINTS[..]).prop_map(str::to_owned),
        1 => value().prop_map(|prefix| format!("https://gw.example.com/{prefix}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_argument_is_refused_or_becomes_exactly_one_segment(
        (operation, endpoint, tenancy, argument) in
            (prop::sample::select(OperationName::ALL), endpoint(), value(), value())
    ) {
        path::request(operation, &endpoint, &tenancy, &argument);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_refused_argument_sends_nothing_and_any_other_is_sent(
        operation in (0..OPERATIONS.len()).prop_map(|index| &OPERATIONS[index]), argument in value()
    ) {
        let scenario = Scenario::of((operation.call)(argument.clone()));
        if path::request(operation.name, ENDPOINTS[0], "t", &argument) {
            let run = scenario.then(answer(403, "")).run();
            prop_assert_eq!(run.sent.len(), 1);
        } else {
            let run = scenario.run();
            prop_assert_eq!(run.error().kind(), ErrorKind::InvalidInput);
        }
    }
}

#[test]
fn what_is_no_segment_is_refused_by_every_operation() {
    let at_the_limit = "\u{e9}".repeat(2048);
    let too_long = format!("{at_the_limit}x");
    for value in ["", ".", "..", "a\nb", "\0", "\u{7f}", "\u{9f}", &*too_long] {
        for operation in &OPERATIONS {
            let run = Scenario::of((operation.call)(value.to_owned())).run();
            assert_eq!(run.fields(), Fields::of(ErrorKind::InvalidInput, operation.name, 0));
            assert!(run.error().message().starts_with(operation.argument), "{}", run.error());
            assert!(run.sent.is_empty());
        }
    }
    let run = Scenario::of(Call::Exchange(at_the_limit)).then(answer(404, "")).run();
    assert_eq!(run.sent.len(), 1);
}

#[test]
fn an_update_without_a_field_is_refused_and_an_empty_string_is_one() {
    let run = Scenario::of(Call::Update("user-1".to_owned(), UserUpdate::new())).run();
    assert_eq!(run.error().kind(), ErrorKind::InvalidInput);
    assert!(run.error().message().contains("given_name"));
    let update = UserUpdate::new().given_name("").family_name("").email_verified(false);
    let run = Scenario::of(Call::Update("user-1".to_owned(), update)).then_success().run();
    assert_eq!(&run.sent[0].body[..], br#"{"givenName":"","familyName":"","emailVerified":false}"#);
}

#[test]
fn every_request_is_what_the_contract_says() {
    let named: Vec<_> = OPERATIONS.iter().map(|operation| operation.name).collect();
    assert_eq!(named, OperationName::ALL, "an operation that the tests do not know");
    for (operation, scenario) in every_operation() {
        let run = scenario.config(|c| c.endpoint("https://gw.example.com/passlock/")).then_success().run();
        let sent = &run.sent[0];
        assert_eq!(sent.headers["authorization"], format!("Bearer {}", crate::support::API_KEY));
        assert_eq!(
            (&sent.headers["accept"], &sent.headers["accept-encoding"]),
            (&"application/json".parse().unwrap(), &"identity".parse().unwrap())
        );
        assert_eq!(sent.headers["user-agent"], concat!("passlock-rust/", env!("CARGO_PKG_VERSION")));
        let argument = crate::support::percent_encoded(operation.usual_argument);
        let path = operation.route.replace(&format!("{{{}}}", operation.argument), &argument);
        assert_eq!(
            (sent.method.as_str(), sent.uri.to_string()),
            (operation.method, format!("https://gw.example.com/passlock/tenancy%201/{path}"))
        );
    }
}
