//! The client and its three operations.

use std::sync::Arc;

use napi::Env;
use napi::bindgen_prelude::Either;
use napi_derive::napi;
use passlock_bindings_shared::{CallOptions, CloseableClient, Options, update};
use passlock_hyper::Error;

use crate::bridge::{Bridge, Shared};
use crate::outcome::{Failure, Finished, Outcome};
use crate::settings::{CallSettings, ClientSettings, UpdateFields};

/// A client. Each operation takes the number that its outcome is to come back under, and gives it at once where nothing has
/// to be waited for.
#[napi]
pub struct Client {
    client: CloseableClient<passlock_hyper::CoreClient>,
    bridge: Arc<Shared>,
    tenancy_id: String,
    endpoint: String,
}

#[napi]
impl Client {
    /// A client with these settings, or why there can't be one.
    #[napi(catch_unwind)]
    pub fn open(bridge: &Bridge, settings: ClientSettings) -> Either<Client, Failure> {
        match Self::new(&bridge.shared, settings.into()) {
            Ok(client) => Either::A(client),
            Err(error) => Either::B(error.into()),
        }
    }

    /// The tenancy id in use.
    #[napi(getter, catch_unwind)]
    pub fn tenancy_id(&self) -> &str {
        &self.tenancy_id
    }

    /// The endpoint in use.
    #[napi(getter, catch_unwind)]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Exchanges a token for a principal.
    #[napi(catch_unwind)]
    pub fn exchange_token(
        &self,
        env: &Env,
        id: u32,
        token: String,
        settings: Option<CallSettings>,
    ) -> Option<Finished> {
        self.run(env, id, settings, |client| async move { client.exchange_token(&token).await })
    }

    /// Reads a user.
    #[napi(catch_unwind)]
    pub fn get_user(
        &self,
        env: &Env,
        id: u32,
        sub: String,
        settings: Option<CallSettings>,
    ) -> Option<Finished> {
        self.run(env, id, settings, |client| async move { client.get_user(&sub).await })
    }

    /// Changes a user.
    #[napi(catch_unwind)]
    pub fn update_user(
        &self,
        env: &Env,
        id: u32,
        sub: String,
        fields: UpdateFields,
        settings: Option<CallSettings>,
    ) -> Option<Finished> {
        let UpdateFields { given_name, family_name, email_verified, unknown } = fields;
        match update(given_name, family_name, email_verified, unknown.as_deref()) {
            Ok(update) => {
                self.run(env, id, settings, |client| async move { client.update_user(&sub, update).await })
            }
            Err(error) => Some(Finished { id, outcome: error.into() }),
        }
    }

    /// Ends it: calls in flight finish, later ones fail. Closing again does nothing.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.client.close();
    }
}

impl Client {
    fn new(bridge: &Arc<Shared>, options: Options) -> Result<Self, Error> {
        let client: passlock_hyper::CoreClient =
            options.build(concat!("passlock-node/", env!("CARGO_PKG_VERSION")))?;
        bridge.runtime()?;
        let config = client.config();
        Ok(Self {
            tenancy_id: config.tenancy_id().to_owned(),
            endpoint: config.endpoint().as_str().to_owned(),
            client: CloseableClient::new(client, |client| client.transport().close()),
            bridge: Arc::clone(bridge),
        })
    }

    pub(crate) fn run<T: Into<Outcome> + 'static, F>(
        &self,
        env: &Env,
        id: u32,
        settings: Option<CallSettings>,
        operation: impl FnOnce(passlock_hyper::CoreClient) -> F,
    ) -> Option<Finished>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let start = || {
            let mut client = self.client.get()?;
            if let Some(settings) = settings {
                client = CallOptions::from(settings).apply(client)?;
            }
            self.bridge.spawn(env, id, operation(client))
        };
        start().unwrap_or_else(|error| Some(Finished { id, outcome: error.into() }))
    }
}
