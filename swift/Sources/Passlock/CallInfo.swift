/// Details of a call that has ended.
///
/// A call that fails has them in its ``PasslockError``, except for the duration.
public struct CallInfo: Hashable, Sendable {
    /// How many requests were attempted.
    public let attempts: Int

    /// The HTTP status of the last attempt's response; `nil` if it had none.
    public let status: Int?

    /// The last attempt's id, to quote to Passlock's support.
    public let requestID: String?

    /// How long the call took, retries and waits included.
    public let elapsed: Duration

    /// Creates one, for use in tests.
    public init(attempts: Int = 0, status: Int? = nil, requestID: String? = nil, elapsed: Duration = .zero) {
        self.attempts = attempts
        self.status = status
        self.requestID = requestID
        self.elapsed = elapsed
    }
}
