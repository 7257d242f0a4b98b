//! What belongs to the whole process is left to the application.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use passlock::ErrorKind;
use passlock_emulator::Fault;
use rustls::crypto::CryptoProvider;

#[cfg(target_os = "linux")]
use crate::support::run_alone_with_memory;
use crate::support::{Authority, Client, Failure, Leaf, World, all, failed, in_child, run_alone, tls_front};

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        false
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
}

/// A server may announce what it likes, and the largest limit is more than this process is given.
#[cfg(target_os = "linux")]
#[test]
fn memory_grows_with_what_came_and_not_with_what_was_announced() {
    const NAME: &str = "process::memory_grows_with_what_came_and_not_with_what_was_announced";
    if !in_child(NAME) {
        return run_alone_with_memory(NAME, 900 * 1024);
    }
    for framing in ["Content-Length: 1073741824\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n40000000\r\n{"]
    {
        let answer = BASE64_STANDARD.encode(format!("HTTP/1.1 200 OK\r\n{framing}"));
        let failure = all(|flavour| {
            let world = World::broken(Fault::Garbage { bytes_base64: Some(answer.clone()) });
            let settings = world.settings().max_response_bytes(1 << 30).max_retries(0);
            failed(Client::open(flavour, settings).unwrap().get(&world.sub))
        });
        assert_eq!(failure, Failure::of(ErrorKind::Connection).status(200).retryable());
    }
}

#[test]
fn nothing_is_installed_for_the_whole_process() {
    const NAME: &str = "process::nothing_is_installed_for_the_whole_process";
    if !in_child(NAME) {
        return run_alone(NAME, &[]);
    }
    let authority = Authority::new();
    all(|flavour| {
        let world = World::new();
        let address = world.address();
        let front = tls_front(authority.issue(Leaf::LOCALHOST).1, address);
        let settings = world.settings_for(&format!("https://localhost:{}", front.address.port()));
        let client = Client::open(flavour, settings.ca_certificates(authority.pem.as_str())).unwrap();
        client.exchange(&world.token()).unwrap();
        client.update(&world.sub).unwrap();
        assert_eq!(world.journal().len(), 2);
    });
    assert!(CryptoProvider::get_default().is_none());
    // The application is the first to set these: whoever comes second is refused.
    assert_eq!(log::max_level(), log::LevelFilter::Off);
    assert!(log::set_logger(&Logger).is_ok());
    assert!(!tracing::dispatcher::has_been_set());
    assert!(tracing::subscriber::set_global_default(tracing::subscriber::NoSubscriber::default()).is_ok());
}
