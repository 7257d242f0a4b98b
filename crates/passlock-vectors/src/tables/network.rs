use serde_json::{Value, json};

use super::build::*;

pub(super) fn all() -> Vec<Draft> {
    let mut drafts = not_connected();
    drafts.extend(limits());
    drafts.extend(faults());
    drafts.extend(heads());
    drafts.extend(sizes());
    drafts.extend(proxies());
    drafts
}

/// Nothing was sent, so every operation may be repeated.
fn not_connected() -> Vec<Draft> {
    let retryable = ("retryable", json!(true));
    let mut drafts = Vec::new();
    for operation in OPERATIONS {
        let to = |name: &str, endpoint: &str| {
            call(operation, format!("network/{name}/{operation}"))
                .set("endpoint", endpoint)
                .set("max_retries", 0)
        };
        drafts.extend([
            to("refused", "http://127.0.0.1:1").fails("connection", 1, std::slice::from_ref(&retryable)),
            to("no-such-host", "https://nonexistent.invalid").fails(
                "connection",
                1,
                std::slice::from_ref(&retryable),
            ),
            to("no-tls-on-the-other-side", "https://127.0.0.1:${port}").fails(
                "connection",
                1,
                std::slice::from_ref(&retryable),
            ),
            to("no-answer-to-tls", "https://127.0.0.1:${silent}").set("connect_timeout", 0.5).fails(
                "timeout",
                1,
                &[("limit", json!("connect_timeout")), retryable.clone()],
            ),
        ]);
    }
    drafts.extend([
        update_user("network/refused/is-repeated")
            .set("endpoint", "http://127.0.0.1:1")
            .set("max_retries", 1)
            .fails("connection", 2, std::slice::from_ref(&retryable)),
        update_user("network/no-answer-to-tls/is-repeated")
            .set("endpoint", "https://127.0.0.1:${silent}")
            .set("connect_timeout", 0.3)
            .set("max_retries", 1)
            .fails("timeout", 2, &[("limit", json!("connect_timeout")), retryable.clone()]),
        get_user("network/no-answer-to-tls/the-whole-time-is-less")
            .set("endpoint", "https://127.0.0.1:${silent}")
            .set("timeout", 0.5)
            .fails("timeout", 1, &[("limit", json!("timeout")), retryable]),
    ]);
    drafts
}

fn limits() -> Vec<Draft> {
    let attempt =
        |retryable: bool| vec![("limit", json!("attempt_timeout")), ("retryable", json!(retryable))];
    let whole = |retryable: bool| vec![("limit", json!("timeout")), ("retryable", json!(retryable))];
    let hang = || json!({ "kind": "hang" });
    let mut drafts = Vec::new();
    for operation in OPERATIONS {
        let retryable = operation != "update_user";
        let of = |name: &str| call(operation, format!("network/{name}/{operation}")).set("max_retries", 0);
        drafts.push(of("attempt-timeout").set("attempt_timeout", 0.5).fault(hang()).sent(1).fails(
            "timeout",
            1,
            &attempt(retryable),
        ));
        drafts.push(of("timeout").set("timeout", 0.5).fault(hang()).sent(1).fails(
            "timeout",
            1,
            &whole(retryable),
        ));
        drafts.push(
            of("timeout-of-this-call")
                .given("options", json!({ "timeout": 0.5 }))
                .fault(hang())
                .sent(1)
                .fails("timeout", 1, &whole(retryable)),
        );
    }
    drafts.extend([
        get_user("network/timeout/covers-retries")
            .why("an attempt takes 2 s, and what is left for the next is less than that")
            .set("timeout", 3.8)
            .set("attempt_timeout", 2)
            .set("max_retries", 10)
            .fault_times(9, hang())
            .sent(2)
            .fails("timeout", 2, &whole(true)),
        get_user("network/attempt-timeout/a-silent-port")
            .set("endpoint", "http://127.0.0.1:${silent}")
            .set("attempt_timeout", 0.5)
            .set("max_retries", 0)
            .fails("timeout", 1, &attempt(true)),
        get_user("network/timeout/of-this-call-over-the-client-s")
            .why("the limit on an attempt is clamped to this call's limit, not to the client's")
            .set("timeout", 0.2)
            .given("options", json!({ "timeout": 20 }))
            .server("users", json!({ "sub": SUB, "email": "ada@example.com", "givenName": "Ada" }))
            .fault(json!({ "kind": "delay", "millis": 500 }))
            .sent(1)
            .gives_user(&[("family_name", Value::Null), ("email_verified", json!(false))]),
    ]);
    drafts
}

/// Every fault that the emulator knows and that is not elsewhere, on its own answer.
fn faults() -> Vec<Draft> {
    let ada = || json!({ "sub": SUB, "email": "ada@example.com", "givenName": "Ada" });
    let of = |name: &str, fault: Value| {
        get_user(format!("network/fault/{name}"))
            .set("max_retries", 0)
            .server("users", ada())
            .fault(fault)
            .sent(1)
    };
    let user =
        |draft: Draft| draft.gives_user(&[("family_name", Value::Null), ("email_verified", json!(false))]);
    let id = ("request_id", json!("${any}"));
    let ok = ("status", json!(200));
    let retryable = ("retryable", json!(true));
    let late = ("limit", json!("attempt_timeout"));
    vec![
        user(of("delay", json!({ "kind": "delay", "millis": 100 }))),
        of("delay-beyond-the-limit", json!({ "kind": "delay", "millis": 60_000 }))
            .set("attempt_timeout", 0.5)
            .fails("timeout", 1, &[late.clone(), retryable.clone()]),
        user(of("drip", json!({ "kind": "drip", "millisPerByte": 1 }))),
        of("drip-beyond-the-limit", json!({ "kind": "drip", "millisPerByte": 50 }))
            .set("attempt_timeout", 1)
            .fails("timeout", 1, &[late.clone(), retryable.clone()]),
        of("stall", json!({ "kind": "stall", "afterBytes": 10 })).set("attempt_timeout", 1).fails(
            "timeout",
            1,
            &[late.clone(), retryable.clone(), ok.clone(), id.clone()],
        ),
        of("stall-head", json!({ "kind": "stallHead", "afterBytes": 20 })).set("attempt_timeout", 1).fails(
            "timeout",
            1,
            &[late, retryable.clone()],
        ),
        of("reset", json!({ "kind": "reset" })).fails("connection", 1, std::slice::from_ref(&retryable)),
        of("reset-after-head", json!({ "kind": "resetAfterHead" })).fails(
            "connection",
            1,
            &[retryable.clone(), ok.clone(), id.clone()],
        ),
        of("truncate", json!({ "kind": "truncate" })).fails(
            "connection",
            1,
            &[retryable.clone(), ok.clone(), id.clone()],
        ),
        of("truncate-all", json!({ "kind": "truncate", "afterBytes": 0 })).fails(
            "connection",
            1,
            &[retryable, ok.clone(), id.clone()],
        ),
        of("garbage", json!({ "kind": "garbage" })).fails("protocol", 1, &[]),
        of("endless", json!({ "kind": "endless" })).set("max_response_bytes", 1000).fails(
            "protocol",
            1,
            &[ok, id],
        ),
        of("endless-head", json!({ "kind": "endlessHead" })).fails("protocol", 1, &[]),
        user(of("close-idle", json!({ "kind": "closeIdle" }))),
    ]
}

/// Answers down to the last byte.
fn heads() -> Vec<Draft> {
    let body = json!({ "user": user(&[]) }).to_string();
    let length = body.len();
    let of = |name: &str, answer: &str| {
        get_user(format!("network/answer/{name}")).set("max_retries", 0).fault(raw(answer)).sent(1)
    };
    let good = |name: &str, answer: String| of(name, &answer).gives_user(&[]);
    let (first, second) = body.split_at(20);
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut drafts = vec![
        good("no-length-until-the-end", format!("HTTP/1.1 200 OK\r\n\r\n{body}")),
        good("http-1-0", format!("HTTP/1.0 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")),
        good("no-reason", format!("HTTP/1.1 200 \r\ncontent-length: {length}\r\n\r\n{body}")),
        good("another-reason", format!("HTTP/1.1 200 Not Found\r\ncontent-length: {length}\r\n\r\n{body}")),
        good("lower-and-upper-case", format!("HTTP/1.1 200 OK\r\nCONTENT-length: {length}\r\n\r\n{body}")),
        good(
            "chunks",
            format!(
                "{chunked}14\r\n{first}\r\n{:X};ext=1\r\n{second}\r\n0\r\nx-trailer: 1\r\n\r\n",
                second.len()
            ),
        ),
        good(
            "early-hints-before-it",
            format!(
                "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
            ),
        ),
        good(
            "continue-with-headers-before-it",
            format!(
                "HTTP/1.1 100 Continue\r\nserver: a-gateway\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
            ),
        )
        .why("any interim answer may have headers"),
        good(
            "a-length-in-an-interim-answer",
            format!(
                "HTTP/1.1 103 Early Hints\r\ncontent-length: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
            ),
        )
        .why("it has no body, whatever its headers say"),
        good("no-transfer-coding", format!("HTTP/1.1 200 OK\r\ntransfer-encoding:\r\n\r\n{body}"))
            .why("without the chunked one, the body ends where the connection does"),
        good("the-same-length-twice", {
            format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\ncontent-length: {length}\r\n\r\n{body}")
        }),
        of(
            "switching-protocols",
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
        )
        .fails("protocol", 1, &[("status", json!(101))]),
        of("continue-and-no-more", "HTTP/1.1 100 Continue\r\n\r\n").fails(
            "connection",
            1,
            &[("retryable", json!(true))],
        ),
        of("chunks-cut-off", &format!("{chunked}14\r\n{first}\r\n")).fails(
            "connection",
            1,
            &[("status", json!(200)), ("retryable", json!(true))],
        ),
        of("said-to-be-in-chunks-and-is-not", &format!("{chunked}{body}"))
            .why("another attempt would end the same way")
            .fails("protocol", 1, &[("status", json!(200))]),
    ];
    for (name, answer) in [
        ("another-protocol", "SSH-2.0-OpenSSH_9.2\r\n".to_owned()),
        ("http-2", "\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64".to_owned()),
        ("no-status", "HTTP/1.1\r\n\r\n".to_owned()),
        ("a-status-of-letters", "HTTP/1.1 abc OK\r\n\r\n".to_owned()),
        ("a-status-of-four-digits", "HTTP/1.1 2000 OK\r\n\r\n".to_owned()),
        ("http-3-in-text", format!("HTTP/3.0 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")),
        ("a-header-without-a-colon", format!("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n{body}")),
        ("nul-in-a-header", format!("HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n{body}")),
    ] {
        drafts.push(of(name, &answer).fails("protocol", 1, &[]));
    }
    drafts
}

/// `max_response_bytes`, to the byte.
fn sizes() -> Vec<Draft> {
    let body = json!({ "user": user(&[]) }).to_string();
    let sized = |bytes: usize| json!({ "$concat": [body, [" ", bytes - body.len()]] });
    let of = |name: &str| get_user(format!("network/size/{name}"));
    let too_large =
        |draft: Draft| draft.fails("protocol", 1, &[("status", json!(200)), ("request_id", json!("req-1"))]);
    let announced = |bytes: u32| {
        raw(&format!("HTTP/1.1 200 OK\r\nx-request-id: req-1\r\ncontent-length: {bytes}\r\n\r\n{{"))
    };
    let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let chunked = answer(200, &[("x-request-id", "req-1"), ("transfer-encoding", "chunked")], chunk);
    vec![
        of("as-much-as-is-taken")
            .set("max_response_bytes", 1000)
            .answer(200, sized(1000))
            .sent(1)
            .gives_user(&[]),
        too_large(of("one-byte-more").set("max_response_bytes", 1000).answer(200, sized(1001)).sent(1))
            .says(&["max_response_bytes"]),
        of("as-much-as-is-taken-in-chunks")
            .set("max_response_bytes", body.len())
            .fault(chunked.clone())
            .sent(1)
            .gives_user(&[]),
        too_large(
            of("one-byte-more-in-chunks").set("max_response_bytes", body.len() - 1).fault(chunked).sent(1),
        ),
        of("1-mib-by-default")
            .why("the announced length is accepted, but the body does not arrive")
            .set("max_retries", 0)
            .fault(announced(1 << 20))
            .sent(1)
            .fails(
                "connection",
                1,
                &[("status", json!(200)), ("request_id", json!("req-1")), ("retryable", json!(true))],
            ),
        too_large(of("1-mib-and-one-byte-by-default").fault(announced((1 << 20) + 1)).sent(1)),
        too_large(
            of("announced-and-never-sent")
                .fault(json!({
                    "kind": "status",
                    "status": 200,
                    "headers": { "x-request-id": "req-1", "content-length": "99999999999" },
                }))
                .sent(1),
        ),
    ]
}

/// Which proxy is asked, and for what. The emulator is none, and says so with 404.
fn proxies() -> Vec<Draft> {
    // SHA-256 of `Basic dXNAZXI6cDp3LWNhbmFyeQ==`, which is `us@er:p:w-canary`.
    let authorization = "e15558a2bbed2586fbf440329a15b4dcaa609dee68a037762a55db450b31dd18";
    let tunnel = |host: &str, proxy_authorization: Value| {
        json!({
            "method": "CONNECT",
            "path": host,
            "headers": {
                "accept": null, "accept-encoding": null, "authorization": null, "user-agent": null,
                "proxy-authorization": proxy_authorization,
            },
        })
    };
    let emulator = "http://127.0.0.1:${port}";
    let nobody = "http://127.0.0.1:1";
    let fails =
        |draft: Draft| draft.set("max_retries", 0).fails("connection", 1, &[("retryable", json!(true))]);
    let elsewhere = |name: &str| {
        exchange(format!("network/proxy/{name}")).set("endpoint", "https://api.passlock.invalid")
    };
    let here = |name: &str| get_user(format!("network/proxy/{name}"));
    let works = |draft: Draft| draft.answer_user().sent(1).gives_user(&[]);
    let through = tunnel("api.passlock.invalid:443", Value::Null);
    vec![
        fails(elsewhere("set").set("proxy", emulator).saw(through.clone())),
        fails(
            elsewhere("with-credentials")
                .set("proxy", "http://us%40er:p%3Aw-canary@127.0.0.1:${port}")
                .saw(tunnel("api.passlock.invalid:443", json!(authorization))),
        ),
        fails(
            elsewhere("to-another-port")
                .set("endpoint", "https://api.passlock.invalid:8443/prefix")
                .set("proxy", emulator)
                .saw(tunnel("api.passlock.invalid:8443", Value::Null)),
        ),
        fails(elsewhere("of-the-environment").env("HTTPS_PROXY", emulator).saw(through.clone())),
        fails(
            elsewhere("of-the-environment-in-lower-case").env("https_proxy", emulator).saw(through.clone()),
        ),
        fails(elsewhere("of-the-environment-for-all").env("ALL_PROXY", emulator).saw(through.clone())),
        fails(
            elsewhere("set-beats-the-environment")
                .set("proxy", emulator)
                .env("HTTPS_PROXY", nobody)
                .saw(through),
        ),
        fails(elsewhere("not-for-http").env("HTTP_PROXY", emulator)),
        fails(
            elsewhere("not-for-this-host").env("HTTPS_PROXY", emulator).env("NO_PROXY", "passlock.invalid"),
        ),
        fails(elsewhere("not-for-any-host").env("HTTPS_PROXY", emulator).env("NO_PROXY", "*")),
        fails(elsewhere("empty-is-unset").env("HTTPS_PROXY", "").env("https_proxy", "")),
        works(
            here("of-the-environment-is-not-for-loopback").env("HTTP_PROXY", nobody).env("ALL_PROXY", nobody),
        ),
        fails(here("set-is-for-loopback-too").set("proxy", nobody)),
        fails(elsewhere("that-refuses").set("proxy", nobody)),
        elsewhere("that-does-not-answer")
            .set("proxy", "http://127.0.0.1:${silent}")
            .set("connect_timeout", 0.5)
            .set("max_retries", 0)
            .fails("timeout", 1, &[("limit", json!("connect_timeout")), ("retryable", json!(true))]),
    ]
}
