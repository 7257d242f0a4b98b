// The two sides of the boundary to the native library: what is asked of it, and what becomes of its answers.

import Foundation
internal import PasslockNative

/// Makes a native client.
func open(_ options: PasslockOptions) throws(PasslockError) -> NativeClient {
    do {
        return try NativeClient(options: NativeOptions(options), package: .swift)
    } catch {
        throw PasslockError(crossing: error)
    }
}

/// Every call, by its code.
extension NativeRequest {
    /// An operation on a token or a user.
    init(
        _ operation: PasslockError.Operation, _ argument: String, _ options: CallOptions,
        changing update: UserUpdate? = nil
    ) {
        self.init(operation.rawValue, argument, options, changing: update?.fields ?? [:])
    }

    static func warmUp(_ options: CallOptions) -> Self {
        Self("warm_up", "", options, changing: [:])
    }

    private init(
        _ operation: String, _ argument: String, _ options: CallOptions, changing fields: [String: String]
    ) {
        self.init(
            operation: operation, argument: argument, fields: fields, named: options.named,
            authTypes: options.authTypes?.map(\.rawValue))
    }
}

extension NativeClient {
    /// Makes a call.
    @inline(__always)
    func call(_ request: NativeRequest) async throws -> NativeValue {
        try await cancellable { cancel in try await call(request: request, cancel: cancel) }
    }

    /// Makes a call and reports on it. Throws only if the call could not begin or was cancelled.
    func observe(_ request: NativeRequest, _ detail: NativeDetail) async throws -> NativeObserved {
        try await cancellable { cancel in try await observe(request: request, detail: detail, cancel: cancel) }
    }

    /// Makes a call so that cancelling its task ends it, and makes its failure an error of ours. Inlined, like
    /// `call` and `Calls.run`: every async function on the way costs each call a frame.
    @inline(__always)
    private func cancellable<Value: Sendable>(_ call: (NativeCancel) async throws -> Value) async throws -> Value {
        // What is cancelled already sends nothing.
        try Task.checkCancellation()
        let cancel = NativeCancel()
        do {
            return try await withTaskCancellationHandler {
                try await call(cancel)
            } onCancel: {
                // Swift's cancellation does not reach Rust by itself.
                cancel.cancel()
            }
        } catch NativeError.Cancelled {
            throw CancellationError()
        } catch {
            throw PasslockError(crossing: error)
        }
    }
}

/// Values as they cross: by their names, as texts, without what is nil.
func texts(_ values: KeyValuePairs<String, (any CustomStringConvertible)?>) -> [String: String] {
    Dictionary(uniqueKeysWithValues: values.compactMap { name, value in value.map { (name, $0.description) } })
}

extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

extension NativeOptions {
    init(_ options: PasslockOptions) {
        self.init(
            named: options.named,
            authTypes: options.authTypes?.map(\.rawValue),
            caCertificates: options.caCertificates,
            headers: options.headers,
            environment: options.environment ?? Self.variables()
        )
    }

    /// The part of the process's environment that settings may come from.
    private static func variables() -> [String: String] {
        let names = Set(environmentVariables())
        return ProcessInfo.processInfo.environment.filter { names.contains($0.key) }
    }
}

extension Principal {
    init(_ value: NativeValue) throws(PasslockError) {
        guard case .principal(let native) = value else { throw .mistaken }
        self.init(
            iss: native.iss,
            aud: native.aud,
            sub: native.sub,
            iat: Date(milliseconds: native.iat),
            nbf: Date(milliseconds: native.nbf),
            exp: Date(milliseconds: native.exp),
            jti: native.jti,
            token: native.token,
            userVerified: native.userVerified,
            authType: AuthType(rawValue: native.authType),
            authID: native.authId,
            givenName: native.givenName,
            familyName: native.familyName,
            email: native.email,
            emailVerified: native.emailVerified
        )
    }
}

extension User {
    init(_ value: NativeValue) throws(PasslockError) {
        guard case .user(let native) = value else { throw .mistaken }
        self.init(
            sub: native.sub,
            email: native.email,
            givenName: native.givenName,
            familyName: native.familyName,
            emailVerified: native.emailVerified
        )
    }
}

extension NativeObserved {
    /// The call's value.
    func get() throws(PasslockError) -> NativeValue {
        guard let value else { throw failure.map { PasslockError($0) } ?? .mistaken }
        return value
    }
}

extension CallInfo {
    init(_ report: NativeReport) {
        self.init(
            attempts: Int(report.attempts), status: report.status.map { Int($0) }, requestID: report.requestId,
            elapsed: .nanoseconds(report.elapsed))
    }
}

extension CallReport {
    init(_ operation: String, _ begun: Date, _ info: CallInfo, _ observed: NativeObserved) {
        let (report, attempted) = (observed.report, info.attempts > 0)
        self.init(
            operation: operation, begun: begun, info: info, errorType: observed.failure?["kind"],
            attempts: report.requests.map { AttemptReport($0) },
            serverAddress: attempted ? report.serverAddress : nil,
            serverPort: attempted ? Int(report.serverPort) : nil)
    }
}

extension AttemptReport {
    fileprivate init(_ attempt: NativeAttempt) {
        self.init(
            method: attempt.method, route: attempt.route, begun: .nanoseconds(attempt.begun),
            ended: .nanoseconds(attempt.ended), status: attempt.status.map { Int($0) },
            errorType: attempt.errorType, resendCount: Int(attempt.resends),
            wait: attempt.wait.map { .nanoseconds($0) }, requestID: attempt.requestId)
    }
}

extension PasslockError {
    /// What stands for a mistake of the SDK's own.
    fileprivate static let mistaken = PasslockError(
        kind: .internal, message: "internal error in the Passlock SDK; please report this bug")

    /// What was thrown at the boundary, other than that the call was cancelled.
    init(crossing error: any Error) {
        if let error = error as? NativeError, case .Failed(let fields) = error {
            self.init(fields)
        } else {
            // The generated code's own errors, one of which holds the text of a panic: nobody has checked it for secrets.
            self = .mistaken
        }
    }

    fileprivate init(_ fields: [String: String]) {
        self.init(
            kind: Kind(rawValue: fields["kind"] ?? Kind.internal.rawValue),
            message: fields["message"] ?? "",
            operation: fields["operation"].map(Operation.init(rawValue:)),
            status: fields["status"].flatMap { Int($0) },
            tag: fields["tag"],
            detail: fields["detail"],
            requestID: fields["requestId"],
            // A server says what it likes, and `Duration` ends the process for more than it can hold.
            retryAfter: fields["retryAfter"].flatMap { Double($0) }.map { .seconds(min($0, 9e18)) },
            attempts: fields["attempts"].flatMap { Int($0) } ?? 0,
            isRetryable: fields["retryable"] == "true",
            limit: fields["limit"].map(Limit.init(rawValue:)),
            claim: fields["claim"].map(Claim.init(rawValue:)),
            hint: fields["hint"].map(Hint.init(rawValue:)),
            isApplied: fields["applied"] == "true",
            cause: fields["cause"],
            suggestedStatus: fields["suggestedStatus"].flatMap { Int($0) },
            isLoginRefused: fields["isLoginRefused"].map { $0 == "true" }
        )
    }

    /// What to answer after an error, as it was given, or else as the core says.
    struct Suggested {
        let status: Int
        let isLoginRefused: Bool

        init(
            _ kind: Kind, _ operation: Operation?, _ tag: String?, _ hint: Hint?, status: Int?, isLoginRefused: Bool?
        ) {
            guard let status, let isLoginRefused else {
                let fields = failure(
                    kind: kind.rawValue, operation: operation?.rawValue, tag: tag, hint: hint?.rawValue, message: "")
                self.status = status ?? fields["suggestedStatus"].flatMap { Int($0) } ?? 500
                self.isLoginRefused = isLoginRefused ?? (fields["isLoginRefused"] == "true")
                return
            }
            self.status = status
            self.isLoginRefused = isLoginRefused
        }
    }
}

extension Date {
    fileprivate init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
