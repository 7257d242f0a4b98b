use passlock_core::asynchronous::{Client, Transport};
use passlock_core::{
    CallInfo, Error, ExchangeToken, GetUser, OperationName, Principal, UpdateUser, User, UserUpdate,
};

/// What a call returns.
#[derive(Debug)]
pub enum Value {
    /// A principal.
    Principal(Principal),
    /// A user.
    User(User),
}

/// An operation with its arguments, as every language passes them.
pub struct Request {
    operation: OperationName,
    argument: String,
    update: UserUpdate,
}

impl Request {
    /// An operation by its code, with the one string that each has: a token, or the id of a user. `update` says what to change,
    /// if the operation changes anything.
    ///
    /// # Errors
    ///
    /// `internal` for an operation that one side has and the other has not.
    pub fn new(operation: &str, argument: String, update: UserUpdate) -> Result<Self, Error> {
        let operation = OperationName::ALL.iter().copied().find(|known| known.as_str() == operation);
        let operation = operation.ok_or_else(Error::internal)?;
        Ok(Self { operation, argument, update })
    }

    /// The string that every operation has: a token, or the id of a user.
    #[must_use]
    pub fn argument(&self) -> &str {
        &self.argument
    }
}

/// All operations: name, arguments, and what they return. An entry such as `GetUser(sub) -> User` becomes
///
/// ```text
/// OperationName::GetUser => "sub",                                                      // in `argument_name`
/// OperationName::GetUser => client.call(GetUser::new(argument)).await.map(Value::User),   // in `call`, and so in `run`
/// ```
macro_rules! operations {
    ($($operation:ident($argument:ident $(, $update:ident)?) -> $value:ident;)+) => {
        /// What an operation's argument is called: `token`, or `sub`.
        #[must_use]
        pub fn argument_name(operation: OperationName) -> &'static str {
            match operation {
                $(OperationName::$operation => stringify!($argument),)+
                _ => "argument",
            }
        }

        impl Request {
            /// Carries it out.
            ///
            /// # Errors
            ///
            /// Those of the operation.
            pub async fn call<T: Transport>(self, client: Client<T>) -> Result<Value, Error> {
                match self.operation {
                    $(OperationName::$operation => {
                        client.call($operation::new(self.argument $(, self.$update)?)).await.map(Value::$value)
                    })+
                    _ => Err(Error::internal()),
                }
            }

            /// The same, and what is known about the last response.
            pub async fn run<T: Transport>(self, client: Client<T>) -> (Result<Value, Error>, CallInfo) {
                match self.operation {
                    $(OperationName::$operation => {
                        let operation = $operation::new(self.argument $(, self.$update)?);
                        let (result, info) = client.run(operation).await;
                        (result.map(Value::$value), info)
                    })+
                    _ => (Err(Error::internal()), CallInfo::default()),
                }
            }
        }
    };
}

operations! {
    ExchangeToken(token) -> Principal;
    GetUser(sub) -> User;
    UpdateUser(sub, update) -> User;
}

/// Hand-written: the argument may be a token.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("operation", &self.operation).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant, SystemTime};

    use passlock_core::{
        Attempt, ClockReading, Config, ErrorKind, Response, TransportError, TransportErrorKind,
    };

    use super::*;

    /// A transport that never connects.
    struct Unplugged;

    impl Transport for Unplugged {
        async fn send(&self, _: Attempt) -> Result<Response, TransportError> {
            Err(TransportError::new(TransportErrorKind::NotConnected, "because"))
        }

        async fn wait(&self, _: Duration) {}

        fn clock(&self) -> ClockReading {
            ClockReading { now: Instant::now(), wall_clock: SystemTime::UNIX_EPOCH, random: 0 }
        }
    }

    fn client() -> Client<Unplugged> {
        let config = Config::builder().tenancy_id("t").api_key("any-api-key").max_retries(0).build();
        Client::new(Arc::new(config.unwrap()), Unplugged)
    }

    #[tokio::test]
    async fn every_operation_is_carried_out_as_itself() {
        for name in OperationName::ALL {
            let request = || {
                let update = UserUpdate::new().given_name("Ada");
                Request::new(name.as_str(), "argument-canary".to_owned(), update).unwrap()
            };
            assert!(!format!("{:?}", request()).contains("canary"));
            assert_ne!(argument_name(*name), "argument");
            let error = request().call(client()).await.unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::Connection, Some(*name)));
            let (result, info) = request().run(client()).await;
            assert_eq!((result.unwrap_err().operation(), info.attempts), (Some(*name), 1));
        }
    }

    #[test]
    fn an_operation_that_there_is_not_is_a_bug() {
        let error = Request::new("get_users", String::new(), UserUpdate::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
    }
}
