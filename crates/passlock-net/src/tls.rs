//! One TLS set-up for all transports: rustls on one crypto provider, and nothing installed process-wide.

use std::process;
use std::sync::Arc;

use passlock_core::{Config, Error, Name, message};
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use crate::shared::Shared;

#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
use crate::roots::{RootFiles, Stamp};

/// The environment variables that replace the machine's roots, where these are files.
pub const ROOT_VARIABLES: &[&str] =
    if cfg!(all(unix, not(target_vendor = "apple"), not(target_os = "android"))) {
        &["SSL_CERT_FILE", "SSL_CERT_DIR"]
    } else {
        &[]
    };

/// Clients that trust the same authorities share their TLS settings: roots are read once, which takes milliseconds, and a
/// client resumes the sessions of another.
static SETTINGS: Shared<TrustKey, Arc<ClientConfig>> = Shared::new();

/// All that decides whom TLS trusts.
#[derive(Clone, PartialEq, Eq)]
struct TrustKey {
    /// A forked child has settings of its own: a session may be resumed but once, and another thread may have held the lock
    /// of the sessions' store at the moment of the fork.
    process: u32,
    /// The configured authorities.
    pem: Option<Vec<u8>>,
    files: MachineRoots,
}

/// The TLS settings for an https endpoint: the platform's roots and the configured ones. None for an http one.
///
/// Where the platform's roots are files they are read by the first client of the process, and again by the next one after
/// they have changed. On a machine that has none, bundled ones are used. `SSL_CERT_FILE` and `SSL_CERT_DIR` replace them, as
/// in OpenSSL.
///
/// # Errors
///
/// `config` for a certificate authority that can't be used, and for one of the two variables that names none.
pub fn client_config(config: &Config) -> Result<Option<Arc<ClientConfig>>, Error> {
    if !config.endpoint().is_https() {
        return ConfiguredRoots::of(config).map(|_| None);
    }
    let files = MachineRoots::find();
    let key = TrustKey { process: process::id(), pem: config.ca_certificates().map(<[u8]>::to_vec), files };
    shared(config, &key).map(Some)
}

/// The settings for these authorities. Those of which some could not be read for a moment are used but once: the next client
/// may have more luck, and must not trust others because this one had none.
fn shared(config: &Config, key: &TrustKey) -> Result<Arc<ClientConfig>, Error> {
    enum NotKept {
        Passing(Arc<ClientConfig>),
        Failed(Error),
    }
    let made = SETTINGS.get_or_make(key, || {
        let trust = Trust::new(config, &key.files).map_err(NotKept::Failed)?;
        let is_lasting = trust.is_lasting;
        let settings = trust.settings().map(Arc::new).map_err(NotKept::Failed)?;
        if is_lasting { Ok(settings) } else { Err(NotKept::Passing(settings)) }
    });
    match made {
        Ok(settings) | Err(NotKept::Passing(settings)) => Ok(settings),
        Err(NotKept::Failed(error)) => Err(error),
    }
}

/// The host that the server's certificate must be for.
///
/// # Errors
///
/// `config` for one that no certificate can be for.
pub fn server_name(config: &Config) -> Result<ServerName<'static>, Error> {
    ServerName::try_from(config.endpoint().host().to_owned()).map_err(|error| {
        Error::config("the endpoint has a host that can't be used").with_cause(error.to_string())
    })
}

/// TLS settings that trust nobody, for a library that requires some although the endpoint uses http.
///
/// # Errors
///
/// `config`, if the crypto provider has no version of TLS in common with rustls.
pub fn client_config_without_roots() -> Result<ClientConfig, Error> {
    let builder = config_builder(&Arc::new(ring::default_provider()))?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// The trusted issuers: the platform's certificate authorities, and the configured ones.
#[derive(Debug)]
pub struct Trust {
    verifier: Arc<dyn ServerCertVerifier>,
    provider: Arc<CryptoProvider>,
    roots: String,
    /// Whether the same files would give the same again.
    is_lasting: bool,
}

impl Trust {
    /// Whom clients with these settings trust.
    ///
    /// # Errors
    ///
    /// Those of [`client_config`].
    pub fn of(config: &Config) -> Result<Self, Error> {
        Self::new(config, &MachineRoots::find())
    }

    fn new(config: &Config, files: &MachineRoots) -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let configured = ConfiguredRoots::of(config)?;
        let count = configured.certificates.len();
        let (verifier, mut roots, is_lasting) = platform_verifier(configured, &provider, files)?;
        if count > 0 {
            roots = format!("{roots}, and {count} from ca_certificates");
        }
        tracing::debug!(target: "passlock::tls", roots, "read the certificate authorities");
        Ok(Self { verifier, provider, roots, is_lasting })
    }

    /// A description of these authorities, for people.
    #[must_use]
    pub fn roots(&self) -> &str {
        &self.roots
    }

    /// What verifies a server's certificate.
    #[must_use]
    pub fn verifier(&self) -> &Arc<dyn ServerCertVerifier> {
        &self.verifier
    }

    /// The TLS settings of a client.
    ///
    /// # Errors
    ///
    /// `config`, if the crypto provider has no version of TLS in common with rustls.
    pub fn settings(self) -> Result<ClientConfig, Error> {
        // Only the name says so: a verifier is rustls' own, or the platform's.
        let builder =
            config_builder(&self.provider)?.dangerous().with_custom_certificate_verifier(self.verifier);
        let mut tls = builder.with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(tls)
    }
}

fn config_builder(
    provider: &Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::config("TLS can't be set up").with_cause(error.to_string()))
}

/// `ca_certificates`, checked.
struct ConfiguredRoots {
    certificates: Vec<CertificateDer<'static>>,
    #[cfg_attr(any(windows, target_vendor = "apple"), expect(dead_code, reason = "only checked there"))]
    store: RootCertStore,
}

impl ConfiguredRoots {
    fn of(config: &Config) -> Result<Self, Error> {
        let certificates = config.ca_certificates().map(certificates).transpose()?.unwrap_or_default();
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            store.add(certificate.clone()).map_err(|error| {
                Error::config(message![Name("ca_certificates"), " contains a certificate that can't be read"])
                    .with_cause(error.to_string())
            })?;
        }
        Ok(Self { certificates, store })
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| Error::config(message![Name("ca_certificates"), " is not valid PEM"]))?;
    if certificates.is_empty() {
        return Err(Error::config(message![
            Name("ca_certificates"),
            " contains no PEM certificate: it must be the PEM text itself, not the name of a file"
        ]));
    }
    Ok(certificates)
}

/// The platform's verifier, whose authorities it goes by, for people, and whether the same files would give the same again.
type Verifier = (Arc<dyn ServerCertVerifier>, String, bool);

#[cfg(any(windows, target_vendor = "apple"))]
fn platform_verifier(
    configured: ConfiguredRoots,
    provider: &Arc<CryptoProvider>,
    _: &MachineRoots,
) -> Result<Verifier, Error> {
    let certificates = configured.certificates;
    let verifier =
        rustls_platform_verifier::Verifier::new_with_extra_roots(certificates, Arc::clone(provider))
            .map_err(|error| {
                Error::config("the platform's certificates can't be used").with_cause(error.to_string())
            })?;
    Ok((Arc::new(verifier), "the platform's own".to_owned(), true))
}

#[cfg(not(any(windows, target_vendor = "apple")))]
fn platform_verifier(
    configured: ConfiguredRoots,
    provider: &Arc<CryptoProvider>,
    files: &MachineRoots,
) -> Result<Verifier, Error> {
    let (roots, source, is_lasting) = with_files(configured.store, files)?;
    let verifier =
        rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| Error::config("TLS can't be set up").with_cause(error.to_string()))?;
    Ok((verifier, source, is_lasting))
}

/// The configured roots and those that are files, or the bundled ones where the machine has none, as slim images have.
#[cfg(not(any(windows, target_vendor = "apple")))]
fn with_files(
    mut roots: RootCertStore,
    files: &MachineRoots,
) -> Result<(RootCertStore, String, bool), Error> {
    let (count, is_complete, is_lasting) = files.add_to(&mut roots)?;
    let source = match count {
        // They may be there, and not trust what the bundled ones do.
        0 if !is_complete => {
            let why = "the machine's root certificates can't be read, and none are trusted in their place";
            return Err(Error::config(why).with_cause(files.describe()));
        }
        0 => {
            let bundled = webpki_roots::TLS_SERVER_ROOTS;
            roots.extend(bundled.iter().cloned());
            format!("{} that are bundled with the SDK, because this machine has none", bundled.len())
        }
        count => format!("{count} from {}", files.describe()),
    };
    Ok((roots, source, is_lasting))
}

/// Where the machine's roots are, and what they are now.
#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
#[derive(Clone, PartialEq, Eq)]
struct MachineRoots(RootFiles, Vec<Option<Stamp>>);

#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
impl MachineRoots {
    /// The stamps are of before the files are read: what changes in between is read again by the next client.
    fn find() -> Self {
        let files = RootFiles::find();
        let stamps = files.stamps();
        Self(files, stamps)
    }

    /// How many there are, whether all of them could be read, and whether the same files would give the same again.
    fn add_to(&self, roots: &mut RootCertStore) -> Result<(usize, bool, bool), Error> {
        self.0.add_to(roots).map(|added| (added.count, added.is_complete, added.is_lasting))
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}

/// The platform's verifier asks the platform each time. Android's roots are reached through Java only, which not every
/// process has.
#[cfg(not(all(unix, not(target_vendor = "apple"), not(target_os = "android"))))]
#[derive(Clone, PartialEq, Eq)]
struct MachineRoots;

#[cfg(not(all(unix, not(target_vendor = "apple"), not(target_os = "android"))))]
impl MachineRoots {
    fn find() -> Self {
        Self
    }

    #[cfg(not(any(windows, target_vendor = "apple")))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "it can fail on other platforms")]
    fn add_to(&self, _: &mut RootCertStore) -> Result<(usize, bool, bool), Error> {
        Ok((0, true, true))
    }

    #[cfg(not(any(windows, target_vendor = "apple")))]
    #[expect(clippy::unused_self, reason = "other platforms have files")]
    fn describe(&self) -> String {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_that_are_none_are_refused_at_once() {
        for (pem, complaint) in [
            (
                "no certificate",
                "ca_certificates contains no PEM certificate: it must be the PEM text itself, not the name of a file",
            ),
            (
                "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
                "ca_certificates is not valid PEM",
            ),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "ca_certificates contains a certificate that can't be read",
            ),
        ] {
            for endpoint in ["https://api.example", "http://localhost:1"] {
                let config = Config::builder().tenancy_id("t").api_key("any-api-key").endpoint(endpoint);
                let config = config.ca_certificates(pem).build().unwrap();
                assert_eq!(client_config(&config).unwrap_err().message(), complaint);
            }
        }
    }

    /// Clients of one process: one set of settings for each set of authorities.
    #[test]
    fn clients_that_trust_the_same_authorities_share_their_settings() {
        const ROOT: &str = include_str!("certificate.pem");
        let settings = |tenancy: &str, pem: Option<&str>| {
            let mut config = Config::builder().tenancy_id(tenancy).api_key("any-api-key");
            if let Some(pem) = pem {
                config = config.ca_certificates(pem);
            }
            client_config(&config.build().unwrap()).unwrap().unwrap()
        };
        let first = settings("a", None);
        assert!(Arc::ptr_eq(&first, &settings("b", None)));
        let with_root = settings("a", Some(ROOT));
        assert!(!Arc::ptr_eq(&first, &with_root), "other authorities");
        assert!(Arc::ptr_eq(&with_root, &settings("b", Some(ROOT))));
        assert!(Arc::ptr_eq(&first, &settings("c", None)));
    }

    #[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
    #[test]
    fn a_machine_without_roots_gets_the_bundled_ones_and_no_other_does() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("root.pem");
        std::fs::write(&file, include_str!("certificate.pem")).unwrap();
        let of = |files| {
            let machine = MachineRoots(files, Vec::new());
            with_files(RootCertStore::empty(), &machine).map(|(roots, ..)| roots.len())
        };
        assert_eq!(of(RootFiles::System { file: Some(file.clone()), folders: Vec::new() }).unwrap(), 1);
        assert!(of(RootFiles::System { file: None, folders: Vec::new() }).unwrap() > 50);
        let named = RootFiles::Named { file: Some(folder.path().join("missing")), folders: None };
        assert!(of(named).unwrap_err().message().starts_with("SSL_CERT_FILE"));
        // There are roots, and a folder in a file's place stands for what can't be read.
        let unreadable = RootFiles::System { file: Some(folder.path().to_owned()), folders: Vec::new() };
        assert!(of(unreadable).unwrap_err().message().contains("can't be read"));
    }

    /// A file can't be read when descriptors are short, for example; what is no certificate stays that until it is changed.
    #[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
    #[test]
    fn authorities_of_which_some_could_not_be_read_are_shared_with_nobody() {
        const ROOT: &str = include_str!("certificate.pem");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), ROOT).unwrap();
        let config = Config::builder().tenancy_id("t").api_key("any-api-key").build().unwrap();
        let settings = |file| {
            let files = RootFiles::System { file, folders: vec![folder.path().to_owned()] };
            let key = TrustKey { process: process::id(), pem: None, files: MachineRoots(files, Vec::new()) };
            [(); 2].map(|()| shared(&config, &key).unwrap())
        };
        // The kernel's stand-in for a file that can't be read just now: reading this one is an EIO.
        if cfg!(target_os = "linux") {
            let [first, second] = settings(Some("/proc/self/mem".into()));
            assert!(!Arc::ptr_eq(&first, &second));
        }
        let path = |name: &str| folder.path().join(name);
        std::os::unix::fs::symlink("endless", path("endless")).unwrap();
        std::fs::create_dir(path("folder")).unwrap();
        let bad = ROOT.replace("CERTIFICATE-----\n", "CERTIFICATE-----\n!");
        std::fs::write(path("folder/bad.pem"), bad).unwrap();
        let files = ["missing", "", "root.pem/x", "endless", "folder/bad.pem"].map(|name| Some(path(name)));
        for lasting in files.into_iter().chain([None]) {
            let [first, second] = settings(lasting);
            assert!(Arc::ptr_eq(&first, &second));
        }
    }
}
