//! What a library under one of the clients would do of its own accord with a feature on, and must not do for us.

use passlock_emulator::{BlockingEmulator, EmulatorConfig, Fault, FaultRule, NewUser};

/// A call by each of the three clients, and its outcome.
fn read_by_each(
    emulator: &BlockingEmulator,
    calls: usize,
) -> Vec<(&'static str, Vec<Result<String, String>>)> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    macro_rules! read {
        ($name:literal, $client:ty, $block_on:expr $(, $await:tt)?) => {{
            let client = <$client>::builder()
                .tenancy_id(emulator.tenancy_id())
                .api_key(emulator.api_key())
                .endpoint(emulator.endpoint())
                .max_retries(0)
                .build()
                .unwrap();
            let read = (0..calls).map(|_| $block_on(client.get_user("ada")));
            (
                $name,
                read.map(|user| user.map(|user| user.email).map_err(|error| error.kind().to_string()))
                    .collect(),
            )
        }};
    }
    vec![
        read!("passlock", passlock::Client, |call| runtime.block_on(call)),
        read!("passlock-hyper", passlock_hyper::Client, |call| runtime.block_on(call)),
        read!("passlock-blocking", passlock_blocking::Client, |call| call),
    ]
}

fn emulator() -> BlockingEmulator {
    let emulator = BlockingEmulator::start(EmulatorConfig::new()).unwrap();
    emulator.add_user(NewUser::new("ada@example.com").sub("ada"));
    emulator
}

/// Else this package would prove nothing.
#[test]
fn the_features_are_on() {
    let number: serde_json::Value = serde_json::from_str("1.00000000000000000000001").unwrap();
    assert_eq!(number.to_string(), "1.00000000000000000000001");
    let agent = ureq::agent();
    assert_eq!(agent.cookie_jar_lock().iter().count(), 0);
    drop(reqwest::Client::builder().cookie_store(true).gzip(true).zstd(true));
}

#[test]
fn a_cookie_of_one_answer_is_not_sent_with_the_next_call() {
    let emulator = emulator();
    let cookie = Fault::answer(
        200,
        [("set-cookie", "session=canary; Path=/")],
        r#"{"user":{"sub":"ada","email":"ada@example.com"}}"#,
    );
    emulator.fault(FaultRule::new(cookie).times(6));
    for (client, read) in read_by_each(&emulator, 2) {
        assert_eq!(read, [Ok("ada@example.com".to_owned()), Ok("ada@example.com".to_owned())], "{client}");
    }
    for request in emulator.journal() {
        let headers = format!("{:?}", request.headers);
        assert!(!headers.contains("canary") && !headers.contains("cookie"), "{headers}");
    }
}

/// With `arbitrary_precision` a number is a map to whoever reads it without asking for a number.
#[test]
fn a_time_with_a_fraction_is_read() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let emulator = emulator();
    let principal = r#"{"iss":"i","aud":"t","sub":"ada","iat":1725882236.1239,"nbf":1.7e9,"exp":4e9,"jti":"j","token":"t",
        "userVerified":true,"authType":"passkey","authId":"a"}"#;
    emulator.fault(FaultRule::new(Fault::answer(200, [("x", "y")], principal)));
    let client = passlock::Client::builder()
        .tenancy_id(emulator.tenancy_id())
        .api_key(emulator.api_key())
        .endpoint(emulator.endpoint())
        .verify_claims(false)
        .build()
        .unwrap();
    let principal = runtime.block_on(client.exchange_token("token")).unwrap();
    let iat = principal.iat.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(iat.as_millis(), 1_725_882_236_123);
}

/// gzip of a user, as a server would send it to a client that asks for it.
const GZIP: &str = "H4sIAAAAAAACA6tWKi1OLVKyqlYqLk1SslJKTElU0lFKzU3MzIHwHFIrEnMLclL1kvNzlWprAVKQTjAwAAAA";

#[test]
fn a_coded_answer_is_refused_and_not_decoded() {
    let emulator = emulator();
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let fault = Fault::Status {
            status: 200,
            headers: [("content-encoding", coding)].into(),
            body: None,
            body_base64: Some(GZIP.to_owned()),
        };
        emulator.fault(FaultRule::new(fault).times(3));
        for (client, read) in read_by_each(&emulator, 1) {
            assert_eq!(read, [Err("protocol".to_owned())], "{client} {coding}");
        }
    }
    for request in emulator.journal() {
        let headers = format!("{:?}", request.headers);
        assert!(!headers.contains("gzip"), "{headers}");
    }
}
