//! An environment that others have filled.

use std::env;

use passlock::ErrorKind;

use crate::support::{Failure, Flavour, World, failed, in_child, run_alone};

const ALL: [Flavour; 3] = [Flavour::Reqwest, Flavour::Hyper, Flavour::Blocking];

/// Variables that libraries below us, or their relatives in other languages, would heed.
const OF_OTHERS: [&str; 12] = [
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "SSLKEYLOGFILE",
    "RES_OPTIONS",
    "LOCALDOMAIN",
    "HOSTALIASES",
    "GODEBUG",
    "RUST_LOG",
    "RUST_BACKTRACE",
    "TOKIO_WORKER_THREADS",
    "RUST_MIN_STACK",
];

/// A call on this machine needs none of them, and none changes it.
#[test]
fn variables_of_others_change_nothing() {
    const NAME: &str = "environment::variables_of_others_change_nothing";
    if !in_child(NAME) {
        let key_log = tempfile::NamedTempFile::new().unwrap();
        let mut environment: Vec<_> = OF_OTHERS.iter().map(|name| (*name, Some("1"))).collect();
        environment.push(("SSLKEYLOGFILE", key_log.path().to_str()));
        // A loopback endpoint goes through no proxy of the environment.
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
            environment.push((name, Some("http://127.0.0.1:1")));
        }
        environment.push(("RUST_MIN_STACK", Some("1000000")));
        run_alone(NAME, &environment);
        // No client writes the keys of its connections.
        assert_eq!(std::fs::read(key_log.path()).unwrap(), b"");
        return;
    }
    for flavour in ALL {
        let world = World::new();
        let client = world.client(flavour);
        client.exchange(&world.token()).unwrap();
        client.update(&world.sub).unwrap();
        assert_eq!(world.journal().len(), 2);
    }
}

/// A value that is not UTF-8 is a bad setting, and not a panic.
#[test]
fn what_is_no_text_is_a_config_error_and_no_panic() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;
    const NAME: &str = "environment::what_is_no_text_is_a_config_error_and_no_panic";
    if !in_child(NAME) {
        for name in ["PASSLOCK_TENANCY_ID", "PASSLOCK_API_KEY", "PASSLOCK_ENDPOINT", "HTTPS_PROXY"] {
            let mut command = Command::new(env::current_exe().unwrap());
            command.args(["--exact", NAME, "--nocapture"]).env("PASSLOCK_TEST_ALONE", NAME);
            command.env("PASSLOCK_TENANCY_ID", "t").env("PASSLOCK_API_KEY", "a-key-of-a-test");
            command.env("PASSLOCK_ENDPOINT", "https://api.test");
            command.env(name, OsStr::from_bytes(b"http://\xff\xfe")).env("T_NAME", name);
            let output = command.output().unwrap();
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{name} {text}");
            assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{name}");
        }
        return;
    }
    let name = env::var("T_NAME").unwrap();
    for error in [
        passlock::Client::from_env().map(drop).unwrap_err(),
        passlock_hyper::Client::from_env().map(drop).unwrap_err(),
        passlock_blocking::Client::from_env().map(drop).unwrap_err(),
    ] {
        assert!(error.message().contains(&name), "{name}: {error}");
        assert_eq!(failed(Err::<(), _>(error)), Failure::of(ErrorKind::Config).attempts(0));
    }
}

/// The current folder is gone, as after a deployment that replaces it.
#[test]
fn a_current_folder_that_is_gone_is_no_hindrance() {
    const NAME: &str = "environment::a_current_folder_that_is_gone_is_no_hindrance";
    if !in_child(NAME) {
        return run_alone(NAME, &[]);
    }
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    env::set_current_dir(folder.path()).unwrap();
    drop(folder);
    assert!(env::current_dir().is_err());
    for flavour in ALL {
        world.client(flavour).get(&world.sub).unwrap();
    }
}
