//! A way to a server that takes time: bytes arrive later, in either direction, and a connection opens after one round trip.
//!
//! It prints its port. For each line of standard input it does what that says, and prints one line: `count` gives connections
//! and flights since the last `count`; `drop` loses from here on whatever comes on the connections that are open, without a
//! word; `reset` resets each of them when the next bytes come from the client.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser;
use socket2::{SockFilter, SockRef};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// A socket filter that keeps no byte of any packet (BPF_RET with 0): what comes is not even acknowledged.
const KEEP_NOTHING: SockFilter = SockFilter::new(6, 0, 0, 0);

#[derive(Parser)]
struct Arguments {
    /// The server's port.
    #[arg(long)]
    to: u16,
    /// How much later bytes arrive, in milliseconds.
    #[arg(long)]
    delay: u64,
}

#[derive(Default)]
struct State {
    connections: AtomicUsize,
    /// Bytes from the client after bytes from the server, or the first ones.
    flights: AtomicUsize,
    open: Mutex<VecDeque<Arc<Connection>>>,
}

struct Connection {
    near: socket2::Socket,
    resets: AtomicBool,
    /// Whether the last bytes were the client's.
    is_clients_turn_over: AtomicBool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let Arguments { to, delay } = Arguments::parse();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let state = Arc::new(State::default());
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (near, _) = accepted?;
                state.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(relay(near, to, Duration::from_millis(delay), Arc::clone(&state)));
            }
            line = lines.next_line() => match line?.as_deref() {
                None => return Ok(()),
                Some(command) => obey(command, &state)?,
            },
        }
    }
}

fn obey(command: &str, state: &State) -> io::Result<()> {
    let open = state.open.lock().expect("nobody panics");
    match command {
        "drop" => open.iter().try_for_each(|connection| connection.near.attach_filter(&[KEEP_NOTHING]))?,
        "reset" => open.iter().for_each(|connection| connection.resets.store(true, Ordering::SeqCst)),
        _ => {}
    }
    let taken = |counter: &AtomicUsize| counter.swap(0, Ordering::SeqCst);
    match command {
        "count" => println!("{} {}", taken(&state.connections), taken(&state.flights)),
        _ => println!("{}", open.len()),
    }
    Ok(())
}

async fn relay(near: TcpStream, to: u16, delay: Duration, state: Arc<State>) -> io::Result<()> {
    // The client has opened it already, in no time. So that it counts, its first bytes come a round trip later.
    let opened = Instant::now() + 2 * delay;
    let far = TcpStream::connect(("127.0.0.1", to)).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let connection = Arc::new(Connection {
        near: SockRef::from(&near).try_clone()?,
        resets: AtomicBool::new(false),
        is_clients_turn_over: AtomicBool::new(false),
    });
    state.open.lock().expect("nobody panics").push_back(Arc::clone(&connection));
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    let up = carry(near_read, far_write, delay, opened, |bytes| {
        if bytes > 0 && connection.resets.load(Ordering::SeqCst) {
            let _ = connection.near.set_linger(Some(Duration::ZERO));
            return false;
        }
        if bytes > 0 && !connection.is_clients_turn_over.swap(true, Ordering::SeqCst) {
            state.flights.fetch_add(1, Ordering::SeqCst);
        }
        true
    });
    let down = carry(far_read, near_write, delay, opened, |bytes| {
        if bytes > 0 {
            connection.is_clients_turn_over.store(false, Ordering::SeqCst);
        }
        true
    });
    // A reset ends both directions at once.
    let ended = tokio::try_join!(up, down);
    state.open.lock().expect("nobody panics").retain(|other| !Arc::ptr_eq(other, &connection));
    ended.map(|((), ())| ())
}

/// Carries bytes over, each as much later; none is under way before the connection is open.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    delay: Duration,
    opened: Instant,
    mut seen: impl FnMut(usize) -> bool,
) -> io::Result<()> {
    let (sender, mut receiver) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async move {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = from.read(&mut buffer).await.unwrap_or(0);
            if !seen(count) {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            let _ = sender.send((Instant::now().max(opened) + delay, buffer[..count].to_vec()));
            if count == 0 {
                return Ok(());
            }
        }
    };
    let write = async move {
        while let Some((at, bytes)) = receiver.recv().await {
            sleep_until(at).await;
            if bytes.is_empty() {
                break;
            }
            to.write_all(&bytes).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(read, write).map(|((), ())| ())
}
