//! Certificates that are refused, and what is said of each.

use std::sync::Arc;

use passlock::ErrorKind;
use rustls::ServerConfig;

use crate::support::{Authority, Client, Failure, Leaf, World, all, failed, tls_front};

/// Asserts that the server is refused for good, by a message with these words.
fn refused(tls: &Arc<ServerConfig>, trusted: &str, words: &str) {
    all(|flavour| {
        let world = World::new();
        let front = tls_front(Arc::clone(tls), world.address());
        let settings = world
            .settings_for(&format!("https://localhost:{}", front.address.port()))
            .ca_certificates(trusted);
        let client = Client::open(flavour, settings).unwrap();
        let error = client.get(&world.sub).unwrap_err();
        assert!(error.message().contains("certificate was refused"), "{error}");
        assert!(error.message().contains(words), "{words}: {error:?}");
        // Only where that helps.
        assert_eq!(error.message().contains("ca_certificates"), words == "ca_certificates", "{error}");
        assert!(error.cause().unwrap().contains("certificate"), "{error:?}");
        let once = Failure::of(ErrorKind::Connection);
        assert_eq!(failed(Err::<(), _>(error)), once, "{words}");
        assert_eq!(failed(client.update(&world.sub)), once, "{words}");
        assert!(world.journal().is_empty(), "{words}");
    });
}

#[test]
fn an_authority_is_advised_only_where_it_would_help() {
    let (ours, theirs) = (Authority::named("ours"), Authority::named("theirs"));
    refused(&theirs.issue(Leaf::LOCALHOST).1, &ours.pem, "ca_certificates");
}

#[test]
fn what_is_wrong_with_the_certificate_itself_is_said() {
    let ours = Authority::named("ours");
    for (leaf, words) in [
        // Apple's verifier does not tell these apart.
        #[cfg(not(target_vendor = "apple"))]
        (Leaf { expired: true, ..Leaf::LOCALHOST }, "has expired"),
        #[cfg(not(target_vendor = "apple"))]
        (
            Leaf { purpose: Some(rcgen::ExtendedKeyUsagePurpose::ClientAuth), ..Leaf::LOCALHOST },
            "not meant for a server",
        ),
        (Leaf { name: "api.example", ..Leaf::LOCALHOST }, "for another host"),
        (Leaf { name: "a.localhost", ..Leaf::LOCALHOST }, "for another host"),
    ] {
        refused(&ours.issue(leaf).1, &ours.pem, words);
    }
}

/// What Windows' verifier and Apple's say otherwise, or do not refuse.
#[cfg(not(any(windows, target_vendor = "apple")))]
mod verified_by_the_sdk {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    use super::{Arc, Authority, Leaf, ServerConfig, refused};
    use crate::support::server;

    /// A server that shows the certificate of this file.
    fn shows(pem: &[u8]) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("fixtures/leaf.key")).unwrap();
        server(CertificateDer::from_pem_slice(pem).unwrap(), key)
    }

    #[test]
    fn an_authoritys_own_certificate_is_said() {
        let ours = Authority::named("ours");
        let leaf = Leaf { authority: true, ..Leaf::LOCALHOST };
        refused(&ours.issue(leaf).1, &ours.pem, "a CA certificate");
    }

    #[test]
    fn an_authority_with_a_new_key_under_its_old_name_is_said() {
        let (old, new) = (Authority::named("ours"), Authority::named("ours"));
        refused(&new.issue(Leaf::LOCALHOST).1, &old.pem, "does not match its issuer's key");
    }

    #[test]
    fn a_certificate_of_version_1_is_said() {
        let trusted = include_str!("fixtures/v1-authority.pem");
        refused(&shows(include_bytes!("fixtures/v1-leaf.pem")), trusted, "version 3");
    }

    /// The README says why they are not supported.
    #[test]
    fn a_signature_by_a_p521_key_is_said() {
        let trusted = include_str!("fixtures/p521-authority.pem");
        refused(&shows(include_bytes!("fixtures/p521-leaf.pem")), trusted, "P-521");
    }
}
