internal import PasslockNative

/// The client for Passlock: it exchanges the token that a browser sent after a login for its ``Principal``, and
/// reads and updates users.
///
/// Create one client and share it among any number of tasks and threads. It keeps its connections open, and frees them when
/// nothing refers to it any more. Every operation throws a ``PasslockError`` when it fails, and `CancellationError` when its
/// task is cancelled, which ends the request at once.
///
/// Code that takes `any` ``PasslockOperations`` instead can be tested without a client.
public final class PasslockClient: PasslockOperations {
    private let native: NativeClient

    /// Creates a client. Settings that `options` leave out come from the environment, or else from the defaults.
    ///
    /// - Throws: a ``PasslockError`` of the kind `config` that names the setting which is missing or wrong.
    public init(_ options: PasslockOptions = PasslockOptions()) throws(PasslockError) {
        native = try open(options)
    }

    /// See ``PasslockOperations/exchangeToken(_:options:)``.
    public func exchangeToken(_ token: String, options: CallOptions) async throws -> Principal {
        try await Principal(native.call(.exchangeToken, token, options))
    }

    /// See ``PasslockOperations/getUser(_:options:)``.
    public func getUser(_ sub: String, options: CallOptions) async throws -> User {
        try await User(native.call(.getUser, sub, options))
    }

    /// See ``PasslockOperations/updateUser(_:with:options:)``.
    public func updateUser(_ sub: String, with update: UserUpdate, options: CallOptions) async throws -> User {
        try await User(native.call(.updateUser, sub, options, changing: update.fields))
    }

    /// Closes the client at once: calls in flight finish, idle connections close, later calls fail with the kind `config`.
    /// Closing again does nothing, and closing is optional: a client that is no longer referenced frees everything it holds.
    public func close() {
        // All that can be thrown stands for a panic, and nothing could be done about a client that does not close.
        try? native.close()
    }
}

/// Only the type's name, because the client's contents are secret.
extension PasslockClient: CustomStringConvertible, CustomReflectable {
    /// The type's name.
    public var description: String { "PasslockClient" }

    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

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
/// A ``Principal``, a ``User`` and a ``PasslockError`` have public initializers for this.
public protocol PasslockOperations: Sendable {
    /// Exchanges the token that a browser sent for its principal.
    ///
    /// - Parameters:
    ///   - token: the token as the browser sent it, unchecked.
    ///   - options: the settings of this call.
    /// - Throws: a ``PasslockError``: of the kind `notFound` for a token that is unknown or expired, `claims` for a principal
    ///   that is not for this tenancy or not valid now, `invalidInput` for a value that can't be a token; `CancellationError`.
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
    ///   field; its ``PasslockError/isApplied`` says whether the update was accepted although the call failed. Also
    ///   `CancellationError`, after which it is unknown whether the change was made.
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
    ///   - requireUserVerified: whether the authenticator must have verified the user.
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
