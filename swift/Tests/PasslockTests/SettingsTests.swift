import Foundation
import Passlock
import PasslockNative
import PasslockTesting
import Testing

@Suite("Settings")
struct SettingsTests {
    typealias Change = @Sendable (inout PasslockOptions) -> Void

    static let wrong: [(String, Change)] = [
        ("timeout", { $0.timeout = .zero }),
        ("timeout", { $0.timeout = .seconds(Int64.max) }),
        ("timeout", { $0.timeout = .seconds(Int64.min) }),
        ("attempt_timeout", { $0.attemptTimeout = .seconds(-1) }),
        ("connect_timeout", { $0.connectTimeout = .seconds(7200) }),
        ("leeway", { $0.leeway = .nanoseconds(-1) }),
        ("max_retries", { $0.maxRetries = 11 }),
        ("max_retries", { $0.maxRetries = -1 }),
        ("max_response_bytes", { $0.maxResponseBytes = 0 }),
        ("max_response_bytes", { $0.maxResponseBytes = .max }),
        ("endpoint", { $0.endpoint = "ftp://example.com" }),
        ("endpoint", { $0.endpoint = "http://example.com" }),
        ("proxy", { $0.proxy = "socks5://127.0.0.1:1" }),
        ("tenancy_id", { $0.tenancyID = ".." }),
        ("api_key", { $0.apiKey = "a\0b" }),
        ("ca_certificates", { $0.caCertificates = Data("nonsense".utf8) }),
    ]

    @Test("settings are checked when the client is made", arguments: 0..<wrong.count)
    func wrongSettings(index: Int) async throws {
        let (name, change) = Self.wrong[index]
        var options = PasslockOptions(tenancyID: "tenancy-1", apiKey: key)
        change(&options)
        let error = try await failure { try PasslockClient(options) }
        #expect(error.kind == .config && error.operation == nil)
        let said = error.message.lowercased().replacingOccurrences(of: "_", with: "")
        #expect(said.contains(name.replacingOccurrences(of: "_", with: "")), "\(error)")
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
