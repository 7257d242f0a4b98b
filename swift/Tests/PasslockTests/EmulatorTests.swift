import Foundation
import Passlock
@testable import PasslockTesting
import Sockets
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
        // Another test's emulator may listen on the same port next: it refuses the key.
        let gone: Set<PasslockError.Kind> = [.connection, .unauthorized]
        try await eventually { gone.contains(try await failure { try await client.getUser("u") }.kind) }
    }

    @Test("a token lives as long as it is told to")
    func timeToLive() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let token = try await emulator.issueToken(for: "user-1", ttlSeconds: 600)
            try await emulator.advance(by: .seconds(540))
            #expect(try await emulator.client { $0.verifyClaims = false }.exchangeToken(token).sub == "user-1")
            try await emulator.advance(by: .seconds(61))
            #expect(try await failure { try await emulator.client().exchangeToken(token) }.kind == .notFound)
        }
    }

    @Test("a fault meets its method alone, and the journal names operations")
    func methods() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            try await emulator.fault(.status(503), method: "PATCH")
            let client = try emulator.client()
            #expect(try await client.getUser("user-1").sub == "user-1")
            let update = UserUpdate(givenName: "Augusta")
            #expect(try await failure { try await client.updateUser("user-1", with: update) }.kind == .server)
            #expect(try await emulator.journal().map(\.operation) == ["get_user", "update_user"])
        }
    }

    @Test("what it refuses is told")
    func refusals() async throws {
        try await withEmulator { emulator in
            let error = try await refusal { try await emulator.fault(Fault("no-such-fault")) }
            #expect(error.localizedDescription.contains("no-such-fault"), "\(error)")
        }
    }

    @Test("it finds the program, or says how to get it")
    func finding() async throws {
        let folder = try Folder()
        let program = try folder.program("passlock-cli", "exit 0")
        // A folder of that name is no program.
        let other = try Folder()
        try FileManager.default.createDirectory(
            atPath: "\(other.path)/passlock-cli", withIntermediateDirectories: false)
        #expect(try Program.find(in: ["PASSLOCK_CLI": "/named/cli", "PATH": folder.path]) == "/named/cli")
        #expect(
            try Program.find(in: ["PASSLOCK_CLI": "", "PATH": "/nowhere:\(other.path):\(folder.path)"]) == program)
        for environment in [["PATH": "/nowhere"], ["PATH": other.path], [:]] {
            let error = try await refusal { try Program.find(in: environment) }
            #expect(error.description.contains("PASSLOCK_CLI") && error.description.contains("cargo build"))
        }
        let error = try await refusal { try await PasslockEmulator.start("/nowhere/passlock-cli") }
        #expect(error.description.contains("/nowhere/passlock-cli") && error.description.contains("cargo build"))
    }

    @Test("another program of that name is told apart, and killed with all that it has started")
    func strangers() async throws {
        let silent = try Socket.listening()
        let strangers = [
            ("echo Passlock CLI 2.0", "is not the Passlock SDK's program"),
            ("echo '{}'", "is not the Passlock SDK's program"),
            ("yes | tr -d '\\n'", "is not the Passlock SDK's program"),
            (ready(control: "nonsense"), "is not the Passlock SDK's program"),
            (ready(control: "http://127.0.0.1:\(silent.port)/_emulator"), "is not the Passlock SDK's program"),
        ]
        _ = answer(silent, "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nwelcome")
        for (script, says) in strangers {
            let folder = try Folder()
            // It would stay, and so would what it has started.
            let body = "echo $$ >\"$0.pids\"; sleep 600 & echo $! >>\"$0.pids\"; \(script); wait"
            let program = try folder.program("passlock-cli", body)
            let error = try await refusal { try await PasslockEmulator.start(program) }
            #expect(error.description.contains(says), "\(error)")
            let pids = try String(contentsOfFile: "\(program).pids", encoding: .utf8).split(separator: "\n")
            #expect(pids.count == 2)
            for pid in pids.compactMap({ Int32($0) }) { try await eventually { hasEnded(pid) } }
        }
    }

    @Test("a program that ends at once is told")
    func endsAtOnce() async throws {
        let folder = try Folder()
        let program = try folder.program("passlock-cli", "exit 7")
        let error = try await refusal { try await PasslockEmulator.start(program) }
        #expect(error.description.contains("status 7 before it was ready: its standard error says why"), "\(error)")
    }

    @Test("an emulator of another version is told")
    func otherVersion() async throws {
        let other = try Socket.listening()
        let health = #"{"version":"9.9.9","protocol":2}"#
        _ = answer(other, "HTTP/1.1 200 OK\r\ncontent-length: \(health.utf8.count)\r\n\r\n\(health)")
        let script = ready(control: "http://127.0.0.1:\(other.port)/_emulator")
        let folder = try Folder()
        let program = try folder.program("passlock-cli", "\(script); exec sleep 600")
        let error = try await refusal { try await PasslockEmulator.start(program) }
        #expect(error.description.contains("a different version (9.9.9)"), "\(error)")
    }

    @Test("a program that says nothing is killed after ten seconds")
    func silence() async throws {
        let folder = try Folder()
        let program = try folder.program("passlock-cli", "echo $$ >\"$0.pids\"; exec sleep 600")
        let start = ContinuousClock.now
        let error = try await refusal { try await PasslockEmulator.start(program) }
        #expect(error.description.contains("not ready within 10 seconds"), "\(error)")
        #expect(.seconds(10)..<(.seconds(12)) ~= start.duration(to: .now))
        let pid = try #require(Int32(String(contentsOfFile: "\(program).pids", encoding: .utf8).dropLast()))
        try await eventually { hasEnded(pid) }
    }

    @Test("cancelling a start ends the program")
    func cancelling() async throws {
        let folder = try Folder()
        let program = try folder.program("passlock-cli", "echo $$ >\"$0.pids\"; exec sleep 600")
        let start = Task { try await PasslockEmulator.start(program) }
        var pid: Int32?
        try await eventually {
            pid = (try? String(contentsOfFile: "\(program).pids", encoding: .utf8)).flatMap { Int32($0.dropLast()) }
            return pid != nil
        }
        let cancelled = ContinuousClock.now
        start.cancel()
        await #expect(throws: CancellationError.self) { try await start.value }
        // Long before its time to start is over.
        #expect(cancelled.duration(to: .now) < .seconds(5))
        let ended = try #require(pid)
        try await eventually { hasEnded(ended) }
    }

    #if os(Linux)
        @Test("a proxy in the way is named, with what helps")
        func proxy() async throws {
            // Nobody listens there.
            setenv("http_proxy", "http://127.0.0.1:1", 1)
            defer {
                unsetenv("http_proxy")
                unsetenv("no_proxy")
            }
            let error = try await refusal { try await PasslockEmulator.start() }
            #expect(error.description.contains("http_proxy is set: does no_proxy name 127.0.0.1?"), "\(error)")
            setenv("no_proxy", "127.0.0.1", 1)
            try await PasslockEmulator.start().stop()
        }
    #endif

    /// A script's line that prints what an emulator does when it is ready.
    private func ready(control: String) -> String {
        #"echo '{"endpoint":"http://127.0.0.1:9","tenancyId":"t","apiKey":"k","control":"\#(control)"}'"#
    }

    /// Whether there is no such process; one that nobody has waited for is there, but has ended.
    private func hasEnded(_ pid: Int32) -> Bool {
        let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        return kill(pid, 0) != 0 || state?.contains(") Z ") == true
    }

    /// The error of what must fail with one of the helper's.
    private func refusal(
        _ work: () async throws -> Any, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> EmulatorError {
        do {
            let value = try await work()
            Issue.record("no error, but \(value)", sourceLocation: sourceLocation)
            throw NoError()
        } catch let error as EmulatorError {
            return error
        }
    }
}

/// Answers the first request to a listening socket, whatever it asks.
private func answer(_ listener: Socket, _ answer: String) -> Thread {
    let thread = Thread {
        guard let socket = try? listener.accepted(), (try? socket.readHead()) != nil else { return }
        try? socket.write(Data(answer.utf8))
        _ = try? socket.readAll()
    }
    thread.start()
    return thread
}

/// A folder that is deleted when nothing refers to it any more.
private final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("passlock-\(UUID())").path

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a script, and returns where it is.
    func program(_ name: String, _ script: String) throws -> String {
        let program = "\(path)/\(name)"
        let contents = Data("#!/bin/sh\n\(script)\n".utf8)
        try #require(
            FileManager.default.createFile(
                atPath: program, contents: contents, attributes: [.posixPermissions: 0o755]))
        return program
    }
}
