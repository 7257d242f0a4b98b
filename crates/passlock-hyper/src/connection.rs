//! One HTTP/1.1 connection, driven by the call that uses it.
//!
//! hyper's way is a task for each connection and channels between it and the calls. Here the call polls its connection
//! itself: no task is woken for another one's sake, dropping the call closes the connection, and an idle connection costs
//! its memory only.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use passlock_core::{Response, TransportError, TransportErrorKind};
use passlock_net::BodyBuffer;
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep};

use crate::stream::{Probe, Stream};

/// A connection to the endpoint.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// None when the connection has ended. A driver that has come to its end is dropped: that hands a request back of which
    /// nothing was written, and closes the socket.
    driver: Option<http1::Connection<TokioIo<Stream>, Full<Bytes>>>,
    probe: Probe,
    /// The limit of the attempt under way. It is moved on from attempt to attempt, which costs less than a new one: a timer
    /// that is only moved to a later time is not registered again.
    limit: Pin<Box<Sleep>>,
}

/// Why there is no answer.
pub(crate) enum Failure {
    /// The connection had ended, and nothing was written: here is the request back.
    NotSent(Box<Request<Full<Bytes>>>, TransportError),
    /// The connection failed.
    Transport(TransportError),
}

impl Connection {
    /// A connection on an open stream.
    pub(crate) async fn new(stream: Stream) -> Result<Self, TransportError> {
        let probe = stream.probe();
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(transport_error)?;
        let limit = Box::pin(tokio::time::sleep_until(Instant::now()));
        Ok(Self { sender, driver: Some(driver), probe, limit })
    }

    /// Whether another request can be sent, as far as is known without asking the socket.
    pub(crate) fn is_ready(&mut self) -> bool {
        if !self.sender.is_ready() {
            self.idle_poll();
        }
        self.driver.is_some() && self.sender.is_ready()
    }

    /// Whether the idle connection is still open at both ends, by the socket itself.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.probe.ask();
        self.idle_poll();
        self.driver.is_some() && self.sender.is_ready()
    }

    /// Sends a request and reads the answer, with a body of at most `most` bytes.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        deadline: Instant,
        most: u64,
    ) -> Result<Response, Failure> {
        self.limit.as_mut().reset(deadline);
        let mut response = pin!(self.sender.try_send_request(request));
        let response = poll_fn(|cx| self.poll(cx, |cx| response.as_mut().poll(cx)));
        let (head, mut body) = match response.await.map_err(Failure::Transport)? {
            Ok(response) => response.into_parts(),
            Err(mut error) => {
                let request = error.take_message();
                let fault = transport_error(error.into_error());
                return Err(match request {
                    Some(request) => Failure::NotSent(Box::new(request), fault),
                    None => Failure::Transport(fault),
                });
            }
        };
        passlock_net::check_head(&head.headers).map_err(Failure::Transport)?;
        Ok(Response::from_parts(head, self.read(&mut body, most).await))
    }

    async fn read(&mut self, incoming: &mut Incoming, most: u64) -> Result<Bytes, TransportError> {
        let mut body = BodyBuffer::new(most, incoming.size_hint().exact())?;
        loop {
            let frame = poll_fn(|cx| self.poll(cx, |cx| Pin::new(&mut *incoming).poll_frame(cx))).await?;
            let Some(frame) = frame else { return Ok(body.finish()) };
            // Trailers say nothing that is asked for.
            if let Ok(data) = frame.map_err(transport_error)?.into_data() {
                body.push(data)?;
            }
        }
    }

    /// Polls what is waited for, and the connection that it comes from.
    ///
    /// What is waited for is given no waker: it changes only where the connection is polled, which is here.
    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut awaited: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<Result<T, TransportError>> {
        // Unconstrained: else what has come is held back when the task's budget is used up, and nobody hears of that.
        let mut awaited = pin!(unconstrained(poll_fn(|_| awaited(&mut Context::from_waker(Waker::noop())))));
        if let Poll::Ready(value) = awaited.as_mut().poll(cx) {
            return Poll::Ready(Ok(value));
        }
        self.drive(cx);
        if let Poll::Ready(value) = awaited.as_mut().poll(cx) {
            return Poll::Ready(Ok(value));
        }
        if self.driver.is_none() {
            return Poll::Ready(Err(TransportError::new(
                TransportErrorKind::Interrupted,
                "the connection has ended",
            )));
        }
        // Likewise: reading may have used the budget up, and the clock would never be looked at.
        if pin!(unconstrained(self.limit.as_mut())).poll(cx).is_pending() {
            return Poll::Pending;
        }
        // After a pause the runtime may tell of the limit before it has looked at its sockets: what has come is no later for it.
        self.probe.ask();
        self.drive(cx);
        Poll::Ready(match awaited.as_mut().poll(cx) {
            Poll::Ready(value) => Ok(value),
            Poll::Pending => Err(late()),
        })
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        // An error reaches whoever waits for the answer.
        if self.driver.as_mut().is_some_and(|driver| Pin::new(driver).poll(cx).is_ready()) {
            self.driver = None;
        }
    }

    /// A poll that nothing waits for.
    fn idle_poll(&mut self) {
        self.drive(&mut Context::from_waker(Waker::noop()));
    }
}

/// The limit of an attempt has passed.
pub(crate) fn late() -> TransportError {
    TransportError::new(TransportErrorKind::AttemptTimeout, "")
}

/// The transport error behind a failure of hyper.
fn transport_error(error: hyper::Error) -> TransportError {
    if error.is_parse() {
        return TransportError::new(TransportErrorKind::Malformed, passlock_net::describe(&error));
    }
    passlock_net::interruption(&error)
}
