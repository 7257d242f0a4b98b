use passlock_core::asynchronous::{Client, Transport};
use passlock_core::{CallInfo, Error, OperationName, Principal, User, UserUpdate, WarmUp, operations};

use crate::report::{CallReport, Detail, Recorder};

/// What a call returns.
#[derive(Debug)]
pub enum Value {
    /// A principal.
    Principal(Principal),
    /// A user.
    User(User),
    /// Nothing: it is done.
    Done,
}

impl From<Principal> for Value {
    fn from(principal: Principal) -> Self {
        Self::Principal(principal)
    }
}

impl From<User> for Value {
    fn from(user: User) -> Self {
        Self::User(user)
    }
}

impl From<()> for Value {
    fn from((): ()) -> Self {
        Self::Done
    }
}

/// An operation with its arguments, as every language passes them.
pub struct Request {
    /// None opens a connection.
    operation: Option<OperationName>,
    argument: String,
    update: UserUpdate,
}

impl Request {
    /// An operation by its code, with the one string that each has: a token, or the id of a user. `update` says what to change,
    /// if the operation changes anything. `warm_up`, which has neither, opens a connection.
    ///
    /// # Errors
    ///
    /// `internal` for an operation that one side has and the other does not.
    pub fn new(operation: &str, argument: String, update: UserUpdate) -> Result<Self, Error> {
        let known = OperationName::ALL.iter().copied().find(|known| known.as_str() == operation);
        let operation = match known {
            None if operation == "warm_up" => None,
            None => return Err(Error::internal()),
            known => known,
        };
        Ok(Self { operation, argument, update })
    }

    /// The string that every operation has: a token, or the id of a user.
    #[must_use]
    pub fn argument(&self) -> &str {
        &self.argument
    }
}

/// What is generated from the core's list of operations. An entry such as `GetUser(sub)` becomes
///
/// ```text
/// OperationName::GetUser => "sub",                                                      // in `argument_name`
/// Some(OperationName::GetUser) => client.call(GetUser::new(argument)).await.map(Value::from),   // in `call`, and so in `report`
/// ```
macro_rules! requests {
    ($($operation:ident($argument:ident $(, $update:ident)?),)+) => {
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
                    None => client.call(WarmUp).await.map(Value::from),
                    $(Some(OperationName::$operation) => {
                        client.call(passlock_core::$operation::new(self.argument $(, self.$update)?)).await.map(Value::from)
                    })+
                    Some(_) => Err(Error::internal()),
                }
            }

            /// The same, with a report of how the call went. A call whose future is dropped reports nothing.
            pub async fn report<T: Transport>(
                self,
                client: Client<T>,
                detail: Detail,
            ) -> (Result<Value, Error>, CallReport) {
                let recorder = Recorder::of(detail);
                let (result, info) = match self.operation {
                    None => {
                        let (result, info) = client.run(WarmUp, recorder.observer()).await;
                        (result.map(Value::from), info)
                    }
                    $(Some(OperationName::$operation) => {
                        let operation = passlock_core::$operation::new(self.argument $(, self.$update)?);
                        let (result, info) = client.run(operation, recorder.observer()).await;
                        (result.map(Value::from), info)
                    })+
                    Some(_) => (Err(Error::internal()), CallInfo::default()),
                };
                (result, recorder.into_report(info, client.config().endpoint()))
            }
        }
    };
}

operations!(requests);

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

    fn client(max_retries: u32) -> Client<Unplugged> {
        let config =
            Config::builder().tenancy_id("t").api_key("any-api-key").max_retries(max_retries).build();
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
            let error = request().call(client(0)).await.unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::Connection, Some(*name)));
            let (result, report) = request().report(client(0), Detail::Call).await;
            assert_eq!((result.unwrap_err().operation(), report.info.attempts), (Some(*name), 1));
            assert_eq!((&*report.server_address, report.server_port), ("api.passlock.dev", 443));
            assert!(report.attempts.is_empty());
        }
    }

    #[tokio::test]
    async fn a_connection_is_opened_by_a_request_of_its_own() {
        let warm_up = || Request::new("warm_up", String::new(), UserUpdate::new()).unwrap();
        let error = warm_up().call(client(0)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Connection, None));
        let (_, report) = warm_up().report(client(0), Detail::Attempts).await;
        assert!(report.attempts[0].route.ends_with("/pre-connect"), "{report:?}");
    }

    #[tokio::test]
    async fn each_attempt_is_reported_in_its_order_and_without_a_secret() {
        let request = Request::new("exchange_token", "token-canary".to_owned(), UserUpdate::new()).unwrap();
        let (result, report) = request.report(client(2), Detail::Attempts).await;
        assert_eq!((result.unwrap_err().attempts(), report.info.attempts), (3, 3));
        assert!(!format!("{report:?}").contains("canary"));
        let attempts = report.attempts;
        assert_eq!(attempts.len(), 3);
        for (resends, attempt) in (0..).zip(&attempts) {
            assert_eq!(attempt.resends, resends);
            assert_eq!(
                (attempt.method.as_str(), attempt.status, attempt.error_type.as_deref()),
                ("GET", None, Some("connection"))
            );
            assert_eq!((attempt.route, &attempt.request_id), ("/{tenancyId}/token/{token}", &None));
            assert!(attempt.begun <= attempt.ended);
        }
        assert!(attempts[0].ended <= attempts[1].begun && attempts[1].ended <= attempts[2].begun);
        assert_eq!(
            attempts.iter().map(|attempt| attempt.wait.is_some()).collect::<Vec<_>>(),
            [true, true, false]
        );
    }

    #[test]
    fn an_operation_that_there_is_not_is_a_bug() {
        let error = Request::new("get_users", String::new(), UserUpdate::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
    }
}
