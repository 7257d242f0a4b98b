//! The README does what it says: its shell blocks are run, with `curl` and all, and its tables are complete.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;
#[path = "../../../tests/tables/mod.rs"]
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::*;
use passlock_core::Limit;
use serde_json::Value;
use tables::{ERRORS, RETRIES, Suggested};

/// What stands between the outputs of two blocks.
const SEPARATOR: &str = "\u{1e}";

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The part of a document under this heading.
fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let start = document.find(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let rest = &document[start + 4..];
    rest.split("\n## ").next().unwrap()
}

/// The language and the content of every code block.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let fenced = text.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).collect()
}

/// The cells of every row of the first table, without its head.
fn table(section: &str) -> Vec<Vec<&str>> {
    let rows =
        section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// The first cell of every row of the first table.
fn first_column(section: &str) -> Vec<String> {
    table(section).iter().map(|cells| cells[0].trim_matches('`').to_owned()).collect()
}

#[test]
fn the_shell_blocks_do_what_they_say() {
    let readme = document("README.md");
    let walk = [section(&readme, "The emulator with `curl`"), section(&readme, "The command")].concat();
    let mut walk = blocks(&walk).into_iter().peekable();

    // The first block starts the emulator: by the command of this test, on a port of its own.
    let (_, start) = walk.next().unwrap();
    let args = start.trim().strip_prefix("cargo run -q -p passlock-cli -- emulate --port 8787 ").unwrap();
    let process = Process::start(&args.split(' ').collect::<Vec<_>>());
    let host = process.get("endpoint").strip_prefix("http://").unwrap();

    let (mut script, mut expected) = ("set -eu\n".to_owned(), Vec::new());
    while let Some((language, content)) = walk.next() {
        assert_eq!(language, "sh", "{content}");
        write!(script, "{}\nprintf '{SEPARATOR}'\n", content.replace("127.0.0.1:8787", host)).unwrap();
        expected.push(walk.next_if(|(language, _)| *language == "json").map(|(_, content)| content));
    }
    assert!(!script.contains("8787"), "{script}");

    let folder = Path::new(env!("CARGO_BIN_EXE_passlock-cli")).parent().unwrap();
    let path = std::env::join_paths(
        std::iter::once(folder.to_owned()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut command = bash(&script);
    command.env("PATH", path.unwrap()).env("NO_PROXY", "*");
    let printed = run(command).success();
    let printed: Vec<_> = printed.split_terminator(SEPARATOR).map(str::trim).collect();
    assert_eq!(printed.len(), expected.len());

    let value =
        |text: &str| -> Value { serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}")) };
    for (printed, expected) in printed.iter().zip(&expected) {
        if let Some(expected) = expected {
            let last = printed.lines().last().unwrap();
            assert_eq!(value(last), value(expected));
        }
    }
    // The blocks whose output changes from run to run, and so is not in the README.
    let [user, token, principal, get, update, fault, journal, command] = printed[..] else {
        panic!("other blocks than expected: {printed:?}")
    };
    assert!(token.is_empty() && !user.is_empty() && !get.is_empty() && !update.is_empty());
    let principal = value(principal);
    assert_eq!((&principal["sub"], &principal["aud"]), (&"user-1".into(), &"my-tenancy".into()));
    assert_eq!(fault, "{}503");
    assert!(command.starts_with("sub            user-1\n"), "{command}");

    let requests = value(journal)["requests"].as_array().unwrap().clone();
    let told = |request: &Value| {
        format!("{} {}", request["operation"].as_str().unwrap(), request["outcome"].as_str().unwrap())
    };
    assert_eq!(
        requests.iter().map(told).collect::<Vec<_>>(),
        ["exchange_token answered", "get_user answered", "update_user answered", "exchange_token faulted"]
    );
}

#[test]
fn the_two_commands_are_there() {
    let readme = document("README.md");
    let commands: Vec<_> =
        blocks(section(&readme, "Run and test")).iter().map(|(_, content)| content.trim()).collect();
    assert_eq!(commands, ["cargo run -q -p passlock-cli -- demo", "npx --yes rust-just test"]);
}

#[test]
fn the_tables_are_complete() {
    let readme = document("README.md");
    let settings = first_column(section(&readme, "Settings"));
    for limit in Limit::ALL {
        assert!(settings.iter().any(|setting| setting == limit.as_str()), "{limit}");
    }
    // The settings are the public methods of the builder that set one.
    let source = document("crates/passlock-core/src/config/builder.rs");
    let mut methods: Vec<_> = source
        .split("    #[must_use]\n    pub fn ")
        .zip(source.split("    #[must_use]\n    pub fn ").skip(1))
        .filter(|(before, after)| {
            !before.ends_with("#[doc(hidden)]\n") && after.split('\n').next().unwrap().contains("(mut self, ")
        })
        .map(|(_, after)| after.split('(').next().unwrap().to_owned())
        .filter(|name| name != "environment")
        .collect();
    let mut named = settings;
    methods.sort();
    named.sort();
    assert_eq!(named, methods);
    // So is the list by which languages hand them over, with what the table says that only Rust has.
    macro_rules! names {
        ($($setting:ident: $kind:ident,)+) => { vec![$(stringify!($setting)),+] };
    }
    let mut listed: Vec<_> = passlock_core::settings!(names);
    let rows = table(section(&readme, "Settings"));
    listed.extend(
        rows.iter().filter(|row| row[2].starts_with("Rust only")).map(|row| row[0].trim_matches('`')),
    );
    listed.sort_unstable();
    assert_eq!(listed, methods);
}

/// The retry table is the one that the code is held to, row by row.
#[test]
fn the_retry_table_is_the_one_that_is_tested() {
    let answer = |is_repeated: bool, because: Option<&str>| match because {
        Some(because) if !is_repeated => format!("no: {because}"),
        _ => if is_repeated { "yes" } else { "no" }.to_owned(),
    };
    let expected: Vec<_> = RETRIES
        .rows
        .iter()
        .map(|row| {
            let update = answer(row.update, row.because.as_deref());
            [row.outcome.clone(), answer(row.get, None), update].to_vec()
        })
        .collect();
    assert_eq!(table(section(&document("README.md"), "Retries")), expected);

    // What a row says to people are the statuses that it has.
    for row in &RETRIES.rows {
        let told: Vec<_> = numbers(&row.outcome);
        assert_eq!(told, [row.statuses.clone(), row.with_retry_after.clone()].concat(), "{}", row.outcome);
    }
}

/// Each README that lists the kinds lists all of them in one order, and says of which statuses they are.
#[test]
fn the_error_tables_are_the_one_that_is_tested() {
    for (name, code, when) in [("README.md", 0, 1), ("python/README.md", 1, 2), ("node/README.md", 1, 2)] {
        let readme = document(name);
        let rows = table(section(&readme, "Errors"));
        let codes: Vec<_> = rows.iter().map(|cells| cells[code].trim_matches('`')).collect();
        assert_eq!(codes, ERRORS.kinds.iter().map(|kind| kind.kind.as_str()).collect::<Vec<_>>(), "{name}");
        for (cells, kind) in rows.iter().zip(&ERRORS.kinds) {
            let told = cells[when].split(':').next().unwrap();
            match &kind.when {
                Some(statuses) => assert_eq!(told, statuses, "{name}: {}", kind.kind),
                None => assert_eq!(numbers(told), [0; 0], "{name}: {}", kind.kind),
            }
        }
    }
    let readme = document("README.md");
    for (cells, row) in table(section(&readme, "Errors")).iter().zip(&ERRORS.kinds) {
        let Suggested { exchange, others, disabled, with_hint } = row.suggested;
        let all: BTreeSet<_> = [Some(exchange), others, disabled, with_hint].into_iter().flatten().collect();
        let told = numbers(cells[3]);
        assert_eq!((told[0], told.into_iter().collect()), (exchange, all), "{}", row.kind);
    }
    let sentence =
        section(&readme, "Errors").split('.').find(|part| part.contains("takes precedence")).unwrap();
    assert_eq!(numbers(sentence), ERRORS.tags_decide_over());
}

/// The platforms are the ones that are released, with what each package manager gets.
#[test]
fn the_platform_table_is_the_one_that_is_released() {
    let targets = document("release/targets.toml");
    let expected: Vec<_> = targets
        .split("[[target]]\n")
        .skip(1)
        .map(|target| {
            let fields: BTreeMap<_, _> = target.lines().filter_map(|line| line.split_once(" = ")).collect();
            let value = |key: &str| fields[key].trim_matches('"').to_owned();
            let mut packages = vec!["Python", "Node"];
            if fields.contains_key("jar") {
                packages.push("Kotlin");
            }
            if fields.contains_key("swift") || value("rust").contains("apple") {
                packages.push("Swift");
            }
            packages.push("command");
            let built =
                if value("builder") == "zig" { "by zig, on Linux" } else { "on that system" }.to_owned();
            [value("system"), format!("`{}`", value("rust")), packages.join(", "), built, value("run")]
                .to_vec()
        })
        .collect();
    assert_eq!(table(section(&document("README.md"), "Supported platforms")), expected);
}

/// The statuses in a text.
fn numbers(text: &str) -> Vec<u16> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 3).filter_map(|word| word.parse().ok()).collect()
}

/// What is logged there is not ours to clean.
#[test]
fn readers_are_warned_of_what_libraries_log() {
    let readme = document("README.md");
    let warning = |line: &&str| line.contains("TRACE") && line.contains("Don't");
    let line = section(&readme, "Logging").lines().find(warning).unwrap();
    assert!(line.contains("`ureq`") && line.contains("`ureq_proto`"), "{line}");
}

/// Those with links to files of this repository.
const DOCUMENTS: [&str; 20] = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "benchmarks/README.md",
    "crates/passlock-blocking/README.md",
    "crates/passlock-emulator/CONTROL.md",
    "crates/passlock-emulator/README.md",
    "crates/passlock/README.md",
    "docs/cli.md",
    "docs/internals/mutations.md",
    "docs/internals/test-helpers.md",
    "docs/migrating.md",
    "docs/promises.md",
    "examples/README.md",
    "kotlin/README.md",
    "node/README.md",
    "python/README.md",
    "swift/CONTRIBUTING.md",
    "swift/README.md",
    "tests/README.md",
];

/// Where documents that are packed lead: a package does not have the repository's other files.
const REPOSITORY: &str = "https://github.com/passlock-dev/passlock-sdk";

/// The file of this repository to which an address of it leads, with the anchor.
fn in_repository(address: &str) -> Option<String> {
    let rest = address.strip_prefix(REPOSITORY)?;
    match rest.strip_prefix('#') {
        Some("readme") => Some("README.md".to_owned()),
        Some(anchor) => Some(format!("README.md#{anchor}")),
        None => rest.strip_prefix("/blob/main/").or(rest.strip_prefix("/tree/main/")).map(str::to_owned),
    }
}

#[test]
fn links_lead_somewhere() {
    for name in DOCUMENTS {
        let text = document(name);
        let folder = Path::new(name).parent().unwrap();
        let mut found = 0;
        for target in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let address = in_repository(target);
            if address.is_none() && target.starts_with("https://") {
                continue;
            }
            found += 1;
            let folder = if address.is_some() { Path::new("") } else { folder };
            let target = address.as_deref().unwrap_or(target);
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            if anchor.is_empty() {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder).join(file);
                assert!(path.exists(), "{name}: {target}");
                continue;
            }
            let content =
                if file.is_empty() { text.clone() } else { document(folder.join(file).to_str().unwrap()) };
            let word = |c: char| (c.is_alphanumeric() || "-_ ".contains(c)).then_some(c);
            let heading = |line: &str| -> String {
                line.trim_start_matches(['#', ' ']).to_lowercase().chars().filter_map(word).collect()
            };
            let is_there = content
                .lines()
                .any(|line| line.starts_with('#') && heading(line).replace(' ', "-") == anchor);
            assert!(is_there, "{name}: {target}");
        }
        assert!(found > 0, "{name}");
    }
}

#[test]
fn the_manual_names_every_command_and_option() {
    let manual = document("docs/cli.md");
    for command in commands() {
        let help = run(bare([&command[..], &["--help".to_owned()]].concat())).success();
        let mut options = 0;
        for option in help.split_whitespace().filter(|word| word.starts_with("--")) {
            let option = option.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            options += 1;
            assert!(option == "--help" || manual.contains(&format!("`{option}")), "{command:?} {option}");
        }
        assert!(options > 3, "{help}");
        let usage = format!("\npasslock-cli {}", command.join(" "));
        assert!(manual.contains(&usage), "{command:?}");
    }
}
