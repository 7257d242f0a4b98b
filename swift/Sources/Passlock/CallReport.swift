import Foundation

/// A call that has ended, as reported to ``PasslockOptions/observer``. It contains no secrets and no user data.
///
/// ``span`` and ``attemptSpans`` are its spans for a tracer.
public struct CallReport: Hashable, Sendable {
    /// The raw value of the ``PasslockError/Operation``, or `warm_up`: the same in every language.
    public let operation: String

    /// When the call began.
    public let begun: Date

    /// Its number of attempts, status, request id and duration. For a call that was cancelled, only the duration is known:
    /// ``CallInfo/attempts`` is 0, and ``span`` leaves it out.
    public let info: CallInfo

    /// Why it failed: the code of a ``PasslockError/Kind``, or `cancelled`. Nil for a call that succeeded.
    public let errorType: String?

    /// Its requests, in order. Empty for a call that was cancelled, whose requests are not known.
    public let attempts: [AttemptReport]

    /// The endpoint's host. Nil if no request was attempted, or the call was cancelled.
    public let serverAddress: String?

    /// The endpoint's port. Nil if no request was attempted, or the call was cancelled.
    public let serverPort: Int?

    /// Creates one, for use in tests.
    public init(
        operation: String,
        begun: Date,
        info: CallInfo = CallInfo(),
        errorType: String? = nil,
        attempts: [AttemptReport] = [],
        serverAddress: String? = nil,
        serverPort: Int? = nil
    ) {
        self.operation = operation
        self.begun = begun
        self.info = info
        self.errorType = errorType
        self.attempts = attempts
        self.serverAddress = serverAddress
        self.serverPort = serverPort
    }
}

/// One request of a call.
public struct AttemptReport: Hashable, Sendable {
    /// The request's method.
    public let method: String

    /// The route, without its values: `/{tenancyId}/user/{sub}`.
    public let route: String

    /// When it was sent, relative to the start of the call.
    public let begun: Duration

    /// When it was answered or failed, relative to the start of the call.
    public let ended: Duration

    /// The HTTP status of the response, if there was one.
    public let status: Int?

    /// Why it failed, as OpenTelemetry's `error.type`: the status of an error response, or else the code of a
    /// ``PasslockError/Kind``.
    public let errorType: String?

    /// How many times the same request had been sent before.
    public let resendCount: Int

    /// How long the call waited before the next attempt, if there was one.
    public let wait: Duration?

    /// The request's id, to quote to Passlock's support.
    public let requestID: String?

    /// Creates one, for use in tests.
    public init(
        method: String,
        route: String,
        begun: Duration,
        ended: Duration,
        status: Int? = nil,
        errorType: String? = nil,
        resendCount: Int = 0,
        wait: Duration? = nil,
        requestID: String? = nil
    ) {
        self.method = method
        self.route = route
        self.begun = begun
        self.ended = ended
        self.status = status
        self.errorType = errorType
        self.resendCount = resendCount
        self.wait = wait
        self.requestID = requestID
    }
}
