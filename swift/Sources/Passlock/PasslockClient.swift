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

    /// Opens a client. What `options` leave out comes from the environment, or else from the defaults.
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
        // All that can be thrown stands for a panic, and nobody could do anything about a client that does not close.
        try? native.close()
    }
}

/// Nothing but the name: what the client knows are secrets.
extension PasslockClient: CustomStringConvertible, CustomReflectable {
    /// The type's name.
    public var description: String { "PasslockClient" }

    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
