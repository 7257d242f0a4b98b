//! Relays connections to the emulator, and does to them what networks do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fastrand::Rng;
use rustls::ServerConfig;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::certificates::Certificates;
use crate::fate::{Event, Fate, Welcome, fate, welcome};

/// No connection is kept waiting for longer than this: the client's own limits are far below.
const LONGEST: Duration = Duration::from_secs(5);

/// A relay. It ends with its runtime.
pub(crate) struct Relay {
    pub(crate) plain: SocketAddr,
    pub(crate) tls: SocketAddr,
}

/// What holds for all connections at a time.
struct Weather {
    certificates: [Arc<ServerConfig>; 3],
    certificate: AtomicUsize,
    /// While true nothing gets through, and what is open is reset.
    outage: watch::Sender<bool>,
    emulator: SocketAddr,
}

impl Relay {
    pub(crate) async fn start(
        emulator: SocketAddr,
        certificates: &Certificates,
        seed: u64,
    ) -> Result<Self, String> {
        let bind = async || {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            Ok((listener.local_addr()?, listener))
        };
        let failed = |error: std::io::Error| error.to_string();
        let (plain, plain_listener) = bind().await.map_err(failed)?;
        let (tls, tls_listener) = bind().await.map_err(failed)?;
        let [first, second] = certificates.good.clone();
        let weather = Arc::new(Weather {
            certificates: [first, second, Arc::clone(&certificates.bad)],
            certificate: AtomicUsize::new(0),
            outage: watch::channel(false).0,
            emulator,
        });
        tokio::spawn(accept(plain_listener, Arc::clone(&weather), false, Rng::with_seed(seed)));
        tokio::spawn(accept(tls_listener, Arc::clone(&weather), true, Rng::with_seed(seed ^ 1)));
        tokio::spawn(change(weather, Rng::with_seed(seed ^ 2)));
        Ok(Self { plain, tls })
    }
}

/// Changes what holds for all: another certificate, now and then one that nobody trusts, and outages.
async fn change(weather: Arc<Weather>, mut rng: Rng) {
    loop {
        sleep(Duration::from_millis(rng.u64(300..1_500))).await;
        if rng.u8(..4) == 0 {
            weather.outage.send_replace(true);
            sleep(Duration::from_millis(rng.u64(20..300))).await;
            weather.outage.send_replace(false);
        } else if rng.u8(..5) == 0 {
            weather.certificate.store(2, Ordering::Relaxed);
            sleep(Duration::from_millis(rng.u64(20..200))).await;
            weather.certificate.store(0, Ordering::Relaxed);
        } else {
            weather.certificate.store(rng.usize(..2), Ordering::Relaxed);
        }
    }
}

async fn accept(listener: TcpListener, weather: Arc<Weather>, is_tls: bool, mut rng: Rng) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let (welcome, fate) = (welcome(&mut rng), fate(&mut rng));
        connections.spawn(serve(stream, Arc::clone(&weather), is_tls, welcome, fate));
    }
}

async fn serve(stream: TcpStream, weather: Arc<Weather>, is_tls: bool, welcome: Welcome, fate: Fate) {
    let mut outage = weather.outage.subscribe();
    if welcome == Welcome::Reset || *outage.borrow() {
        return reset(&stream);
    }
    if welcome == Welcome::Silence {
        return gone(&mut { stream }, LONGEST).await;
    }
    let Ok(mut far) = TcpStream::connect(weather.emulator).await else { return reset(&stream) };
    let (_, _) = (stream.set_nodelay(true), far.set_nodelay(true));
    if !is_tls {
        let mut near = stream;
        let ends = relayed(&mut near, &mut far, fate, &mut outage).await;
        if ends == Ends::Reset {
            reset(&near)
        } else {
            drop(near.shutdown().await)
        }
        return;
    }
    let shown = &weather.certificates[weather.certificate.load(Ordering::Relaxed)];
    let accepted = timeout(LONGEST, TlsAcceptor::from(Arc::clone(shown)).accept(stream)).await;
    let Ok(Ok(mut near)) = accepted else { return };
    match relayed(&mut near, &mut far, fate, &mut outage).await {
        Ends::Reset => reset(near.get_ref().0),
        Ends::Close => drop(timeout(LONGEST, near.shutdown()).await),
    }
}

#[derive(PartialEq, Eq)]
enum Ends {
    Reset,
    Close,
}

/// Hands bytes on until its fate, an outage or either side ends the connection.
async fn relayed<S: AsyncRead + AsyncWrite + Unpin>(
    near: &mut S,
    far: &mut TcpStream,
    fate: Fate,
    outage: &mut watch::Receiver<bool>,
) -> Ends {
    let (mut sent, mut answer) = ([0; 4096], [0; 4096]);
    let (mut left, mut pause) = (fate.after_bytes, None);
    loop {
        let (bytes, is_answer) = tokio::select! {
            _ = outage.wait_for(|is_outage| *is_outage) => return Ends::Reset,
            read = near.read(&mut sent) => match read { Ok(count) => (&sent[..count], false), Err(_) => return Ends::Close },
            read = far.read(&mut answer) => match read { Ok(count) => (&answer[..count], true), Err(_) => return Ends::Reset },
            () = sleep(fate.idle) => return Ends::Close,
        };
        if bytes.is_empty() {
            return Ends::Close;
        }
        let (now, rest) = bytes.split_at(if pause.is_none() { left.min(bytes.len()) } else { bytes.len() });
        left -= now.len().min(left);
        if is_answer {
            sleep(fate.latency).await;
        }
        if hand_on(near, far, now, is_answer, pause).await.is_err() {
            return Ends::Close;
        }
        if left > 0 || pause.is_some() {
            continue;
        }
        match fate.event {
            Event::Reset => return Ends::Reset,
            Event::Close => return Ends::Close,
            Event::Stall(time) => {
                gone(near, time).await;
                return Ends::Close;
            }
            Event::Drip(time) => {
                pause = Some(time);
                if hand_on(near, far, rest, is_answer, pause).await.is_err() {
                    return Ends::Close;
                }
            }
        }
    }
}

async fn hand_on<S: AsyncWrite + Unpin>(
    near: &mut S,
    far: &mut TcpStream,
    bytes: &[u8],
    is_answer: bool,
    pause: Option<Duration>,
) -> std::io::Result<()> {
    let Some(pause) = pause.filter(|_| is_answer) else {
        return if is_answer { near.write_all(bytes).await } else { far.write_all(bytes).await };
    };
    for byte in bytes {
        near.write_all(&[*byte]).await?;
        near.flush().await?;
        sleep(pause).await;
    }
    Ok(())
}

/// Waits until the client is gone, but not forever.
async fn gone<S: AsyncRead + Unpin>(near: &mut S, most: Duration) {
    let mut ignored = [0; 1024];
    let read = async { while near.read(&mut ignored).await.is_ok_and(|count| count > 0) {} };
    drop(timeout(most, read).await);
}

/// Makes the end of this connection a reset.
fn reset(stream: &TcpStream) {
    drop(SockRef::from(stream).set_linger(Some(Duration::ZERO)));
}
