//! The command line.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand};

use crate::failure::Failure;

const ABOUT: &str = "Calls the Passlock REST API, or runs an emulator of it.";

const AFTER_HELP: &str = "\
Exit status: 0 success, 1 a call failed, 2 wrong usage, input or settings.

Examples:
  passlock-cli demo
  passlock-cli emulate --port 8787
  passlock-cli user get 9f2c1d";

const ENVIRONMENT: &str = "\
Environment:
  PASSLOCK_TENANCY_ID  the tenancy
  PASSLOCK_API_KEY     the API key, unless --api-key-file is given
  PASSLOCK_ENDPOINT    where the API is, https://api.passlock.dev by default
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY as usual, and on Linux SSL_CERT_FILE";

const EXCHANGE_EXAMPLES: &str = "\
Examples:
  passlock-cli exchange - < token.txt
  passlock-cli exchange --json --timeout 5 - < token.txt

Other users of a machine can see the arguments of a command: `-` keeps the token out of them.";

const GET_EXAMPLES: &str = "\
Examples:
  passlock-cli user get 9f2c1d
  passlock-cli user get --api-key-file /run/secrets/passlock --json 9f2c1d";

const UPDATE_EXAMPLES: &str = "\
Examples:
  passlock-cli user update 9f2c1d --given-name Ada --family-name Lovelace
  passlock-cli user update 9f2c1d --email-verified true
  passlock-cli user update 9f2c1d --given-name=       (sets an empty name)";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  passlock-cli doctor
  passlock-cli doctor --api-key-file /run/secrets/passlock --json

It reads a user that can't exist, and changes nothing. Neither the key nor a password is shown.";

const EMULATE_EXAMPLES: &str = "\
Examples:
  passlock-cli emulate --port 8787 --tenancy-id my-tenancy --api-key my-api-key
  passlock-cli emulate --data users.json --random-seed 1
  passlock-cli emulate --json --exit-with-stdin       (for test helpers)

FILE contains {\"users\": [{\"email\": \"ada@example.com\", \"givenName\": \"Ada\", \"sub\": \"user-1\"}]}; only the email is
required. An address that other machines can reach needs --allow-remote and a control key, from --control-key-file or
from PASSLOCK_EMULATOR_CONTROL_KEY in the environment. PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are not read: a real
key has no place in an emulator.";

#[derive(Parser)]
#[command(name = "passlock-cli", version, about = ABOUT, after_help = AFTER_HELP, disable_help_subcommand = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Runs the operations against an in-process emulator, or, with --browser, serves a login to try out.
    Demo(DemoArgs),
    /// Checks settings, network, TLS, clock and key, and says how to fix each problem.
    #[command(after_help = format!("{ENVIRONMENT}\n\n{DOCTOR_EXAMPLES}"))]
    Doctor(DoctorArgs),
    /// Runs an in-memory emulator of the API until it is stopped.
    #[command(after_help = EMULATE_EXAMPLES)]
    Emulate(EmulateArgs),
    /// Exchanges a token for its principal.
    #[command(after_help = format!("{ENVIRONMENT}\n\n{EXCHANGE_EXAMPLES}"))]
    Exchange(ExchangeArgs),
    /// Reads or updates a user.
    #[command(arg_required_else_help = true, disable_help_subcommand = true)]
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
}

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Reads a user.
    #[command(after_help = format!("{ENVIRONMENT}\n\n{GET_EXAMPLES}"))]
    Get(GetArgs),
    /// Updates a user and shows the updated record.
    #[command(after_help = format!("{ENVIRONMENT}\n\n{UPDATE_EXAMPLES}"))]
    Update(UpdateArgs),
}

#[derive(Args)]
pub(crate) struct DemoArgs {
    /// Serves an application where you can sign up and log in with a passkey, in your own browser.
    #[arg(long)]
    pub(crate) browser: bool,
    /// The port of the application; 0 picks a free one.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "browser")]
    pub(crate) port: u16,
    /// Does not open a browser.
    #[arg(long, requires = "browser")]
    pub(crate) no_open: bool,
    /// Exits when standard input is closed.
    #[arg(long, requires = "browser")]
    pub(crate) exit_with_stdin: bool,
    /// Prints one line of JSON when ready: {"url", "emulator", "tenancyId", "control"}.
    #[arg(long, requires = "browser")]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct EmulateArgs {
    /// The port to listen on; 0 picks a free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
    /// The address to listen on.
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) address: IpAddr,
    /// Allows an address that other machines can reach. Needs a control key.
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// The file with the key for the control API.
    #[arg(long, value_name = "FILE")]
    pub(crate) control_key_file: Option<PathBuf>,
    /// The tenancy to serve. Generated by default.
    #[arg(long, value_name = "ID")]
    pub(crate) tenancy_id: Option<String>,
    /// The API key to accept: a value for tests, never a real key. Generated by default.
    #[arg(long, value_name = "KEY")]
    pub(crate) api_key: Option<String>,
    /// A JSON file with the initial users.
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// Makes tokens and ids reproducible, and so predictable: for tests only.
    #[arg(long, value_name = "N")]
    pub(crate) random_seed: Option<u64>,
    /// Origins whose pages may offer a login, http://localhost:* by default. May be repeated.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) origin: Vec<String>,
    /// The relying party id of passkeys. By default the host of the first origin.
    #[arg(long, value_name = "HOST")]
    pub(crate) rp_id: Option<String>,
    /// A token issued by a login can be exchanged only once.
    #[arg(long)]
    pub(crate) single_use_tokens: bool,
    /// Leaves out the fields that only Passlock's own v1 clients need.
    #[arg(long)]
    pub(crate) no_legacy_fields: bool,
    /// Exits when standard input is closed, and therefore with the process that started it.
    #[arg(long)]
    pub(crate) exit_with_stdin: bool,
    /// Prints one line of JSON when ready: {"endpoint", "tenancyId", "apiKey", "control"}.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What the operations and `doctor` have in common.
#[derive(Args)]
pub(crate) struct CallArgs {
    /// The file with the API key. Without it, the key comes from PASSLOCK_API_KEY.
    #[arg(long, value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,
    /// The limit on the whole call, retries included. 30 by default.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// Prints JSON: the result to standard output, or the error to standard error.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) call: CallArgs,
}

#[derive(Args)]
pub(crate) struct ExchangeArgs {
    /// The token that the browser sent, or - to read it from standard input.
    #[arg(value_name = "TOKEN|-")]
    pub(crate) token: String,
    /// Also shows the principal's `token` and `jti`, which are credentials.
    #[arg(long)]
    pub(crate) show_token: bool,
    #[command(flatten)]
    pub(crate) call: CallArgs,
}

#[derive(Args)]
pub(crate) struct GetArgs {
    /// The user's id.
    pub(crate) sub: String,
    #[command(flatten)]
    pub(crate) call: CallArgs,
}

#[derive(Args)]
pub(crate) struct UpdateArgs {
    /// The user's id.
    pub(crate) sub: String,
    /// The new given name.
    #[arg(long, value_name = "NAME")]
    pub(crate) given_name: Option<String>,
    /// The new family name.
    #[arg(long, value_name = "NAME")]
    pub(crate) family_name: Option<String>,
    /// Whether the email address is verified.
    #[arg(long, value_name = "true|false", action = ArgAction::Set)]
    pub(crate) email_verified: Option<bool>,
    #[command(flatten)]
    pub(crate) call: CallArgs,
}

/// What the command line may be.
#[cfg_attr(not(test), allow(dead_code, reason = "the manual is made of it, by examples/manual.rs"))]
pub(crate) fn definition() -> clap::Command {
    CommandLine::command()
}

/// Reads the command line of this process.
pub(crate) fn parse() -> Result<Command, Failure> {
    match CommandLine::try_parse() {
        Ok(CommandLine { command }) => Ok(command),
        Err(error) => Err(Failure::Usage(without_values(error))),
    }
}

/// Whether machines read the output, even when the rest of the command line can't be understood.
pub(crate) fn wants_json() -> bool {
    std::env::args_os().skip(1).take_while(|arg| arg != "--").any(|arg| arg == "--json")
}

/// The range is checked where all settings are.
fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds, such as 5 or 0.5")?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "must be more than zero and at most one hour")
}

/// Takes out of an error what was typed, unless it looks like a misspelt word: it may be a token, or a key that was
/// passed where no key is taken.
fn without_values(mut error: clap::Error) -> clap::Error {
    for kind in [
        ContextKind::InvalidArg,
        ContextKind::InvalidSubcommand,
        ContextKind::InvalidValue,
        ContextKind::TrailingArg,
    ] {
        let Some(ContextValue::String(typed)) = error.get(kind) else { continue };
        // Apart from unknown ones, what is called an argument is named by its definition, not by what was typed.
        let is_named =
            kind == ContextKind::InvalidArg && error.kind() != clap::error::ErrorKind::UnknownArgument;
        if is_named || is_word(typed) {
            continue;
        }
        let shown = match typed.split_once('=') {
            Some((name, _)) if is_word(name) => format!("{name}=[redacted]"),
            _ => "[redacted]".to_owned(),
        };
        error.insert(kind, ContextValue::String(shown));
        // Advice repeats what was typed.
        for advice in [ContextKind::Suggested, ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand] {
            error.remove(advice);
        }
    }
    error
}

/// No credential is this short and made of lower-case letters and dashes alone.
fn is_word(typed: &str) -> bool {
    typed.len() <= 18 && typed.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        definition().debug_assert();
    }

    fn refused(args: &[&str]) -> String {
        match CommandLine::try_parse_from([&["passlock-cli"], args].concat()) {
            Ok(_) => panic!("{args:?} was taken"),
            Err(error) => without_values(error).to_string(),
        }
    }

    #[test]
    fn errors_show_misspelt_words_and_no_values() {
        for args in [
            &["exchange", "a", "CANARY-1"][..],
            &["exchange", "-CANARY-1"],
            &["exchange", "--CANARY-1"],
            &["exchange", "--api-key", "CANARY-1", "a"],
            &["exchange", "--api-key=CANARY-1", "a"],
            &["exchange", "--timeout", "CANARY-1", "a"],
            &["exchange", "--json=CANARY-1", "a"],
            &["user", "get", "a", "CANARY-1"],
            &["user", "CANARY-1"],
            &["user", "update", "a", "--email-verified", "CANARY-1"],
            &["emulate", "--port", "CANARY-1"],
            &["emulate", "CANARY-1"],
            &["CANARY-1"],
        ] {
            let error = refused(args);
            assert!(!error.contains("CANARY"), "{args:?}: {error}");
        }
        assert!(refused(&["exchnge"]).contains("'exchnge'"));
        assert!(refused(&["exchange", "--tiemout", "5", "a"]).contains("'--timeout'"));
        assert!(refused(&["user", "update", "a", "--email-verified", "yes"]).contains("possible values"));
    }

    #[test]
    fn seconds_are_numbers_above_zero() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["", "x", "-1", "NaN", "inf", "1e300"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
