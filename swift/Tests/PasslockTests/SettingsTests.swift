import Foundation
import Passlock
import PasslockNative
import PasslockTesting
import Testing

@testable import VectorRunner

@Suite("Settings")
struct SettingsTests {
    typealias Change = @Sendable (inout PasslockOptions) -> Void

    static let wrong: [(String, Change)] = [
        ("timeout", { $0.timeout = .zero }),
        ("timeout", { $0.timeout = .seconds(Int64.max) }),
        ("timeout", { $0.timeout = .seconds(Int64.min) }),
        ("attemptTimeout", { $0.attemptTimeout = .seconds(-1) }),
        ("connectTimeout", { $0.connectTimeout = .seconds(7200) }),
        ("leeway", { $0.leeway = .nanoseconds(-1) }),
        ("maxRetries", { $0.maxRetries = 11 }),
        ("maxRetries", { $0.maxRetries = -1 }),
        ("maxResponseBytes", { $0.maxResponseBytes = 0 }),
        ("maxResponseBytes", { $0.maxResponseBytes = .max }),
        ("endpoint", { $0.endpoint = "ftp://example.com" }),
        ("endpoint", { $0.endpoint = "http://example.com" }),
        ("proxy", { $0.proxy = "socks5://127.0.0.1:1" }),
        ("tenancyID", { $0.tenancyID = ".." }),
        ("apiKey", { $0.apiKey = "a\0b" }),
        ("appInfo", { $0.appInfo = "my-app\r\nX-Injected: 1" }),
        ("headers", { $0.headers = ["Authorization": "canary"] }),
        ("caCertificates", { $0.caCertificates = Data("nonsense".utf8) }),
    ]

    @Test("settings are checked when the client is made", arguments: 0..<wrong.count)
    func wrongSettings(index: Int) async throws {
        let (name, change) = Self.wrong[index]
        var options = PasslockOptions(tenancyID: "tenancy-1", apiKey: key)
        change(&options)
        let error = try await failure { try PasslockClient(options) }
        #expect(error.kind == .config && error.operation == nil)
        // As it is written here.
        #expect(error.message.hasPrefix("\(name) "), "\(error)")
    }

    @Test("settings and fields are named as they are written here, whatever the error")
    func names() async throws {
        try await withEmulator { emulator in
            let plain = try await failure { try emulator.client { $0.endpoint = "http://example.com" } }
            #expect(plain.message.contains("allowHTTP allows it"), "\(plain)")
            let other = try emulator.client { $0.apiKey = "another-key" }
            let refused = try await failure { try await other.getUser("user-1") }
            #expect(refused.message.contains("check apiKey and tenancyID (401)"), "\(refused)")
            let empty = try await failure { try await other.updateUser("user-1", with: UserUpdate()) }
            #expect(empty.message.contains("givenName, familyName or emailVerified"), "\(empty)")
            // But not what the service says.
            let body = #"{"_tag":"Unauthorized","message":"no tenancyId"}"#
            try await emulator.fault(.status(401, body: body))
            let quoted = try await failure { try await other.getUser("user-1") }
            #expect(quoted.message.contains("tenancyID (401): no tenancyId"), "\(quoted)")
        }
    }

    @Test("what is missing is named with its variable")
    func missing() async throws {
        var options = PasslockOptions()
        options.environment = [:]
        let error = try await failure { try PasslockClient(options) }
        #expect(error.kind == .config && error.message.contains("PASSLOCK_TENANCY_ID"))
    }

    @Test("the environment stands behind what is given")
    func environment() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            var options = PasslockOptions(maxRetries: 0)
            options.environment = [
                "PASSLOCK_TENANCY_ID": emulator.tenancyID, "PASSLOCK_API_KEY": "\(emulator.apiKey)\n",
                "PASSLOCK_ENDPOINT": emulator.endpoint,
            ]
            #expect(try await PasslockClient(options).getUser("user-1").givenName == "Ada")
            options.apiKey = "another-key"
            let error = try await failure { try await PasslockClient(options).getUser("user-1") }
            #expect(error.kind == .unauthorized)
        }
    }

    @Test("versions agree")
    func version() throws {
        #expect(try PasslockNative.version() == workspaceVersion())
    }
}
