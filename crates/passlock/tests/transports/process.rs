//! What belongs to the whole process is left to the application.

use rustls::crypto::CryptoProvider;

use crate::support::{Authority, Client, Leaf, World, all, in_child, run_alone, tls_front};

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        false
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
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
