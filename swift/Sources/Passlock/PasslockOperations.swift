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
    /// - Throws: a ``PasslockError``, of kind `connection` or `timeout` if no connection could be opened; or
    ///   `CancellationError`.
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
