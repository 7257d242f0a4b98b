//! The example application, run against the emulator.

use std::io::{Read, Write};
use std::net::TcpStream;

use passlock_core::Build;
use passlock_emulator::{Fault, FaultRule, NewToken};

use crate::support::{World, runtime};

#[path = "../../../../examples/axum/login.rs"]
#[expect(dead_code, reason = "its main reads the process's environment")]
#[expect(unreachable_pub, reason = "as an example it is a crate of its own")]
mod axum_login;

/// The application on a free port, with this client.
struct App {
    address: std::net::SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl App {
    fn start(world: &World) -> Self {
        let client = world.settings().build().and_then(|config| Build::build(config, None)).unwrap();
        let listener = runtime().block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let app = axum_login::app(client);
        let server = runtime().spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, server }
    }

    /// The whole answer to a login, its head in lower case.
    fn login(&self, token: &str) -> String {
        let body = serde_json::json!({ "token": token }).to_string();
        let mut stream = TcpStream::connect(self.address).unwrap();
        let head =
            "POST /login HTTP/1.1\r\nHost: app.test\r\nContent-Type: application/json\r\nConnection: close";
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        format!("{}\r\n\r\n{body}", head.to_ascii_lowercase())
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[test]
fn a_login_endpoint_accepts_good_tokens_and_tells_the_others_what_to_do() {
    let world = World::new();
    let app = App::start(&world);

    let answer = app.login(&world.token());
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    assert!(answer.contains("\r\nset-cookie: session="), "{answer}");
    assert!(answer.ends_with(&format!(r#"{{"sub":"{}","given_name":"Ada"}}"#, world.sub)), "{answer}");

    let expired = world.emulator.issue_token_with(NewToken::new(&world.sub).ttl_seconds(1)).token;
    world.emulator.advance(std::time::Duration::from_secs(600));
    let sent = world.journal().len();
    for token in [expired.as_str(), "never issued", "../user/u1", ""] {
        let answer = app.login(token);
        assert!(answer.starts_with("http/1.1 401"), "{token:?} {answer}");
        assert!(answer.ends_with("\r\n\r\nlog in again"), "{answer}");
        assert!(!answer.contains("set-cookie"), "{answer}");
    }
    // The empty one was not even sent.
    assert_eq!(world.journal().len(), sent + 3);

    for (fault, status, retry_after) in [
        (Fault::answer(429, [("retry-after", "60")], ""), 503, Some(60)),
        (Fault::status(500), 503, None),
        (Fault::status(401), 500, None),
        (Fault::answer(200, [("content-type", "text/html")], "<html>"), 500, None),
        (Fault::answer(403, [("retry-after", "60")], r#"{"_tag":"Disabled"}"#), 403, None),
    ] {
        world.emulator.fault(FaultRule::new(fault).times(3).method("GET"));
        let answer = app.login(&world.token());
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{answer}");
        let head = retry_after.map(|seconds| format!("\r\nretry-after: {seconds}\r\n"));
        assert_eq!(head.is_some(), answer.contains("retry-after"), "{answer}");
        assert!(head.is_none_or(|head| answer.contains(&head)), "{answer}");
        // Rules that were not used up are not to meet the next login.
        world.emulator.reset();
        let user = passlock_emulator::NewUser::new("ada@example.com").sub(&world.sub);
        world.emulator.add_user(user);
    }
}
