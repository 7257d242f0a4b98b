//! Why a server's certificate was refused, in words that say what to do.

use passlock_core::{TransportError, TransportErrorKind};
use rustls::CertificateError;

/// The transport error behind a refused certificate.
pub(crate) fn refused(error: &CertificateError, described: &str) -> TransportError {
    match advice(error) {
        // The one that an authority helps against.
        None => TransportError::new(TransportErrorKind::CertificateRefused, described),
        Some(advice) => {
            TransportError::new(TransportErrorKind::CertificateInvalid, format!("{advice} ({described})"))
        }
    }
}

fn advice(error: &CertificateError) -> Option<&'static str> {
    use CertificateError as Refused;
    Some(match error {
        Refused::UnknownIssuer => return None,
        Refused::Expired | Refused::ExpiredContext { .. } => {
            "it has expired: renew it, or check this machine's clock"
        }
        Refused::NotValidYet | Refused::NotValidYetContext { .. } => {
            "it is not valid yet: check this machine's clock"
        }
        Refused::NotValidForName | Refused::NotValidForNameContext { .. } => {
            "it is for another host: check endpoint"
        }
        Refused::Revoked => "its authority has revoked it",
        Refused::BadSignature => {
            "its signature does not match its issuer's key: the issuer may have a new key under the same name"
        }
        Refused::UnsupportedSignatureAlgorithmContext { .. }
        | Refused::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "it is signed with an algorithm that is not supported, such as P-521 (supported: RSA, P-256, P-384 and Ed25519)"
        }
        Refused::InvalidPurpose | Refused::InvalidPurposeContext { .. } => {
            "it is not meant for a server: it needs the extended key usage serverAuth"
        }
        Refused::Other(other) => match other.0.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity) => {
                "it is a CA certificate: give the server one that the CA has issued to it"
            }
            Some(webpki::Error::UnsupportedCertVersion) => {
                "it, or one in its chain, is not an X.509 version 3 certificate: reissue it as version 3"
            }
            _ => "it can't be verified",
        },
        _ => "it can't be verified",
    })
}
