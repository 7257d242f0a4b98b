//! One TLS set-up for both transports: rustls on one crypto provider, and nothing installed process-wide.

use std::sync::Arc;

use passlock_core::{Config, Error, Name, message};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
use crate::roots::add_files;

/// The TLS settings for an https endpoint: the platform's roots and the configured ones. None for an http one.
///
/// Where the platform's roots are files they are read here, which takes milliseconds: do it once a client. On a machine
/// that has none, bundled ones are used. `SSL_CERT_FILE` and `SSL_CERT_DIR` replace them, as in OpenSSL.
///
/// # Errors
///
/// `config` for a certificate authority that can't be used, and for one of the two variables that names none.
pub fn client_config(config: &Config) -> Result<Option<Arc<ClientConfig>>, Error> {
    let (certificates, configured) = configured_roots(config)?;
    if !config.endpoint().is_https() {
        return Ok(None);
    }
    let provider = Arc::new(ring::default_provider());
    let mut tls = with_platform_roots(config_builder(&provider)?, certificates, configured, provider)?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Arc::new(tls)))
}

/// TLS settings that trust nobody, for a library that wants some although the endpoint is an http one.
///
/// # Errors
///
/// `config`, if the crypto provider has no version of TLS in common with rustls.
pub fn client_config_without_roots() -> Result<ClientConfig, Error> {
    let builder = config_builder(&Arc::new(ring::default_provider()))?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn config_builder(
    provider: &Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::config("TLS can't be set up").with_cause(error.to_string()))
}

fn configured_roots(config: &Config) -> Result<(Vec<CertificateDer<'static>>, RootCertStore), Error> {
    let certificates = config.ca_certificates().map(certificates).transpose()?.unwrap_or_default();
    let mut roots = RootCertStore::empty();
    for certificate in &certificates {
        roots.add(certificate.clone()).map_err(|error| {
            Error::config(message![
                Name("ca_certificates"),
                " contains a certificate that is not a certificate authority's"
            ])
            .with_cause(error.to_string())
        })?;
    }
    Ok((certificates, roots))
}

#[cfg(any(windows, target_vendor = "apple"))]
fn with_platform_roots(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    certificates: Vec<CertificateDer<'static>>,
    _: RootCertStore,
    provider: Arc<CryptoProvider>,
) -> Result<ClientConfig, Error> {
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(certificates, provider).map_err(
        |error| Error::config("the platform's certificates can't be used").with_cause(error.to_string()),
    )?;
    // Only the name says so: this verifier is the platform's own.
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

#[cfg(not(any(windows, target_vendor = "apple")))]
fn with_platform_roots(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    _: Vec<CertificateDer<'static>>,
    roots: RootCertStore,
    _: Arc<CryptoProvider>,
) -> Result<ClientConfig, Error> {
    Ok(builder.with_root_certificates(with_files(roots, add_files)?).with_no_client_auth())
}

/// The configured roots and those that are files, or the bundled ones where the machine has none, as slim images have.
#[cfg(not(any(windows, target_vendor = "apple")))]
fn with_files(
    mut roots: RootCertStore,
    add_files: impl FnOnce(&mut RootCertStore) -> Result<usize, Error>,
) -> Result<RootCertStore, Error> {
    if add_files(&mut roots)? == 0 {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    Ok(roots)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| Error::config(message![Name("ca_certificates"), " is not valid PEM"]))?;
    if certificates.is_empty() {
        return Err(Error::config(message![Name("ca_certificates"), " contains no PEM certificate"]));
    }
    Ok(certificates)
}

/// Android's roots are reached through Java only, which not every process has.
#[cfg(not(any(windows, all(unix, not(target_os = "android")))))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on other platforms")]
fn add_files(_: &mut RootCertStore) -> Result<usize, Error> {
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_that_are_none_are_refused_at_once() {
        for (pem, complaint) in [
            ("no certificate", "ca_certificates contains no PEM certificate"),
            (
                "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
                "ca_certificates is not valid PEM",
            ),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "ca_certificates contains a certificate that is not a certificate authority's",
            ),
        ] {
            let config = Config::builder()
                .tenancy_id("t")
                .api_key("any-api-key")
                .ca_certificates(pem)
                .build()
                .unwrap();
            assert_eq!(client_config(&config).unwrap_err().message(), complaint);
        }
    }

    #[cfg(not(any(windows, target_vendor = "apple")))]
    #[test]
    fn a_machine_without_roots_gets_the_bundled_ones_and_no_other_does() {
        let of = |found| with_files(RootCertStore::empty(), move |_| found).map(|roots| roots.len());
        assert_eq!(of(Ok(1)).unwrap(), 0);
        assert!(of(Ok(0)).unwrap() > 50);
        assert_eq!(of(Err(Error::config("why"))).unwrap_err().message(), "why");
    }
}
