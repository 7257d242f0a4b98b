import Foundation

/// The settings of a client. A setting that is nil comes from the environment (`PASSLOCK_TENANCY_ID`, `PASSLOCK_API_KEY`,
/// `PASSLOCK_ENDPOINT`, and the usual variables for proxies), or else from the defaults. They are checked when a
/// ``PasslockClient`` is created.
///
/// ```swift
/// let client = try PasslockClient(PasslockOptions(timeout: .seconds(5), authTypes: [.passkey]))
/// ```
public struct PasslockOptions: Sendable {
    /// The ``endpoint`` of version 1 tenancies, which have been served there since November 2025.
    public static let v1Endpoint = "https://api.v1.passlock.dev"

    /// The tenancy id. Default: the `PASSLOCK_TENANCY_ID` environment variable.
    public var tenancyID: String?

    /// The API key, for your server only: 8 to 4096 bytes. Default: the `PASSLOCK_API_KEY` environment variable. Trailing
    /// newlines are removed.
    public var apiKey: String?

    /// Where the API is: https, or http to this machine. Default: the `PASSLOCK_ENDPOINT` environment variable, or else
    /// `https://api.passlock.dev`.
    public var endpoint: String?

    /// Allows plain http to hosts other than this machine, which exposes the API key to the network. Default: off.
    public var allowHTTP: Bool?

    /// The limit on the whole call, retries and waits included. Default: 30 s.
    ///
    /// This and the other two limits must be more than zero and at most one hour. One that is longer than the enclosing one is
    /// clamped to it.
    public var timeout: Duration?

    /// The limit on one attempt. Default: 10 s.
    public var attemptTimeout: Duration?

    /// The limit on opening a connection: DNS, TCP, proxy and TLS. Default: 5 s.
    public var connectTimeout: Duration?

    /// How long a connection is kept open for the next call. Default: 5 minutes; at most one hour; 0 disables this.
    public var idleTimeout: Duration?

    /// The maximum number of retries, 0 to 10. Default: 2.
    public var maxRetries: Int?

    /// The maximum size of a response body, in bytes, at most 1 GiB. Default: 1 MiB.
    public var maxResponseBytes: Int?

    /// An http proxy, `http://[user:password@]host[:port]`. Default: the `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`
    /// environment variables, which never apply to an endpoint on this machine.
    public var proxy: String?

    /// Certificate authorities to trust in addition to the platform's: PEM, not the name of a file. Default: none.
    public var caCertificates: Data?

    /// The allowed clock difference when claims are checked, at most one hour. Default: 60 s.
    public var leeway: Duration?

    /// Whether a principal's claims are checked at all. Default: on.
    public var verifyClaims: Bool?

    /// The only accepted issuer (`iss`). Default: any.
    public var issuer: String?

    /// Whether the authenticator must have verified the user. Default: off.
    public var requireUserVerified: Bool?

    /// The accepted authentication methods. Default, and when empty: any.
    public var authTypes: [AuthType]?

    /// The application's name, appended to this package's in `User-Agent`: `my-app/1.2`, printable ASCII. Default: none.
    public var appInfo: String?

    /// Up to 32 additional headers for every request, such as a gateway's. Their values are treated as secrets: no error and no
    /// description shows them. Those that the SDK sets itself are refused. Default: none.
    public var headers: [String: String]?

    /// Called once at the end of every call, whether it succeeded, failed or was cancelled. Default: none.
    ///
    /// It runs in the task that made the call, before the call returns, so hand slow work to another task. Task-local
    /// values, such as a tracer's current span, are available.
    public var observer: (@Sendable (CallReport) -> Void)?

    /// For the contract's vectors: all that the client sees of the environment.
    package var environment: [String: String]?

    /// For the contract's vectors: a frozen clock.
    package var now: Date?

    /// Creates settings. Settings that are not given come from the environment or the defaults.
    public init(
        tenancyID: String? = nil,
        apiKey: String? = nil,
        endpoint: String? = nil,
        allowHTTP: Bool? = nil,
        timeout: Duration? = nil,
        attemptTimeout: Duration? = nil,
        connectTimeout: Duration? = nil,
        idleTimeout: Duration? = nil,
        maxRetries: Int? = nil,
        maxResponseBytes: Int? = nil,
        proxy: String? = nil,
        caCertificates: Data? = nil,
        leeway: Duration? = nil,
        verifyClaims: Bool? = nil,
        issuer: String? = nil,
        requireUserVerified: Bool? = nil,
        authTypes: [AuthType]? = nil,
        appInfo: String? = nil,
        headers: [String: String]? = nil,
        observer: (@Sendable (CallReport) -> Void)? = nil
    ) {
        self.tenancyID = tenancyID
        self.apiKey = apiKey
        self.endpoint = endpoint
        self.allowHTTP = allowHTTP
        self.timeout = timeout
        self.attemptTimeout = attemptTimeout
        self.connectTimeout = connectTimeout
        self.idleTimeout = idleTimeout
        self.maxRetries = maxRetries
        self.maxResponseBytes = maxResponseBytes
        self.proxy = proxy
        self.caCertificates = caCertificates
        self.leeway = leeway
        self.verifyClaims = verifyClaims
        self.issuer = issuer
        self.requireUserVerified = requireUserVerified
        self.authTypes = authTypes
        self.appInfo = appInfo
        self.headers = headers
        self.observer = observer
    }
}

extension PasslockOptions {
    /// Every setting but lists, bytes and headers, by the name by which it crosses. The vectors use this list too.
    package static var settings: [(name: String, path: PartialKeyPath<PasslockOptions>)] {
        [
            ("tenancyId", \.tenancyID), ("apiKey", \.apiKey), ("endpoint", \.endpoint), ("allowHttp", \.allowHTTP),
            ("timeout", \.timeout), ("attemptTimeout", \.attemptTimeout), ("connectTimeout", \.connectTimeout),
            ("idleTimeout", \.idleTimeout), ("maxRetries", \.maxRetries), ("maxResponseBytes", \.maxResponseBytes),
            ("proxy", \.proxy), ("leeway", \.leeway), ("verifyClaims", \.verifyClaims), ("issuer", \.issuer),
            ("requireUserVerified", \.requireUserVerified), ("appInfo", \.appInfo),
        ]
    }

    /// The settings as they cross, but lists, bytes, headers and the environment.
    var named: [String: String] {
        var texts = now.map { ["fixedNow": "\($0.timeIntervalSince1970)"] } ?? [:]
        for (name, path) in Self.settings {
            switch self[keyPath: path] {
            case let duration as Duration: texts[name] = duration.inSeconds.description
            case let value as any CustomStringConvertible: texts[name] = value.description
            default: continue
            }
        }
        return texts
    }
}

/// Only the tenancy and the endpoint are shown: other settings contain secrets.
extension PasslockOptions: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The tenancy and the endpoint.
    public var description: String {
        "PasslockOptions(tenancyID: \(tenancyID ?? "nil"), endpoint: \(endpoint ?? "nil"), ..)"
    }

    /// The tenancy and the endpoint.
    public var debugDescription: String { description }

    /// The tenancy and the endpoint.
    public var customMirror: Mirror {
        Mirror(self, children: ["tenancyID": tenancyID as Any, "endpoint": endpoint as Any], displayStyle: .struct)
    }
}
