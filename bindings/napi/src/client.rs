//! The client and its operations.

use std::sync::Arc;

use napi::Env;
use napi::bindgen_prelude::{Either, Object};
use napi_derive::napi;
use passlock_bindings_shared::{
    CallOptions, CloseableClient, Detail, Options, Request, Source as _, read_update, reject_unknown_field,
};
use passlock_hyper::{Error, UserUpdate};

use crate::bridge::{Bridge, Shared};
use crate::outcome::{Ended, Failure, Finished, Outcome};
use crate::settings::{ObjectSource, client_options};

/// A client. Beginning an operation takes the number under which its outcome comes back; the outcome is returned at once if
/// there is nothing to wait for.
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
    ///
    /// # Errors
    ///
    /// For settings that the TypeScript half would not pass.
    #[napi(catch_unwind)]
    pub fn open(bridge: &Bridge, settings: Object<'_>) -> napi::Result<Either<Client, Failure>> {
        Ok(match Self::new(&bridge.shared, client_options(settings)?) {
            Ok(client) => Either::A(client),
            Err(error) => Either::B(error.into()),
        })
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

    /// Begins an operation. `update` is what it changes, if it changes anything.
    ///
    /// # Errors
    ///
    /// For arguments that the TypeScript half would not pass.
    #[napi(catch_unwind)]
    pub fn begin(
        &self,
        env: &Env,
        id: u32,
        operation: String,
        argument: String,
        settings: Option<Object<'_>>,
        update: Option<Object<'_>>,
    ) -> napi::Result<Option<Finished>> {
        let call = Call::read(&operation, argument, settings, update)?;
        Ok(self.begin_call(env, id, call, |request, client| async {
            request.call(client).await.map(Ended::from)
        }))
    }

    /// The same, with a report of how the call went. A separate method, so that other calls don't pay for it.
    ///
    /// # Errors
    ///
    /// For arguments that the TypeScript half would not pass.
    #[napi(catch_unwind)]
    pub fn begin_with_info(
        &self,
        env: &Env,
        id: u32,
        operation: String,
        argument: String,
        settings: Option<Object<'_>>,
        update: Option<Object<'_>>,
    ) -> napi::Result<Option<Finished>> {
        let call = Call::read(&operation, argument, settings, update)?;
        Ok(self.begin_reported(env, id, call, Detail::Call))
    }

    /// The same, with each request in the report: for a call that is observed.
    ///
    /// # Errors
    ///
    /// For arguments that the TypeScript half would not pass.
    #[napi(catch_unwind)]
    pub fn begin_observed(
        &self,
        env: &Env,
        id: u32,
        operation: String,
        argument: String,
        settings: Option<Object<'_>>,
        update: Option<Object<'_>>,
    ) -> napi::Result<Option<Finished>> {
        let call = Call::read(&operation, argument, settings, update)?;
        Ok(self.begin_reported(env, id, call, Detail::Attempts))
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

    fn begin_reported(&self, env: &Env, id: u32, call: Call, detail: Detail) -> Option<Finished> {
        self.begin_call(env, id, call, |request, client| async move {
            let (result, report) = request.report(client, detail).await;
            Ok(Ended::with_report(result, report))
        })
    }

    fn begin_call<F: Future<Output = Outcome> + Send + 'static>(
        &self,
        env: &Env,
        id: u32,
        call: Call,
        carry_out: impl FnOnce(Request, passlock_hyper::CoreClient) -> F,
    ) -> Option<Finished> {
        match call.request {
            Ok(request) => self.run(env, id, call.settings, |client| carry_out(request, client)),
            Err(error) => Some(Finished { id, outcome: Err(error) }),
        }
    }

    pub(crate) fn run<F: Future<Output = Outcome> + Send + 'static>(
        &self,
        env: &Env,
        id: u32,
        settings: Option<CallOptions>,
        operation: impl FnOnce(passlock_hyper::CoreClient) -> F,
    ) -> Option<Finished> {
        let start = || {
            let mut client = self.client.get()?;
            if let Some(settings) = settings {
                client = settings.apply(client)?;
            }
            self.bridge.spawn(env, id, operation(client))
        };
        start().unwrap_or_else(|error| Some(Finished { id, outcome: Err(error) }))
    }
}

/// A call as JavaScript passes it: its settings, and an operation with its arguments or why it is refused.
struct Call {
    settings: Option<CallOptions>,
    request: Result<Request, Error>,
}

impl Call {
    fn read(
        operation: &str,
        argument: String,
        settings: Option<Object<'_>>,
        update: Option<Object<'_>>,
    ) -> napi::Result<Self> {
        let settings =
            settings.map(|settings| CallOptions::read(&mut ObjectSource(&settings))).transpose()?;
        let request = match update {
            None => Request::new(operation, argument, UserUpdate::new()),
            Some(update) => {
                let mut source = ObjectSource(&update);
                let update = read_update(&mut source)?;
                let unknown = source.text("unknown")?;
                reject_unknown_field(unknown.as_deref())
                    .and_then(|()| Request::new(operation, argument, update))
            }
        };
        Ok(Self { settings, request })
    }
}
