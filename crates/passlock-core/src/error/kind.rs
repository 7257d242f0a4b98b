//! The closed lists that every language shares: kinds of error, time limits, claims.

use std::fmt;

macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident => $code:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code string, the same in every language.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

codes! {
    /// What went wrong, as one of thirteen kinds. For the statuses 400, 401, 403, 404, 409 and 422, a known
    /// [`tag`](crate::Error::tag) takes precedence over the status.
    ErrorKind {
        /// A setting is missing or wrong, there is no runtime to run on, or the client is closed.
        Config => "config",
        /// An argument was refused before anything was sent.
        InvalidInput => "invalid_input",
        /// 401: the API rejected the API key or the tenancy id.
        Unauthorized => "unauthorized",
        /// 403: the key lacks permission, or the key or the user is disabled.
        Forbidden => "forbidden",
        /// 404: no such user, or a token that is unknown or expired.
        NotFound => "not_found",
        /// 429: too many requests.
        RateLimited => "rate_limited",
        /// Any other 4xx.
        BadRequest => "bad_request",
        /// 5xx.
        Server => "server",
        /// A time limit was exceeded; [`Error::limit`](crate::Error::limit) says which.
        Timeout => "timeout",
        /// No connection, or it closed before the response was complete: DNS, refused, TLS, reset, cut off.
        Connection => "connection",
        /// A response that can't be understood.
        Protocol => "protocol",
        /// A well-formed principal that is not for this tenancy or not valid now; [`Error::claim`](crate::Error::claim) says
        /// which claim failed its check.
        Claims => "claims",
        /// An internal error in the SDK, such as a panic that was caught. Please report this bug.
        Internal => "internal",
    }
}

codes! {
    /// A time limit, named like its setting.
    Limit {
        /// The whole call, retries and waits included.
        Timeout => "timeout",
        /// One attempt.
        AttemptTimeout => "attempt_timeout",
        /// Opening a connection: DNS, TCP, proxy and TLS.
        ConnectTimeout => "connect_timeout",
    }
}

codes! {
    /// A claim of a principal that failed its check.
    Claim {
        /// Issued for a different tenancy.
        Aud => "aud",
        /// Not from the issuer that the settings require.
        Iss => "iss",
        /// Not valid yet.
        Nbf => "nbf",
        /// Expired.
        Exp => "exp",
        /// The user was not verified, but the settings require it.
        UserVerified => "user_verified",
        /// Not one of the accepted authentication methods.
        AuthType => "auth_type",
    }
}

codes! {
    /// A likely cause of an error, beyond its kind.
    Hint {
        /// The service behind the endpoint has no such route: it may be a different version of the API.
        WrongEndpoint => "wrong_endpoint",
    }
}

codes! {
    /// An operation of the API.
    OperationName {
        /// A token is exchanged for a principal.
        ExchangeToken => "exchange_token",
        /// A user is read.
        GetUser => "get_user",
        /// A user is changed.
        UpdateUser => "update_user",
    }
}
