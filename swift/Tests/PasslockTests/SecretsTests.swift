import Foundation
import Passlock
import PasslockTesting
import Testing

/// No text that anybody may be shown contains a secret.
@Suite("Secrets")
struct SecretsTests {
    private let token = "token-canary-0123456789"

    @Test("no error holds a secret")
    func errors() async throws {
        try await withEmulator { emulator in
            let client = try emulator.client { $0.attemptTimeout = .milliseconds(300) }
            hidden(try await failure { try await client.exchangeToken(token) })
            let faults: [Fault] = [
                .hang, .reset, .garbage, .truncate, .status(401), .status(500, body: "<html>"),
                .redirect(to: "http://other.test/"),
            ]
            for fault in faults {
                try await emulator.fault(fault)
                hidden(try await failure { try await client.exchangeToken(token) })
            }
            // What the server says of the request is no secret of ours until it repeats one.
            try await emulator.fault(
                .status(400, body: #"{"_tag":"BadRequest","message":"m","detail":"\#(token) \#(key)"}"#))
            hidden(try await failure { try await client.exchangeToken(token) })
            hidden(try await failure { try await client.exchangeToken("\(token)\n") })
            hidden(try await failure { try emulator.client { $0.apiKey = "\(key) \0" } })
            hidden(try await failure { try emulator.client { $0.proxy = "socks5://user:proxy-canary@127.0.0.1:1" } })
            hidden(try await failure { try emulator.client { $0.proxy = "http://user:proxy-canary@" } })
            hidden(try await failure { try emulator.client { $0.headers = ["x-app": "header-canary\n"] } })
            let gateway = try emulator.client { $0.headers = ["x-gateway-key": "header-canary"] }
            try await emulator.fault(.status(400, body: #"{"_tag":"BadRequest","message":"no header-canary"}"#))
            hidden(try await failure { try await gateway.getUser("user-1") })
        }
    }

    @Test("no description, dump or mirror holds a secret")
    func descriptions() async throws {
        try await withEmulator { emulator in
            var options = emulator.options
            options.proxy = "http://user:proxy-canary@127.0.0.1:1"
            options.headers = ["x-gateway-key": "header-canary"]
            options.environment = ["PASSLOCK_API_KEY": key]
            hidden(options)
            hidden([options])
            hidden(try PasslockClient(options))
            let principal = Principal.ofAda()
            hidden(principal)
            hidden([principal])
            hidden(["principal": Optional(principal)])
            hidden((principal, 1))
            #expect(principal.token == "token-canary" && principal.jti == "jti-canary")
            #expect("\(principal)".contains("sub: user-1") && "\(principal)".contains("token: [redacted]"))
            _ = try await failure { try await emulator.client().exchangeToken(token) }
            for entry in try await emulator.journal() { hidden(entry) }
        }
    }

    private func hidden(_ value: Any, sourceLocation: SourceLocation = #_sourceLocation) {
        var text = "\(value) \(String(describing: value)) \(String(reflecting: value))"
        dump(value, to: &text)
        text += mirrored(value)
        if let error = value as? any Error { text += error.localizedDescription }
        if let error = value as? PasslockError {
            let texts = [error.message, error.tag, error.detail, error.requestID, error.cause, error.errorDescription]
            text += texts.compactMap { $0 }.joined(separator: " ")
        }
        #expect(!text.contains("canary"), "a secret is shown", sourceLocation: sourceLocation)
    }

    /// All that mirrors show, however deep.
    private func mirrored(_ value: Any, depth: Int = 0) -> String {
        guard depth < 8 else { return "" }
        return Mirror(reflecting: value).children
            .map { "\($0.label ?? "") \($0.value) \(mirrored($0.value, depth: depth + 1))" }.joined(separator: " ")
    }
}
