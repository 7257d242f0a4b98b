import Foundation
import Passlock
@testable import PasslockTesting
import Testing

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
            let port = try #require(URLComponents(string: address)?.port.flatMap(UInt16.init(exactly:)))

            let token = try await emulator.issueToken(for: "user-1")
            #expect(try await post(token, to: port) == "200 user-1 has logged in by passkey")
            try await emulator.advance(by: .seconds(400))
            #expect(try await post(token, to: port).hasPrefix("401 "))
            #expect(try await post("", to: port).hasPrefix("400 "))
            try await emulator.fault(.status(403))
            #expect(try await post("token-canary", to: port).hasPrefix("503 "))
            let logged = String(bytes: errors.fileHandleForReading.availableData, encoding: .utf8) ?? ""
            #expect(logged.contains("login failed: forbidden") && !logged.contains("canary"), "\(logged)")
        }
    }

    private func post(_ body: String, to port: UInt16) async throws -> String {
        let answer = try await onThread {
            let socket = try Socket.connect(to: port)
            let head = "POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-length: \(body.utf8.count)\r\n\r\n"
            try socket.write(Data((head + body).utf8))
            return try String(decoding: socket.readAll(), as: UTF8.self)
        }
        let parts = answer.components(separatedBy: "\r\n\r\n")
        let status = parts[0].split(separator: " ").dropFirst().first ?? ""
        return "\(status) \(parts.dropFirst().first ?? "")"
    }

    /// A program of the package lies beside its tests.
    private func built(_ name: String) throws -> URL {
        let tests = try #require(CommandLine.arguments.first { $0.contains("PackageTests.xctest") })
        let bundle = try #require(tests.range(of: "/[^/]*PackageTests.xctest.*$", options: .regularExpression))
        return URL(fileURLWithPath: String(tests[..<bundle.lowerBound])).appendingPathComponent(name)
    }
}
