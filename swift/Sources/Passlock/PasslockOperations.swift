/// What a ``PasslockClient`` can do, so that an application can use a substitute, especially in tests.
///
/// ```swift
/// struct Logins {
///     let passlock: any PasslockOperations
/// }
///
/// struct FakePasslock: PasslockOperations {
///     func exchangeToken(_ token: String, options: CallOptions) async throws -> Principal {
///         throw PasslockError(kind: .notFound, message: "expired", operation: .exchangeToken)
///     }
///     // ...
/// }
/// ```
///
/// ``Principal``, ``User`` and ``PasslockError`` have public initializers for this.
public protocol PasslockOperations: Sendable {
    /// Exchanges a browser's token for its principal.
    ///
    /// - Parameters:
    ///   - token: the token as the browser sent it, unchecked.
    ///   - options: the settings of this call.
    /// - Throws: a ``PasslockError``, of kind `notFound` for a token that is unknown or expired, `claims` for a principal
    ///   that is not for this tenancy or not valid now, or `invalidInput` for a value that can't be a token; or
    ///   `CancellationError`.
    func exchangeToken(_ token: String, options: CallOptions) async throws -> Principal

    /// Exchanges a token like ``exchangeToken(_:options:)``, and also returns details of the call.
    func exchangeTokenWithInfo(
        _ token: String, options: CallOptions
    ) async throws -> (principal: Principal, info: CallInfo)

    /// Reads a user by id.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - options: the settings of this call.
    /// - Throws: a ``PasslockError``, of kind `notFound` for an unknown user; or `CancellationError`.
    func getUser(_ sub: String, options: CallOptions) async throws -> User

    /// Reads a user like ``getUser(_:options:)``, and also returns details of the call.
    func getUserWithInfo(_ sub: String, options: CallOptions) async throws -> (user: User, info: CallInfo)

    /// Updates a user and returns the updated record.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - update: what to change.
    ///   - options: the settings of this call.
    /// - Throws: a ``PasslockError``, of kind `notFound` for an unknown user or `invalidInput` for an update with no
    ///   fields; its ``PasslockError/isApplied`` says whether the update was accepted even though the call failed. Also
    ///   `CancellationError`, after which it is unknown whether the change was made.
    func updateUser(_ sub: String, with update: UserUpdate, options: CallOptions) async throws -> User

    /// Updates a user like ``updateUser(_:with:options:)``, and also returns details of the call.
    func updateUserWithInfo(
        _ sub: String, with update: UserUpdate, options: CallOptions
    ) async throws -> (user: User, info: CallInfo)

    /// Opens a connection in advance (DNS, TCP and TLS), so that the first login after start-up takes one round trip. The request
    /// does not contain the API key, and any response will do.
    ///
    /// - Parameter options: the settings of this call.
    /// - Throws: a ``PasslockError``, of kind `connection` or `timeout` if no connection could be opened, or `protocol` for a
    ///   response that is not HTTP or too large; or `CancellationError`.
    func warmUp(options: CallOptions) async throws
}

/// Defaults, so that a substitute only needs the operations themselves.
extension PasslockOperations {
    /// The principal, and the ``CallInfo`` of a call that sent nothing.
    public func exchangeTokenWithInfo(
        _ token: String, options: CallOptions
    ) async throws -> (principal: Principal, info: CallInfo) {
        (try await exchangeToken(token, options: options), CallInfo())
    }

    /// The user, and the ``CallInfo`` of a call that sent nothing.
    public func getUserWithInfo(_ sub: String, options: CallOptions) async throws -> (user: User, info: CallInfo) {
        (try await getUser(sub, options: options), CallInfo())
    }

    /// The user, and the ``CallInfo`` of a call that sent nothing.
    public func updateUserWithInfo(
        _ sub: String, with update: UserUpdate, options: CallOptions
    ) async throws -> (user: User, info: CallInfo) {
        (try await updateUser(sub, with: update, options: options), CallInfo())
    }

    /// Does nothing.
    public func warmUp(options: CallOptions) async throws {}
}

/// The same operations, with their settings as parameters, which override the client's options for this call.
extension PasslockOperations {
    /// Exchanges a browser's token for its principal. See ``exchangeToken(_:options:)``.
    ///
    /// - Parameters:
    ///   - token: the token as the browser sent it, unchecked.
    ///   - timeout: the limit on the whole call, retries and waits included; at most one hour.
    ///   - issuer: the only accepted issuer.
    ///   - requireUserVerified: whether the authenticator must have verified the user.
    ///   - authTypes: the accepted authentication methods; an empty array accepts any.
    ///   - maxRetries: the maximum number of retries, 0 to 10.
    public func exchangeToken(
        _ token: String,
        timeout: Duration? = nil,
        issuer: String? = nil,
        requireUserVerified: Bool? = nil,
        authTypes: [AuthType]? = nil,
        maxRetries: Int? = nil
    ) async throws -> Principal {
        let options = CallOptions(
            timeout: timeout, issuer: issuer, requireUserVerified: requireUserVerified, authTypes: authTypes,
            maxRetries: maxRetries)
        return try await exchangeToken(token, options: options)
    }

    /// Exchanges a token, and also returns details of the call. See ``exchangeTokenWithInfo(_:options:)``.
    ///
    /// - Parameters:
    ///   - token: the token as the browser sent it, unchecked.
    ///   - timeout: the limit on the whole call, retries and waits included; at most one hour.
    ///   - issuer: the only accepted issuer.
    ///   - requireUserVerified: whether the authenticator must have verified the user.
    ///   - authTypes: the accepted authentication methods; an empty array accepts any.
    ///   - maxRetries: the maximum number of retries, 0 to 10.
    public func exchangeTokenWithInfo(
        _ token: String,
        timeout: Duration? = nil,
        issuer: String? = nil,
        requireUserVerified: Bool? = nil,
        authTypes: [AuthType]? = nil,
        maxRetries: Int? = nil
    ) async throws -> (principal: Principal, info: CallInfo) {
        let options = CallOptions(
            timeout: timeout, issuer: issuer, requireUserVerified: requireUserVerified, authTypes: authTypes,
            maxRetries: maxRetries)
        return try await exchangeTokenWithInfo(token, options: options)
    }

    /// Reads a user by id. See ``getUser(_:options:)``.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - timeout: the limit on the whole call, retries and waits included; at most one hour.
    ///   - maxRetries: the maximum number of retries, 0 to 10.
    public func getUser(_ sub: String, timeout: Duration? = nil, maxRetries: Int? = nil) async throws -> User {
        try await getUser(sub, options: CallOptions(timeout: timeout, maxRetries: maxRetries))
    }

    /// Reads a user, and also returns details of the call. See ``getUserWithInfo(_:options:)``.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - timeout: the limit on the whole call, retries and waits included; at most one hour.
    ///   - maxRetries: the maximum number of retries, 0 to 10.
    public func getUserWithInfo(
        _ sub: String, timeout: Duration? = nil, maxRetries: Int? = nil
    ) async throws -> (user: User, info: CallInfo) {
        try await getUserWithInfo(sub, options: CallOptions(timeout: timeout, maxRetries: maxRetries))
    }

    /// Updates a user and returns the updated record. See ``updateUser(_:with:options:)``.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - update: what to change.
    ///   - timeout: the limit on the whole call, retries and waits included; at most one hour.
    ///   - maxRetries: the maximum number of retries, 0 to 10.
    public func updateUser(
        _ sub: String, with update: UserUpdate, timeout: Duration? = nil, maxRetries: Int? = nil
    ) async throws -> User {
        try await updateUser(sub, with: update, options: CallOptions(timeout: timeout, maxRetries: maxRetries))
    }

    /// Updates a user, and also returns details of the call. See ``updateUserWithInfo(_:with:options:)``.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - update: what to change.
    ///   - timeout: the limit on the whole call, retries and waits included; at most one hour.
    ///   - maxRetries: the maximum number of retries, 0 to 10.
    public func updateUserWithInfo(
        _ sub: String, with update: UserUpdate, timeout: Duration? = nil, maxRetries: Int? = nil
    ) async throws -> (user: User, info: CallInfo) {
        try await updateUserWithInfo(sub, with: update, options: CallOptions(timeout: timeout, maxRetries: maxRetries))
    }

    /// Opens a connection in advance. See ``warmUp(options:)``.
    ///
    /// - Parameters:
    ///   - timeout: the limit on the whole call, retries and waits included; at most one hour.
    ///   - maxRetries: the maximum number of retries, 0 to 10.
    public func warmUp(timeout: Duration? = nil, maxRetries: Int? = nil) async throws {
        try await warmUp(options: CallOptions(timeout: timeout, maxRetries: maxRetries))
    }
}
