//! A login that one can click: an emulator with its browser API, and beside it, on an origin of its own, an application
//! with the SDK's async client behind it.

mod app;
mod guard;
mod sessions;

use std::future::pending;
use std::io::{ErrorKind, IsTerminal as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use passlock::Client;
use passlock_emulator::{Emulator, EmulatorConfig};
use passlock_emulator_web::{Browser, BrowserConfig};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime;

use crate::args::DemoArgs;
use crate::emulate::{Signals, end_of_stdin};
use crate::failure::Failure;
use crate::output::{self, Entries, GOOD, NAME, TITLE};
use app::App;

/// Short, so that nobody who tries a hanging service waits for long.
const TIMEOUT: Duration = Duration::from_secs(4);

pub(crate) fn run(args: &DemoArgs) -> Result<(), Failure> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::config(format!("the runtime can't be started: {error}")))?;
    runtime.block_on(serve(args))
}

async fn serve(args: &DemoArgs) -> Result<(), Failure> {
    let signals =
        Signals::new().map_err(|error| Failure::config(format!("can't listen for signals: {error}")))?;
    let refused = |port, error| Failure::config(format!("can't listen on port {port}: {error}"));
    let bind = async |address: IpAddr, port| TcpListener::bind((address, port)).await;
    let listener =
        bind(Ipv4Addr::LOCALHOST.into(), args.port).await.map_err(|error| refused(args.port, error))?;
    let port = listener.local_addr().map_err(|error| Failure::config(error.to_string()))?.port();
    // A browser may try this one first, and would find the program that has it.
    let second = match bind(Ipv6Addr::LOCALHOST.into(), port).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(refused(port, error)),
        // A machine may have no IPv6.
        bound => bound.ok(),
    };
    // Browsers do not support passkeys for IP addresses.
    let origin = if port == 80 { "http://localhost".to_owned() } else { format!("http://localhost:{port}") };

    let browser = BrowserConfig::new().origin(&origin).single_use_tokens(true);
    let browser = Browser::new(browser).map_err(|error| Failure::config(error.to_string()))?;
    let config = EmulatorConfig::new().tenancy_id("demo-tenancy").extension(browser.clone());
    let emulator = Emulator::start(config).await.map_err(|error| Failure::config(error.to_string()))?;
    let client = Client::builder()
        .endpoint(emulator.endpoint())
        .tenancy_id(emulator.tenancy_id())
        .api_key(emulator.api_key())
        .timeout(TIMEOUT)
        .build()?;

    output::to_stdout(&ready(&origin, &emulator, args.json))?;
    if !args.json && !args.no_open && std::io::stdout().is_terminal() {
        // Anyone without a browser here has read where to go.
        let _ = open::that_detached(&origin);
    }
    let app = Arc::new(App::new(client, (*emulator).clone(), browser, origin));
    let also = async {
        match second {
            Some(listener) => axum::serve(listener, Arc::clone(&app).router()).await,
            None => pending().await,
        }
    };
    tokio::select! {
        served = async { tokio::try_join!(axum::serve(listener, Arc::clone(&app).router()), also) } => {
            served.map_err(|error| Failure::config(format!("the application can't be served: {error}")))?;
        }
        () = signals.any() => {}
        () = end_of_stdin(), if args.exit_with_stdin => {}
    }
    emulator.stop().await;
    Ok(())
}

fn ready(origin: &str, emulator: &Emulator, as_json: bool) -> String {
    if as_json {
        return output::json(&Entries::new([
            ("url", json!(origin)),
            ("emulator", json!(emulator.endpoint())),
            ("tenancyId", json!(emulator.tenancy_id())),
            ("control", json!(emulator.control_endpoint())),
        ]));
    }
    format!(
        "{TITLE}Passlock demo{TITLE:#}, {GOOD}ready{GOOD:#} at {TITLE}{origin}{TITLE:#}\n\nSign up and log in with a passkey, in your own \
         browser. Nothing leaves this machine. Press Ctrl-C to stop.\n{NAME}emulator{NAME:#}  {}\n",
        emulator.endpoint(),
    )
}
