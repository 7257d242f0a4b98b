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
    private let calls: Calls

    /// Creates a client. Settings that `options` leave out come from the environment, or else from the defaults.
    ///
    /// - Throws: a ``PasslockError`` of kind `config` that names the setting that is missing or wrong.
    public init(_ options: PasslockOptions = PasslockOptions()) throws(PasslockError) {
        calls = Calls(native: try open(options), observer: options.observer)
    }

    /// See ``PasslockOperations/exchangeToken(_:options:)``.
    public func exchangeToken(_ token: String, options: CallOptions) async throws -> Principal {
        try await Principal(calls.run(.init(.exchangeToken, token, options)))
    }

    /// See ``PasslockOperations/exchangeTokenWithInfo(_:options:)``.
    public func exchangeTokenWithInfo(
        _ token: String, options: CallOptions
    ) async throws -> (principal: Principal, info: CallInfo) {
        let (value, info) = try await calls.runWithInfo(.init(.exchangeToken, token, options))
        return (try Principal(value), info)
    }

    /// See ``PasslockOperations/getUser(_:options:)``.
    public func getUser(_ sub: String, options: CallOptions) async throws -> User {
        try await User(calls.run(.init(.getUser, sub, options)))
    }

    /// See ``PasslockOperations/getUserWithInfo(_:options:)``.
    public func getUserWithInfo(_ sub: String, options: CallOptions) async throws -> (user: User, info: CallInfo) {
        let (value, info) = try await calls.runWithInfo(.init(.getUser, sub, options))
        return (try User(value), info)
    }

    /// See ``PasslockOperations/updateUser(_:with:options:)``.
    public func updateUser(_ sub: String, with update: UserUpdate, options: CallOptions) async throws -> User {
        try await User(calls.run(.init(.updateUser, sub, options, changing: update)))
    }

    /// See ``PasslockOperations/updateUserWithInfo(_:with:options:)``.
    public func updateUserWithInfo(
        _ sub: String, with update: UserUpdate, options: CallOptions
    ) async throws -> (user: User, info: CallInfo) {
        let (value, info) = try await calls.runWithInfo(.init(.updateUser, sub, options, changing: update))
        return (try User(value), info)
    }

    /// See ``PasslockOperations/warmUp(options:)``.
    public func warmUp(options: CallOptions) async throws {
        _ = try await calls.run(.warmUp(options))
    }

    /// Closes the client at once: calls in flight finish, idle connections close, later calls fail with the kind `config`.
    /// Closing again does nothing, and closing is optional: a client that is no longer referenced frees everything it holds.
    public func close() {
        // The only error possible here is a panic, and nothing could be done about a client that does not close.
        try? calls.native.close()
    }
}

/// Only the type's name, because the client's contents are secret.
extension PasslockClient: CustomStringConvertible, CustomReflectable {
    /// The type's name.
    public var description: String { "PasslockClient" }

    /// An empty mirror.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
