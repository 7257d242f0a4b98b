//! The transport on hyper and tokio.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderValue, Request, Uri};
use http_body_util::Full;
use passlock_core::asynchronous::Transport;
use passlock_core::{
    Attempt, ClockReading, Config, Error, Open, Response, TransportError, TransportErrorKind,
};
use passlock_net::Resolver;
use tokio::time::Instant;

use crate::connect::Dialer;
use crate::connection::{Connection, Failure, late};
use crate::pool::Pool;

/// HTTP/1.1 over hyper and tokio. Cheap to clone: clones share their connections.
///
/// Each tokio runtime that calls are made on has its own connections: a runtime that is stalled or has ended does not
/// affect the others.
#[derive(Clone)]
pub struct Http {
    shared: Arc<Shared>,
}

struct Shared {
    dialer: Dialer,
    host: HeaderValue,
    connect_limit: Duration,
    pool: Pool,
}

impl Open for Http {
    type HttpClient = Infallible;

    fn open(config: &Config, _: Option<Infallible>) -> Result<Self, Error> {
        Self::with_resolver(config, Resolver::system())
    }

    fn environment(name: &str) -> Option<String> {
        passlock_net::process_environment(name)
    }
}

impl Http {
    /// For tests of resolvers that do not respond.
    #[doc(hidden)]
    pub fn with_resolver(config: &Config, resolver: Resolver) -> Result<Self, Error> {
        let origin = config.endpoint().origin();
        let host = HeaderValue::try_from(origin.authority().map_or("", |authority| authority.as_str()))
            .map_err(|error| {
                Error::config("the endpoint has a host that can't be used").with_cause(error.to_string())
            })?;
        let shared = Shared {
            dialer: Dialer::new(config, resolver)?,
            host,
            connect_limit: config.limits().connect(),
            pool: Pool::new(config.idle_timeout()),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Closes idle connections at once, and the others when their calls have ended. For bindings, whose clients can be
    /// closed while calls are in flight.
    #[doc(hidden)]
    pub fn close(&self) {
        self.shared.pool.close();
    }

    async fn attempt(&self, attempt: Attempt) -> Result<Response, TransportError> {
        let Attempt { request, timeout, max_response_bytes } = attempt;
        let deadline = Instant::now() + timeout;
        let shared = &*self.shared;
        let runtime = shared.pool.enter()?;
        let mut request = shared.address(request);
        loop {
            let (mut connection, kept) = match shared.pool.take(runtime, request.method().is_safe()) {
                Some(connection) => (connection, true),
                // Rare, and large: most attempts find an open connection.
                None => (Box::pin(shared.connect(timeout, deadline)).await?, false),
            };
            match connection.exchange(request, deadline, max_response_bytes).await {
                Ok(answer) => {
                    if shared.dialer.forward_proxy().is_some() {
                        passlock_net::check_forwarded(answer.status())?;
                    }
                    shared.pool.give_back(runtime, connection);
                    return Ok(answer);
                }
                // It ended while it was idle: there are but so many of those.
                Err(Failure::NotSent(unsent, _)) if kept => request = *unsent,
                Err(Failure::NotSent(_, fault) | Failure::Transport(fault)) => return Err(fault),
            }
        }
    }
}

impl Transport for Http {
    /// Boxed: what calls this would hold all its state otherwise, and is itself moved from place to place before it runs.
    fn send(&self, attempt: Attempt) -> impl Future<Output = Result<Response, TransportError>> + Send {
        Box::pin(self.attempt(attempt))
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn clock(&self) -> ClockReading {
        passlock_net::clock()
    }
}

impl Shared {
    /// The request with what the next hop needs to know: the host, and a target in the form that it reads.
    fn address(&self, request: Request<Bytes>) -> Request<Full<Bytes>> {
        let (mut head, body) = request.into_parts();
        head.headers.insert(HOST, self.host.clone());
        match self.dialer.forward_proxy() {
            Some(proxy) => {
                if let Some(authorization) = proxy.authorization() {
                    head.headers.insert(PROXY_AUTHORIZATION, authorization.clone());
                }
            }
            None => {
                if let Some(target) = head.uri.path_and_query() {
                    head.uri = Uri::from(target.clone());
                }
            }
        }
        Request::from_parts(head, Full::new(body))
    }

    async fn connect(
        &self,
        attempt_limit: Duration,
        attempt_end: Instant,
    ) -> Result<Box<Connection>, TransportError> {
        let end = attempt_end.min(Instant::now() + self.connect_limit);
        let opened = passlock_net::tokio::until(end, async {
            let stream = self.dialer.dial().await?;
            Connection::new(stream).await.map(Box::new)
        });
        // After a pause, the last look may have opened it when the attempt was over: nothing is sent then.
        let in_time = opened.await.filter(|opened| opened.is_err() || Instant::now() < attempt_end);
        let opened =
            in_time.unwrap_or_else(|| Err(TransportError::new(TransportErrorKind::ConnectTimeout, "")));
        opened.map_err(|fault| {
            // Which of two limits that end at once has fired is chance: it is the attempt's that is named.
            let at_once =
                fault.kind() == TransportErrorKind::ConnectTimeout && self.connect_limit >= attempt_limit;
            if at_once { late() } else { fault }
        })
    }
}

/// Hand-written: connections hold what they sent last.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::pin::pin;
    use std::sync::mpsc::{self, Receiver, Sender};
    use std::task::{Context, Poll, Waker};
    use std::thread;

    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

    /// Answers one request on each connection, and then hands the connection over.
    fn serve(listener: &TcpListener, answered: &Sender<TcpStream>) {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            stream.write_all(ANSWER).unwrap();
            if answered.send(stream).is_err() {
                return;
            }
        }
    }

    fn open() -> (Http, String, Receiver<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (sender, answered) = mpsc::channel();
        thread::spawn(move || serve(&listener, &sender));
        let config =
            Config::builder().tenancy_id("t").api_key("any-api-key").endpoint(&endpoint).build().unwrap();
        (Http::open(&config, None).unwrap(), format!("{endpoint}/t/user/u"), answered)
    }

    fn attempt(uri: &str) -> Attempt {
        let request = Request::get(uri).body(Bytes::new()).unwrap();
        Attempt { request, timeout: Duration::from_secs(10), max_response_bytes: 100 }
    }

    /// A connection that was used once and that the server has closed since, taken out of the pool.
    async fn closed_by_the_server(
        http: &Http,
        uri: &str,
        answered: &Receiver<TcpStream>,
    ) -> (tokio::runtime::Id, Box<Connection>) {
        http.send(attempt(uri)).await.unwrap();
        let pool = &http.shared.pool;
        let runtime = pool.enter().unwrap();
        let connection = pool.take(runtime, true).unwrap();
        drop(answered.recv().unwrap());
        (runtime, connection)
    }

    /// The end of a connection may become known between the look at it and the writing.
    #[tokio::test]
    async fn a_request_of_which_nothing_was_written_is_sent_again_on_another_connection() {
        let (http, uri, answered) = open();
        let (runtime, connection) = closed_by_the_server(&http, &uri, &answered).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        // As if it had been used just now, so that nobody looks.
        http.shared.pool.give_back(runtime, connection);
        let answer = http.send(attempt(&uri)).await.unwrap();
        assert_eq!(answer.status(), 204);
        assert!(answered.recv().is_ok());
    }

    /// Such a request fails for good where a connection has ended: no doubt is taken.
    #[tokio::test]
    async fn a_request_that_can_not_be_repeated_is_not_put_on_a_connection_without_a_look() {
        let (http, uri, answered) = open();
        let (runtime, connection) = closed_by_the_server(&http, &uri, &answered).await;
        // The runtime stands still, so only the socket knows of its end.
        thread::sleep(Duration::from_millis(50));
        http.shared.pool.give_back(runtime, connection);
        let mut update = attempt(&uri);
        *update.request.method_mut() = http::Method::PATCH;
        assert_eq!(http.send(update).await.unwrap().status(), 204);
    }

    #[tokio::test]
    async fn a_connection_that_has_failed_when_it_was_new_is_no_reason_to_send_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || listener.incoming().take(1).for_each(drop));
        let config =
            Config::builder().tenancy_id("t").api_key("any-api-key").endpoint(&endpoint).build().unwrap();
        let fault = Http::open(&config, None).unwrap().send(attempt(&format!("{endpoint}/t/user/u"))).await;
        assert_eq!(fault.unwrap_err().kind(), TransportErrorKind::Interrupted);
        server.join().unwrap();
    }

    /// A handle outlives its runtime, and can still be entered.
    #[test]
    fn a_runtime_that_has_ended_is_a_fault_and_no_hang() {
        let (http, uri, _answered) = open();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        drop(runtime);
        let (done, outcomes) = mpsc::channel();
        thread::spawn(move || {
            let _entered = handle.enter();
            for _ in 0..2 {
                let mut call = pin!(http.send(attempt(&uri)));
                let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                done.send(polled.map(|sent| sent.unwrap_err().kind())).unwrap();
            }
        });
        for _ in 0..2 {
            let outcome = outcomes.recv_timeout(Duration::from_secs(10)).expect("the call hangs");
            assert_eq!(outcome, Poll::Ready(TransportErrorKind::Unusable));
        }
    }

    /// An executor may keep its tasks alive by their wakers alone, and a task may hold a client: of this one, the last.
    #[test]
    fn a_waker_that_holds_the_last_client_is_dropped_where_nothing_is_locked() {
        struct Holds(#[expect(dead_code, reason = "it is held")] Http);
        impl std::task::Wake for Holds {
            fn wake(self: Arc<Self>) {}
        }
        let (done, ended) = mpsc::channel();
        thread::spawn(move || {
            let (http, uri, _answered) = open();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let waker = Waker::from(Arc::new(Holds(http.clone())));
                let mut call = pin!(http.send(attempt(&uri)));
                let ours = std::future::poll_fn(|cx| {
                    let polled = call.as_mut().poll(&mut Context::from_waker(&waker));
                    if polled.is_pending() {
                        cx.waker().wake_by_ref();
                    }
                    polled
                });
                ours.await.unwrap();
            });
            drop(http);
            // It ends the reaper, and with it the connection, the waker and the client.
            drop(runtime);
            done.send(()).unwrap();
        });
        ended.recv_timeout(Duration::from_secs(10)).expect("the end of the runtime hangs");
    }

    #[tokio::test]
    async fn interim_answers_without_end_do_not_outlast_the_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let interim = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000);
            let begin = std::time::Instant::now();
            // Until the client goes. It must not be this side that puts an end to it.
            while begin.elapsed() < Duration::from_secs(10) {
                if stream.write_all(&interim).is_err() {
                    return true;
                }
            }
            false
        });
        let config =
            Config::builder().tenancy_id("t").api_key("any-api-key").endpoint(&endpoint).build().unwrap();
        let http = Http::open(&config, None).unwrap();
        let limited =
            Attempt { timeout: Duration::from_millis(300), ..attempt(&format!("{endpoint}/t/user/u")) };
        // Polled by hand, as bindings do: where tokio's budget of a task holds nothing up.
        let sent = tokio::task::unconstrained(http.send(limited)).await;
        assert_eq!(sent.unwrap_err().kind(), TransportErrorKind::AttemptTimeout);
        assert!(server.join().unwrap(), "the client stayed until the server gave up");
    }

    /// A task that does much at once, as one that waits for many calls, has used up its budget at any point of a call.
    #[tokio::test]
    async fn a_task_with_little_budget_left_gets_its_answer() {
        async fn with_budget<T>(left: usize, call: impl Future<Output = T>) -> T {
            let mut call = pin!(call);
            // With a budget that nothing was taken of.
            tokio::task::yield_now().await;
            std::future::poll_fn(|cx| {
                // A task has 128 for each time that it is polled.
                for _ in left..128 {
                    let spent = pin!(tokio::task::coop::consume_budget()).poll(cx);
                    assert!(spent.is_ready());
                }
                call.as_mut().poll(cx)
            })
            .await
        }

        for head in ["", "Connection: close\r\n"] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let endpoint = format!("http://{}", listener.local_addr().unwrap());
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let mut stream = stream.unwrap();
                    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{head}\r\n{{}}");
                    let mut request = [0; 4096];
                    // So that there is something to wait for.
                    while stream.read(&mut request).is_ok_and(|count| count > 0) {
                        thread::sleep(Duration::from_millis(5));
                        if stream.write_all(answer.as_bytes()).is_err() || !head.is_empty() {
                            break;
                        }
                    }
                }
            });
            let config =
                Config::builder().tenancy_id("t").api_key("any-api-key").endpoint(&endpoint).build().unwrap();
            let http = Http::open(&config, None).unwrap();
            for left in 1..10 {
                let attempt =
                    Attempt { timeout: Duration::from_secs(3), ..attempt(&format!("{endpoint}/t/user/u")) };
                let answer = with_budget(left, http.send(attempt)).await;
                let answer = answer.unwrap_or_else(|fault| panic!("{left} left, {head:?}: {fault:?}"));
                assert_eq!(answer.status(), 200);
            }
        }
    }
}
