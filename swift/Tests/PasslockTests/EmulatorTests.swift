import Foundation
import Passlock
@testable import PasslockTesting
import Testing

/// The test helper itself, as the package's users have it.
@Suite("Test helper")
struct EmulatorTests {
    @Test("it starts, resets and stops")
    func lifecycle() async throws {
        let emulator = try await PasslockEmulator.start()
        let user = try await emulator.addUser(email: "ada@example.com")
        let client = try PasslockClient(emulator.options)
        let token = try await emulator.issueToken(for: user.sub, singleUse: true)
        #expect(try await client.exchangeToken(token).sub == user.sub)
        #expect(try await failure { try await client.exchangeToken(token) }.kind == .notFound)
        #expect(try await emulator.journal().count == 2)
        try await emulator.reset()
        #expect(try await emulator.journal().isEmpty)
        #expect(try await failure { try await client.getUser(user.sub) }.kind == .notFound)
        emulator.stop()
        emulator.stop()
        await #expect(throws: EmulatorError.self) { try await emulator.journal() }
    }

    @Test("one that nobody holds has stopped")
    func forgotten() async throws {
        var emulator: PasslockEmulator? = try await PasslockEmulator.start()
        let options = try #require(emulator?.options)
        emulator = nil
        let client = try PasslockClient(options)
        try await eventually { try await failure { try await client.getUser("u") }.kind == .connection }
    }

    @Test("what it refuses is told")
    func refusals() async throws {
        try await withEmulator { emulator in
            do {
                try await emulator.fault(Fault("no-such-fault"))
                Issue.record("no error")
            } catch let error as EmulatorError {
                #expect(error.localizedDescription.contains("no-such-fault"), "\(error)")
            }
        }
    }

    @Test("it finds the program, or says how to get it")
    func finding() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("passlock-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = folder.appendingPathComponent("passlock").path
        #expect(
            FileManager.default.createFile(atPath: program, contents: Data(), attributes: [.posixPermissions: 0o755]))
        #expect(try Program.find(in: ["PASSLOCK_CLI": "/named/passlock", "PATH": folder.path]) == "/named/passlock")
        #expect(try Program.find(in: ["PASSLOCK_CLI": "", "PATH": "/nowhere:\(folder.path)"]) == program)
        for environment in [["PATH": "/nowhere"], [:]] {
            do {
                _ = try Program.find(in: environment)
                Issue.record("no error")
            } catch let error as EmulatorError {
                #expect(error.description.contains("PASSLOCK_CLI") && error.description.contains("cargo build"))
            }
        }
        do {
            _ = try Program(at: "/nowhere/passlock", [])
            Issue.record("no error")
        } catch let error as EmulatorError {
            #expect(error.description.contains("/nowhere/passlock") && error.description.contains("cargo build"))
        }
    }

    @Test("a program that ends at once is told")
    func otherProgram() async throws {
        let program = try Program(at: "/bin/sh", ["-c", "exit 7"])
        do {
            _ = try await program.firstLine()
            Issue.record("no error")
        } catch let error as EmulatorError {
            #expect(error.description.contains("status 7"), "\(error)")
        }
    }
}
