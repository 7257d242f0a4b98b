internal import PasslockNative

/// The client: it exchanges the token that a browser sent after a login for the ``Principal`` it stands for, and reads and
/// changes users.
///
/// One client is enough for a whole program: any number of tasks and threads may share it. It keeps its connections, and
/// frees them when nobody holds it any more. Every operation throws a ``PasslockError`` when it fails, and `CancellationError`
/// when its task is cancelled, which ends the request at once.
public final class PasslockClient: Sendable {
    private let native: NativeClient

    /// Opens a client. What `options` leave out comes from the environment, else from the defaults.
    ///
    /// - Throws: a ``PasslockError`` of the kind `config` when a setting is missing or wrong, naming it.
    public init(_ options: PasslockOptions = PasslockOptions()) throws(PasslockError) {
        native = try open(options)
    }

    /// Exchanges the token that a browser sent for the principal it stands for.
    ///
    /// What is set here holds for this call instead of what the client's options say.
    ///
    /// - Parameters:
    ///   - token: as the browser sent it, unchecked.
    ///   - timeout: the limit on the whole call, retries and waits included; at most one hour.
    ///   - issuer: the only accepted issuer.
    ///   - requireUserVerified: whether only users whom the authenticator verified are accepted.
    ///   - authTypes: the accepted authentication methods; none of them: any.
    /// - Throws: a ``PasslockError``: of the kind `notFound` for a token that is unknown or expired, `claims` for a principal
    ///   that is not for this tenancy or not valid now, `invalidInput` for what can't be a token; `CancellationError`.
    public func exchangeToken(
        _ token: String,
        timeout: Duration? = nil,
        issuer: String? = nil,
        requireUserVerified: Bool? = nil,
        authTypes: [AuthType]? = nil
    ) async throws -> Principal {
        let settings = NativeCallOptions(
            timeout: timeout?.inSeconds,
            issuer: issuer,
            requireUserVerified: requireUserVerified,
            authTypes: authTypes?.map(\.rawValue)
        )
        return try await calling { cancel in
            Principal(try await self.native.exchangeToken(token: token, call: settings, cancel: cancel))
        }
    }

    /// Reads a user by its id.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - timeout: the limit on this call, instead of the client's; at most one hour.
    /// - Throws: a ``PasslockError``: of the kind `notFound` for an unknown user; `CancellationError`.
    public func getUser(_ sub: String, timeout: Duration? = nil) async throws -> User {
        try await calling { cancel in
            User(try await self.native.getUser(sub: sub, call: .limited(to: timeout), cancel: cancel))
        }
    }

    /// Changes a user, and gives the user as it stands then.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - update: what to change.
    ///   - timeout: the limit on this call, instead of the client's; at most one hour.
    /// - Throws: a ``PasslockError``: of the kind `notFound` for an unknown user, `invalidInput` for an update without any
    ///   field; its ``PasslockError/isApplied`` tells whether the change was made although the call failed. And
    ///   `CancellationError`, after which nobody knows whether the change was made.
    public func updateUser(_ sub: String, with update: UserUpdate, timeout: Duration? = nil) async throws -> User {
        try await calling { cancel in
            let changes = NativeUserUpdate(update)
            return User(
                try await self.native.updateUser(
                    sub: sub, changes: changes, call: .limited(to: timeout), cancel: cancel))
        }
    }

    /// Closes the client at once: calls in flight finish, idle connections close, later calls fail with the kind `config`.
    /// Closing again does nothing, and there is no need to close: a client that nobody holds frees all it has.
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
