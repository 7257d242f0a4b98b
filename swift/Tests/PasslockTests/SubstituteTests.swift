import Foundation
import Passlock
import PasslockTesting
import Testing

/// What an application's own tests put in a client's place.
@Suite("Substitutes")
struct SubstituteTests {
    @Test("an application's code runs on a client and on a substitute")
    func substitutes() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let token = try await emulator.issueToken(for: "user-1")
            #expect(await greeting(try emulator.client(), token) == "Hello Ada")
            #expect(await greeting(try emulator.client(), "unknown") == "please log in again")
        }
        #expect(await greeting(FakePasslock(), "token-1") == "Hello Grace")
        #expect(await greeting(FakePasslock(), "unknown") == "please log in again")
    }

    @Test("a substitute gets the settings of a call, however they are given")
    func settings() async throws {
        let fake = FakePasslock()
        let any: any PasslockOperations = fake
        _ = try await any.exchangeToken(
            "token-1", timeout: .seconds(1), issuer: "i", requireUserVerified: true, authTypes: [.email], maxRetries: 4)
        _ = try await any.exchangeToken("token-1", requireUserVerified: true)
        _ = try await any.exchangeToken("token-1")
        _ = try await any.getUser("user-1", timeout: .seconds(2))
        _ = try await any.updateUser("user-1", with: UserUpdate(givenName: "Ada"), timeout: .seconds(3))
        _ = try await any.exchangeTokenWithInfo("token-1", issuer: "i", authTypes: [.email], maxRetries: 5)
        _ = try await any.getUserWithInfo("user-1", maxRetries: 6)
        _ = try await any.updateUserWithInfo("user-1", with: UserUpdate(givenName: "Ada"), maxRetries: 7)
        let expected = [
            CallOptions(
                timeout: .seconds(1), issuer: "i", requireUserVerified: true, authTypes: [.email], maxRetries: 4),
            CallOptions(requireUserVerified: true), CallOptions(), CallOptions(timeout: .seconds(2)),
            CallOptions(timeout: .seconds(3)), CallOptions(issuer: "i", authTypes: [.email], maxRetries: 5),
            CallOptions(maxRetries: 6), CallOptions(maxRetries: 7),
        ]
        #expect(fake.seen.all == expected)
    }

    @Test("a substitute only needs the operations: the details of its calls say that nothing was sent")
    func defaults() async throws {
        let fake: any PasslockOperations = FakePasslock()
        let (principal, info) = try await fake.exchangeTokenWithInfo("token-1")
        #expect(principal == .ofAda() && info == CallInfo() && info.attempts == 0)
        #expect(try await fake.getUserWithInfo("user-1").user.givenName == "Grace")
        let update = UserUpdate(givenName: "Augusta")
        #expect(try await fake.updateUserWithInfo("user-1", with: update).user.givenName == "Augusta")
        try await fake.warmUp()
    }

    /// An application's code.
    private func greeting(_ passlock: any PasslockOperations, _ token: String) async -> String {
        do {
            let principal = try await passlock.exchangeToken(token, timeout: .seconds(20))
            return "Hello \(try await passlock.getUser(principal.sub).givenName ?? "you")"
        } catch PasslockError.Kind.notFound {
            return "please log in again"
        } catch {
            return "\(error)"
        }
    }
}

private struct FakePasslock: PasslockOperations {
    let seen = Seen()

    func exchangeToken(_ token: String, options: CallOptions) async throws -> Principal {
        seen.add(options)
        guard token == "token-1" else {
            throw PasslockError(
                kind: .notFound, message: "the token has expired", operation: .exchangeToken, status: 404)
        }
        return .ofAda()
    }

    func getUser(_ sub: String, options: CallOptions) async throws -> User {
        seen.add(options)
        return User(sub: sub, email: "grace@example.com", givenName: "Grace")
    }

    func updateUser(_ sub: String, with update: UserUpdate, options: CallOptions) async throws -> User {
        seen.add(options)
        return User(sub: sub, email: "grace@example.com", givenName: update.givenName)
    }
}

/// The options of calls, in their order.
private final class Seen: @unchecked Sendable {
    private let lock = NSLock()
    private var options: [CallOptions] = []

    var all: [CallOptions] { lock.withLock { options } }

    func add(_ more: CallOptions) {
        lock.withLock { options.append(more) }
    }
}
