//! The client and its operations.

use std::sync::Arc;

use passlock_bindings_shared::{CloseableClient, NamingStyle, catch_unwind, silence_panic_hook};
use passlock_hyper::CoreClient as Client;

use crate::call::{NativeCancel, run};
use crate::failure::NativeError;
use crate::options::{NativeOptions, NativeRequest};
use crate::records::NativeValue;
use crate::report::{NativeDetail, NativeObserved};
use crate::test_hooks;

/// The language package that a client is for.
#[derive(Clone, Copy, Debug, uniffi::Enum)]
pub enum NativePackage {
    /// `passlock-swift`.
    Swift,
    /// `passlock-kotlin`.
    Kotlin,
}

impl NativePackage {
    /// The name of the package, for the User-Agent.
    fn name(self) -> &'static str {
        match self {
            Self::Swift => "passlock-swift",
            Self::Kotlin => "passlock-kotlin",
        }
    }

    /// How the names in an error's message are written.
    fn style(self) -> NamingStyle {
        match self {
            Self::Swift => NamingStyle::Swift,
            Self::Kotlin => NamingStyle::Camel,
        }
    }
}

/// The client. Any number of threads and tasks may share one.
#[derive(Debug, uniffi::Object)]
pub struct NativeClient {
    client: CloseableClient<Client>,
    style: NamingStyle,
}

#[uniffi::export]
impl NativeClient {
    /// Opens a client for a language's package.
    ///
    /// # Errors
    ///
    /// `config` for the first setting that is missing or wrong, naming it.
    #[uniffi::constructor]
    pub fn new(options: NativeOptions, package: NativePackage) -> Result<Self, NativeError> {
        // Here, since nothing that could panic comes before a client. In a released library Rust's standard library is its own,
        // so that no other one's panics are silenced.
        silence_panic_hook();
        catch_unwind(|| {
            let options = options.into_shared()?;
            test_hooks::maybe_panic(options.tenancy_id.as_deref().unwrap_or_default());
            let user_agent = format!("{}/{}", package.name(), crate::version());
            let client = options.build(&user_agent)?;
            let client = CloseableClient::new(client, |client: &Client| client.transport().close());
            Ok(Self { client, style: package.style() })
        })
        .map_err(|error| NativeError::failed(&error, package.style()))
    }

    /// Makes a call.
    ///
    /// # Errors
    ///
    /// A failure of any kind; `Cancelled` if `cancel` was cancelled.
    pub async fn call(
        &self,
        request: NativeRequest,
        cancel: Arc<NativeCancel>,
    ) -> Result<NativeValue, NativeError> {
        let client = self.client.get();
        run(self.style, cancel, async move {
            test_hooks::maybe_panic(&request.argument);
            let (request, options) = request.into_shared()?;
            request.call(options.apply(client?)?).await.map(NativeValue::from)
        })
        .await
    }

    /// Makes a call and reports on it. Costs more than `call`, which is for calls that nobody observes.
    ///
    /// # Errors
    ///
    /// `Cancelled`, and the failures of a call that could not begin: later failures are part of the outcome.
    pub async fn observe(
        &self,
        request: NativeRequest,
        detail: NativeDetail,
        cancel: Arc<NativeCancel>,
    ) -> Result<NativeObserved, NativeError> {
        let client = self.client.get();
        let style = self.style;
        run(style, cancel, async move {
            test_hooks::maybe_panic(&request.argument);
            let (request, options) = request.into_shared()?;
            Ok(NativeObserved::of(request, options.apply(client?)?, detail, style).await)
        })
        .await
    }

    /// Closes the client: calls in flight finish, idle connections close, later calls fail with `config`. Closing again
    /// does nothing.
    ///
    /// # Errors
    ///
    /// Only the one that stands for a panic.
    pub fn close(&self) -> Result<(), NativeError> {
        catch_unwind(|| {
            self.client.close();
            Ok(())
        })
        .map_err(|error| NativeError::failed(&error, self.style))
    }
}
