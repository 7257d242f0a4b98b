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
            example.environment = [
                "PASSLOCK_TENANCY_ID": emulator.tenancyID, "PASSLOCK_API_KEY": "\(emulator.apiKey)\n",
                "PASSLOCK_ENDPOINT": emulator.endpoint, "PORT": "0", "ORIGIN": origin,
            ]
            let (output, errors) = (Pipe(), Pipe())
            example.standardOutput = output
            example.standardError = errors
            try example.run()
            defer { example.terminate() }
            let address = try #require(
                String(bytes: output.fileHandleForReading.availableData, encoding: .utf8)?
                    .trimmingCharacters(in: .newlines))
            let login = try #require(URL(string: "\(address)/login"))

            let token = try await emulator.issueToken(for: "user-1")
            let (status, session) = try await post(token, to: login)
            #expect(status == "204" && session.contains("session=") && session.contains("HttpOnly"), "\(session)")
            #expect(try await post(token, to: login, from: "http://localhost:1").status == "403")
            try await emulator.advance(by: .seconds(400))
            #expect(try await post(token, to: login).status == "401")
            #expect(try await post("", to: login).status == "401")
            try await emulator.fault(.status(429, headers: ["retry-after": "60"]))
            #expect(try await post(token, to: login).status == "503 (60)")
            try await emulator.reset()
            try await emulator.fault(.status(403))
            #expect(try await post("token-canary", to: login).status == "500")
            let logged = String(bytes: errors.fileHandleForReading.availableData, encoding: .utf8) ?? ""
            #expect(logged.contains("login failed: forbidden") && !logged.contains("canary"), "\(logged)")
        }
    }

    private let origin = "http://localhost:3000"

    /// The status, with the seconds to wait, and the cookie that was set.
    private func post(
        _ token: String, to url: URL, from origin: String? = nil
    ) async throws -> (status: String, cookie: String) {
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.setValue(origin ?? self.origin, forHTTPHeaderField: "origin")
        request.httpBody = try JSONEncoder().encode(["token": token])
        let (_, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        let wait = http.value(forHTTPHeaderField: "retry-after").map { " (\($0))" } ?? ""
        return ("\(http.statusCode)\(wait)", http.value(forHTTPHeaderField: "set-cookie") ?? "")
    }

    /// A program of the package is next to its tests.
    private func built(_ name: String) throws -> URL {
        let tests = try #require(CommandLine.arguments.first { $0.contains("PackageTests.xctest") })
        let bundle = try #require(tests.range(of: "/[^/]*PackageTests.xctest.*$", options: .regularExpression))
        return URL(fileURLWithPath: String(tests[..<bundle.lowerBound])).appendingPathComponent(name)
    }
}
