//! The public `Client` of a transport crate: a type of that crate, so that its page in the API docs shows what it can do.

/// Defines `Client`, and `ClientBuilder`, on a crate's transport: [`asynchronous::Client`](crate::asynchronous::Client) or
/// [`blocking::Client`](crate::blocking::Client), with a method for each operation.
///
/// - `flavour`: `asynchronous, async, .await` or `blocking, ,`.
/// - `example`: the code before and after the examples of the operations: it makes a `client`, a user `ada` and a `token`.
#[doc(hidden)]
#[macro_export]
macro_rules! define_client {
    (
        transport: $Http:ty,
        flavour: $flavour:ident, $($async:ident)?, $(.$await:ident)?,
        example: $before:literal, $after:literal $(,)?
    ) => {
        /// A client for the Passlock API. Cheap to clone: clones share their connections, and a program needs only one.
        #[derive(Clone, Debug)]
        pub struct Client(CoreClient);

        /// For bindings and tests: the client of the core, which runs any operation.
        #[doc(hidden)]
        pub type CoreClient = $crate::$flavour::Client<$Http>;

        /// Collects settings for a [`Client`]. Those that are not given come from the environment, or take their defaults.
        pub type ClientBuilder = $crate::Builder<Client>;

        impl Client {
            /// Creates a client from the environment: `PASSLOCK_TENANCY_ID`, `PASSLOCK_API_KEY` and, if
            /// set, `PASSLOCK_ENDPOINT`.
            ///
            /// # Errors
            ///
            /// `config` for a variable that is missing or wrong, naming it.
            pub fn from_env() -> Result<Self, $crate::Error> {
                Self::builder().build()
            }

            /// Collects settings for a client. Those that are not given come from the environment, or take their defaults.
            #[must_use]
            pub fn builder() -> ClientBuilder {
                ClientBuilder::default().environment(<$Http as $crate::Open>::environment)
            }

            /// Exchanges a browser's token for its principal: the user who has logged in.
            ///
            /// # Errors
            ///
            /// `not_found` for a token that is unknown or expired, `claims` for one that is not for this tenancy or not
            /// valid now, and the other kinds as described in [`ErrorKind`]($crate::ErrorKind).
            ///
            /// # Examples
            ///
            #[doc = concat!(
                "```\n", $before,
                "let principal = client.exchange_token(&token)", $(".", stringify!($await),)? "?;\n",
                "assert_eq!(principal.sub, ada.sub);\n", $after, "```"
            )]
            pub $($async)? fn exchange_token(&self, token: &str) -> Result<$crate::Principal, $crate::Error> {
                self.0.call($crate::ExchangeToken::new(token))$(.$await)?
            }

            /// Reads a user by id.
            ///
            /// # Errors
            ///
            /// `not_found` for an unknown user, and the other kinds as described in [`ErrorKind`]($crate::ErrorKind).
            ///
            /// # Examples
            ///
            #[doc = concat!(
                "```\n", $before,
                "let user = client.get_user(&ada.sub)", $(".", stringify!($await),)? "?;\n",
                "assert_eq!(user.email, \"ada@example.com\");\n", $after, "```"
            )]
            pub $($async)? fn get_user(&self, sub: &str) -> Result<$crate::User, $crate::Error> {
                self.0.call($crate::GetUser::new(sub))$(.$await)?
            }

            /// Updates a user and returns the updated record.
            ///
            /// # Errors
            ///
            /// `not_found` for an unknown user, `invalid_input` for an update with no fields, and the other kinds as
            /// described in [`ErrorKind`]($crate::ErrorKind). [`Error::is_applied`]($crate::Error::is_applied) says whether
            /// the update was accepted even though the call failed.
            ///
            /// # Examples
            ///
            #[doc = concat!(
                "```\n", $before,
                "let update = UserUpdate::new().given_name(\"Ada\");\n",
                "let user = client.update_user(&ada.sub, update)", $(".", stringify!($await),)? "?;\n",
                "assert_eq!(user.given_name.as_deref(), Some(\"Ada\"));\n", $after, "```"
            )]
            pub $($async)? fn update_user(
                &self,
                sub: &str,
                update: $crate::UserUpdate,
            ) -> Result<$crate::User, $crate::Error> {
                self.0.call($crate::UpdateUser::new(sub, update))$(.$await)?
            }

            /// [`exchange_token`](Self::exchange_token), plus how the call went: attempts, status, request id and time.
            ///
            /// # Errors
            ///
            /// Those of [`exchange_token`](Self::exchange_token).
            ///
            /// # Examples
            ///
            #[doc = concat!(
                "```\n", $before,
                "let (principal, info) = client.exchange_token_with_info(&token)", $(".", stringify!($await),)? "?;\n",
                "assert_eq!((info.attempts, info.status), (1, Some(200)));\n",
                "println!(\"{} logged in: request {:?}, {:?}\", principal.sub, info.request_id(), info.elapsed);\n",
                $after, "```"
            )]
            pub $($async)? fn exchange_token_with_info(
                &self,
                token: &str,
            ) -> Result<($crate::Principal, $crate::CallInfo), $crate::Error> {
                let (result, info) = self.0.run($crate::ExchangeToken::new(token), None)$(.$await)?;
                result.map(|principal| (principal, info))
            }

            /// [`get_user`](Self::get_user), plus how the call went: attempts, status, request id and time.
            ///
            /// # Errors
            ///
            /// Those of [`get_user`](Self::get_user).
            pub $($async)? fn get_user_with_info(
                &self,
                sub: &str,
            ) -> Result<($crate::User, $crate::CallInfo), $crate::Error> {
                let (result, info) = self.0.run($crate::GetUser::new(sub), None)$(.$await)?;
                result.map(|user| (user, info))
            }

            /// [`update_user`](Self::update_user), plus how the call went: attempts, status, request id and time.
            ///
            /// # Errors
            ///
            /// Those of [`update_user`](Self::update_user).
            pub $($async)? fn update_user_with_info(
                &self,
                sub: &str,
                update: $crate::UserUpdate,
            ) -> Result<($crate::User, $crate::CallInfo), $crate::Error> {
                let (result, info) = self.0.run($crate::UpdateUser::new(sub, update), None)$(.$await)?;
                result.map(|user| (user, info))
            }

            /// Opens a connection in advance (DNS, TCP, proxy, TLS), so that the first call after it costs one round trip. Call
            /// it when your program starts, or while a serverless function is initialized, and carry on if it fails: calls
            /// open a connection themselves. The request carries no API key, and any response will do.
            ///
            /// # Errors
            ///
            /// `connection` or `timeout` if no connection could be opened after the usual retries, `protocol` for a response
            /// that is not HTTP or too large, and `config` as described in [`ErrorKind`]($crate::ErrorKind).
            ///
            /// # Examples
            ///
            #[doc = concat!(
                "```\n", $before,
                "if let Err(error) = client.warm_up()", $(".", stringify!($await),)? " {\n",
                "    eprintln!(\"Passlock can't be reached yet: {error}\");\n",
                "}\n",
                "let principal = client.exchange_token(&token)", $(".", stringify!($await),)? "?;\n",
                $after, "```"
            )]
            pub $($async)? fn warm_up(&self) -> Result<(), $crate::Error> {
                self.0.call($crate::WarmUp)$(.$await)?
            }

            /// The settings that the client was built with. What `with_timeout` and the other `with_…` methods change is not
            /// in them.
            #[must_use]
            pub fn config(&self) -> &$crate::Config {
                self.0.config()
            }

            /// The same client with a different limit on the whole call. The narrower limits are clamped to it.
            ///
            /// # Errors
            ///
            /// `config` for a limit that is zero or longer than one hour.
            pub fn with_timeout(self, timeout: ::std::time::Duration) -> Result<Self, $crate::Error> {
                self.0.with_timeout(timeout).map(Self)
            }

            /// The same client with a different maximum number of retries, 0 to 10.
            ///
            /// # Errors
            ///
            /// `config` for a number larger than 10.
            pub fn with_max_retries(self, max_retries: u32) -> Result<Self, $crate::Error> {
                self.0.with_max_retries(max_retries).map(Self)
            }

            /// The same client, accepting only principals of this issuer (`iss`). An empty issuer makes every call fail with
            /// `config`, as an empty setting would.
            #[must_use]
            pub fn with_issuer(self, issuer: impl Into<String>) -> Self {
                Self(self.0.with_issuer(issuer))
            }

            /// The same client, accepting only users whom the authenticator verified, or (`false`) any.
            #[must_use]
            pub fn with_require_user_verified(self, require: bool) -> Self {
                Self(self.0.with_require_user_verified(require))
            }

            /// The same client, accepting only these authentication methods; none means any.
            #[must_use]
            pub fn with_auth_types(
                self,
                auth_types: impl IntoIterator<Item = impl Into<$crate::AuthType>>,
            ) -> Self {
                Self(self.0.with_auth_types(auth_types))
            }
        }

        impl From<CoreClient> for Client {
            fn from(client: CoreClient) -> Self {
                Self(client)
            }
        }

        impl $crate::Build for Client {
            type HttpClient = <$Http as $crate::Open>::HttpClient;

            fn build(config: $crate::Config, http_client: Option<Self::HttpClient>) -> Result<Self, $crate::Error> {
                $crate::Build::build(config, http_client).map(Self)
            }
        }
    };
}
