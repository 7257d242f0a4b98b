import Foundation

/// A finished span for a tracer, with OpenTelemetry's names.
public struct SpanReport: Hashable, Sendable {
    /// The value of an attribute.
    public enum Value: Hashable, Sendable {
        /// A string.
        case string(String)

        /// A number.
        case int(Int)
    }

    /// Its name: the operation, or the method and the route of a request.
    public let name: String

    /// When it began, in nanoseconds since the Unix epoch.
    public let start: UInt64

    /// When it ended, in nanoseconds since the Unix epoch.
    public let end: UInt64

    /// Its attributes. None contains a secret or a user's data.
    public let attributes: [String: Value]

    /// Whether its status is ERROR.
    public let isError: Bool
}

extension SpanReport.Value: CustomStringConvertible {
    /// The string, or the number in digits.
    public var description: String {
        switch self {
        case .string(let text): text
        case .int(let number): number.description
        }
    }
}

extension CallReport {
    /// The span of the call. Its parent is the current span of the task that made the call.
    public var span: SpanReport {
        SpanReport(
            name: operation,
            start: nanoseconds(.zero),
            end: nanoseconds(info.elapsed),
            attributes: attributes([
                "passlock.operation": .string(operation),
                // Of a call that was cancelled it is not known.
                "passlock.attempts": number(errorType == "cancelled" ? nil : info.attempts),
                "passlock.request_id": text(info.requestID), "error.type": text(errorType),
            ]),
            isError: errorType != nil)
    }

    /// The spans of its requests, of kind CLIENT. Their parent is ``span``.
    public var attemptSpans: [SpanReport] {
        attempts.map { attempt in
            SpanReport(
                name: "\(attempt.method) \(attempt.route)",
                start: nanoseconds(attempt.begun),
                end: nanoseconds(attempt.ended),
                attributes: attributes([
                    "http.request.method": .string(attempt.method), "url.template": .string(attempt.route),
                    "http.response.status_code": number(attempt.status),
                    "http.request.resend_count": number(attempt.resendCount == 0 ? nil : attempt.resendCount),
                    "server.address": text(serverAddress), "server.port": number(serverPort),
                    "error.type": text(attempt.errorType),
                ]),
                isError: attempt.errorType != nil)
        }
    }

    /// A time in nanoseconds since the Unix epoch; 0 for one that does not fit.
    private func nanoseconds(_ sinceBegun: Duration) -> UInt64 {
        UInt64(exactly: ((begun.timeIntervalSince1970 + sinceBegun.inSeconds) * 1e9).rounded()) ?? 0
    }
}

/// Those that are not nil.
private func attributes(_ values: KeyValuePairs<String, SpanReport.Value?>) -> [String: SpanReport.Value] {
    Dictionary(uniqueKeysWithValues: values.compactMap { name, value in value.map { (name, $0) } })
}

private func text(_ text: String?) -> SpanReport.Value? {
    text.map(SpanReport.Value.string)
}

private func number(_ number: Int?) -> SpanReport.Value? {
    number.map(SpanReport.Value.int)
}
