//! The client and its operations.

use std::sync::Arc;

use passlock_bindings_shared::{CloseableClient, catch_unwind, silence_panic_hook};
use passlock_hyper::CoreClient as Client;

use crate::call::{NativeCancel, run};
use crate::failure::NativeError;
use crate::options::{NativeOptions, NativeRequest};
use crate::records::NativeValue;
use crate::test_hooks;

/// The client. Any number of threads and tasks may share one.
#[derive(Debug, uniffi::Object)]
pub struct NativeClient(CloseableClient<Client>);

#[uniffi::export]
impl NativeClient {
    /// Opens a client. `package` names the language's package, for the User-Agent: `passlock-swift`.
    ///
    /// # Errors
    ///
    /// `config` for the first setting that is missing or wrong, naming it.
    #[uniffi::constructor]
    pub fn new(options: NativeOptions, package: String) -> Result<Self, NativeError> {
        // Here, since nothing that could panic comes before a client. In a released library Rust's standard library is its own,
        // so that no other one's panics are silenced.
        silence_panic_hook();
        catch_unwind(|| {
            let options = options.into_shared()?;
            test_hooks::maybe_panic(options.tenancy_id.as_deref().unwrap_or_default());
            let user_agent = format!("{package}/{}", crate::version());
            Ok(Self(CloseableClient::new(options.build(&user_agent)?, |client| client.transport().close())))
        })
        .map_err(NativeError::from)
    }

    /// Makes a call.
    ///
    /// # Errors
    ///
    /// A failure of any kind; `Cancelled` when `cancel` was told to.
    pub async fn call(
        &self,
        request: NativeRequest,
        cancel: Arc<NativeCancel>,
    ) -> Result<NativeValue, NativeError> {
        let client = self.0.get();
        run(cancel, async move {
            test_hooks::maybe_panic(&request.argument);
            let (request, options) = request.into_shared()?;
            request.call(options.apply(client?)?).await.map(NativeValue::from)
        })
        .await
    }

    /// Closes the client: calls in flight finish, idle connections close, later calls are a `config` failure. Closing again
    /// does nothing.
    ///
    /// # Errors
    ///
    /// None but the one that stands for a panic.
    pub fn close(&self) -> Result<(), NativeError> {
        catch_unwind(|| {
            self.0.close();
            Ok(())
        })
        .map_err(NativeError::from)
    }
}
