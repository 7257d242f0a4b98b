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

/// Runs a call, so that cancelling its task ends it, and makes its failure an error of ours.
func calling<Answer: Sendable>(_ call: @Sendable (NativeCancel) async throws -> Answer) async throws -> Answer {
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

extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

extension NativeCallOptions {
    init(_ options: CallOptions) {
        self.init(
            timeout: options.timeout?.inSeconds,
            issuer: options.issuer,
            requireUserVerified: options.requireUserVerified,
            authTypes: options.authTypes?.map(\.rawValue)
        )
    }
}

extension NativeOptions {
    init(_ options: PasslockOptions) {
        self.init(
            tenancyId: options.tenancyID,
            apiKey: options.apiKey,
            endpoint: options.endpoint,
            allowHttp: options.allowHTTP,
            timeout: options.timeout?.inSeconds,
            attemptTimeout: options.attemptTimeout?.inSeconds,
            connectTimeout: options.connectTimeout?.inSeconds,
            maxRetries: options.maxRetries.map(Int64.init),
            maxResponseBytes: options.maxResponseBytes.map(Int64.init),
            proxy: options.proxy,
            caCertificates: options.caCertificates,
            leeway: options.leeway?.inSeconds,
            verifyClaims: options.verifyClaims,
            issuer: options.issuer,
            requireUserVerified: options.requireUserVerified,
            authTypes: options.authTypes?.map(\.rawValue),
            environment: options.environment ?? Self.variables(),
            fixedNow: options.now?.timeIntervalSince1970
        )
    }

    /// The part of the process's environment that settings may come from.
    private static func variables() -> [String: String] {
        let names = Set(environmentVariables())
        return ProcessInfo.processInfo.environment.filter { names.contains($0.key) }
    }
}

extension NativeUserUpdate {
    init(_ update: UserUpdate) {
        self.init(givenName: update.givenName, familyName: update.familyName, emailVerified: update.emailVerified)
    }
}

extension Principal {
    init(_ native: NativePrincipal) {
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
    init(_ native: NativeUser) {
        self.init(
            sub: native.sub,
            email: native.email,
            givenName: native.givenName,
            familyName: native.familyName,
            emailVerified: native.emailVerified
        )
    }
}

extension PasslockError {
    /// What was thrown at the boundary, other than that the call was cancelled.
    init(crossing error: any Error) {
        guard let error = error as? NativeError, case .Failed(let failure) = error else {
            // The generated code's own errors, one of which holds the text of a panic: nobody has checked it for secrets.
            self.init(
                kind: .internal, message: "internal error in the Passlock SDK; please report this bug")
            return
        }
        self.init(failure)
    }

    private init(_ failure: NativeFailure) {
        self.init(
            kind: Kind(rawValue: failure.kind),
            message: failure.message,
            operation: failure.operation.map(Operation.init(rawValue:)),
            status: failure.status.map(Int.init),
            tag: failure.tag,
            detail: failure.detail,
            requestID: failure.requestId,
            // A server says what it likes, and `Duration` ends the process for more than it can hold.
            retryAfter: failure.retryAfter.map { .seconds(min($0, 9e18)) },
            attempts: Int(failure.attempts),
            isRetryable: failure.retryable,
            limit: failure.limit.map(Limit.init(rawValue:)),
            claim: failure.claim.map(Claim.init(rawValue:)),
            hint: failure.hint.map(Hint.init(rawValue:)),
            isApplied: failure.applied,
            cause: failure.underlying
        )
    }
}

extension Date {
    fileprivate init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
