//! Servers of the tests' own, on loopback, for what the emulator is not: TLS, proxies, peers that do nothing.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// Servers have a runtime of their own: no client's can hold them up.
fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());
    &RUNTIME
}

/// A server that ends with the test, and its connections with it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves every connection by a future of its own.
    pub(crate) fn start<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = runtime().block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (accepted, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let task = runtime().spawn({
            let (accepted, open) = (Arc::clone(&accepted), Arc::clone(&open));
            async move {
                let mut connections = JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    accepted.fetch_add(1, Ordering::SeqCst);
                    open.fetch_add(1, Ordering::SeqCst);
                    let served = serve(stream);
                    let open = Arc::clone(&open);
                    connections.spawn(async move {
                        served.await;
                        open.fetch_sub(1, Ordering::SeqCst);
                    });
                }
            }
        });
        Self { address, accepted, open, task }
    }

    /// A server that accepts, and never reads or writes.
    pub(crate) fn silent() -> Self {
        Self::start(|stream| async move {
            let _held = stream;
            std::future::pending::<()>().await;
        })
    }

    /// A server that accepts and never writes, and ends a connection when the client does.
    pub(crate) fn silent_until_closed() -> Self {
        Self::start(|mut stream| async move {
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        })
    }

    /// A server that hands every connection's bytes on.
    pub(crate) fn forwarder(to: SocketAddr) -> Self {
        Self::start(move |mut near| async move {
            if let Ok(mut far) = TcpStream::connect(to).await {
                let _ = copy_bidirectional(&mut near, &mut far).await;
            }
        })
    }

    /// How many connections it has accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// How many of them have not ended.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A server that ends TLS and hands the bytes on, as in front of the emulator, whose answers are real.
pub(crate) fn tls_front(tls: Arc<rustls::ServerConfig>, to: SocketAddr) -> Server {
    let acceptor = TlsAcceptor::from(tls);
    Server::start(move |near| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut near) = acceptor.accept(near).await else { return };
            let Ok(mut far) = TcpStream::connect(to).await else { return };
            let _ = copy_bidirectional(&mut near, &mut far).await;
            let _ = near.shutdown().await;
        }
    })
}

/// Answers each request with one user, and a little later, unasked, with another one.
pub(crate) async fn talk_unasked(mut stream: TcpStream) {
    let answer = |email: &str| {
        let body = format!(r#"{{"user":{{"sub":"u","email":"{email}"}}}}"#);
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let mut head = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        head.push(byte);
        if head.ends_with(b"\r\n\r\n") {
            head.clear();
            let _ = stream.write_all(answer("eve@example.com").as_bytes()).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = stream.write_all(answer("mallory@example.com").as_bytes()).await;
        }
    }
}
