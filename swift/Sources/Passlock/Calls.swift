// Making calls: the cheap way, and the one that reports on them.

import Foundation
internal import PasslockNative

/// Makes a client's calls.
struct Calls: Sendable {
    let native: NativeClient
    let observer: (@Sendable (CallReport) -> Void)?

    /// Makes a call.
    @inline(__always)
    func run(_ request: NativeRequest) async throws -> NativeValue {
        guard observer == nil else { return try await observed(request).value }
        return try await native.call(request)
    }

    /// Makes a call, and returns its details too.
    func runWithInfo(_ request: NativeRequest) async throws -> (value: NativeValue, info: CallInfo) {
        guard observer == nil else { return try await observed(request) }
        let observed = try await native.observe(request, .call)
        return (try observed.get(), CallInfo(observed.report))
    }

    /// Makes a call, and reports it to the observer: on the caller's own task, because an observer needs its task-local values to
    /// find the parent span.
    private func observed(_ request: NativeRequest) async throws -> (value: NativeValue, info: CallInfo) {
        let begun = Date()
        let clock = ContinuousClock()
        let start = clock.now
        let ended: NativeObserved
        do {
            ended = try await native.observe(request, .attempts)
        } catch {
            // It was cancelled, or could not begin: there is no report from Rust.
            let type = (error as? PasslockError)?.kind.rawValue ?? "cancelled"
            let info = CallInfo(elapsed: clock.now - start)
            observer?(CallReport(operation: request.operation, begun: begun, info: info, errorType: type))
            throw error
        }
        let info = CallInfo(ended.report)
        observer?(CallReport(request.operation, begun, info, ended))
        return (try ended.get(), info)
    }
}
