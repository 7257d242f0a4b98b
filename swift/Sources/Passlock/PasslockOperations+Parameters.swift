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
    ///   - maxRetries: maximum number of retries; at most 10.
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
    ///   - maxRetries: maximum number of retries; at most 10.
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
    ///   - maxRetries: maximum number of retries; at most 10.
    public func getUser(_ sub: String, timeout: Duration? = nil, maxRetries: Int? = nil) async throws -> User {
        try await getUser(sub, options: CallOptions(timeout: timeout, maxRetries: maxRetries))
    }

    /// Reads a user, and also returns details of the call. See ``getUserWithInfo(_:options:)``.
    ///
    /// - Parameters:
    ///   - sub: the user's id.
    ///   - timeout: the limit on the whole call, retries and waits included; at most one hour.
    ///   - maxRetries: maximum number of retries; at most 10.
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
    ///   - maxRetries: maximum number of retries; at most 10.
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
    ///   - maxRetries: maximum number of retries; at most 10.
    public func updateUserWithInfo(
        _ sub: String, with update: UserUpdate, timeout: Duration? = nil, maxRetries: Int? = nil
    ) async throws -> (user: User, info: CallInfo) {
        try await updateUserWithInfo(sub, with: update, options: CallOptions(timeout: timeout, maxRetries: maxRetries))
    }

    /// Opens a connection in advance. See ``warmUp(options:)``.
    ///
    /// - Parameters:
    ///   - timeout: the limit on the whole call, retries and waits included; at most one hour.
    ///   - maxRetries: maximum number of retries; at most 10.
    public func warmUp(timeout: Duration? = nil, maxRetries: Int? = nil) async throws {
        try await warmUp(options: CallOptions(timeout: timeout, maxRetries: maxRetries))
    }
}
