/// A request that an emulator has seen.
public struct JournalEntry: Sendable, Decodable {
    /// How it ended.
    public enum Outcome: String, Sendable, Decodable {
        /// Not yet.
        case pending
        /// Answered without a fault.
        case answered
        /// The client closed the connection first.
        case clientClosed
        /// A fault was injected, in full.
        case faulted
    }

    /// The method.
    public let method: String

    /// The request target, exactly as on the wire.
    public let path: String

    /// The headers: names in lower case; the value of `authorization` is replaced by its SHA-256, in hexadecimal digits.
    public let headers: [String: String]

    /// The first 64 KiB of the body, as text.
    public let body: String

    /// The number of its TCP connection.
    public let connection: Int

    /// How it ended.
    public let outcome: Outcome

    /// The operation, such as `get_user`, or nil for any other request.
    public let operation: String?

    /// The kind of the injected fault, or nil.
    public let fault: String?

    /// When its head arrived, in milliseconds since the Unix epoch.
    public let atMillis: Double

    /// When it ended, on the same clock; nil if it has not.
    public let endedAtMillis: Double?
}

/// Without path and body, which may contain a token.
extension JournalEntry: CustomStringConvertible, CustomReflectable {
    /// Method, outcome, connection and fault.
    public var description: String {
        "JournalEntry(method: \(method), outcome: \(outcome), connection: \(connection), fault: \(fault ?? "nil"))"
    }

    /// Method, outcome, connection and fault.
    public var customMirror: Mirror {
        let children: KeyValuePairs<String, Any> = [
            "method": method, "outcome": outcome, "connection": connection, "fault": fault as Any,
        ]
        return Mirror(self, children: children, displayStyle: .struct)
    }
}
