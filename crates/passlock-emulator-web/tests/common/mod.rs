//! A browser with a software authenticator, and what it sends.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use passkey::types::webauthn::{CredentialCreationOptions, CredentialRequestOptions};
use passlock_emulator::{BlockingEmulator, EmulatorConfig};
use passlock_emulator_web::{Browser, BrowserConfig};
use serde_json::{Value, from_value, json, to_value};
use url::Url;

pub(crate) const TENANCY: &str = "tenancy-1";
pub(crate) const KEY: &str = "key-1";
pub(crate) const ORIGIN: &str = "http://localhost:3000";
pub(crate) const FOREIGN: &str = "http://localhost:4000";
pub(crate) const EMAIL: &str = "ada@example.com";

/// An emulator with its browser API.
pub(crate) struct Service {
    pub(crate) emulator: BlockingEmulator,
    pub(crate) browser: Arc<Browser>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Status and tag of an error.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["_tag"].as_str().unwrap_or("none"))
    }

    #[track_caller]
    pub(crate) fn success(self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.body
    }
}

impl Service {
    pub(crate) fn start() -> Self {
        Self::with(BrowserConfig::new().origin(ORIGIN))
    }

    pub(crate) fn with(config: BrowserConfig) -> Self {
        let browser = Browser::new(config).unwrap();
        let config = EmulatorConfig::new().tenancy_id(TENANCY).api_key(KEY).extension(browser.clone());
        Self { emulator: BlockingEmulator::start(config).unwrap(), browser }
    }

    /// A request with these lines in its head.
    pub(crate) fn send(&self, method: &str, path: &str, lines: &str, body: &str) -> Answer {
        self.try_send(method, path, lines, body).unwrap()
    }

    /// `None` when the connection ended without an answer.
    pub(crate) fn try_send(&self, method: &str, path: &str, lines: &str, body: &str) -> Option<Answer> {
        let address = self.emulator.endpoint().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some(Answer {
            status: head.split(' ').nth(1)?.parse().ok()?,
            head: head.to_owned(),
            body: serde_json::from_str(body).unwrap_or(Value::Null),
        })
    }

    /// What Passlock's client in a page of this origin posts.
    pub(crate) fn post_from(&self, origin: &str, path: &str, body: &Value) -> Answer {
        let lines = format!("Origin: {origin}\r\nContent-Type: application/json\r\nX-CLIENT-ID: c\r\n");
        self.send("POST", &format!("/{TENANCY}/{path}"), &lines, &body.to_string())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_from(ORIGIN, path, body)
    }

    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, &format!("/_emulator/{path}"), "Content-Type: application/json\r\n", &body)
    }

    /// What the back end asks.
    pub(crate) fn exchange(&self, token: &str) -> Answer {
        self.send(
            "GET",
            &format!("/{TENANCY}/token/{token}"),
            &format!("Authorization: Bearer {KEY}\r\n"),
            "",
        )
    }

    /// Signs up, and gives the principal.
    #[track_caller]
    pub(crate) fn sign_up(&self, device: &mut Device, email: &str) -> Value {
        let begun = self.post("passkey/registration/options", &json!({ "email": email })).success();
        let credential = device.create(ORIGIN, &begun);
        let body = json!({ "session": begun["session"], "credential": credential });
        self.post("passkey/registration/verification", &body).success()["principal"].take()
    }

    /// What a login posts in the end, before it is posted.
    #[track_caller]
    pub(crate) fn assertion(&self, device: &mut Device, email: Option<&str>) -> Value {
        let mut input = json!({});
        if let Some(email) = email {
            input["email"] = email.into();
        }
        let begun = self.post("passkey/authentication/options", &input).success();
        let credential = device.get(ORIGIN, &begun);
        json!({ "session": begun["session"], "credential": credential })
    }

    #[track_caller]
    pub(crate) fn log_in(&self, device: &mut Device, email: Option<&str>) -> Answer {
        let body = self.assertion(device, email);
        self.post("passkey/authentication/verification", &body)
    }
}

/// Whether the user of a device is verified.
pub(crate) struct User {
    verified: bool,
}

#[async_trait]
impl UserValidationMethod for User {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        _: bool,
        _: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence: true, verification: self.verified })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// An authenticator with room for one passkey, which counts its signatures.
pub(crate) struct Device {
    store: Option<Passkey>,
    pub(crate) verified: bool,
}

impl Device {
    pub(crate) fn new() -> Self {
        Self { store: None, verified: true }
    }

    pub(crate) fn create(&mut self, origin: &str, begun: &Value) -> Value {
        let public_key = &begun["publicKey"];
        self.run(origin, Options::Create(from_value(json!({ "publicKey": public_key })).unwrap()))
    }

    pub(crate) fn get(&mut self, origin: &str, begun: &Value) -> Value {
        let public_key = &begun["publicKey"];
        self.run(origin, Options::Get(from_value(json!({ "publicKey": public_key })).unwrap()))
    }

    /// Sets the counter of its signatures back.
    pub(crate) fn turn_back(&mut self) {
        self.store.as_mut().unwrap().counter = Some(0);
    }

    fn run(&mut self, origin: &str, options: Options) -> Value {
        let user = User { verified: self.verified };
        let mut authenticator =
            Authenticator::new(Aaguid::new_empty(), self.store.take(), user, RustCryptoBackend);
        authenticator.set_make_credentials_with_signature_counter(true);
        // An authenticator that can't verify its user does not try to.
        let mut client = Client::new(authenticator)
            .allows_insecure_localhost(true)
            .user_verification_when_preferred(self.verified);
        let origin = Url::parse(origin).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let made = runtime.block_on(async {
            match options {
                Options::Create(options) => {
                    to_value(client.register(&origin, options, DefaultClientData).await.unwrap())
                }
                Options::Get(options) => {
                    to_value(client.authenticate(&origin, options, DefaultClientData).await.unwrap())
                }
            }
        });
        self.store = client.authenticator().store().clone();
        encoded(made.unwrap())
    }
}

enum Options {
    Create(CredentialCreationOptions),
    Get(CredentialRequestOptions),
}

/// The library writes bytes as arrays; browsers write them as Base64url. Nothing else here is an array of numbers.
fn encoded(value: Value) -> Value {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_number) => {
            let bytes: Vec<u8> =
                items.iter().map(|item| item.as_u64().unwrap().try_into().unwrap()).collect();
            base64_url(bytes).into()
        }
        Value::Object(fields) => fields
            .into_iter()
            // Absent, as a browser's own JSON has it.
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, encoded(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

pub(crate) fn base64_url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
