//! The relay's certificates: those of an authority that clients trust, and one of an authority that they don't.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// The host names of the endpoint. The first is never asked of a resolver, the second always.
pub(crate) const NAMES: [&str; 2] = ["localhost", "soak.test"];

pub(crate) struct Certificates {
    /// The trusted authority, as PEM.
    pub(crate) authority: String,
    /// Two that are as good as each other.
    pub(crate) good: [Arc<ServerConfig>; 2],
    /// One that nobody trusts.
    pub(crate) bad: Arc<ServerConfig>,
}

impl Certificates {
    pub(crate) fn new() -> Result<Self, String> {
        Self::make().map_err(|error| format!("no certificates can be made: {error}"))
    }

    fn make() -> Result<Self, Box<dyn std::error::Error>> {
        let (authority, trusted) = new_authority()?;
        let (_, stranger) = new_authority()?;
        Ok(Self { authority, good: [leaf(&trusted)?, leaf(&trusted)?], bad: leaf(&stranger)? })
    }
}

fn new_authority() -> Result<(String, Issuer<'static, KeyPair>), Box<dyn std::error::Error>> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate()?;
    Ok((params.self_signed(&key)?.pem(), Issuer::new(params, key)))
}

fn leaf(issuer: &Issuer<'static, KeyPair>) -> Result<Arc<ServerConfig>, Box<dyn std::error::Error>> {
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(NAMES.map(str::to_owned))?.signed_by(&key, issuer)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(tls))
}
