/// The settings of one call, where they differ from the client's. A setting that is nil falls back to the client's.
///
/// ``issuer``, ``requireUserVerified`` and ``authTypes`` apply only to exchanging a token.
public struct CallOptions: Hashable, Sendable {
    /// The limit on the whole call, retries and waits included; at most one hour.
    public var timeout: Duration?

    /// The only accepted issuer (`iss`).
    public var issuer: String?

    /// Whether the authenticator must have verified the user.
    public var requireUserVerified: Bool?

    /// The accepted authentication methods; an empty array accepts any.
    public var authTypes: [AuthType]?

    /// The maximum number of retries, 0 to 10.
    public var maxRetries: Int?

    /// Creates the settings of one call.
    public init(
        timeout: Duration? = nil,
        issuer: String? = nil,
        requireUserVerified: Bool? = nil,
        authTypes: [AuthType]? = nil,
        maxRetries: Int? = nil
    ) {
        self.timeout = timeout
        self.issuer = issuer
        self.requireUserVerified = requireUserVerified
        self.authTypes = authTypes
        self.maxRetries = maxRetries
    }
}

extension CallOptions {
    /// The settings as they cross, but the list.
    var named: [String: String] {
        texts([
            "timeout": timeout?.inSeconds, "issuer": issuer, "requireUserVerified": requireUserVerified,
            "maxRetries": maxRetries,
        ])
    }
}
