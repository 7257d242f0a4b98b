/// The tenancy of the answer.
public let tenancy = "tenancy-1"

/// A key of the usual length.
public let key = "a-key-of-the-usual-length-0123456789"

/// The token that is exchanged.
public let token = "EpVzO2wfpqEDcs3ChKWJ1m9rDc8OtCE6"

/// Seconds, as much as ours has by default.
public let timeout = 30.0

/// How many connections are kept.
public let pool = 64

extension Arguments {
    /// The URL of an exchange.
    public var url: String { "\(endpoint)/\(tenancy)/token/\(token)" }
}
