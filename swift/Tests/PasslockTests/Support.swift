import Foundation
import Passlock
import PasslockTesting
import Testing

let key = "key-canary-0123456789"

/// Runs a test with an emulator of its own.
func withEmulator<Value>(_ work: (PasslockEmulator) async throws -> Value) async throws -> Value {
    let emulator = try await PasslockEmulator.start(tenancyID: "tenancy-1", apiKey: key)
    defer { emulator.stop() }
    return try await work(emulator)
}

extension PasslockEmulator {
    /// A client of this emulator: no retries, so that every fault is seen, and limits longer than any test waits, so that a
    /// connection that ends was ended by what the test does.
    func client(_ configure: (inout PasslockOptions) -> Void = { _ in }) throws -> PasslockClient {
        var options = options
        options.maxRetries = 0
        options.timeout = .seconds(30)
        options.attemptTimeout = .seconds(30)
        configure(&options)
        return try PasslockClient(options)
    }

    @discardableResult
    func addAda() async throws -> User {
        try await addUser(
            email: "ada@example.com", sub: "user-1", givenName: "Ada", familyName: "Lovelace", emailVerified: true)
    }

    /// The one request so far, when it has ended.
    func endOfOnlyRequest() async throws -> JournalEntry {
        try await eventually {
            let journal = try await journal()
            return journal.count == 1 && journal[0].outcome != .pending
        }
        return try await journal()[0]
    }

    func waitForRequest() async throws {
        try await eventually { try await !journal().isEmpty }
    }
}

/// The error of a call that must fail with one of ours.
func failure(
    _ work: () async throws -> Any?, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> PasslockError {
    do {
        let value = try await work()
        Issue.record("no error, but \(String(describing: value))", sourceLocation: sourceLocation)
        throw NoError()
    } catch let error as PasslockError {
        return error
    }
}

struct NoError: Error {}

/// Waits until something holds that comes about in another task or process.
func eventually(
    within limit: Duration = .seconds(10),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ holds: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !holds() {
        guard ContinuousClock.now < deadline else {
            Issue.record("it did not come about in \(limit)", sourceLocation: sourceLocation)
            throw NoError()
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

extension Principal {
    static func ofAda(sub: String = "user-1") -> Principal {
        let time = Date(timeIntervalSince1970: 0)
        return Principal(
            iss: "https://idp.passlock.dev", aud: "tenancy-1", sub: sub, iat: time, nbf: time, exp: time,
            jti: "jti-canary",
            token: "token-canary", userVerified: true, authType: .passkey, authID: "auth-1")
    }
}
