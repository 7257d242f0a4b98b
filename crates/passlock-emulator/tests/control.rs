//! The control API over HTTP, and that it is the same as the methods.

mod common;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{Client, config, start, token_path, user_path};
use passlock_emulator::{
    Behaviour, BlockingEmulator, Data, Emulator, Fault, FaultRule, NewUser, PatchAnswer, StartError,
};
use serde_json::json;

#[test]
fn health() {
    let emulator = start();
    let answer = Client::connect(&emulator).control("GET", "health", "");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({"version": env!("CARGO_PKG_VERSION"), "protocol": 1}));
    assert!(answer.header("x-request-id").is_some());
}

#[test]
fn users_and_tokens() {
    let emulator = start();
    let mut client = Client::connect(&emulator);
    let answer = client.control("POST", "users", r#"{"email":"a@b.c","givenName":"Ada","sub":"u1"}"#);
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"user": {"sub": "u1", "email": "a@b.c", "givenName": "Ada", "emailVerified": false}}))
    );
    let made_up = client.control("POST", "users", r#"{"email":"d@e.f","emailVerified":true}"#).json();
    assert_eq!(made_up["user"]["emailVerified"], true);
    assert_eq!(made_up["user"]["sub"].as_str().unwrap().len(), 20);
    assert_eq!(client.get(&user_path("u1")).json()["user"]["givenName"], "Ada");

    let issued = client
        .control(
            "POST",
            "tokens",
            r#"{"sub":"u1","authType":"apple","userVerified":false,"ttlSeconds":60,"singleUse":true}"#,
        )
        .json();
    assert_eq!(issued.as_object().unwrap().len(), 2);
    let path = token_path(issued["token"].as_str().unwrap());
    let principal = client.get(&path).json();
    assert_eq!((&principal["authType"], &principal["userVerified"]), (&json!("apple"), &json!(false)));
    assert_eq!(principal["exp"], issued["exp"]);
    assert_eq!(client.get(&path).status, 404);
}

#[test]
fn clock() {
    let emulator = start();
    emulator.add_user(NewUser::new("a@b.c").sub("u1"));
    let mut client = Client::connect(&emulator);
    let old = emulator.issue_token("u1");
    let real = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let now = client.control("POST", "clock", r#"{"advanceSeconds":300.5}"#).json()["now"].as_i64().unwrap();
    assert!((real + 300..real + 320).contains(&now));
    let principal = client.get(&token_path(&old.token)).json();
    assert_eq!(principal["exp"].as_i64().unwrap(), old.exp - 301, "half a second less, cut to a second");
    let new = emulator.issue_token("u1");
    assert!((real + 360..real + 380).contains(&new.exp));
    client.control("POST", "clock", r#"{"advanceSeconds":60}"#);
    assert_eq!(client.get(&token_path(&old.token)).status, 404);
    assert_eq!(client.get(&token_path(&new.token)).status, 200);
    for body in [r#"{"advanceSeconds":-1}"#, r#"{"advanceSeconds":1e11}"#, r#"{"advanceSeconds":"1"}"#, "{}"]
    {
        assert_eq!(client.control("POST", "clock", body).status, 400, "{body}");
    }
}

#[test]
fn behaviour() {
    let emulator = start();
    let mut client = Client::connect(&emulator);
    let answer = client.control("POST", "behaviour", r#"{"patchAnswer":"bare"}"#);
    assert_eq!(answer.json(), json!({"patchAnswer": "bare", "legacyFields": true}));
    let answer = client.control("POST", "behaviour", r#"{"legacyFields":false}"#);
    assert_eq!(answer.json(), json!({"patchAnswer": "bare", "legacyFields": false}));
    let now = emulator.configure(Behaviour::new().patch_answer(PatchAnswer::Empty));
    assert_eq!(now, Behaviour::new().patch_answer(PatchAnswer::Empty).legacy_fields(false));
    assert_eq!(client.control("POST", "behaviour", r#"{"patchAnswer":"odd"}"#).status, 400);
}

#[test]
fn faults() {
    let emulator = start();
    let mut client = Client::connect(&emulator);
    let rule = json!({
        "times": 2, "method": "GET", "operation": "get_user", "apply": true,
        "fault": {"kind": "status", "status": 429, "headers": {"retry-after": "3"}, "body": "slow down"}
    });
    let answer = client.control("POST", "faults", &rule.to_string());
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    for _ in 0..2 {
        let answer = client.get(&user_path("u1"));
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("3")));
        assert_eq!(answer.body, b"slow down");
    }
    assert_eq!(client.get(&user_path("u1")).status, 404);
}

#[test]
fn mistakes_are_errors_that_say_what_is_wrong() {
    let emulator = start();
    emulator.add_user(NewUser::new("a@b.c").sub("u1"));
    let mut client = Client::connect(&emulator);
    for (path, body, status, says) in [
        ("users", "", 400, "Malformed body"),
        ("users", "{}", 400, "missing field `email`"),
        ("users", r#"{"email":"x","given_name":"y"}"#, 400, "unknown field `given_name`"),
        ("users", r#"{"email":"a@b.c"}"#, 409, "already a user with the email \"a@b.c\""),
        ("users", r#"{"email":"x","sub":"u1"}"#, 409, "already a user with the sub \"u1\""),
        ("users", r#"{"email":"x","sub":""}"#, 400, "sub must not be empty"),
        ("tokens", r#"{"sub":"nobody"}"#, 404, "no user with the sub \"nobody\""),
        ("tokens", r#"{"sub":"u1","ttl":3}"#, 400, "unknown field `ttl`"),
        ("tokens", r#"{"sub":"u1","ttlSeconds":-3}"#, 400, "invalid value"),
        ("faults", r#"{"fault":{"kind":"hang","millis":3}}"#, 400, "unknown field `millis`"),
        ("faults", r#"{"fault":{"kind":"status","status":1}}"#, 400, "100 to 999"),
        ("behaviour", r#"{"patchanswer":"bare"}"#, 400, "unknown field `patchanswer`"),
        ("clock", r#"{"advanceSeconds":1,"x":1}"#, 400, "unknown field `x`"),
        ("reset", r#"{"x":1}"#, 400, "unknown field `x`"),
        ("resett", "{}", 404, "has no POST"),
        ("health", "{}", 404, "has no POST"),
    ] {
        let answer = client.control("POST", path, body);
        let (actual, _, message) = answer.error();
        assert_eq!(actual, status, "{path} {body}: {message}");
        assert!(message.contains(says), "{path} {body}: {message}");
    }
    assert_eq!(client.control("GET", "", "").status, 404);
    assert_eq!(client.request("GET", "/_emulator", "", "").status, 404);
}

#[test]
fn reset_is_a_fresh_start() {
    let data = Data::of([NewUser::new("data@b.c").sub("from-data")]);
    let emulator = BlockingEmulator::start(config().data(data).legacy_fields(false)).unwrap();
    let mut client = Client::connect(&emulator);
    for body in ["", "{}"] {
        emulator.add_user(NewUser::new("a@b.c").sub("u1"));
        let token = emulator.issue_token("u1").token;
        client.patch(&user_path("from-data"), r#"{"givenName":"Changed"}"#);
        emulator.configure(Behaviour::new().patch_answer(PatchAnswer::Empty).legacy_fields(true));
        emulator.advance(Duration::from_secs(1_000));
        emulator.fault(FaultRule::new(Fault::status(500)).times(9));

        assert_eq!(client.control("POST", "reset", body).json(), json!({}));
        assert_eq!(emulator.journal(), []);
        assert_eq!(client.get(&user_path("u1")).status, 404);
        assert_eq!(client.get(&token_path(&token)).status, 404);
        assert_eq!(
            client.get(&user_path("from-data")).json(),
            json!({"user": {"sub": "from-data", "email": "data@b.c", "emailVerified": false}})
        );
        let behaviour = emulator.configure(Behaviour::default());
        assert_eq!(behaviour, Behaviour::new().patch_answer(PatchAnswer::Wrapped).legacy_fields(false));
        assert!((emulator.advance(Duration::ZERO) - emulator.issue_token("from-data").exp + 360).abs() <= 20);
    }
}

#[test]
fn a_seed_repeats_everything_made_up() {
    let start = |seed| {
        let data = Data::of([NewUser::new("data@b.c")]);
        BlockingEmulator::start(passlock_emulator::EmulatorConfig::default().random_seed(seed).data(data))
            .unwrap()
    };
    let play = |emulator: &BlockingEmulator| {
        let user = emulator.add_user(NewUser::new("a@b.c"));
        let token = emulator.issue_token(&user.sub).token;
        let answer = Client::connect(emulator).get("/");
        let id = answer.header("x-request-id").unwrap().to_owned();
        (emulator.tenancy_id().to_owned(), emulator.api_key().to_owned(), user.sub, token, id)
    };
    let (a, b, c) = (start(1), start(1), start(2));
    let first = play(&a);
    assert_eq!(first, play(&b));
    let other = play(&c);
    assert!(first.0 != other.0 && first.1 != other.1 && first.2 != other.2 && first.3 != other.3);
    a.reset();
    assert_eq!(first, play(&a));
}

#[test]
fn without_a_seed_nothing_repeats() {
    let (a, b) = (
        BlockingEmulator::start(Default::default()).unwrap(),
        BlockingEmulator::start(Default::default()).unwrap(),
    );
    assert_ne!(a.tenancy_id(), b.tenancy_id());
    assert_ne!(a.api_key(), b.api_key());
    let token = |emulator: &BlockingEmulator| {
        let sub = emulator.add_user(NewUser::new("a@b.c")).sub;
        (emulator.issue_token(&sub).token, sub)
    };
    let (a, b) = (token(&a), token(&b));
    assert!(a.0 != b.0 && a.1 != b.1);
}

#[test]
fn data_that_contradicts_itself_does_not_start() {
    let data = Data::of([NewUser::new("a@b.c"), NewUser::new("a@b.c")]);
    let error = BlockingEmulator::start(config().data(data)).unwrap_err();
    assert!(matches!(error, StartError::Config(ref what) if what.contains("a@b.c")), "{error:?}");
}

#[test]
#[should_panic(expected = "no user with the sub \"nobody\"")]
fn a_mistake_in_a_method_is_a_panic() {
    start().issue_token("nobody");
}

#[test]
fn a_port_in_use_is_an_error() {
    let emulator = start();
    let port = emulator.endpoint().rsplit_once(':').unwrap().1.parse().unwrap();
    let error = BlockingEmulator::start(config().port(port)).unwrap_err();
    assert!(matches!(error, StartError::Bind { address, .. } if address.port() == port), "{error:?}");
}

#[test]
fn the_blocking_one_stops_when_dropped_with_requests_under_way() {
    let emulator = start();
    let port: u16 = emulator.endpoint().rsplit_once(':').unwrap().1.parse().unwrap();
    emulator.fault(FaultRule::new(Fault::Hang));
    let mut client = Client::connect(&emulator);
    client.send_get("/");
    assert!(client.is_silent());
    let handle = (*emulator).clone();
    drop(emulator);
    assert!(client.rest().is_empty());
    assert_eq!(handle.journal().len(), 1);
    drop(client);
    BlockingEmulator::start(config().port(port)).unwrap();
}

#[tokio::test]
async fn the_blocking_one_can_be_used_inside_a_runtime() {
    let emulator = start();
    assert_eq!(emulator.control_endpoint(), format!("{}/_emulator", emulator.endpoint()));
    assert_eq!(Client::connect(&emulator).control("GET", "health", "").status, 200);
    drop(emulator);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_async_one_stops_on_shutdown() {
    let emulator = Emulator::start(config()).await.unwrap();
    let endpoint = emulator.endpoint().to_owned();
    emulator.add_user(NewUser::new("a@b.c").sub("only-here"));
    let mut client = Client::connect_to(&endpoint);
    assert_eq!(client.get(&user_path("only-here")).status, 200);
    emulator.fault(FaultRule::new(Fault::Hang));
    client.send_get("/");
    assert!(client.is_silent());
    emulator.stop().await;
    emulator.stop().await;
    assert!(client.rest().is_empty());
    // By now another test's emulator may listen there, which does not know the user.
    if std::net::TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).is_ok() {
        assert_ne!(Client::connect_to(&endpoint).get(&user_path("only-here")).status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_async_one_stops_when_dropped() {
    let emulator = Emulator::start(config()).await.unwrap();
    let mut client = Client::connect_to(emulator.endpoint());
    assert_eq!(client.control("GET", "health", "").status, 200);
    drop(emulator);
    assert!(client.rest().is_empty());
}

#[test]
fn a_disabled_user_has_no_exchange_and_is_enabled_again() {
    let emulator = start();
    emulator.add_user(NewUser::new("a@b.c").sub("u1"));
    let token = emulator.issue_token("u1").token;
    let mut client = Client::connect(&emulator);
    assert_eq!(client.control("POST", "users/disable", r#"{"sub":"u1"}"#).status, 200);
    let (status, tag, _) = client.get(&token_path(&token)).error();
    assert_eq!((status, tag.as_str()), (403, "Disabled"));
    assert_eq!(client.get(&user_path("u1")).status, 200, "the back end can still read the user");
    client.control("POST", "users/disable", r#"{"sub":"u1","disabled":false}"#);
    assert_eq!(client.get(&token_path(&token)).status, 200);
    assert_eq!(client.control("POST", "users/disable", r#"{"sub":"nobody"}"#).status, 404);
}
