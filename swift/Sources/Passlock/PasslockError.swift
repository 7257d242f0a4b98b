import Foundation

/// The error that every operation throws. Its ``kind`` says what went wrong.
///
/// ```swift
/// do {
///     let principal = try await client.exchangeToken(token)
/// } catch let error as PasslockError where error.isLoginRefused {
///     logger.warning("\(error)")  // let the user log in again
/// } catch let error as PasslockError {
///     logger.error("\(error)")
/// }
/// ```
///
/// No error contains the API key or a token, in any property or text.
public struct PasslockError: Error, Hashable, Sendable {
    /// What kind of error it is.
    public let kind: Kind

    /// One line for humans: what happened, and what to do.
    public let message: String

    /// The operation that failed; nil for `warmUp`, and if no call was made.
    public let operation: Operation?

    /// The HTTP status of the last attempt's response; `nil` if it had none.
    public let status: Int?

    /// The API's own name for its error, verbatim.
    public let tag: String?

    /// What the API says about its error.
    public let detail: String?

    /// The id that the service assigned to the request: quote it to Passlock's support.
    public let requestID: String?

    /// How long the service asks you to wait before another attempt, counted from its response.
    public let retryAfter: Duration?

    /// How many requests were attempted; 0 if the call was refused before the first.
    public let attempts: Int

    /// Whether the same call may succeed later and is safe to repeat, even when the SDK's own retries are used up.
    public let isRetryable: Bool

    /// The time limit that was exceeded.
    public let limit: Limit?

    /// The claim that failed its check.
    public let claim: Claim?

    /// A likely cause, if recognized.
    public let hint: Hint?

    /// Whether an update was accepted even though the call failed: the user was changed, but could not be read back. If
    /// this is false, an update that ended in `timeout`, `connection` or `server` may have been made all the same.
    public let isApplied: Bool

    /// The cause as text, if another library reported one.
    public let cause: String?

    /// The HTTP status to return to your own caller, such as the browser that sent the token.
    public let suggestedStatus: Int

    /// Whether the login itself was refused: the token is invalid, or its user is disabled.
    public let isLoginRefused: Bool

    /// Creates an error, for use in tests: what a type that stands in for a client throws. Unless they are given,
    /// `suggestedStatus` and `isLoginRefused` follow from `kind`, `operation`, `tag` and `hint`, as in a client's errors.
    public init(
        kind: Kind,
        message: String,
        operation: Operation? = nil,
        status: Int? = nil,
        tag: String? = nil,
        detail: String? = nil,
        requestID: String? = nil,
        retryAfter: Duration? = nil,
        attempts: Int = 0,
        isRetryable: Bool = false,
        limit: Limit? = nil,
        claim: Claim? = nil,
        hint: Hint? = nil,
        isApplied: Bool = false,
        cause: String? = nil,
        suggestedStatus: Int? = nil,
        isLoginRefused: Bool? = nil
    ) {
        let suggested = Suggested(
            kind, operation, tag, hint, status: suggestedStatus, isLoginRefused: isLoginRefused)
        self.kind = kind
        self.message = message
        self.operation = operation
        self.status = status
        self.tag = tag
        self.detail = detail
        self.requestID = requestID
        self.retryAfter = retryAfter
        self.attempts = attempts
        self.isRetryable = isRetryable
        self.limit = limit
        self.claim = claim
        self.hint = hint
        self.isApplied = isApplied
        self.cause = cause
        self.suggestedStatus = suggested.status
        self.isLoginRefused = suggested.isLoginRefused
    }
}

extension PasslockError: LocalizedError {
    /// The message, so that `localizedDescription` returns it too.
    public var errorDescription: String? { message }
}

extension PasslockError: CustomStringConvertible, CustomDebugStringConvertible {
    /// The kind and the message.
    public var description: String { "\(kind): \(message)" }

    /// The kind, the message, and everything else that is known.
    public var debugDescription: String {
        let known: [(String, Any?)] = [
            ("operation", operation), ("status", status), ("tag", tag), ("detail", detail), ("requestID", requestID),
            ("retryAfter", retryAfter), ("attempts", attempts), ("isRetryable", isRetryable), ("limit", limit),
            ("claim", claim), ("hint", hint), ("isApplied", isApplied), ("cause", cause),
            ("suggestedStatus", suggestedStatus), ("isLoginRefused", isLoginRefused),
        ]
        let parts = known.compactMap { name, value in value.map { "\(name): \($0)" } }
        return "\(description) (\(parts.joined(separator: ", ")))"
    }
}
