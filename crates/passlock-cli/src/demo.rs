//! The operations, by both clients, against an emulator in this process.

use std::time::{Duration, Instant};

use passlock::Error;
use passlock_blocking::UserUpdate;
use passlock_emulator::{BlockingEmulator, EmulatorConfig, NewUser};
use serde::Serialize;
use tokio::runtime;

use crate::failure::{self, Failure};
use crate::output::{self, Entries, NAME, ROUTE, TITLE};

const SUB: &str = "user-ada";

pub(crate) fn run() -> Result<(), Failure> {
    let user = NewUser::new("ada@example.com").sub(SUB).given_name("Ada").family_name("Byron");
    let config = EmulatorConfig::new().tenancy_id("demo-tenancy").user(user);
    let emulator = BlockingEmulator::start(config).map_err(|error| Failure::config(error.to_string()))?;
    let demo = Demo { emulator: &emulator };
    output::to_stdout(&format!(
        "{TITLE}Passlock demo{TITLE:#}\nAn emulator of the API runs in this process, at {}.\nAda has logged in with her passkey, and her \
         browser has sent the token to your server.\n",
        emulator.endpoint(),
    ))?;
    demo.by_async_client()?;
    demo.by_blocking_client()?;
    demo.failure()?;
    output::to_stdout(
        "\nNext: `passlock-cli emulate` keeps such an emulator running for your own code, and the README shows the code.\n",
    )?;
    Ok(())
}

struct Demo<'a> {
    emulator: &'a BlockingEmulator,
}

impl Demo<'_> {
    fn by_async_client(&self) -> Result<(), Failure> {
        heading("Async client, on reqwest", "passlock::Client")?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::config(format!("the runtime can't be started: {error}")))?;
        let client = passlock::Client::builder()
            .endpoint(self.emulator.endpoint())
            .tenancy_id(self.emulator.tenancy_id())
            .api_key(self.emulator.api_key())
            .build()?;
        let token = self.emulator.issue_token(SUB).token;
        let update = UserUpdate::new().family_name("King");
        self.success("Principal", || runtime.block_on(client.exchange_token(&token)))?;
        self.success("User", || runtime.block_on(client.get_user(SUB)))?;
        self.success("User", || runtime.block_on(client.update_user(SUB, update)))
    }

    fn by_blocking_client(&self) -> Result<(), Failure> {
        heading("Blocking client, on ureq", "passlock_blocking::Client")?;
        let client = self.blocking_client()?;
        let token = self.emulator.issue_token(SUB).token;
        let update = UserUpdate::new().family_name("Lovelace").email_verified(true);
        self.success("Principal", || client.exchange_token(&token))?;
        self.success("User", || client.get_user(SUB))?;
        self.success("User", || client.update_user(SUB, update))
    }

    fn failure(&self) -> Result<(), Failure> {
        heading("A failure", "a token that Passlock does not know")?;
        let client = self.blocking_client()?;
        let (result, request) = self.observed(|| client.exchange_token("made-up-by-an-attacker"));
        match result {
            Ok(_) => Err(Failure::config("the emulator accepted a token that it never issued")),
            Err(error) => Ok(output::to_stdout(&format!("{request}{}", indented(&failure::human(&error))))?),
        }
    }

    fn blocking_client(&self) -> Result<passlock_blocking::Client, Error> {
        passlock_blocking::Client::builder()
            .endpoint(self.emulator.endpoint())
            .tenancy_id(self.emulator.tenancy_id())
            .api_key(self.emulator.api_key())
            .build()
    }

    fn success<T: Serialize>(
        &self,
        type_name: &str,
        call: impl FnOnce() -> Result<T, Error>,
    ) -> Result<(), Failure> {
        let (result, request) = self.observed(call);
        let table = output::table(&Entries::of(&result?), 6);
        Ok(output::to_stdout(&format!("{request}    {TITLE}{type_name}{TITLE:#}\n{table}"))?)
    }

    /// Makes a call, and describes the request that the emulator saw of it: by its route, since the path contains a token.
    fn observed<T>(&self, call: impl FnOnce() -> Result<T, Error>) -> (Result<T, Error>, String) {
        let before = self.emulator.journal().len();
        let started = Instant::now();
        let result = call();
        let took = started.elapsed();
        let requests = self.emulator.journal().split_off(before);
        let lines = requests.iter().map(|request| {
            let unknown = ("?", "none of the operations");
            let (name, route) =
                request.operation.map_or(unknown, |operation| (operation.name(), operation.route()));
            line(name, &request.method, route, took)
        });
        (result, lines.collect())
    }
}

fn heading(title: &str, remark: &str) -> Result<(), Failure> {
    Ok(output::to_stdout(&format!("\n{TITLE}{title}{TITLE:#}  {NAME}{remark}{NAME:#}\n"))?)
}

fn line(operation: &str, method: &str, route: &str, took: Duration) -> String {
    let millis = took.as_secs_f64() * 1e3;
    format!("  {operation:14}  {ROUTE}{method:5} {route:27}{ROUTE:#} {millis:8.2} ms\n")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
