//! Principals and users, as they cross. Times are milliseconds since the Unix epoch.

use std::fmt;

use passlock_bindings_shared::{Cross, Value, models};
use passlock_core::{Principal, User};

/// Makes the record of a model: `NativeUser { sub, email, .. }` of `User { sub, email, .. }`.
macro_rules! record {
    (Principal { $($fields:tt)+ }) => { record! { Principal => NativePrincipal { $($fields)+ } } };
    (User { $($fields:tt)+ }) => { record! { User => NativeUser { $($fields)+ } } };
    ($model:ident => $native:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)+ }) => {
        /// The model of this name, as it crosses.
        #[derive(Clone, PartialEq, Eq, uniffi::Record)]
        #[uniffi::export(Debug)]
        pub struct $native {
            $($(#[$meta])* pub $field: <$type as Cross>::Crossed,)+
        }

        impl From<$model> for $native {
            fn from(model: $model) -> Self {
                Self { $($field: model.$field.cross(),)+ }
            }
        }
    };
}

models!(record);

/// What a call returns.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum NativeValue {
    /// What a token stood for.
    Principal {
        /// The principal.
        principal: NativePrincipal,
    },
    /// A user.
    User {
        /// The user.
        user: NativeUser,
    },
    /// Nothing: it is done.
    Done,
}

impl From<Value> for NativeValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Principal(principal) => Self::Principal { principal: principal.into() },
            Value::User(user) => Self::User { user: user.into() },
            Value::Done => Self::Done,
        }
    }
}

/// Hand-written: `token` and `jti` are credentials. The foreign descriptions are this one.
impl fmt::Debug for NativePrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativePrincipal")
            .field("aud", &self.aud)
            .field("sub", &self.sub)
            .field("auth_type", &self.auth_type)
            .finish_non_exhaustive()
    }
}

/// Hand-written, as the other one is.
impl fmt::Debug for NativeUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeUser").field("sub", &self.sub).finish_non_exhaustive()
    }
}
