//! What the server does, request by request.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::{bodies, texts};

/// What a vector's responses must be.
pub(super) struct Scene {
    pub(super) operation: &'static str,
    pub(super) secrets: Vec<String>,
    /// Nothing may take time: the limits are those by default.
    pub(super) is_quick: bool,
}

/// The answers to the first few requests; what follows is the emulator's own.
pub(super) fn all(dice: &mut Dice, scene: &Scene) -> Vec<Value> {
    let many = dice.choose(&[0, 1, 1, 1, 1, 1, 2, 2, 3, 4]);
    let mut steps: Vec<_> = (0..many)
        .map(|number| {
            let is_last = number + 1 == many;
            let fault = if dice.one_in(if is_last { 4 } else { 12 }) || is_last && dice.one_in(2) {
                good(dice, scene, number == 0)
            } else {
                bad(dice, scene)
            };
            if dice.one_in(12) {
                json!({ "faults": { "times": 2, "fault": fault } })
            } else {
                json!({ "faults": { "fault": fault } })
            }
        })
        .collect();
    if dice.one_in(2) {
        let user = json!({ "sub": "user-1", "email": "ada@example.com", "givenName": "Ada", "familyName": "Lovelace" });
        steps.insert(0, json!({ "users": user }));
    }
    steps
}

fn good(dice: &mut Dice, scene: &Scene, is_first: bool) -> Value {
    let body = match scene.operation {
        "exchange_token" => bodies::of_exchange(dice),
        operation => bodies::of_user(dice, operation == "update_user" && is_first),
    };
    let status = if dice.one_in(15) { dice.choose(&[201, 202, 203, 206, 226, 299]) } else { 200 };
    let headers = headers(dice, scene);
    answer(dice, status, headers, body)
}

fn bad(dice: &mut Dice, scene: &Scene) -> Value {
    if dice.one_in(3) {
        return fault(dice, scene);
    }
    let status = match dice.up_to(3) {
        0 => dice.choose(&[400, 401, 403, 404, 409, 422]),
        1 => dice.choose(&[429, 503, 408, 500, 502, 504]),
        2 => dice.choose(&[
            100, 101, 102, 103, 199, 204, 205, 300, 304, 307, 399, 418, 425, 499, 501, 505, 599, 600, 999,
        ]),
        _ => u16::try_from(dice.between(400, 599)).unwrap_or(400),
    };
    let headers = headers(dice, scene);
    let body = bodies::of_error(dice, &scene.secrets);
    answer(dice, status, headers, body)
}

/// A `status` fault, or the same bytes by hand.
fn answer(dice: &mut Dice, status: u16, mut headers: Map<String, Value>, body: Vec<u8>) -> Value {
    if status < 200 || matches!(status, 204 | 304) {
        return json!({ "kind": "status", "status": status, "headers": headers });
    }
    if dice.one_in(5) {
        return by_hand(dice, status, &headers, &body);
    }
    if dice.one_in(25) {
        headers.insert("transfer-encoding".to_owned(), "chunked".into());
        return of_body(status, headers, chunked(dice, &body));
    }
    if dice.one_in(60) && body.len() > 3 {
        // What is left over is no answer to the next request.
        let length = dice.up_to(body.len());
        headers.insert("content-length".to_owned(), length.to_string().into());
    }
    of_body(status, headers, body)
}

fn of_body(status: u16, headers: Map<String, Value>, body: Vec<u8>) -> Value {
    let mut fault = json!({ "kind": "status", "status": status, "headers": headers });
    match String::from_utf8(body) {
        Ok(text) => fault["body"] = text.into(),
        Err(error) => fault["bodyBase64"] = BASE64_STANDARD.encode(error.as_bytes()).into(),
    }
    fault
}

fn chunked(dice: &mut Dice, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in body.chunks(1 + dice.up_to(300)) {
        out.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        out.extend_from_slice(piece);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

/// Bytes that are HTTP, nearly always.
fn by_hand(dice: &mut Dice, status: u16, headers: &Map<String, Value>, body: &[u8]) -> Value {
    let mut bytes = String::new();
    if dice.one_in(6) {
        bytes.push_str("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n");
    }
    bytes.push_str(&format!("HTTP/1.1 {status}{}\r\n", dice.pick(&["", " ", " OK", " Not Found", " a b"])));
    for (name, value) in headers {
        if let Some(value) = value.as_str() {
            bytes.push_str(&format!(
                "{name}:{}{value}{}\r\n",
                dice.pick(&[" ", "", "\t "]),
                dice.pick(&["", " "])
            ));
        }
    }
    let mut body = body.to_vec();
    match dice.up_to(5) {
        0 => {}
        1 => {
            bytes.push_str("Transfer-Encoding: chunked\r\n");
            body = chunked(dice, &body);
        }
        2 => {
            bytes.push_str(&format!("Content-Length: {}\r\n", (body.len() + 1).saturating_sub(dice.up_to(2))))
        }
        _ => bytes.push_str(&format!("Content-Length: {}\r\n", body.len())),
    }
    bytes.push_str("\r\n");
    if dice.one_in(3) {
        bytes = odd(dice, bytes);
    }
    let bytes = [bytes.as_bytes(), &body].concat();
    json!({ "kind": "garbage", "bytesBase64": BASE64_STANDARD.encode(bytes) })
}

/// A head that readers may take in more than one way.
fn odd(dice: &mut Dice, head: String) -> String {
    let with = |line: &str| head.replacen("\r\n", &format!("\r\n{line}\r\n"), 1);
    match dice.up_to(17) {
        0 => head.replace("\r\n", "\n"),
        1 => head.replacen("\r\n", "\n", 1),
        2 => head.replacen(':', " :", 1),
        3 => with("x-folded: a\r\n b"),
        4 => with(dice.pick(&[
            "Content-Length: 5",
            "content-length: +7",
            "content-length: 1, 1",
            "content-length:",
            "content-length: 0x10",
        ])),
        5 => with(dice.pick(&[
            "Transfer-Encoding: chunked",
            "transfer-encoding: gzip, chunked",
            "transfer-encoding: identity",
            "transfer-encoding: CHUNKED",
            "transfer-encoding:",
        ])),
        // HTTP/1.0 has no transfer codings: ureq reads such a body to the end of the connection.
        6 if !head.to_ascii_lowercase().contains("transfer-encoding") => head.replacen(
            "HTTP/1.1",
            dice.pick(&["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/11", "ICY", " HTTP/1.1"]),
            1,
        ),
        7 => format!("\r\n{head}"),
        8 => with(dice.pick(&[
            "nonsense",
            ": x",
            "x y: z",
            "é: x",
            "x: a\u{1}b",
            "x: a\u{0}b",
            "x: \u{7f}",
            "x\t: y",
            "x: é",
            "x:",
        ])),
        9 => with(&format!("x-long: {}", "a".repeat(dice.choose(&[1000, 8000, 60_000, 65_500, 70_000])))),
        // How many of them an interim answer may have is each reader's own.
        10 if !head.contains(" 103 ") => (0..dice.choose(&[50, 95, 99, 100, 127, 128, 200]))
            .fold(head.clone(), |head, _| head.replacen("\r\n", "\r\nx: y\r\n", 1)),
        11 => head.replacen(' ', dice.pick(&["  ", "\t", ""]), 1),
        12 => head.trim_end().to_owned(),
        13 => head.replacen(
            "HTTP/1.1 ",
            dice.pick(&["HTTP/1.1 0", "HTTP/1.1 -", "HTTP/1.1 2", "HTTP/1.1 x", "HTTP/1.1 +"]),
            1,
        ),
        14 => format!("{}{head}", "HTTP/1.1 102 Processing\r\n\r\n".repeat(dice.choose(&[1, 5, 50, 200]))),
        15 => with(dice.pick(&[
            "connection: close, x",
            "connection: upgrade\r\nupgrade: h2c",
            "trailer: x",
            "keep-alive: timeout=0",
            "alt-svc: h3",
            "location: /x",
            "refresh: 0; url=/x",
        ])),
        16 => head.replacen("\r\n", "\r\r\n", 1),
        _ => head.replacen("\r\n", " \r\n", 1),
    }
}

fn headers(dice: &mut Dice, scene: &Scene) -> Map<String, Value> {
    let mut headers = Map::new();
    let mut set = |name: &str, value: String| headers.insert(name.to_owned(), value.into());
    if dice.one_in(2) {
        set("x-request-id", "req-1".to_owned());
    } else if dice.one_in(4) {
        let name = dice.pick(&["x-request-id", "apigw-requestid", "X-Amzn-RequestId", "x-amz-apigw-id"]);
        let value = match dice.up_to(5) {
            0 => "x".repeat(dice.choose(&[199, 200, 201, 400])),
            1 => format!("id-{}", dice.choose(&scene.secrets)),
            2 => "é".to_owned(),
            3 => "a\tb".to_owned(),
            4 => String::new(),
            _ => format!("r/{}=", dice.up_to(99)),
        };
        if value.chars().all(|c| c == '\t' || !c.is_control()) {
            set(name, value);
        }
    }
    if dice.one_in(5) {
        set("retry-after", retry_after(dice));
    }
    if dice.one_in(25) {
        set(
            "content-encoding",
            dice.pick(&["gzip", "identity", "", "br", "Identity", "identity, identity", "gzip, identity"])
                .to_owned(),
        );
    }
    if dice.one_in(12) {
        set(
            "content-type",
            dice.pick(&["text/html", "application/json; charset=utf-16", "", "x"]).to_owned(),
        );
    }
    if dice.one_in(20) {
        set("connection", dice.pick(&["close", "Close", "keep-alive"]).to_owned());
    }
    if dice.one_in(40) {
        set("set-cookie", "a=b".to_owned());
    }
    headers
}

/// `Retry-After`: short, long, past, and invalid.
fn retry_after(dice: &mut Dice) -> String {
    let weekdays = ["Mon", "Tue", "Wed"];
    match dice.up_to(9) {
        0..=3 => "0".to_owned(),
        4 => dice.pick(&["1", "01", "-1", "-0", "00"]).to_owned(),
        5 => dice
            .choose(&[
                "30",
                "60",
                "3600",
                "86400",
                "4294967296",
                "18446744073709551615",
                "18446744073709551616",
                "99999999999999999999999",
            ])
            .to_owned(),
        6 => dice
            .pick(&[
                "soon",
                "",
                "1.5",
                "+1",
                "1s",
                "0x1",
                "1,1",
                "1 1",
                "--1",
                "-",
                "1e3",
                "Mon, 09 Sep 2024",
                "2024-09-09T11:45:30Z",
                "٧",
                "\"1\"",
            ])
            .to_owned(),
        7 => {
            let day = dice.choose(&[0, 0, 0, 0, 1, 2]);
            let (minute, second) = (dice.between(44, 49), dice.up_to(59));
            format!("{}, {:02} Sep 2024 11:{minute}:{second:02} GMT", weekdays[day], day + 9)
        }
        8 => dice.pick(&["Monday, 09-Sep-24 11:45:30 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"]).to_owned(),
        _ => dice
            .pick(&["Mon Sep  9 11:45:30 2024", "Sun Nov  6 08:49:37 1994", "Thu, 29 Feb 2024 23:59:59 GMT"])
            .to_owned(),
    }
}

/// What goes wrong below HTTP.
fn fault(dice: &mut Dice, scene: &Scene) -> Value {
    let slow = !scene.is_quick;
    let after = dice.choose(&[0, 1, 10, 40, 9999]);
    match dice.up_to(if slow { 15 } else { 11 }) {
        0 | 1 => json!({ "kind": "reset" }),
        2 => json!({ "kind": "resetAfterHead" }),
        3 => json!({ "kind": "truncate", "afterBytes": after }),
        4 => json!({ "kind": "truncate" }),
        5 => json!({ "kind": "garbage" }),
        6 => json!({ "kind": "garbage", "bytesBase64": "" }),
        7 => json!({ "kind": "delay", "millis": dice.up_to(40) }),
        8 => json!({ "kind": "endlessHead" }),
        9 => {
            json!({ "kind": "redirect", "location": texts_of_location(dice), "status": dice.choose(&[301, 302, 303, 307, 308, 300]) })
        }
        10 => json!({ "kind": "endless", "status": dice.choose(&[200, 200, 201, 404, 500]) }),
        11 => json!({ "kind": "drip", "millisPerByte": 0 }),
        12 | 13 => json!({ "kind": "hang" }),
        14 => json!({ "kind": "stall", "afterBytes": after }),
        _ => json!({ "kind": "stallHead", "afterBytes": after }),
    }
}

fn texts_of_location(dice: &mut Dice) -> String {
    let text = texts::any(dice);
    let plain = text.chars().all(|c| c.is_ascii() && !c.is_control());
    if plain { format!("/{text}") } else { "https://elsewhere.invalid/".to_owned() }
}
