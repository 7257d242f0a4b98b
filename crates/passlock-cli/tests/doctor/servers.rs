//! What the command is run against: an emulator behind TLS, and proxies.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use passlock_emulator::BlockingEmulator;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::NamedTempFile;

use crate::common::*;

/// What a proxy's password looks like.
pub(crate) const PASSWORD: &str = "canary-password";

/// A certificate authority, and an emulator behind a certificate that it has issued.
pub(crate) struct Secure {
    pub(crate) emulator: BlockingEmulator,
    pub(crate) address: SocketAddr,
    pub(crate) roots: NamedTempFile,
}

impl Secure {
    pub(crate) fn new(name: &str, year: i32) -> Self {
        let emulator = emulator();
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, format!("Authority {year}"));
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let mut roots = NamedTempFile::new().unwrap();
        roots.write_all(authority.self_signed(&key).unwrap().pem().as_bytes()).unwrap();
        let issuer = Issuer::new(authority, key);
        let mut leaf = CertificateParams::new([name.to_owned()]).unwrap();
        leaf.distinguished_name.push(DnType::CommonName, "The server of the tests");
        leaf.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = leaf.signed_by(&key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
        let address = serve_tls(Arc::new(tls), address_of(&emulator));
        Self { emulator, address, roots }
    }

    pub(crate) fn doctor(&self, host: &str) -> Command {
        let mut command = passlock(&self.emulator, ["doctor", "--json", "--timeout", "5"]);
        command
            .env("PASSLOCK_ENDPOINT", format!("https://{host}:{}", self.address.port()))
            .env("SSL_CERT_FILE", self.roots.path())
            .env_remove("SSL_CERT_DIR");
        command
    }
}

pub(crate) fn address_of(emulator: &BlockingEmulator) -> SocketAddr {
    emulator.endpoint().strip_prefix("http://").unwrap().parse().unwrap()
}

/// A server on a thread of its own, which the process's end ends.
pub(crate) fn serve(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = Arc::clone(&answer);
            thread::spawn(move || answer(stream));
        }
    });
    address
}

/// Ends TLS, and hands one request and its answer on.
pub(crate) fn serve_tls(tls: Arc<ServerConfig>, to: SocketAddr) -> SocketAddr {
    serve(move |stream| {
        let mut near = StreamOwned::new(ServerConnection::new(Arc::clone(&tls)).unwrap(), stream);
        let Some(request) = read_head(&mut near) else { return };
        let mut far = TcpStream::connect(to).unwrap();
        // The end of the answer is the end of the connection.
        far.write_all(&[&request[..request.len() - 2], b"Connection: close\r\n\r\n"].concat()).unwrap();
        let mut answer = Vec::new();
        far.read_to_end(&mut answer).unwrap();
        let _ = near.write_all(&answer);
        near.conn.send_close_notify();
        let _ = near.flush();
    })
}

/// A request without a body, unless the other side goes before.
pub(crate) fn read_head(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(head)
}

/// A proxy that answers each request for a tunnel with this, or opens one to an address whatever was asked.
pub(crate) fn proxy(answer: &'static str, to: Option<SocketAddr>) -> String {
    let address = serve(move |mut near| {
        if read_head(&mut near).is_none() {
            return;
        }
        near.write_all(answer.as_bytes()).unwrap();
        let Some(to) = to else { return };
        let far = TcpStream::connect(to).unwrap();
        let (mut from_near, mut to_far) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut from_near, &mut to_far));
        let (mut far, mut near) = (far, near);
        let _ = std::io::copy(&mut far, &mut near);
    });
    format!("http://user:{PASSWORD}@{address}")
}

/// Sends this, and then a byte now and then, for longer than anybody should wait.
pub(crate) fn dripping(begin: &'static [u8], byte: u8) -> SocketAddr {
    serve(move |mut stream| {
        let mut sent = stream.write_all(begin);
        for _ in 0..100 {
            if sent.is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(200));
            sent = stream.write_all(&[byte]);
        }
    })
}
