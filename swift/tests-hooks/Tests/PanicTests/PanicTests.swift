import Foundation
import Passlock
import Testing

@Suite("Panics", .serialized)
struct PanicTests {
    /// The hooks panic with the text that they are given, as a bug may: here the token.
    private let panic = "passlock-test-hooks:panic"
    private let options = PasslockOptions(
        tenancyID: "tenancy-1", apiKey: "key-canary-0123456789", endpoint: "http://127.0.0.1:9", maxRetries: 0)

    @Test("a panic is a typed error, and the process lives on")
    func panics() async throws {
        let printed = try await standardError {
            var panicking = options
            panicking.tenancyID = panic
            // First of all: nothing has been set up by a client that was made before.
            isBug(try await failure { _ = try PasslockClient(panicking) })
            let client = try PasslockClient(options)
            isBug(try await failure { _ = try await client.exchangeToken(panic) })
            isBug(try await failure { _ = try await client.getUser(panic) })
            isBug(try await failure { _ = try await client.updateUser(panic, with: UserUpdate(givenName: "Ada")) })
            isBug(try await failure { _ = try await client.getUserWithInfo(panic) })
            // The library goes on as if nothing had happened.
            #expect(try await failure { _ = try await client.getUser("user-1") }.kind == .connection)
        }
        // A panic's own text has not been checked for secrets.
        #expect(printed.isEmpty, "\(printed)")
    }

    @Test("16 panics at once leave the client as it was")
    func manyPanics() async throws {
        let client = try PasslockClient(options)
        var kinds: [PasslockError.Kind: Int] = [:]
        let printed = try await standardError {
            kinds = try await withThrowingTaskGroup(of: PasslockError.Kind.self) { group in
                for index in 0..<16 {
                    let sub = index % 2 == 0 ? panic : "user-1"
                    group.addTask { try await failure { _ = try await client.getUser(sub) }.kind }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
        }
        #expect(kinds == [.internal: 8, .connection: 8])
        #expect(printed.isEmpty, "\(printed)")
    }

    private func isBug(_ error: PasslockError, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(
            error.kind == .internal && error.message.contains("please report this bug"), sourceLocation: sourceLocation)
        // Where it was is told; with what words is not.
        #expect(error.cause?.contains("a panic at ") == true, sourceLocation: sourceLocation)
        #expect(!error.debugDescription.contains(panic), sourceLocation: sourceLocation)
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

/// What this process prints to standard error meanwhile.
private func standardError(_ work: () async throws -> Void) async throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("passlock-\(UUID())").path
    let file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    let original = dup(STDERR_FILENO)
    try #require(file >= 0 && original >= 0 && dup2(file, STDERR_FILENO) >= 0)
    defer {
        close(file)
        close(original)
        unlink(path)
    }
    let result: Result<Void, any Error>
    do { result = .success(try await work()) } catch { result = .failure(error) }
    try #require(dup2(original, STDERR_FILENO) >= 0)
    try result.get()
    return try String(contentsOfFile: path, encoding: .utf8)
}
