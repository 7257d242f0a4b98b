//! `passlock-cli demo`.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use common::*;

/// The demo's lines, with what differs from run to run taken out.
fn lines(text: &str) -> Vec<String> {
    let plain = |line: &str| match line {
        _ if line.starts_with("An emulator of the API runs") => "An emulator ...".to_owned(),
        _ if line.ends_with(" GMT") => {
            line.split("  ").take(4).collect::<Vec<_>>().join("  ").trim().to_owned()
        }
        _ if line.ends_with(" ms") => line[..line.len() - 12].trim_end().to_owned(),
        _ if line.trim().starts_with("requestId") || line.trim().starts_with("authId") => {
            line.split_whitespace().next().unwrap().to_owned()
        }
        _ => line.to_owned(),
    };
    text.lines().map(plain).collect()
}

#[test]
fn it_shows_the_operations_by_both_clients_and_a_failure() {
    let shown = run(bare(["demo"])).success();
    assert!(!shown.contains('\u{1b}'), "plain when piped: {shown}");
    let exchange = "  exchange_token  GET   /{tenancyId}/token/{token}";
    let get = "  get_user        GET   /{tenancyId}/user/{sub}";
    let update = "  update_user     PATCH /{tenancyId}/user/{sub}";
    let of_interest: Vec<_> = lines(&shown)
        .into_iter()
        .filter(|line| line.starts_with("  ") && line.contains('{') || line.starts_with(char::is_uppercase))
        .collect();
    assert_eq!(
        of_interest,
        [
            "Passlock demo",
            "An emulator ...",
            "Ada has logged in with her passkey, and her browser has sent the token to your server.",
            "Async client, on reqwest  passlock::Client",
            exchange,
            get,
            update,
            "Blocking client, on ureq  passlock_blocking::Client",
            exchange,
            get,
            update,
            "A failure  a token that Passlock does not know",
            exchange,
            "Next: `passlock-cli emulate` keeps such an emulator running for your own code, and the README shows the code.",
        ]
    );
    assert_eq!(shown.matches(" ms\n").count(), 7);
    assert_eq!(shown.matches("    Principal\n").count(), 2);
    assert_eq!(shown.matches("    User\n").count(), 4);
    // What one update set, the next client sees.
    assert_eq!(shown.matches("      familyName     King\n").count(), 3);
    assert_eq!(shown.matches("      familyName     Lovelace\n").count(), 1);
    assert!(shown.contains("    error: ") && shown.contains("      kind       not_found\n"), "{shown}");
    assert!(!shown.contains("made-up-by-an-attacker"), "{shown}");
}

#[test]
fn its_layout_does_not_change_from_run_to_run() {
    assert_eq!(lines(&run(bare(["demo"])).success()), lines(&run(bare(["demo"])).success()));
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let coloured = |no_color: &str| {
        let mut command = bare(["demo"]);
        command.env("CLICOLOR_FORCE", "1").env("NO_COLOR", no_color);
        run(command).success().contains("\u{1b}[")
    };
    // By its own rules, an empty NO_COLOR says nothing.
    assert!(coloured(""));
    assert!(!coloured("1"));
}

#[test]
fn settings_of_the_environment_do_not_reach_it() {
    let mut command = bare(["demo"]);
    command
        .env("PASSLOCK_ENDPOINT", "ftp://nowhere")
        .env("PASSLOCK_TENANCY_ID", "..")
        .env("PASSLOCK_API_KEY", "canary key")
        .env("HTTP_PROXY", "http://127.0.0.1:1");
    assert!(!run(command).success().contains("canary"));
}

#[test]
#[cfg(unix)]
fn a_reader_that_leaves_ends_it_in_peace() {
    let command = bash("set -o pipefail; \"$0\" demo | head -n 1");
    assert_eq!(run(command).success(), "Passlock demo\n");
}
