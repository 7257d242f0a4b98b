//! TLS: the certificates that the server shows, and whether they are trusted.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use passlock_core::{Config, TransportErrorKind};
use passlock_net::Trust;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConnection, DigitallySignedStruct, SignatureScheme};
use serde_json::{Value, json};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::check::{Check, Report, Status};
use super::network::Connection;

/// A certificate that expires sooner has not been renewed.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);

/// How the machine is made to trust another authority.
const TO_TRUST: &str = if cfg!(windows) {
    "add its root to the system's store (certutil -user -addstore Root ca.pem)"
} else if cfg!(target_vendor = "apple") {
    "add its root to your keychain (security add-trusted-cert ca.pem)"
} else {
    "name its PEM file in SSL_CERT_FILE"
};

/// Whether it worked.
pub(crate) fn shake_hands(config: &Config, mut stream: Connection, report: &mut Report) -> bool {
    let (trust, shown) = match Trust::of(config) {
        Ok(trust) => (trust, Arc::default()),
        Err(error) => {
            // The machine's own roots may be it as well as a variable.
            let why = error.cause().map(|cause| format!(" ({cause})")).unwrap_or_default();
            let detail = format!("{}{why}", error.message());
            let advice = "check that the files named here exist, contain certificates in PEM form, and can be read by this user";
            report.push(Check::failed("tls", detail, advice));
            return false;
        }
    };
    let roots = trust.roots().to_owned();
    let shaken = handshake(config, trust, &shown, &mut stream);
    let shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
    let chain: Vec<_> = shown.iter().filter_map(|der| describe(der)).collect();
    let ends = shown.first().and_then(|der| not_after(der));
    let check = match shaken {
        Ok(version) => verified(&version, ends),
        Err(error) => refused(&error, ends),
    };
    let worked = check.status != Status::Failed;
    report.push(check.fact("roots", roots).fact("chain", Value::Array(chain)));
    worked
}

fn handshake(
    config: &Config,
    trust: Trust,
    shown: &Arc<Mutex<Vec<CertificateDer<'static>>>>,
    stream: &mut Connection,
) -> io::Result<String> {
    let verifier = Recording { real: Arc::clone(trust.verifier()), shown: Arc::clone(shown) };
    let mut settings = trust.settings().map_err(|error| io::Error::other(error.message().to_owned()))?;
    // It asks the real one, and remembers what it was shown.
    settings.dangerous().set_certificate_verifier(Arc::new(verifier));
    let name = ServerName::try_from(config.endpoint().host().to_owned()).map_err(io::Error::other)?;
    let mut session = ClientConnection::new(Arc::new(settings), name).map_err(io::Error::other)?;
    while session.is_handshaking() {
        session.complete_io(stream)?;
    }
    Ok(session
        .protocol_version()
        .map_or_else(String::new, |version| format!("{version:?}").replace("_", ".")))
}

fn verified(version: &str, ends: Option<SystemTime>) -> Check {
    let version = version.replace("TLSv1", "TLS 1");
    let Some(ends) = ends else { return Check::ok("tls", version) };
    let detail = format!("{version}, certificate valid until {}", httpdate::fmt_http_date(ends));
    match ends.duration_since(SystemTime::now()) {
        Ok(left) if left > SOON => Check::ok("tls", detail),
        _ => Check::warning("tls", detail, "renew the server's certificate: it expires soon"),
    }
}

fn refused(error: &io::Error, ends: Option<SystemTime>) -> Check {
    let error = passlock_net::connect_error(error);
    let now = httpdate::fmt_http_date(SystemTime::now());
    match error.kind() {
        TransportErrorKind::CertificateRefused => Check::failed(
            "tls",
            format!("the server's certificate was not issued by a trusted authority ({})", error.cause()),
            format!(
                "if a proxy on your network inspects TLS, or the authority is your own, {TO_TRUST}, or pass it to your \
                 program's setting ca_certificates"
            ),
        ),
        TransportErrorKind::CertificateInvalid => {
            let ends = ends.map(|ends| format!("; valid until {}", httpdate::fmt_http_date(ends)));
            Check::failed(
                "tls",
                format!(
                    "the server's certificate was refused: {}{}",
                    error.cause(),
                    ends.unwrap_or_default()
                ),
                format!(
                    "if this machine's clock is right (it shows {now}), have the server's certificate corrected"
                ),
            )
        }
        _ => Check::failed(
            "tls",
            format!("no TLS connection: {}", error.cause()),
            "check that the endpoint's port speaks TLS (an http server needs an endpoint that begins with http://), \
             and that nothing in between closes connections",
        ),
    }
}

fn describe(der: &CertificateDer<'_>) -> Option<Value> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(json!({
        "subject": certificate.subject().to_string(),
        "issuer": certificate.issuer().to_string(),
        "notAfter": not_after(der).map(httpdate::fmt_http_date),
    }))
}

fn not_after(der: &CertificateDer<'_>) -> Option<SystemTime> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let seconds = u64::try_from(certificate.validity().not_after.timestamp()).ok()?;
    // A date that can be shown has a year of four digits.
    (seconds < 253_402_300_800).then(|| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

/// The real verifier, whose word is law; on the way the certificates are kept, also those that it refuses.
#[derive(Debug)]
struct Recording {
    real: Arc<dyn ServerCertVerifier>,
    shown: Arc<Mutex<Vec<CertificateDer<'static>>>>,
}

impl ServerCertVerifier for Recording {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let all = std::iter::once(leaf).chain(intermediates).map(|der| der.clone().into_owned());
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = all.collect();
        self.real.verify_server_cert(leaf, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.real.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.real.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.real.supported_verify_schemes()
    }
}
