/// What a ``PasslockClient`` can do, so that an application can be given something else in its place, in tests above all.
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
/// A ``Principal``, a ``User`` and a ``PasslockError`` have public initializers for this.
public protocol PasslockOperations: Sendable {
    /// Exchanges the token that a browser sent for its principal.
    ///
    /// - Parameters:
    ///   - token: the token as the browser sent it, unchecked.
    ///   - options: the settings of this call.
    /// - Throws: a ``PasslockError``: of the kind `notFound` for a token that is unknown or expired, `claims` for a principal
    ///   that is not for this tenancy or not valid now, `invalidInput` for what can't be a token; `CancellationError`.
    func exchangeToken(_ token: String, options: CallOptions) async throws -> Principal

    /// Reads a user by its id.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - options: the settings of this call.
    /// - Throws: a ``PasslockError``: of the kind `notFound` for an unknown user; `CancellationError`.
    func getUser(_ sub: String, options: CallOptions) async throws -> User

    /// Updates a user and returns the updated record.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - update: what to change.
    ///   - options: the settings of this call.
    /// - Throws: a ``PasslockError``: of the kind `notFound` for an unknown user, `invalidInput` for an update without any
    ///   field; its ``PasslockError/isApplied`` says whether the change was made although the call failed. And
    ///   `CancellationError`, after which nobody knows whether the change was made.
    func updateUser(_ sub: String, with update: UserUpdate, options: CallOptions) async throws -> User
}

/// The same operations, with their settings as parameters.
extension PasslockOperations {
    /// Exchanges the token that a browser sent for its principal. See ``exchangeToken(_:options:)``.
    ///
    /// What is set here overrides the client's options for this call.
    ///
    /// - Parameters:
    ///   - token: the token as the browser sent it, unchecked.
    ///   - timeout: the limit on the whole call, retries and waits included; at most one hour.
    ///   - issuer: the only accepted issuer.
    ///   - requireUserVerified: whether to accept only users whom the authenticator verified.
    ///   - authTypes: the accepted authentication methods; an empty array accepts any.
    public func exchangeToken(
        _ token: String,
        timeout: Duration? = nil,
        issuer: String? = nil,
        requireUserVerified: Bool? = nil,
        authTypes: [AuthType]? = nil
    ) async throws -> Principal {
        let options = CallOptions(
            timeout: timeout, issuer: issuer, requireUserVerified: requireUserVerified, authTypes: authTypes)
        return try await exchangeToken(token, options: options)
    }

    /// Reads a user by its id. See ``getUser(_:options:)``.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - timeout: the limit on this call, instead of the client's; at most one hour.
    public func getUser(_ sub: String, timeout: Duration? = nil) async throws -> User {
        try await getUser(sub, options: CallOptions(timeout: timeout))
    }

    /// Updates a user and returns the updated record. See ``updateUser(_:with:options:)``.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - update: what to change.
    ///   - timeout: the limit on this call, instead of the client's; at most one hour.
    public func updateUser(_ sub: String, with update: UserUpdate, timeout: Duration? = nil) async throws -> User {
        try await updateUser(sub, with: update, options: CallOptions(timeout: timeout))
    }
}
