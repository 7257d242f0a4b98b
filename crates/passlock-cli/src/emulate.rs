//! The emulator as a process.

use std::env::{self, VarError};
use std::io;
use std::path::Path;
use std::thread;

use passlock_emulator::{Data, Emulator, EmulatorConfig, StartError};
use passlock_emulator_web::{Browser, BrowserConfig};
use serde_json::json;
use tokio::runtime;
use tokio::sync::oneshot;

use crate::args::EmulateArgs;
use crate::call::{secret_file, without_mark};
use crate::failure::Failure;
use crate::output::{self, Entries, GOOD, NAME, TITLE};

/// The environment variable that contains the control key.
const CONTROL_KEY: &str = "PASSLOCK_EMULATOR_CONTROL_KEY";

pub(crate) fn run(args: EmulateArgs) -> Result<(), Failure> {
    let config = config(&args)?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::config(format!("the emulator's runtime can't be started: {error}")))?;
    runtime.block_on(async {
        // Before anybody is told that it is ready: from then on a signal ends it in order.
        let signals =
            Signals::new().map_err(|error| Failure::config(format!("can't listen for signals: {error}")))?;
        let emulator = Emulator::start(config).await.map_err(|error| not_started(&error))?;
        output::to_stdout(&ready(&emulator, args.json))?;
        tokio::select! {
            () = signals.any() => {}
            () = end_of_stdin(), if args.exit_with_stdin => {}
        }
        emulator.stop().await;
        Ok(())
    })
}

fn config(args: &EmulateArgs) -> Result<EmulatorConfig, Failure> {
    let mut config = EmulatorConfig::new()
        .address(args.address)
        .port(args.port)
        .legacy_fields(!args.no_legacy_fields)
        .allow_remote(args.allow_remote);
    if let Some(tenancy_id) = &args.tenancy_id {
        config = config.tenancy_id(tenancy_id);
    }
    if let Some(api_key) = &args.api_key {
        config = config.api_key(api_key);
    }
    if let Some(seed) = args.random_seed {
        config = config.random_seed(seed);
    }
    if let Some(path) = &args.data {
        config = config.data(data(path)?);
    }
    let control_key = match &args.control_key_file {
        Some(path) => Some(secret_file("--control-key-file", path)?),
        None => control_key()?,
    };
    if let Some(key) = control_key {
        config = config.control_key(key);
    }
    let browser = Browser::new(browser_config(args)).map_err(|error| Failure::config(error.to_string()))?;
    Ok(config.extension(browser))
}

fn control_key() -> Result<Option<String>, Failure> {
    match env::var(CONTROL_KEY) {
        Ok(key) => Ok(Some(key).filter(|key| !key.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Failure::config(format!("{CONTROL_KEY} is not valid Unicode"))),
    }
}

fn browser_config(args: &EmulateArgs) -> BrowserConfig {
    let config = BrowserConfig::new().single_use_tokens(args.single_use_tokens);
    let config = args.origin.iter().fold(config, BrowserConfig::origin);
    match &args.rp_id {
        Some(rp_id) => config.rp_id(rp_id),
        None => config,
    }
}

/// Why it did not start, in the words of the command line.
fn not_started(error: &StartError) -> Failure {
    let advice = match error {
        StartError::Config(why) if why.contains("is not a loopback address") => {
            format!(" (--allow-remote, and --control-key-file or {CONTROL_KEY})")
        }
        _ => String::new(),
    };
    Failure::config(format!("{error}{advice}"))
}

fn data(path: &Path) -> Result<Data, Failure> {
    let told = |why: String| Failure::config(format!("--data {}: {why}", path.display()));
    let json = std::fs::read(path).map_err(|error| told(error.to_string()))?;
    let json = without_mark(&json).map_err(|why| told(format!("it {why}")))?;
    serde_json::from_slice(json).map_err(|error| {
        let why = error.to_string();
        // These repeat the value, which is a secret where another file was meant.
        if why.starts_with("invalid type") || why.starts_with("invalid value") {
            return told(format!(
                "a value of the wrong type at line {} column {}",
                error.line(),
                error.column()
            ));
        }
        told(why)
    })
}

fn ready(emulator: &Emulator, as_json: bool) -> String {
    let control = format!("{}/_emulator", emulator.endpoint());
    if as_json {
        return output::json(&Entries::new([
            ("endpoint", json!(emulator.endpoint())),
            ("tenancyId", json!(emulator.tenancy_id())),
            ("apiKey", json!(emulator.api_key())),
            ("control", json!(control)),
        ]));
    }
    let variables = Entries::new([
        ("PASSLOCK_ENDPOINT", json!(emulator.endpoint())),
        ("PASSLOCK_TENANCY_ID", json!(emulator.tenancy_id())),
        ("PASSLOCK_API_KEY", json!(emulator.api_key())),
    ]);
    format!(
        "{TITLE}Passlock emulator{TITLE:#}, {GOOD}ready{GOOD:#}. Press Ctrl-C to stop.\n\n{}\n\
         {NAME}control API{NAME:#}  {control}\n",
        output::table(&variables, 2),
    )
}

/// Waits until standard input is closed.
pub(crate) async fn end_of_stdin() {
    let (ended, end) = oneshot::channel();
    // A thread of its own: the runtime would wait for its blocking read when the process is to end.
    thread::spawn(move || {
        // What comes is of no interest, and a read that fails says as well that nobody is there.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = ended.send(());
    });
    let _ = end.await;
}

/// The signals that ask to end.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    pub(crate) async fn any(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signals that ask to end.
#[cfg(windows)]
pub(crate) struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
}

#[cfg(windows)]
impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    pub(crate) async fn any(mut self) {
        let _ = self.interrupt.recv().await;
    }
}
