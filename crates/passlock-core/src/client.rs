//! The client, written once and compiled twice: `asynchronous.rs` and `blocking.rs` say which.

use std::sync::Arc;
use std::time::Duration;

use super::maybe_async;
use crate::attempt::{Attempt, Response, TransportError};
use crate::call::{Call, CallInfo, CallSettings, ClockReading, Step};
use crate::config::{Build, Config, check_retries};
use crate::error::Error;
use crate::model::AuthType;
use crate::observe::Observer;
use crate::open::Open;
use crate::operation::Operation;

/// What a client needs from its environment: sending a request, waiting, and the time.
///
/// A transport decides nothing: it retries no request, follows no redirect and interprets no status.
#[maybe_async(AFIT)]
pub trait Transport: Send + Sync {
    /// Sends a request and reads the whole response, within the attempt's limits.
    ///
    /// # Errors
    ///
    /// If no response head arrived. After that, errors are in the body.
    fn send(&self, attempt: Attempt) -> impl Future<Output = Result<Response, TransportError>> + Send;

    /// Waits.
    fn wait(&self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// What time it is, and a random number.
    fn clock(&self) -> ClockReading;
}

/// A client on a transport. Cheap to clone: clones share the transport and its connections.
#[derive(Clone, Debug)]
pub struct Client<T> {
    transport: T,
    config: Arc<Config>,
    settings: CallSettings,
}

impl<T: Open> Build for Client<T> {
    type HttpClient = T::HttpClient;

    fn build(config: Config, http_client: Option<T::HttpClient>) -> Result<Self, Error> {
        let transport = T::open(&config, http_client)?;
        Ok(Self::new(Arc::new(config), transport))
    }
}

impl<T> Client<T> {
    /// A client with these settings on this transport.
    #[must_use]
    pub fn new(config: Arc<Config>, transport: T) -> Self {
        let settings = CallSettings::of(&config);
        Self { transport, config, settings }
    }

    /// The transport that it sends its requests with.
    #[doc(hidden)]
    #[must_use]
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// The settings that the client was built with. What `with_timeout` and the other `with_…` methods change is not in them.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The same client with a different limit on the whole call. The narrower limits are clamped to it.
    ///
    /// # Errors
    ///
    /// `config` for a limit that is zero or longer than one hour.
    pub fn with_timeout(mut self, timeout: Duration) -> Result<Self, Error> {
        self.settings.limits = self.config.limits().with_timeout(timeout)?;
        Ok(self)
    }

    /// The same client with a different maximum number of retries, 0 to 10.
    ///
    /// # Errors
    ///
    /// `config` for a number larger than 10.
    pub fn with_max_retries(mut self, max_retries: u32) -> Result<Self, Error> {
        self.settings.max_retries = check_retries(max_retries)?;
        Ok(self)
    }

    /// The same client, accepting only principals of this issuer (`iss`). An empty issuer makes every call fail with
    /// `config`, as an empty setting would.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.settings.claims).issuer = Some(issuer.into());
        self
    }

    /// The same client, accepting only users whom the authenticator verified, or (`false`) any.
    #[must_use]
    pub fn with_require_user_verified(mut self, require: bool) -> Self {
        Arc::make_mut(&mut self.settings.claims).require_user_verified = require;
        self
    }

    /// The same client, accepting only these authentication methods; none means any.
    #[must_use]
    pub fn with_auth_types(mut self, auth_types: impl IntoIterator<Item = impl Into<AuthType>>) -> Self {
        let auth_types = auth_types.into_iter().map(Into::into).collect();
        Arc::make_mut(&mut self.settings.claims).auth_types = auth_types;
        self
    }
}

#[maybe_async(AFIT)]
impl<T: Transport> Client<T> {
    /// Carries out an [`Operation`], such as [`GetUser`](crate::GetUser).
    ///
    /// # Errors
    ///
    /// An [`Error`]; see its kinds.
    ///
    /// # Examples
    ///
    #[doc = example!("call(passlock_core::GetUser::new(\"user-id\"))")]
    pub async fn call<O: Operation + Send>(&self, operation: O) -> Result<O::Output, Error>
    where
        O::Output: Send,
    {
        self.drive(&mut self.begin(operation)?).await
    }

    /// Carries out an operation, and returns its result with what is known about its last response. An observer passed here
    /// watches this call, besides the application's.
    #[doc(hidden)]
    pub async fn run<O: Operation + Send>(
        &self,
        operation: O,
        observer: Option<Arc<dyn Observer>>,
    ) -> (Result<O::Output, Error>, CallInfo)
    where
        O::Output: Send,
    {
        match self.begin(operation) {
            Ok(mut call) => {
                if let Some(observer) = observer {
                    call.watched_by(observer);
                }
                let result = self.drive(&mut call).await;
                (result, call.into_info(self.transport.clock().now))
            }
            Err(error) => (Err(error), CallInfo::default()),
        }
    }

    async fn drive<O: Operation + Send>(&self, call: &mut Call<'_, O>) -> Result<O::Output, Error>
    where
        O::Output: Send,
    {
        loop {
            match call.step(self.transport.clock().now) {
                Step::Send(attempt) => match self.transport.send(attempt).await {
                    Ok(response) => call.on_response(response, self.transport.clock()),
                    Err(fault) => call.on_error(&fault, self.transport.clock()),
                },
                Step::Wait(duration) => self.transport.wait(duration).await,
                Step::Done(result) => return result,
            }
        }
    }
}

impl<T: Transport> Client<T> {
    fn begin<O: Operation>(&self, operation: O) -> Result<Call<'_, O>, Error> {
        Call::new(&self.config, &self.settings, operation, self.transport.clock().now)
    }
}
