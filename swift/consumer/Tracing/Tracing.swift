// As much of swift-distributed-tracing as the README's function needs, with the same signatures: that package can't be fetched
// everywhere. A span prints itself when it ends.

/// What a span belongs to: here, the name of another one.
public struct ServiceContext: Sendable {
    @TaskLocal public static var current: ServiceContext?
    public static let topLevel = ServiceContext(span: "nothing")

    let span: String
}

/// A time.
public protocol TracerInstant: Sendable {
    var nanosecondsSinceEpoch: UInt64 { get }
}

/// Where times come from.
public struct DefaultTracerClock {
    public struct Timestamp: TracerInstant {
        public let nanosecondsSinceEpoch: UInt64

        public init(nanosecondsSinceEpoch: UInt64) {
            self.nanosecondsSinceEpoch = nanosecondsSinceEpoch
        }
    }
}

/// What a span is about.
public enum SpanKind: Sendable {
    case client
    case `internal`
}

/// How what a span is about went.
public struct SpanStatus: Sendable {
    public enum Code: Sendable {
        case error
    }

    public init(code: Code, message: String? = nil) {}
}

/// What may be an attribute's value.
public protocol SpanAttributeConvertible {}
extension String: SpanAttributeConvertible {}
extension Int: SpanAttributeConvertible {}

/// The attributes of a span: here, their names alone.
public struct SpanAttributes: Sendable {
    var names: [String] = []

    public subscript(_ name: String) -> (any SpanAttributeConvertible)? {
        get { nil }
        set { names.append(name) }
    }
}

/// A span.
public protocol Span: Sendable {
    var context: ServiceContext { get }
    var attributes: SpanAttributes { get nonmutating set }
    func setStatus(_ status: SpanStatus)
    func end(at instant: @autoclosure () -> some TracerInstant)
}

/// Begins a span.
public func startSpan<Instant: TracerInstant>(
    _ operationName: String,
    at instant: @autoclosure () -> Instant,
    context: @autoclosure () -> ServiceContext = .current ?? .topLevel,
    ofKind kind: SpanKind = .internal
) -> any Span {
    PrintedSpan(operationName, kind, in: context(), at: instant().nanosecondsSinceEpoch)
}

private final class PrintedSpan: Span, @unchecked Sendable {
    let context: ServiceContext
    var attributes = SpanAttributes()
    private let about: String
    private let start: UInt64

    init(_ name: String, _ kind: SpanKind, in parent: ServiceContext, at start: UInt64) {
        context = ServiceContext(span: name)
        about = "\(kind) \(name) in \(parent.span)"
        self.start = start
    }

    func setStatus(_ status: SpanStatus) {}

    func end(at instant: @autoclosure () -> some TracerInstant) {
        let times = start > 0 && start < instant().nanosecondsSinceEpoch ? "in order" : "in disorder"
        print("\(about): \(attributes.names.count) attributes, \(times)")
    }
}
