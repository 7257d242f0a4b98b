import Foundation
import Passlock
import PasslockTesting
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite("Example")
struct ExampleTests {
    /// A process of its own: so that its settings are all from the environment.
    @Test("the example logs users in, with the settings of its environment")
    func login() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let example = Process()
            example.executableURL = try built("LoginExample")
            example.arguments = ["0"]
            example.environment = [
                "PASSLOCK_TENANCY_ID": emulator.tenancyID, "PASSLOCK_API_KEY": "\(emulator.apiKey)\n",
                "PASSLOCK_ENDPOINT": emulator.endpoint,
            ]
            let (output, errors) = (Pipe(), Pipe())
            example.standardOutput = output
            example.standardError = errors
            try example.run()
            defer { example.terminate() }
            let address = try #require(
                String(bytes: output.fileHandleForReading.availableData, encoding: .utf8)?
                    .trimmingCharacters(in: .newlines))
            let login = try #require(URL(string: address))

            let token = try await emulator.issueToken(for: "user-1")
            #expect(try await post(token, to: login) == "200 user-1 has logged in by passkey")
            try await emulator.advance(by: .seconds(400))
            #expect(try await post(token, to: login).hasPrefix("401 "))
            #expect(try await post("", to: login).hasPrefix("401 "))
            try await emulator.fault(.status(429, headers: ["retry-after": "60"]))
            #expect(try await post(token, to: login) == "503 (60) logging in does not work now")
            try await emulator.reset()
            try await emulator.fault(.status(403))
            #expect(try await post("token-canary", to: login).hasPrefix("500 "))
            let logged = String(bytes: errors.fileHandleForReading.availableData, encoding: .utf8) ?? ""
            #expect(logged.contains("login failed: forbidden") && !logged.contains("canary"), "\(logged)")
        }
    }

    private func post(_ body: String, to url: URL) async throws -> String {
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = Data(body.utf8)
        let (answer, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        let wait = http.value(forHTTPHeaderField: "retry-after").map { " (\($0))" } ?? ""
        return "\(http.statusCode)\(wait) \(String(decoding: answer, as: UTF8.self))"
    }

    /// A program of the package lies beside its tests.
    private func built(_ name: String) throws -> URL {
        let tests = try #require(CommandLine.arguments.first { $0.contains("PackageTests.xctest") })
        let bundle = try #require(tests.range(of: "/[^/]*PackageTests.xctest.*$", options: .regularExpression))
        return URL(fileURLWithPath: String(tests[..<bundle.lowerBound])).appendingPathComponent(name)
    }
}
