// The codes of errors. They are structures rather than enumerations, so that a later version can add one without breaking a
// `switch`; each has the code that all languages of the SDK share.

extension PasslockError {
    /// The kind of an error. The list is the same in all languages of the SDK.
    public struct Kind: RawRepresentable, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// A setting is missing or wrong, or the client is closed.
        public static let config = Kind(rawValue: "config")

        /// An argument was refused before anything was sent.
        public static let invalidInput = Kind(rawValue: "invalid_input")

        /// HTTP 401: the API key or the tenancy id was refused.
        public static let unauthorized = Kind(rawValue: "unauthorized")

        /// HTTP 403: the key lacks permission, or the key or the user is disabled.
        public static let forbidden = Kind(rawValue: "forbidden")

        /// HTTP 404: no such user, or a token that is unknown or expired.
        public static let notFound = Kind(rawValue: "not_found")

        /// HTTP 429: see ``PasslockError/retryAfter``.
        public static let rateLimited = Kind(rawValue: "rate_limited")

        /// Any other 4xx.
        public static let badRequest = Kind(rawValue: "bad_request")

        /// HTTP 5xx.
        public static let server = Kind(rawValue: "server")

        /// A time limit was exceeded; ``PasslockError/limit`` says which.
        public static let timeout = Kind(rawValue: "timeout")

        /// Name resolution, connection refused, TLS, reset, or a response that was cut off.
        public static let connection = Kind(rawValue: "connection")

        /// A response that can't be understood.
        public static let `protocol` = Kind(rawValue: "protocol")

        /// A well-formed principal that is not for this tenancy or not valid now; ``PasslockError/claim`` says which
        /// claim failed its check.
        public static let claims = Kind(rawValue: "claims")

        /// An internal error in the SDK: please report it as a bug.
        public static let `internal` = Kind(rawValue: "internal")

        /// All the values that this version knows.
        public static let allCases: [Kind] = [
            .config, .invalidInput, .unauthorized, .forbidden, .notFound, .rateLimited, .badRequest, .server,
            .timeout, .connection, .protocol, .claims, .internal,
        ]

        /// The code, which is the same in all languages.
        public let rawValue: String

        /// Creates one from its code, which is the same in all languages.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The code.
        public var description: String { rawValue }

        /// Whether the API responded with an error: from `unauthorized` to `server`.
        public var isAPI: Bool {
            [.unauthorized, .forbidden, .notFound, .rateLimited, .badRequest, .server].contains(self)
        }

        /// Lets `catch PasslockError.Kind.notFound` catch the errors of a kind.
        public static func ~= (kind: Kind, error: any Error) -> Bool {
            (error as? PasslockError)?.kind == kind
        }
    }

    /// An operation of the API.
    public struct Operation: RawRepresentable, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// ``PasslockOperations/exchangeToken(_:options:)``.
        public static let exchangeToken = Operation(rawValue: "exchange_token")

        /// ``PasslockOperations/getUser(_:options:)``.
        public static let getUser = Operation(rawValue: "get_user")

        /// ``PasslockOperations/updateUser(_:with:options:)``.
        public static let updateUser = Operation(rawValue: "update_user")

        /// All the values that this version knows.
        public static let allCases: [Operation] = [.exchangeToken, .getUser, .updateUser]

        /// The code, which is the same in all languages.
        public let rawValue: String

        /// Creates one from its code, which is the same in all languages.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The code.
        public var description: String { rawValue }
    }

    /// A time limit.
    public struct Limit: RawRepresentable, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// On the whole call.
        public static let timeout = Limit(rawValue: "timeout")

        /// On one attempt.
        public static let attemptTimeout = Limit(rawValue: "attempt_timeout")

        /// On opening a connection.
        public static let connectTimeout = Limit(rawValue: "connect_timeout")

        /// All the values that this version knows.
        public static let allCases: [Limit] = [.timeout, .attemptTimeout, .connectTimeout]

        /// The code, which is the same in all languages.
        public let rawValue: String

        /// Creates one from its code, which is the same in all languages.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The code.
        public var description: String { rawValue }
    }

    /// A claim of a principal.
    public struct Claim: RawRepresentable, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// Audience.
        public static let aud = Claim(rawValue: "aud")

        /// Issuer.
        public static let iss = Claim(rawValue: "iss")

        /// Not valid before.
        public static let nbf = Claim(rawValue: "nbf")

        /// Expires at.
        public static let exp = Claim(rawValue: "exp")

        /// Whether the user was verified.
        public static let userVerified = Claim(rawValue: "user_verified")

        /// How the user logged in.
        public static let authType = Claim(rawValue: "auth_type")

        /// All the values that this version knows.
        public static let allCases: [Claim] = [.aud, .iss, .nbf, .exp, .userVerified, .authType]

        /// The code, which is the same in all languages.
        public let rawValue: String

        /// Creates one from its code, which is the same in all languages.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The code.
        public var description: String { rawValue }
    }

    /// A likely cause of an error.
    public struct Hint: RawRepresentable, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// The service behind the endpoint has no such route: the tenancy may be served at another endpoint.
        public static let wrongEndpoint = Hint(rawValue: "wrong_endpoint")

        /// All the values that this version knows.
        public static let allCases: [Hint] = [.wrongEndpoint]

        /// The code, which is the same in all languages.
        public let rawValue: String

        /// Creates one from its code, which is the same in all languages.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The code.
        public var description: String { rawValue }
    }
}
