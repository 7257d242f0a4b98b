//! A certificate authority of the tests' own.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// What a server shows.
#[derive(Clone)]
pub(crate) struct Leaf {
    pub(crate) name: &'static str,
    pub(crate) expired: bool,
    /// It is an authority's.
    pub(crate) authority: bool,
    /// The only purpose that it is for.
    pub(crate) purpose: Option<ExtendedKeyUsagePurpose>,
}

impl Leaf {
    pub(crate) const LOCALHOST: Self =
        Self { name: "localhost", expired: false, authority: false, purpose: None };
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("Passlock tests")
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// A certificate that this authority has signed, as PEM and as a server's set-up.
    pub(crate) fn issue(&self, leaf: Leaf) -> (String, Arc<ServerConfig>) {
        let mut params = CertificateParams::new([leaf.name.to_owned()]).unwrap();
        if leaf.expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        if leaf.authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        params.extended_key_usages.extend(leaf.purpose);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let tls = server(certificate.der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()));
        (certificate.pem(), tls)
    }
}

/// The set-up of a server that shows this certificate, whatever rustls thinks of it.
pub(crate) fn server(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = provider.key_provider.load_private_key(key).unwrap();
    let shown = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(tls)
}
