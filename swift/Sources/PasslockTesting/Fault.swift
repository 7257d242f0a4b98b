/// A fault to inject into a request.
/// [The emulator's manual](https://github.com/passlock-dev/passlock-sdk/blob/main/crates/passlock-emulator/CONTROL.md)
/// describes what each looks like to a client.
public struct Fault: Sendable {
    let fields: [String: any Sendable]

    /// Creates a fault by its name in the emulator's manual.
    public init(_ kind: String, _ fields: [String: any Sendable] = [:]) {
        self.fields = fields.merging(["kind": kind]) { _, kind in kind }
    }

    /// A response with this status.
    public static func status(_ status: Int, headers: [String: String] = [:], body: String = "") -> Self {
        Self("status", ["status": status, "headers": headers, "body": body])
    }

    /// The usual response, delayed.
    public static func delay(_ by: Duration) -> Self { Self("delay", ["millis": by.milliseconds]) }

    /// No response.
    public static let hang = Self("hang")

    /// A head, then nothing more.
    public static let stall = Self("stall")

    /// Part of a head, then nothing more.
    public static let stallHead = Self("stallHead")

    /// The usual response, byte by byte.
    public static func drip(every pause: Duration = .milliseconds(20)) -> Self {
        Self("drip", ["millisPerByte": pause.milliseconds])
    }

    /// A reset connection.
    public static let reset = Self("reset")

    /// A head, then a reset connection.
    public static let resetAfterHead = Self("resetAfterHead")

    /// A head and part of a body, then the connection closes.
    public static let truncate = Self("truncate")

    /// Bytes that are not valid HTTP.
    public static let garbage = Self("garbage")

    /// A body that never ends.
    public static let endless = Self("endless")

    /// A head that never ends.
    public static let endlessHead = Self("endlessHead")

    /// The usual response, on a connection that then closes unannounced.
    public static let closeIdle = Self("closeIdle")

    /// A redirect.
    public static func redirect(to location: String) -> Self { Self("redirect", ["location": location]) }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
