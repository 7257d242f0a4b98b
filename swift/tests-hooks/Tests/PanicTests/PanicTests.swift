import Passlock
import Testing

@Suite("Panics")
struct PanicTests {
    private let panic = "passlock-test-hooks:panic"
    private let options = PasslockOptions(
        tenancyID: "tenancy-1", apiKey: "key-canary-0123456789", endpoint: "http://127.0.0.1:9", maxRetries: 0)

    @Test("a panic is a typed error, and the process lives on")
    func panics() async throws {
        let client = try PasslockClient(options)
        isBug(try await failure { _ = try await client.exchangeToken(panic) })
        isBug(try await failure { _ = try await client.getUser(panic) })
        isBug(try await failure { _ = try await client.updateUser(panic, with: UserUpdate(givenName: "Ada")) })
        var panicking = options
        panicking.tenancyID = panic
        isBug(try await failure { _ = try PasslockClient(panicking) })
        // The library goes on as if nothing had happened.
        #expect(try await failure { _ = try await client.getUser("user-1") }.kind == .connection)
    }

    @Test("16 panics at once leave the client as it was")
    func manyPanics() async throws {
        let client = try PasslockClient(options)
        let kinds = try await withThrowingTaskGroup(of: PasslockError.Kind.self) { group in
            for index in 0..<16 {
                let sub = index % 2 == 0 ? panic : "user-1"
                group.addTask { try await failure { _ = try await client.getUser(sub) }.kind }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(kinds == [.internal: 8, .connection: 8])
    }

    private func isBug(_ error: PasslockError, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(error.kind == .internal && error.message.contains("please report this bug"), sourceLocation: sourceLocation)
        // The panic's own text has not been checked for secrets.
        #expect(!error.debugDescription.contains("asked for by a test"), sourceLocation: sourceLocation)
    }
}

/// The error of a call that must fail with one of ours.
private func failure(_ work: () async throws -> Void) async throws -> PasslockError {
    do {
        try await work()
    } catch let error as PasslockError {
        return error
    }
    throw NoError()
}

private struct NoError: Error {}
