//! The emulator as a value that a test owns, starts, controls and stops.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::config::{CONTROL_PREFIX, EmulatorConfig, StartError};
use crate::journal::JournalEntry;
use crate::model::{IssuedToken, NewToken, NewUser, User};
use crate::rule::FaultRule;
use crate::shared::{Behaviour, Shared};
use crate::store::Effect;
use crate::wire::ApiError;
use crate::{api, connection, control};

/// How long to wait after a connection could not be accepted: by then one may have closed and freed its place.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(50);

/// An emulator on the current tokio runtime. Dropping it stops it.
///
/// Its controls are methods of [`EmulatorHandle`], which it dereferences to.
#[derive(Debug)]
pub struct Emulator {
    handle: EmulatorHandle,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Emulator {
    /// Starts an emulator, which serves immediately.
    ///
    /// # Errors
    /// A setting is wrong, or it can't listen on the address.
    pub async fn start(config: EmulatorConfig) -> Result<Self, StartError> {
        let address = config.check()?;
        let shared = Shared::new(config)?;
        let bind = async {
            let listener = TcpListener::bind(address).await?;
            let bound = listener.local_addr()?;
            Ok((listener, bound))
        };
        let (listener, bound) = bind.await.map_err(|source| StartError::Bind { address, source })?;
        let router = Router::new()
            .nest(CONTROL_PREFIX, control::router(Arc::clone(&shared)))
            .fallback(api::serve)
            .with_state(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(listener, Arc::clone(&shared), router, stopped));
        let handle = EmulatorHandle { endpoint: endpoint(bound).into(), shared };
        Ok(Self { handle, running: Mutex::new(Some(Running { stop, task })) })
    }

    /// Stops listening, and ends all connections. When it returns, the port is free. Further calls do nothing.
    pub async fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { stop, task }) = running {
            // Either error says that it has stopped already.
            let _ = stop.send(());
            let _ = task.await;
        }
    }
}

impl Deref for Emulator {
    type Target = EmulatorHandle;

    fn deref(&self) -> &EmulatorHandle {
        &self.handle
    }
}

/// An emulator on its own thread and runtime, for tests without one. Dropping it stops it.
///
/// Its controls are methods of [`EmulatorHandle`], which it dereferences to.
#[derive(Debug)]
pub struct BlockingEmulator {
    handle: EmulatorHandle,
    running: Mutex<Option<(oneshot::Sender<()>, thread::JoinHandle<()>)>>,
}

impl BlockingEmulator {
    /// Starts an emulator, which serves immediately.
    ///
    /// # Errors
    /// A setting is wrong, it can't listen on the address, or no thread can be started.
    pub fn start(config: EmulatorConfig) -> Result<Self, StartError> {
        let (stop, stopped) = oneshot::channel();
        let (report, reported) = mpsc::channel();
        // The runtime is made, used and dropped on the thread: the caller may be inside another runtime.
        let thread = thread::Builder::new()
            .name("passlock-emulator".to_owned())
            .spawn(move || run(config, &report, stopped))
            .map_err(StartError::Runtime)?;
        let handle = reported.recv().unwrap_or_else(|_| {
            Err(StartError::Runtime(io::Error::other("the thread ended before it had started the emulator")))
        })?;
        Ok(Self { handle, running: Mutex::new(Some((stop, thread))) })
    }

    /// Stops listening, and ends all connections. When it returns, the port is free. Further calls do nothing.
    pub fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((stop, thread)) = running {
            // Either error says that it has stopped already.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

impl Deref for BlockingEmulator {
    type Target = EmulatorHandle;

    fn deref(&self) -> &EmulatorHandle {
        &self.handle
    }
}

impl Drop for BlockingEmulator {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The controls of an emulator: the control API without HTTP. Cheap to clone; it does not keep the
/// emulator running.
///
/// Where the control API responds with an error, this panics, since it is a mistake in the test.
#[derive(Clone)]
pub struct EmulatorHandle {
    endpoint: Arc<str>,
    shared: Arc<Shared>,
}

impl EmulatorHandle {
    /// Where it listens, such as `http://127.0.0.1:49152`: the `endpoint` of a client.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Where its control API is, such as `http://127.0.0.1:49152/_emulator`.
    pub fn control_endpoint(&self) -> String {
        format!("{}{}", self.endpoint, CONTROL_PREFIX)
    }

    /// The tenancy that it serves.
    pub fn tenancy_id(&self) -> &str {
        &self.shared.tenancy_id
    }

    /// The API key that it accepts.
    pub fn api_key(&self) -> &str {
        &self.shared.api_key
    }

    /// Adds a user.
    ///
    /// # Panics
    /// The email or the sub is empty, or another user has it.
    #[track_caller]
    pub fn add_user(&self, new: NewUser) -> User {
        accepted(self.shared.add_user(new))
    }

    /// Issues a token for this user, with defaults for everything else.
    ///
    /// # Panics
    /// There is no such user.
    #[track_caller]
    pub fn issue_token(&self, sub: &str) -> IssuedToken {
        self.issue_token_with(NewToken::new(sub))
    }

    /// Issues a token.
    ///
    /// # Panics
    /// There is no such user, or the token is to live for more than 4,294,967,295 seconds.
    #[track_caller]
    pub fn issue_token_with(&self, new: NewToken) -> IssuedToken {
        accepted(self.shared.issue_token(new))
    }

    /// Disables a user, or enables the user again. A disabled user can't log in, and the exchange of a token is refused.
    ///
    /// # Panics
    /// There is no such user.
    #[track_caller]
    pub fn set_disabled(&self, sub: &str, disabled: bool) {
        accepted(self.shared.set_disabled(sub, disabled));
    }

    /// Makes upcoming requests fail. Rules apply in the order in which they were added.
    ///
    /// # Panics
    /// The rule can't be carried out: an invalid status, header or Base64 text.
    #[track_caller]
    pub fn fault(&self, rule: FaultRule) {
        accepted(self.shared.add_fault(rule));
    }

    /// Removes the faults that have not been used up.
    pub fn clear_faults(&self) {
        self.shared.clear_faults();
    }

    /// Ages the existing tokens, as if they had been issued that much earlier. Tokens issued from now on carry the real
    /// time. Returns the real time plus all advances so far, in seconds since the Unix epoch.
    pub fn advance(&self, by: Duration) -> i64 {
        self.shared.advance(by)
    }

    /// Changes how the emulator behaves, and returns how it behaves now.
    pub fn configure(&self, behaviour: Behaviour) -> Behaviour {
        self.shared.set_behaviour(behaviour)
    }

    /// Resets everything to its initial state: users, tokens, clock, faults, behaviour, the journal and, with a seed,
    /// the sequence of ids. Connections stay open, and requests in progress leave no trace.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// The extension's response to a request, without a connection, a fault or an entry in the journal. For tests that make
    /// many requests.
    #[doc(hidden)]
    pub fn ask_extension(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let extension = self.shared.extension_of(request.method(), request.uri())?;
        Some(self.shared.with_accounts(Effect::CarryOut, |accounts| extension.serve(accounts, request)))
    }

    /// The requests to the API, in order of arrival; the last 10,000 of them.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.shared.journal()
    }
}

impl fmt::Debug for EmulatorHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorHandle")
            .field("endpoint", &self.endpoint)
            .field("tenancy_id", &self.shared.tenancy_id)
            .finish_non_exhaustive()
    }
}

#[track_caller]
fn accepted<T>(result: Result<T, ApiError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// What the thread of a [`BlockingEmulator`] does.
fn run(
    config: EmulatorConfig,
    report: &mpsc::Sender<Result<EmulatorHandle, StartError>>,
    stopped: oneshot::Receiver<()>,
) {
    let start = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(StartError::Runtime)?;
        let emulator = runtime.block_on(Emulator::start(config))?;
        Ok((runtime, emulator))
    };
    // Whoever waits for the report waits until it comes.
    match start() {
        Ok((runtime, emulator)) => {
            let _ = report.send(Ok(emulator.handle.clone()));
            runtime.block_on(async {
                // An error says that the sender was dropped: stop too.
                let _ = stopped.await;
                emulator.stop().await;
            });
        }
        Err(error) => {
            let _ = report.send(Err(error));
        }
    }
}

/// The accept loop lies under axum, since handlers alone can neither reset a connection nor garble an answer.
async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    router: Router,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    let mut number: u64 = 0;
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            // Takes the connections that have ended out of the set.
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    number += 1;
                    connections.spawn(connection::serve(stream, Arc::clone(&shared), router.clone(), number));
                }
                Err(_) => tokio::time::sleep(AFTER_FAILED_ACCEPT).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// An address that a client on this machine can connect to.
fn endpoint(bound: SocketAddr) -> String {
    let address = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(address, bound.port()))
}
