//! A steady server with constant answers for the API's routes, over keep-alive connections.
//!
//! It prints one line of JSON with where it listens and who it is, and ends when its standard input does.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use passlock_benchmarks::PRINCIPAL;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;

#[derive(Clone, Parser)]
struct Arguments {
    /// Who this server is: it says so at `/identity`, so that a benchmark can tell that it talks to its own.
    #[arg(long)]
    identity: String,
    /// How long each answer is held back, in milliseconds.
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// How long the answer to the user `slow` is held back, in milliseconds.
    #[arg(long, default_value_t = 0)]
    slow: u64,
    /// Speak TLS, and write the certificate to trust into this file.
    #[arg(long)]
    tls: Option<PathBuf>,
}

fn main() {
    let arguments = Arguments::parse();
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(serve(arguments));
}

async fn serve(arguments: Arguments) {
    let acceptor = arguments.tls.as_ref().map(acceptor);
    let listener = listen();
    let port = listener.local_addr().expect("an address").port();
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    println!(r#"{{"endpoint":"{scheme}://localhost:{port}"}}"#);
    let answers = Arc::new(Answers::new(&arguments));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let (answers, acceptor) = (Arc::clone(&answers), acceptor.clone());
        tokio::spawn(async move {
            match acceptor {
                None => answers.connection(stream).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        answers.connection(stream).await;
                    }
                }
            }
        });
    }
}

/// With room for thousands that connect in the same moment.
fn listen() -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    socket.listen(8192).expect("a listening socket")
}

fn acceptor(certificate_file: &PathBuf) -> TlsAcceptor {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(certificate_file, certified.cert.pem()).expect("a file for the certificate");
    let key =
        rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .expect("a key that fits");
    TlsAcceptor::from(Arc::new(config))
}

struct Answers {
    identity: Vec<u8>,
    principal: Vec<u8>,
    user: Vec<u8>,
    latency: Duration,
    slow: Duration,
}

impl Answers {
    fn new(arguments: &Arguments) -> Self {
        let answer = |body: &str| {
            format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 x-request-id: benchmark\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        };
        let user = r#"{"user":{"sub":"AZEsvivlFSmjNuaC0nVq","email":"ada@example.com","givenName":"Ada","familyName":"Lovelace","emailVerified":true}}"#;
        Self {
            identity: answer(&format!(r#"{{"identity":"{}"}}"#, arguments.identity)),
            principal: answer(PRINCIPAL),
            user: answer(user),
            latency: Duration::from_millis(arguments.latency),
            slow: Duration::from_millis(arguments.slow),
        }
    }

    async fn connection(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut input = Vec::with_capacity(4096);
        loop {
            let head = loop {
                if let Some(end) = input.windows(4).position(|window| window == b"\r\n\r\n") {
                    break end + 4;
                }
                match stream.read_buf(&mut input).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
            };
            let length = content_length(&input[..head]);
            while input.len() < head + length {
                match stream.read_buf(&mut input).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
            }
            let line = &input[..input.iter().position(|byte| *byte == b'\r').unwrap_or(0)];
            let contains = |part: &[u8]| line.windows(part.len()).any(|window| window == part);
            let (answer, latency) = if contains(b"/identity") {
                (&self.identity, Duration::ZERO)
            } else if contains(b"/token/") {
                (&self.principal, self.latency)
            } else if contains(b"/user/slow") {
                (&self.user, self.slow)
            } else {
                (&self.user, self.latency)
            };
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            if stream.write_all(answer).await.is_err() {
                return;
            }
            input.drain(..head + length);
        }
    }
}

fn content_length(head: &[u8]) -> usize {
    if !head.starts_with(b"PATCH") {
        return 0;
    }
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    let _ = request.parse(head);
    let length = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok()).unwrap_or(0)
}
