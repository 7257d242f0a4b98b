import Foundation
import Passlock
import PasslockTesting
import Testing

@testable import VectorRunner

@Suite("Operations")
struct OperationsTests {
    @Test("a token is exchanged for its principal")
    func exchange() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let token = try await emulator.issueToken(for: "user-1")
            let before = Date()
            let principal = try await emulator.client().exchangeToken(token)
            #expect([principal.sub, principal.aud, principal.email] == ["user-1", "tenancy-1", "ada@example.com"])
            #expect([principal.givenName, principal.familyName] == ["Ada", "Lovelace"])
            #expect(principal.emailVerified == true && principal.userVerified)
            #expect(principal.authType == .passkey)
            #expect(principal.token == token)
            #expect(principal.exp.timeIntervalSince(principal.iat) == 360)
            #expect(abs(principal.iat.timeIntervalSince(before)) < 5)
            let journal = try await emulator.journal()
            #expect(journal.map(\.method) == ["GET"])
            #expect(journal.map(\.path) == ["/tenancy-1/token/\(token)"])
            let version = try workspaceVersion()
            #expect(journal[0].headers["user-agent"] == "passlock-swift/\(version)")
        }
    }

    @Test("a user is read")
    func read() async throws {
        try await withEmulator { emulator in
            let ada = try await emulator.addAda()
            let client = try emulator.client()
            #expect(try await client.getUser("user-1") == ada)
            let bob = try await emulator.addUser(email: "bob@example.com")
            #expect(try await client.getUser(bob.sub) == bob)
            #expect(bob.givenName == nil && !bob.emailVerified && bob != ada)
        }
    }

    @Test("a user is changed, field by field")
    func update() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let client = try emulator.client()
            let changed = try await client.updateUser("user-1", with: UserUpdate(givenName: "Augusta"))
            #expect([changed.givenName, changed.familyName] == ["Augusta", "Lovelace"])
            let emptied = try await client.updateUser(
                "user-1", with: UserUpdate(familyName: "", emailVerified: false))
            #expect(emptied.familyName == "" && !emptied.emailVerified && emptied.givenName == "Augusta")
            #expect(try await client.getUser("user-1") == emptied)
            #expect(try await emulator.journal()[0].body == #"{"givenName":"Augusta"}"#)
        }
    }

    @Test("an update without a field is refused before it is sent")
    func emptyUpdate() async throws {
        try await withEmulator { emulator in
            let error = try await failure { try await emulator.client().updateUser("user-1", with: UserUpdate()) }
            #expect(error.kind == .invalidInput)
            #expect(error.operation == .updateUser)
            #expect(try await emulator.journal().isEmpty)
        }
    }

    @Test("warming up opens the connection that the first call takes")
    func warmUp() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let client = try emulator.client()
            try await client.warmUp()
            #expect(try await client.getUser("user-1").givenName == "Ada")
            let journal = try await emulator.journal()
            #expect(journal.map(\.path) == ["/tenancy-1/connection/pre-connect", "/tenancy-1/user/user-1"])
            #expect(journal.map { $0.headers["authorization"] == nil } == [true, false])
            #expect(Set(journal.map(\.connection)).count == 1)
            let unplugged = try emulator.client { $0.endpoint = "http://127.0.0.1:1" }
            let error = try await failure { try await unplugged.warmUp(timeout: .seconds(20), maxRetries: 1) }
            #expect(error.kind == .connection && error.operation == nil && error.attempts == 2)
        }
    }

    @Test("settings of one call differ from the client's")
    func settingsOfOneCall() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let token = try await emulator.issueToken(for: "user-1", authType: .email, userVerified: false)
            let client = try emulator.client()
            #expect(try await client.exchangeToken(token).authType == .email)
            let issuer = try await failure { try await client.exchangeToken(token, issuer: "https://other.example") }
            #expect(issuer.kind == .claims && issuer.claim == .iss)
            let verified = try await failure { try await client.exchangeToken(token, requireUserVerified: true) }
            #expect(verified.kind == .claims && verified.claim == .userVerified)
            let type = try await failure { try await client.exchangeToken(token, authTypes: [.passkey, .apple]) }
            #expect(type.kind == .claims && type.claim == .authType)
            try await emulator.fault(.hang, times: 3)
            let short = Duration.milliseconds(200)
            let limited = [
                try await failure { try await client.exchangeToken(token, timeout: short) },
                try await failure { try await client.getUser("user-1", timeout: short) },
                try await failure {
                    try await client.updateUser("u", with: UserUpdate(givenName: "A"), timeout: short)
                },
            ]
            #expect(limited.map(\.kind) == [.timeout, .timeout, .timeout])
            #expect(limited.map(\.limit) == [.timeout, .timeout, .timeout])
        }
    }

    @Test("claims are checked unless that is switched off")
    func claims() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let token = try await emulator.issueToken(for: "user-1")
            let late = Date(timeIntervalSinceNow: 3600)
            let error = try await failure { try await emulator.client { $0.now = late }.exchangeToken(token) }
            #expect(error.claim == .exp)
            let lenient = try emulator.client {
                $0.now = late
                $0.leeway = .seconds(3600)
            }
            #expect(try await lenient.exchangeToken(token).sub == "user-1")
            let trusting = try emulator.client {
                $0.now = late
                $0.verifyClaims = false
            }
            #expect(try await trusting.exchangeToken(token).sub == "user-1")
        }
    }

    @Test("what has expired is not found")
    func expired() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let token = try await emulator.issueToken(for: "user-1")
            try await emulator.advance(by: .seconds(361))
            let error = try await failure { try await emulator.client().exchangeToken(token) }
            #expect(error.kind == .notFound && error.status == 404 && error.tag == "NotFound")
        }
    }

    @Test("any text is one segment of the path")
    func segments() async throws {
        try await withEmulator { emulator in
            let client = try emulator.client()
            for sub in ["../token/x", "a b", "ü", "😀", "%2e%2e", "a?b#c"] {
                #expect(try await failure { try await client.getUser(sub) }.kind == .notFound)
            }
            for path in try await emulator.journal().map(\.path) {
                #expect(path.hasPrefix("/tenancy-1/user/") && path.filter { $0 == "/" }.count == 3)
            }
        }
    }

    @Test("models are values")
    func values() throws {
        #expect(Principal.ofAda() == Principal.ofAda())
        #expect(Principal.ofAda().hashValue == Principal.ofAda().hashValue)
        #expect(Principal.ofAda() != Principal.ofAda(sub: "user-2"))
        #expect(UserUpdate(givenName: "Ada") == UserUpdate(givenName: "Ada", familyName: nil))
        #expect(AuthType(rawValue: "google") == .google)
        let user = User(sub: "user-1", email: "ada@example.com", givenName: "Ada")
        #expect(!user.emailVerified)
        let json = try JSONEncoder().encode(user)
        #expect(try JSONDecoder().decode(User.self, from: json) == user)
        #expect(String(decoding: json, as: UTF8.self).contains("\"givenName\":\"Ada\""))
    }
}

extension PasslockClient {
    /// Calls an operation, for tests of what holds for each.
    func carryOut(_ operation: PasslockError.Operation) async throws {
        switch operation {
        case .exchangeToken: _ = try await exchangeToken("token-1")
        case .getUser: _ = try await getUser("user-1")
        case .updateUser: _ = try await updateUser("user-1", with: UserUpdate(givenName: "Ada"))
        default: Issue.record("no test calls \(operation)")
        }
    }
}
