//! The spans that OpenTelemetry gets by `tracing-opentelemetry`, in its own exporter's hands.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use std::collections::BTreeMap;

use opentelemetry::trace::{SpanKind, Status, TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use passlock_blocking::Client;
use passlock_emulator::{BlockingEmulator, EmulatorConfig, Fault, FaultRule, NewUser, Operation};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};

const KEY: &str = "canary-api-key-1";

struct Seen(Vec<SpanData>);

impl Seen {
    /// What a program's calls leave behind: each span in the order in which it ended.
    fn of(program: impl FnOnce(&BlockingEmulator, &Client)) -> Self {
        let emulator = BlockingEmulator::start(EmulatorConfig::new().api_key(KEY)).unwrap();
        let client = Client::builder()
            .tenancy_id(emulator.tenancy_id())
            .api_key(KEY)
            .endpoint(emulator.endpoint())
            .headers([("x-gateway-key", "canary-gateway-key")])
            .max_retries(1)
            .build()
            .unwrap();
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(LevelFilter::INFO));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info_span!("login").in_scope(|| program(&emulator, &client));
        });
        provider.force_flush().unwrap();
        let seen = exporter.get_finished_spans().unwrap();
        assert!(!format!("{seen:?}").contains("canary"), "{seen:?}");
        Self(seen)
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|span| span.name.as_ref()).collect()
    }

    fn is_in(&self, inner: usize, outer: usize) -> bool {
        self.0[inner].parent_span_id == self.0[outer].span_context.span_id()
    }

    fn attributes(&self, span: usize) -> BTreeMap<&str, String> {
        let ours = |name: &str| {
            ["http.", "url.", "server.", "error.", "passlock."].iter().any(|it| name.starts_with(it))
        };
        let all = self.0[span].attributes.iter();
        all.map(|pair| (pair.key.as_str(), pair.value.to_string())).filter(|(name, _)| ours(name)).collect()
    }
}

fn map<const N: usize>(pairs: [(&'static str, &str); N]) -> BTreeMap<&'static str, String> {
    pairs.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

#[test]
fn a_call_with_one_retry_is_a_span_with_two_in_it() {
    let mut port = String::new();
    let seen = Seen::of(|emulator, client| {
        port = emulator.endpoint().rsplit(':').next().unwrap().to_owned();
        let ada = emulator.add_user(NewUser::new("ada@example.com"));
        let token = emulator.issue_token(&ada.sub).token;
        emulator.fault(FaultRule::new(Fault::status(503)).operation(Operation::ExchangeToken));
        client.exchange_token(&token).unwrap();
    });
    const ATTEMPT: &str = "GET /{tenancyId}/token/{token}";
    assert_eq!(seen.names(), [ATTEMPT, ATTEMPT, "exchange_token", "login"]);
    assert!(seen.is_in(0, 2) && seen.is_in(1, 2) && seen.is_in(2, 3));
    assert_eq!(seen.0[0].span_kind, SpanKind::Client);
    assert!(matches!(seen.0[0].status, Status::Error { .. }), "{:?}", seen.0[0].status);
    assert_eq!(seen.0[1].status, Status::Unset);
    let first = [
        ("http.request.method", "GET"),
        ("http.response.status_code", "503"),
        ("url.template", "/{tenancyId}/token/{token}"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
        ("error.type", "503"),
    ];
    assert_eq!(seen.attributes(0), map(first));
    let second = [
        ("http.request.method", "GET"),
        ("http.request.resend_count", "1"),
        ("http.response.status_code", "200"),
        ("url.template", "/{tenancyId}/token/{token}"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
    ];
    assert_eq!(seen.attributes(1), map(second));
    let call = seen.attributes(2);
    assert_eq!(
        (call["passlock.operation"].as_str(), call["passlock.attempts"].as_str()),
        ("exchange_token", "2")
    );
    assert!(!call["passlock.request_id"].is_empty() && !call.contains_key("error.type"));
}

#[test]
fn a_call_that_fails_says_how() {
    let seen = Seen::of(|emulator, client| {
        client.get_user("user-1").unwrap_err();
        emulator.fault(FaultRule::new(Fault::Reset).times(2));
        client.get_user("user-1").unwrap_err();
    });
    assert_eq!(seen.names().len(), 6);
    // Unknown: one attempt.
    assert_eq!(seen.attributes(0)["error.type"], "404");
    assert_eq!(seen.attributes(1)["error.type"], "not_found");
    // No answer: two of them.
    for attempt in [2, 3] {
        assert_eq!(seen.attributes(attempt)["error.type"], "connection");
        assert!(!seen.attributes(attempt).contains_key("http.response.status_code"));
        assert!(seen.is_in(attempt, 4));
    }
    assert_eq!(seen.attributes(4)["error.type"], "connection");
    assert!(matches!(seen.0[4].status, Status::Error { .. }));
}

#[test]
fn nothing_is_made_where_the_level_is_lower() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(LevelFilter::WARN));
    let emulator = BlockingEmulator::start(EmulatorConfig::new().api_key(KEY)).unwrap();
    let client =
        Client::builder().tenancy_id(emulator.tenancy_id()).api_key(KEY).endpoint(emulator.endpoint());
    tracing::subscriber::with_default(subscriber, || {
        client.build().unwrap().get_user("user-1").unwrap_err();
    });
    assert!(exporter.get_finished_spans().unwrap().is_empty());
}
