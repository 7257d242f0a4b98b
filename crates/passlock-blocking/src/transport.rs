//! The transport on ureq.

use std::convert::Infallible;
use std::fmt;
use std::io::Read;
use std::time::Duration;

use bytes::Bytes;
use passlock_core::blocking::Transport;
use passlock_core::{
    Attempt, ClockReading, Config, Error, Open, Response, TransportError, TransportErrorKind,
};
use passlock_net::Resolver;
use ureq::Agent;

use crate::connect::{Dialer, NoConnection, NoResolver};
use crate::connection::Broken;
use crate::head;
use crate::pool::Pool;

/// How many idle connections are kept: each holds one of the process's descriptors.
const MAX_IDLE: usize = 128;
/// The most of an answer's head that is read, in bytes: with its status line, and with white space that does not count.
const LARGEST_HEAD: usize = passlock_net::LARGEST_HEAD + 8 * 1024;

/// How many bytes of a body are made room for because its head announces them: a hundred times as much as a principal has.
const MOST_BYTES_ON_TRUST: u64 = 64 * 1024;

/// HTTP/1.1 over ureq and blocking sockets. Cheap to clone: clones share their connections.
#[derive(Clone)]
pub struct Http {
    agent: Agent,
    is_forwarded: bool,
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
        let dialer = Dialer::new(config, resolver, Pool::new(config.idle_timeout(), MAX_IDLE))?;
        let is_forwarded = dialer.is_forwarded();
        let settings = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(LARGEST_HEAD)
            // The dialer keeps them, and closes them in time.
            .max_idle_connections(0)
            .max_idle_connections_per_host(0)
            .timeout_connect(Some(config.limits().connect()))
            // The dialer sees to it.
            .proxy(None)
            .build();
        Ok(Self { agent: Agent::with_parts(settings, dialer, NoResolver), is_forwarded })
    }

    fn run(
        &self,
        request: http::Request<impl ureq::AsSendBody>,
        timeout: Duration,
    ) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let request = self.agent.configure_request(request).timeout_global(Some(timeout)).build();
        self.agent.run(request)
    }
}

impl Transport for Http {
    fn send(&self, attempt: Attempt) -> Result<Response, TransportError> {
        let Attempt { request, timeout, max_response_bytes } = attempt;
        let (head, body) = request.into_parts();
        let response = if body.is_empty() {
            self.run(http::Request::from_parts(head, ()), timeout)
        } else {
            self.run(http::Request::from_parts(head, &body[..]), timeout)
        }
        .map_err(transport_error)?;
        let (mut head, mut body) = response.into_parts();
        head::restore_headers(&mut head.headers);
        if self.is_forwarded {
            passlock_net::check_forwarded(head.status)?;
        }
        passlock_net::check_head(&head.headers)?;
        Ok(Response::from_parts(head, read(&mut body, max_response_bytes)))
    }

    fn wait(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn clock(&self) -> ClockReading {
        passlock_net::clock()
    }
}

/// Reads a body of at most `most` bytes. Memory grows with what arrives, never with what was announced.
fn read(body: &mut ureq::Body, most: u64) -> Result<Bytes, TransportError> {
    let too_large = || TransportError::new(TransportErrorKind::TooLarge, "");
    if body.content_length().is_some_and(|length| length > most) {
        return Err(too_large());
    }
    // One byte more than announced, so that the end is seen without growing. What is announced may never come.
    let announced = body.content_length().unwrap_or_default().min(MOST_BYTES_ON_TRUST);
    let mut bytes = Vec::with_capacity(announced as usize + 1);
    let read = body.as_reader().take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| transport_error(error.into()))?;
    if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes.into()) }
}

/// The transport error behind a failure of ureq.
fn transport_error(error: ureq::Error) -> TransportError {
    match error {
        ureq::Error::Other(error) => match error.downcast::<NoConnection>() {
            Ok(error) => error.0,
            Err(error) => match error.downcast::<Broken>() {
                Ok(error) => passlock_net::interruption(&error.0),
                Err(error) => passlock_net::interruption(&*error),
            },
        },
        ureq::Error::Timeout(_) => TransportError::new(TransportErrorKind::AttemptTimeout, ""),
        ureq::Error::Protocol(error) => TransportError::new(TransportErrorKind::Malformed, error.to_string()),
        ureq::Error::LargeResponseHeader(..) => {
            TransportError::new(TransportErrorKind::Malformed, "the head of the response is too large")
        }
        ureq::Error::Io(error) => passlock_net::interruption(&error),
        error => passlock_net::interruption(&error),
    }
}

/// Hand-written: connections hold what they sent last.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}
