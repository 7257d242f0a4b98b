//! What the tests know of each operation, in one place: whatever holds for every operation is tested for one that is added here.

use passlock_core::{
    Error, ExchangeToken, GetUser, OperationName, Principal, UpdateUser, User, UserUpdate, WarmUp,
    asynchronous, blocking,
};

use super::canary::TOKEN;
use super::scenario::Scenario;
use super::script::{Turn, answer};
use super::wire::{principal, wrapped_user};

/// Which operation is called, and with what.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Exchange(String),
    Get(String),
    Update(String, UserUpdate),
    WarmUp,
}

/// What a call gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Principal(Box<Principal>),
    User(User),
    /// Nothing: it is done.
    Done,
}

/// What the contract says of an operation, stated once more.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) name: OperationName,
    pub(crate) method: &'static str,
    /// Below the tenancy, as log lines have it.
    pub(crate) route: &'static str,
    /// What its argument is called.
    pub(crate) argument: &'static str,
    /// The argument of its scenario.
    pub(crate) usual_argument: &'static str,
    /// Sending its request twice changes nothing more. If it does, the user is read after an accepted request whose response
    /// is lost.
    pub(crate) is_idempotent: bool,
    /// What a 404 says of an earlier attempt that may have reached the service.
    pub(crate) of_earlier_attempt: Option<&'static str>,
    /// A call with this argument.
    pub(crate) call: fn(String) -> Call,
}

/// In the order of [`OperationName::ALL`].
pub(crate) const OPERATIONS: [Operation; 3] = [
    Operation {
        name: OperationName::ExchangeToken,
        method: "GET",
        route: "token/{token}",
        argument: "token",
        usual_argument: TOKEN,
        is_idempotent: true,
        of_earlier_attempt: Some("an earlier attempt may have used the token"),
        call: Call::Exchange,
    },
    Operation {
        name: OperationName::GetUser,
        method: "GET",
        route: "user/{sub}",
        argument: "sub",
        usual_argument: "user-1",
        is_idempotent: true,
        of_earlier_attempt: None,
        call: Call::Get,
    },
    Operation {
        name: OperationName::UpdateUser,
        method: "PATCH",
        route: "user/{sub}",
        argument: "sub",
        usual_argument: "user-1",
        is_idempotent: false,
        of_earlier_attempt: None,
        call: |sub| Call::Update(sub, UserUpdate::new().given_name("Ada")),
    },
];

/// All the operations, each with its usual call, for promises that hold for each.
pub(crate) fn every_operation() -> impl Iterator<Item = (&'static Operation, Scenario)> {
    OPERATIONS.iter().map(|operation| (operation, operation.scenario()))
}

/// Those that may be sent twice: what their response says is all that comes of them.
pub(crate) fn every_idempotent_operation() -> impl Iterator<Item = (&'static Operation, Scenario)> {
    every_operation().filter(|(operation, _)| operation.is_idempotent)
}

impl Operation {
    fn scenario(&self) -> Scenario {
        Scenario::of((self.call)(self.usual_argument.to_owned()))
    }
}

impl Scenario {
    pub(crate) fn exchange() -> Self {
        Self::usual(OperationName::ExchangeToken)
    }

    pub(crate) fn get() -> Self {
        Self::usual(OperationName::GetUser)
    }

    pub(crate) fn update() -> Self {
        Self::usual(OperationName::UpdateUser)
    }

    pub(crate) fn warm_up() -> Self {
        Self::of(Call::WarmUp)
    }

    fn usual(name: OperationName) -> Self {
        OPERATIONS.iter().find(|operation| operation.name == name).unwrap().scenario()
    }
}

/// Plays a call. A macro, since the two flavours' clients are two types.
macro_rules! play {
    ($call:expr, $client:expr $(, $await:tt)?) => {
        match $call {
            Call::Exchange(token) => {
                $client.call(ExchangeToken::new(token))$(.$await)?.map(Box::new).map(Value::Principal)
            }
            Call::Get(sub) => $client.call(GetUser::new(sub))$(.$await)?.map(Value::User),
            Call::Update(sub, update) => {
                $client.call(UpdateUser::new(sub, update.clone()))$(.$await)?.map(Value::User)
            }
            Call::WarmUp => $client.call(WarmUp)$(.$await)?.map(|()| Value::Done),
        }
    };
}

impl Call {
    /// The answer that lets it succeed.
    pub(crate) fn success(&self) -> Turn {
        match self {
            Self::Exchange(_) => answer(200, principal()),
            Self::Get(_) | Self::Update(..) => answer(200, wrapped_user()),
            Self::WarmUp => answer(200, r#"{"warmed":true}"#),
        }
    }

    pub(crate) async fn asynchronous<T: asynchronous::Transport>(
        &self,
        client: &asynchronous::Client<T>,
    ) -> Result<Value, Error> {
        play!(self, client, await)
    }

    pub(crate) fn blocking<T: blocking::Transport>(
        &self,
        client: &blocking::Client<T>,
    ) -> Result<Value, Error> {
        play!(self, client)
    }
}
