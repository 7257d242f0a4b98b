//! The operations.

use std::io::{self, Read};
use std::path::Path;

use passlock_blocking::{Client, User, UserUpdate};
use passlock_core::{Build, Builder, Error, OperationName};

use crate::args::{CallArgs, ExchangeArgs, GetArgs, UpdateArgs, UserCommand};
use crate::failure::Failure;
use crate::output::{self, Entries};

/// More than this is read of no key and no token: the SDK takes 4096 bytes.
const LONGEST: u64 = 8192;

pub(crate) fn exchange(args: ExchangeArgs) -> Result<(), Failure> {
    let client = client(&args.call)?;
    let token = match args.token.as_str() {
        "-" => secret("the token on standard input", io::stdin().lock()).map_err(Error::invalid_input)?,
        _ => args.token,
    };
    let principal = client.exchange_token(&token)?;
    let shown = match args.show_token {
        true => Entries::with_credentials(&principal),
        false => Entries::of(&principal),
    };
    show(&shown, args.call.json)
}

pub(crate) fn user(command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Get(args) => get_user(args),
        UserCommand::Update(args) => update_user(args),
    }
}

fn get_user(args: GetArgs) -> Result<(), Failure> {
    let user = client(&args.call)?.get_user(&args.sub)?;
    show_user(&user, args.call.json)
}

fn update_user(args: UpdateArgs) -> Result<(), Failure> {
    let mut update = UserUpdate::new();
    update.given_name = args.given_name;
    update.family_name = args.family_name;
    update.email_verified = args.email_verified;
    let client = client(&args.call)?;
    if update == UserUpdate::new() {
        // As the client refuses it, by the names of the options.
        let why = "the update is empty: pass --given-name, --family-name or --email-verified";
        return Err(Error::invalid_input(why).with_operation(OperationName::UpdateUser).into());
    }
    let user = client.update_user(&args.sub, update)?;
    show_user(&user, args.call.json)
}

/// Reads a secret from a file, without its trailing line break.
pub(crate) fn secret_file(name: &str, path: &Path) -> Result<String, Failure> {
    // The path stays out of every message: a key that was passed in its place is not repeated.
    let file = std::fs::File::open(path)
        .map_err(|error| Failure::config(format!("{name} can't be read: {error}")))?;
    match secret(name, file).map_err(Failure::config)? {
        // What is refused later is refused by other names.
        text if text.is_empty() => Err(Failure::config(format!("{name} is empty"))),
        text => Ok(text),
    }
}

fn client(args: &CallArgs) -> Result<Client, Failure> {
    Ok(with_args(Client::builder(), args)?.build()?)
}

/// Settings, with those of the command line.
pub(crate) fn with_args<C: Build>(builder: Builder<C>, args: &CallArgs) -> Result<Builder<C>, Failure> {
    // What a client says of it is what a program can do about it: pass it.
    if !is_set("PASSLOCK_TENANCY_ID") {
        return Err(Failure::config("tenancy_id is missing: set PASSLOCK_TENANCY_ID in the environment"));
    }
    if args.api_key_file.is_none() && !is_set("PASSLOCK_API_KEY") {
        return Err(Failure::config(
            "api_key is missing: set PASSLOCK_API_KEY in the environment, or pass --api-key-file",
        ));
    }
    let mut builder = builder.user_agent(concat!("passlock-cli/", env!("CARGO_PKG_VERSION")));
    if let Some(path) = &args.api_key_file {
        builder = builder.api_key(secret_file("--api-key-file", path)?);
    }
    if let Some(timeout) = args.timeout {
        builder = builder.timeout(timeout);
    }
    Ok(builder)
}

/// Whether a variable has a value, as clients count it.
fn is_set(variable: &str) -> bool {
    passlock_net::process_environment(variable).is_some_and(|value| !value.trim().is_empty())
}

fn show_user(user: &User, json: bool) -> Result<(), Failure> {
    show(&Entries::of(user), json)
}

fn show(entries: &Entries, json: bool) -> Result<(), Failure> {
    Ok(output::to_stdout(&if json { output::json(entries) } else { output::table(entries, 0) })?)
}

/// What a stream holds, or what is wrong with it, without repeating it.
fn secret(name: &str, stream: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    stream
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("{name} can't be read: {error}"))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("{name} is longer than {LONGEST} bytes"));
    }
    let bytes = without_mark(&bytes).map_err(|why| format!("{name} {why}"))?;
    let text = str::from_utf8(bytes).map_err(|_| format!("{name} is not valid UTF-8"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// What follows a byte order mark. PowerShell writes one, and by default UTF-16.
pub(crate) fn without_mark(bytes: &[u8]) -> Result<&[u8], &'static str> {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err("is UTF-16: save it as UTF-8"),
        _ => Ok(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_loses_its_line_break_and_its_mark_and_nothing_else() {
        assert_eq!(secret("it", &b" a b \r\n"[..]).unwrap(), " a b ");
        assert_eq!(secret("it", &b""[..]).unwrap(), "");
        assert_eq!(secret("it", &b"\xef\xbb\xbfa\r\n"[..]).unwrap(), "a");
        for utf_16 in [&b"\xff\xfea\0"[..], b"\xfe\xff\0a"] {
            assert_eq!(secret("it", utf_16).unwrap_err(), "it is UTF-16: save it as UTF-8");
        }
        assert_eq!(secret("it", &b"canary\xff"[..]).unwrap_err(), "it is not valid UTF-8");
        assert_eq!(secret("it", io::repeat(b'x')).unwrap_err(), "it is longer than 8192 bytes");
    }
}
