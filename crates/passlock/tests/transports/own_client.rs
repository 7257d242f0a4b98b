//! The client of the crate `passlock` on a `reqwest::Client` of the application's own: what is then the application's, and
//! what still holds.

use std::time::Duration;

use passlock::reqwest::{self, redirect};
use passlock::{Client, ErrorKind, Limit};
use passlock_emulator::{Fault, FaultRule};
use tokio::runtime::Builder;

use crate::support::{
    Authority, Failure, Leaf, World, assert_clean, collect_logs, failed, runtime, tls_front, watch,
};

#[path = "../../../../examples/axum/own_client.rs"]
#[expect(dead_code, reason = "its main reads the process's environment")]
#[expect(unreachable_pub, reason = "as an example it is a crate of its own")]
mod axum_own_client;

/// A client as an application would build one, here without TLS.
fn http_client() -> reqwest::ClientBuilder {
    axum_own_client::http_client()
        .tls_backend_preconfigured(passlock_net::client_config_without_roots().unwrap())
        .no_proxy()
}

fn client(world: &World, http: reqwest::ClientBuilder) -> Client {
    builder(world, http).build().unwrap()
}

fn builder(world: &World, http: reqwest::ClientBuilder) -> passlock::ClientBuilder {
    Client::builder()
        .tenancy_id(world.emulator.tenancy_id())
        .api_key(world.emulator.api_key())
        .endpoint(world.emulator.endpoint())
        .http_client(http.build().unwrap())
}

/// The whole answer to a login.
fn log_in(address: std::net::SocketAddr, token: &str) -> (u16, String) {
    runtime().block_on(async {
        let answer = http_client()
            .build()
            .unwrap()
            .post(format!("http://{address}/login"))
            .header("content-type", "application/json")
            .body(serde_json::json!({ "token": token }).to_string());
        let answer = answer.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    })
}

#[test]
fn an_application_shares_its_connections_with_its_other_calls() {
    let world = World::new();
    let http = http_client().build().unwrap();
    let passlock = builder(&world, http_client()).http_client(http.clone()).build().unwrap();
    let audit_url = format!("{}/audit", world.emulator.endpoint());
    let app = axum_own_client::app(axum_own_client::App { passlock, http, audit_url });
    let listener = runtime().block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let server = runtime().spawn(async move { axum::serve(listener, app).await.unwrap() });

    for _ in 0..10 {
        assert_eq!(log_in(address, &world.token()), (200, world.sub.clone()));
    }
    assert_eq!(log_in(address, "never issued").0, 401);
    let journal = world.journal();
    assert_eq!(journal.len(), 21);
    let of = |path: &str| {
        let found = journal.iter().filter(|entry| entry.path.contains(path));
        found.map(|entry| entry.connection).collect::<std::collections::BTreeSet<_>>()
    };
    let (ours, others) = (of("/token/"), of("/audit"));
    assert!(!ours.is_disjoint(&others), "{ours:?} {others:?}");
    assert!(world.connections() <= 4, "{}", world.connections());
    server.abort();
}

/// Its user agent, its TLS, its connect limit: and each setting that would have no effect is refused.
#[test]
fn settings_of_the_client_are_the_applications() {
    let authority = Authority::new();
    let world = World::new();
    let address = world.address();
    let front = tls_front(authority.issue(Leaf::LOCALHOST).1, address);
    let endpoint = format!("https://localhost:{}", front.address.port());
    // No root is trusted here, so the certificate is refused whatever the platform's roots are.
    let error = runtime().block_on(
        builder(&world, http_client()).endpoint(&endpoint).max_retries(0).build().unwrap().get_user("u"),
    );
    assert_eq!(failed(error), Failure::of(ErrorKind::Connection));

    for (name, builder) in [
        ("proxy", builder(&world, http_client()).proxy("http://localhost:1")),
        ("ca_certificates", builder(&world, http_client()).ca_certificates(authority.pem.as_str())),
        ("connect_timeout", builder(&world, http_client()).connect_timeout(Duration::from_secs(1))),
        ("idle_timeout", builder(&world, http_client()).idle_timeout(Duration::from_secs(1))),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().starts_with(name), "{error}");
    }
}

#[test]
fn limits_on_time_and_size_hold() {
    let world = World::broken(Fault::Hang);
    let http = || http_client().timeout(Duration::from_secs(3_600));
    let slow = builder(&world, http()).attempt_timeout(Duration::from_millis(200)).max_retries(0);
    let error = runtime().block_on(slow.build().unwrap().get_user("u"));
    let expected = Failure::of(ErrorKind::Timeout).limit(Limit::AttemptTimeout).retryable();
    assert_eq!(failed(error), expected);
    world.assert_client_closed();

    let world = World::new();
    let small = builder(&world, http()).max_response_bytes(20).build().unwrap();
    let error = runtime().block_on(small.get_user(&world.sub));
    assert_eq!(failed(error), Failure::of(ErrorKind::Protocol).status(200));
}

/// A limit of its own that an application has set on its client ends an attempt too.
#[test]
fn a_limit_of_the_applications_client_is_a_timeout() {
    let world = World::broken(Fault::Hang);
    let http = http_client().timeout(Duration::from_millis(200));
    let error = runtime().block_on(builder(&world, http).max_retries(0).build().unwrap().get_user("u"));
    assert_eq!(failed(error).kind, ErrorKind::Timeout);
}

#[test]
fn an_answer_from_another_url_is_not_taken() {
    let world = World::new();
    let elsewhere =
        format!("{}/{}/user/{}", world.emulator.endpoint(), world.emulator.tenancy_id(), world.sub);
    let redirected = FaultRule::new(Fault::answer(302, [("location", elsewhere.as_str())], ""));
    let follows = client(&world, http_client().redirect(redirect::Policy::limited(3)));
    world.emulator.fault(redirected.clone());
    let error = runtime().block_on(follows.get_user("nobody"));
    assert_eq!(failed(error), Failure::of(ErrorKind::Protocol));
    // The other user's record was there, and was not taken.
    assert_eq!(world.journal().len(), 2);

    let refuses =
        client(&world, http_client().redirect(redirect::Policy::custom(|attempt| attempt.error("no"))));
    world.emulator.fault(redirected.clone());
    assert_eq!(failed(runtime().block_on(refuses.get_user("nobody"))), Failure::of(ErrorKind::Protocol));

    let stays = client(&world, http_client());
    world.emulator.fault(redirected);
    let error = runtime().block_on(stays.get_user("nobody"));
    assert_eq!(failed(error), Failure::of(ErrorKind::Protocol).status(302));
}

#[test]
fn no_error_and_no_log_line_holds_the_key_or_a_token() {
    const TOKEN: &str = "own-client-token-canary";
    watch(TOKEN);
    collect_logs();
    for (fault, kind) in [
        (Fault::Reset, ErrorKind::Connection),
        (Fault::Garbage { bytes_base64: None }, ErrorKind::Protocol),
        (Fault::status(500), ErrorKind::Server),
        (Fault::answer(302, [("location", "http://127.0.0.1:1/")], ""), ErrorKind::Connection),
    ] {
        let world = World::broken(fault);
        watch(world.emulator.api_key());
        let http = http_client().redirect(redirect::Policy::limited(3)).connection_verbose(false);
        let client = builder(&world, http).max_retries(0).build().unwrap();
        let error = runtime().block_on(client.exchange_token(TOKEN)).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_clean(&error);
        assert!(!format!("{client:?}").contains(world.emulator.api_key()));
    }
}

/// tokio would panic, in the application's own process.
#[test]
fn a_runtime_without_time_or_sockets_is_an_error() {
    let world = World::new();
    let client = client(&world, http_client());
    for runtime in [
        Builder::new_current_thread().enable_io().build(),
        Builder::new_current_thread().enable_time().build(),
    ] {
        for _ in 0..2 {
            let error = runtime.as_ref().unwrap().block_on(client.get_user(&world.sub)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().contains("enable_all"), "{error}");
        }
    }
    runtime().block_on(client.get_user(&world.sub)).unwrap();
}
