//! The operations, by the bytes on the wire.

mod common;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{Client, KEY, TENANCY, authorized, start, token_path, user_path};
use passlock_emulator::{Behaviour, BlockingEmulator, NewToken, NewUser, PatchAnswer};
use serde_json::json;

fn ada(emulator: &BlockingEmulator) -> String {
    let new = NewUser::new("ada@example.com").given_name("Ada").family_name("Lovelace").email_verified(true);
    emulator.add_user(new).sub
}

#[test]
fn a_token_is_exchanged_for_a_principal() {
    let emulator = start();
    let sub = ada(&emulator);
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let issued = emulator.issue_token(&sub);
    let answer = Client::connect(&emulator).get(&token_path(&issued.token));
    assert_eq!(answer.status, 200);
    assert!(answer.head.starts_with("HTTP/1.1 200 OK\r\n"), "{}", answer.head);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()));
    assert!(answer.header("date").is_some_and(|date| date.ends_with(" GMT")));
    let mut principal = answer.json();
    let fields = principal.as_object_mut().unwrap();
    let iat = fields["iat"].as_u64().unwrap();
    assert!((before..=before + 20).contains(&iat));
    assert_eq!(issued.exp, i64::try_from(iat + 360).unwrap());
    assert!(!fields["authId"].as_str().unwrap().is_empty());
    assert!(!issued.token.contains(':'));
    fields.remove("authId");
    let statement = fields.remove("authStatement").unwrap();
    assert_eq!((&statement["authType"], &statement["userVerified"]), (&json!("passkey"), &json!(true)));
    assert!(statement["authTimestamp"].as_str().unwrap().ends_with(".000Z"));
    assert!(fields.remove("expireAt").unwrap().as_str().unwrap().ends_with(".000Z"));
    assert_eq!(
        principal,
        json!({
            "iss": "https://idp.passlock.dev", "aud": TENANCY, "sub": sub, "iat": iat, "nbf": iat, "exp": iat + 360,
            "jti": issued.token, "token": issued.token, "userVerified": true, "authType": "passkey",
            "givenName": "Ada", "familyName": "Lovelace", "email": "ada@example.com", "emailVerified": true,
        })
    );
}

#[test]
fn a_token_is_issued_as_asked() {
    let emulator = start();
    let sub = emulator.add_user(NewUser::new("a@b.c")).sub;
    let token = NewToken::new(&sub).auth_type("carrier pigeon").user_verified(false).ttl_seconds(10);
    let issued = emulator.issue_token_with(token);
    let principal = Client::connect(&emulator).get(&token_path(&issued.token)).json();
    assert_eq!(principal["authType"], "carrier pigeon");
    assert_eq!(principal["userVerified"], false);
    assert_eq!(principal["exp"].as_i64().unwrap() - principal["iat"].as_i64().unwrap(), 10);
    assert!(principal.get("givenName").is_none() && principal.get("familyName").is_none());
    assert_eq!(principal["emailVerified"], false);
}

#[test]
fn legacy_fields_can_be_left_out() {
    let emulator = start();
    let token = emulator.issue_token(&ada(&emulator)).token;
    emulator.configure(Behaviour::new().legacy_fields(false));
    let principal = Client::connect(&emulator).get(&token_path(&token)).json();
    assert!(principal.get("authStatement").is_none() && principal.get("expireAt").is_none());

    let emulator = BlockingEmulator::start(common::config().legacy_fields(false)).unwrap();
    let token = emulator.issue_token(&ada(&emulator)).token;
    assert!(Client::connect(&emulator).get(&token_path(&token)).json().get("authStatement").is_none());
}

#[test]
fn a_token_can_be_exchanged_again_unless_it_is_for_single_use() {
    let emulator = start();
    let sub = ada(&emulator);
    let mut client = Client::connect(&emulator);
    let token = emulator.issue_token(&sub).token;
    assert_eq!(client.get(&token_path(&token)).status, 200);
    assert_eq!(client.get(&token_path(&token)).status, 200);
    let token = emulator.issue_token_with(NewToken::new(&sub).single_use(true)).token;
    assert_eq!(client.get(&token_path(&token)).status, 200);
    assert_eq!(client.get(&token_path(&token)).error(), (404, "NotFound".into(), "Invalid token".into()));
}

#[test]
fn unknown_and_expired_tokens_are_not_told_apart() {
    let emulator = start();
    let token = emulator.issue_token(&ada(&emulator)).token;
    let mut client = Client::connect(&emulator);
    let expected = (404, "NotFound".to_owned(), "Invalid token".to_owned());
    assert_eq!(client.get(&token_path("unknown")).error(), expected);
    emulator.advance(Duration::from_secs(300));
    assert_eq!(client.get(&token_path(&token)).status, 200);
    emulator.advance(Duration::from_secs(60));
    assert_eq!(client.get(&token_path(&token)).error(), expected);
}

#[test]
fn a_user_is_read() {
    let emulator = start();
    let sub = ada(&emulator);
    let answer = Client::connect(&emulator).get(&user_path(&sub));
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({"user": {
            "sub": sub, "email": "ada@example.com", "givenName": "Ada", "familyName": "Lovelace", "emailVerified": true
        }})
    );
    let answer = Client::connect(&emulator).get(&user_path("nobody"));
    assert_eq!(answer.error(), (404, "NotFound".into(), "Unknown user".into()));
    assert!(answer.header("x-request-id").is_some());
}

#[test]
fn a_segment_is_decoded_after_the_path_is_split() {
    let emulator = start();
    emulator.add_user(NewUser::new("a@b.c").sub("../token/é?#%"));
    emulator.add_user(NewUser::new("d@e.f").sub("x"));
    let mut client = Client::connect(&emulator);
    let user = client.get(&user_path("..%2Ftoken%2F%C3%A9%3F%23%25")).json();
    assert_eq!(user["user"]["email"], "a@b.c");
    assert_eq!(client.get(&token_path("..%2Fuser%2Fx")).error().2, "Invalid token");
    assert_eq!(client.get(&user_path("%ff")).error().0, 400);
    let emulator = BlockingEmulator::start(common::config().tenancy_id("ten/ancy é")).unwrap();
    assert_eq!(Client::connect(&emulator).get("/ten%2Fancy%20%C3%A9/user/x").error().2, "Unknown user");
}

#[test]
fn an_update_changes_what_it_names() {
    let emulator = start();
    let sub = ada(&emulator);
    let mut client = Client::connect(&emulator);
    let answer = client.patch(&user_path(&sub), r#"{"givenName":"","emailVerified":false}"#);
    let expected = json!({
        "sub": sub, "email": "ada@example.com", "givenName": "", "familyName": "Lovelace", "emailVerified": false
    });
    assert_eq!((answer.status, answer.json()), (200, json!({ "user": expected })));
    assert_eq!(client.get(&user_path(&sub)).json(), json!({ "user": expected }));

    emulator.configure(Behaviour::new().patch_answer(PatchAnswer::Bare));
    let answer = client.patch(&user_path(&sub), r#"{"familyName":"Byron"}"#);
    assert_eq!((answer.status, &answer.json()["familyName"]), (200, &json!("Byron")));

    emulator.configure(Behaviour::new().patch_answer(PatchAnswer::Empty));
    let answer = client.patch(&user_path(&sub), r#"{"familyName":"King"}"#);
    assert_eq!((answer.status, answer.header("content-length")), (200, Some("0")));
    assert_eq!(client.get(&user_path(&sub)).json()["user"]["familyName"], "King");
}

#[test]
fn a_wrong_update_is_refused_and_changes_nothing() {
    let emulator = start();
    let sub = ada(&emulator);
    let mut client = Client::connect(&emulator);
    let before = client.get(&user_path(&sub)).json();
    for body in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"givenName":"X","nickname":"Y"}"#,
        r#"{"givenName":"X","email":"x@y.z"}"#,
        r#"{"givenName":null}"#,
        r#"{"givenName":1}"#,
        r#"{"emailVerified":"yes"}"#,
    ] {
        let (status, tag, _) = client.patch(&user_path(&sub), body).error();
        assert_eq!((status, tag.as_str()), (400, "BadRequest"), "{body}");
    }
    let untyped = client.request("PATCH", &user_path(&sub), &authorized(), r#"{"givenName":"X"}"#);
    assert_eq!(untyped.error().2, "Content-Type must be application/json");
    assert_eq!(client.patch(&user_path("nobody"), r#"{"givenName":"X"}"#).error().0, 404);
    assert_eq!(client.get(&user_path(&sub)).json(), before);
}

#[test]
fn the_key_and_the_tenancy_must_be_right() {
    let emulator = start();
    let sub = ada(&emulator);
    let mut client = Client::connect(&emulator);
    let token = emulator.issue_token_with(NewToken::new(&sub).single_use(true)).token;
    for headers in [
        String::new(),
        "Authorization: Bearer wrong\r\n".to_owned(),
        "Authorization: Bearer\r\n".to_owned(),
        format!("Authorization: {KEY}\r\n"),
        format!("Authorization: Basic {KEY}\r\n"),
        format!("Authorization: Bearer {KEY}x\r\n"),
        format!("Authorization: Bearer {KEY}\r\nAuthorization: Bearer other\r\n"),
    ] {
        for path in [user_path(&sub), token_path(&token), user_path("nobody")] {
            let (status, tag, _) = client.request("GET", &path, &headers, "").error();
            assert_eq!((status, tag.as_str()), (401, "Unauthorized"), "{headers}");
        }
    }
    assert_eq!(client.get(&format!("/other/user/{sub}")).error().0, 401);
    assert_eq!(client.get(&token_path(&token)).status, 200);
}

#[test]
fn a_route_that_is_none_is_answered_as_a_gateway_does() {
    let emulator = start();
    let mut client = Client::connect(&emulator);
    for (method, path) in [
        ("GET", "/".to_owned()),
        ("GET", format!("/prefix{}", user_path("x"))),
        ("GET", user_path("")),
        ("GET", user_path("x/")),
        ("GET", "/%5Femulator/health".to_owned()),
        ("DELETE", user_path("x")),
        ("PATCH", token_path("x")),
    ] {
        let answer = client.request(method, &path, &authorized(), "");
        assert_eq!((answer.status, answer.json()), (404, json!({"message": "Not Found"})), "{method} {path}");
        assert!(answer.header("x-request-id").is_some());
    }
}

#[test]
fn requests_follow_each_other_on_one_connection() {
    let emulator = start();
    let sub = ada(&emulator);
    let mut client = Client::connect(&emulator);
    let get = format!("GET {} HTTP/1.1\r\nHost: h\r\n{}\r\n", user_path(&sub), authorized());
    let patch = format!(
        "PATCH {} HTTP/1.1\r\nHost: h\r\n{}Content-Type: application/json; charset=utf-8\r\nTransfer-Encoding: \
         chunked\r\n\r\n5\r\n{{\"giv\r\n10\r\nenName\":\"Chunk\"}}\r\n0\r\n\r\n",
        user_path(&sub),
        authorized()
    );
    client.write(format!("{get}{patch}{get}"));
    assert_eq!(client.answer().json()["user"]["givenName"], "Ada");
    assert_eq!(client.answer().json()["user"]["givenName"], "Chunk");
    assert_eq!(client.answer().json()["user"]["givenName"], "Chunk");
    for (index, byte) in get.bytes().enumerate() {
        client.write([byte]);
        if index % 8 == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    assert_eq!(client.answer().status, 200);
    client.send("GET", &user_path(&sub), "Connection: close\r\n", "");
    assert_eq!(client.answer().header("connection"), Some("close"));
    assert!(client.rest().is_empty());
}

#[test]
fn a_client_that_has_said_all_is_still_answered() {
    let emulator = start();
    let mut client = Client::connect(&emulator);
    client.send_get(&user_path("x"));
    client.close_writing();
    assert_eq!(client.answer().status, 404);
    assert!(client.rest().is_empty());
}

#[test]
fn a_head_request_gets_no_body() {
    let emulator = start();
    let mut client = Client::connect(&emulator);
    client.write(format!("HEAD / HTTP/1.1\r\nConnection: close\r\n{}\r\n", authorized()));
    let answer = String::from_utf8(client.rest()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert!(!answer.contains("content-length"), "{answer}");
}

#[test]
fn a_body_is_sent_for_after_100_continue() {
    let emulator = start();
    let sub = ada(&emulator);
    let mut client = Client::connect(&emulator);
    let headers = format!(
        "{}Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 17\r\n",
        authorized()
    );
    client.send("PATCH", &user_path(&sub), &headers, "");
    assert_eq!(client.answer().status, 100);
    client.write(r#"{"givenName":"X"}"#);
    assert_eq!(client.answer().json()["user"]["givenName"], "X");
}

#[test]
fn what_can_not_be_read_is_refused_and_the_connection_closed() {
    let emulator = start();
    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n".to_owned(), 413),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: br\r\n\r\n".to_owned(), 501),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000)), 431),
    ] {
        let mut client = Client::connect(&emulator);
        client.write(request);
        let answer = client.answer();
        assert_eq!((answer.status, answer.header("connection")), (status, Some("close")));
        assert!(answer.header("x-request-id").is_some());
        assert_eq!(answer.error().1, "BadRequest");
        assert!(client.rest().is_empty());
    }
}
