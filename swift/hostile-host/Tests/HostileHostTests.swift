import Foundation
import Passlock
import PasslockTesting
import Testing

/// The package, as it is released, in host processes that are not kind to their libraries: `Program/` is such a host.
@Suite("Hostile host", .serialized)
struct HostileHostTests {
    @Test("plain text in place of TLS, FIN and RST raise no SIGPIPE")
    func sigpipeByTLS() async throws {
        let server = try RudeServer(saying: "HTTP/1.1 400 Bad Request\r\n\r\n", readsHead: false)
        defer { server.stop() }
        endsWell(try await host("sigpipe", "https://localhost:\(server.port)"))
    }

    @Test("an answer, FIN and RST raise no SIGPIPE in the next call")
    func sigpipeByReuse() async throws {
        let user = #"{"user":{"sub":"user-1","email":"ada@example.com"}}"#
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: \(user.utf8.count)\r\n\r\n\(user)"
        let server = try RudeServer(saying: answer, readsHead: true)
        defer { server.stop() }
        endsWell(try await host("sigpipe", "http://127.0.0.1:\(server.port)"))
    }

    @Test("a host's timer that interrupts everything fails no call")
    func raisedSignals() async throws {
        try await withEmulator { endsWell(try await host("raised-signals", $0.endpoint)) }
    }

    @Test("with few descriptors calls fail with a type, and the host keeps some for itself")
    func fewDescriptors() async throws {
        try await withEmulator { emulator in
            try await emulator.fault(.delay(.milliseconds(300)), times: 600)
            endsWell(try await host("few-descriptors", emulator.endpoint))
        }
    }

    @Test("a host without standard streams")
    func closedStreams() async throws {
        try await withEmulator { endsWell(try await host("closed-streams", $0.endpoint)) }
    }

    @Test("4,000 calls that are cancelled at any moment leave nothing behind")
    func storm() async throws {
        try await withEmulator { emulator in
            endsWell(try await host("storm", emulator.endpoint))
            let pending = try await emulator.journal().filter { $0.outcome == .pending }
            #expect(pending.isEmpty)
        }
    }

    @Test("programs that are started while calls are in flight inherit no connection")
    func programsInFlight() async throws {
        try await withEmulator { emulator in
            try await emulator.fault(.delay(.seconds(2)), times: 32)
            endsWell(try await host("programs-in-flight", emulator.endpoint))
        }
    }

    @Test("a process ends at any moment, in order")
    func exitInFlight() async throws {
        try await withEmulator { emulator in
            try await emulator.fault(.hang, times: 10_000)
            for _ in 0..<20 { endsWell(try await host("exit-in-flight", emulator.endpoint)) }
        }
    }

    @Test("a call neither blocks the main actor nor needs it")
    func mainActor() async throws {
        try await withEmulator { emulator in
            try await emulator.fault(.delay(.milliseconds(500)))
            endsWell(try await host("main-actor", emulator.endpoint))
        }
    }

    @Test(
        "no variable of the environment harms a client whose settings are given",
        arguments: [
            [:],
            ["HTTP_PROXY": "http://user:secret-canary@127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"],
            ["HTTPS_PROXY": "\u{1}gar bage://", "HTTP_PROXY": "://", "ALL_PROXY": "socks5://127.0.0.1:9"],
            ["NO_PROXY": "*,,[::,\u{7f}", "no_proxy": String(repeating: "a,", count: 50_000)],
            ["SSL_CERT_FILE": "", "SSL_CERT_DIR": ""],
            ["PASSLOCK_TENANCY_ID": "..", "PASSLOCK_API_KEY": "secret-canary\u{7}\n", "PASSLOCK_ENDPOINT": "nonsense"],
            ["RUST_LOG": "trace", "RUST_BACKTRACE": "full", "RUST_MIN_STACK": "1", "TOKIO_WORKER_THREADS": "0"],
            ["LANG": "tr_TR.UTF-8", "LC_ALL": "de_DE.UTF-8", "TZ": "Nowhere/Nothing", "HOME": "/nonexistent"],
        ])
    func environmentOfGivenSettings(environment: [String: String]) async throws {
        try await withEmulator { emulator in
            let ending = try await host("environment", emulator.endpoint, environment: environment)
            endsWell(ending)
            #expect(ending.output == "user-1\n", "\(ending)")
        }
    }

    @Test("what the environment has instead of settings is used, or named")
    func environmentOfSettings() async throws {
        try await withEmulator { emulator in
            let right = [
                "PASSLOCK_TENANCY_ID": "tenancy-1", "PASSLOCK_API_KEY": "key-canary-0123456789",
                "PASSLOCK_ENDPOINT": emulator.endpoint,
            ]
            for (change, says) in [
                ([:], "user-1\n"),
                (["PASSLOCK_API_KEY": "key-canary-0123456789\r\n"], "user-1\n"),
                (["PASSLOCK_API_KEY": "key-canary\n0123456789"], "PASSLOCK_API_KEY"),
                (["PASSLOCK_API_KEY": "key-canary-\u{1b}[31m"], "PASSLOCK_API_KEY"),
                (["PASSLOCK_API_KEY": ""], "PASSLOCK_API_KEY"),
                (["PASSLOCK_TENANCY_ID": ""], "PASSLOCK_TENANCY_ID"),
                (["PASSLOCK_TENANCY_ID": "\n"], "PASSLOCK_TENANCY_ID"),
                (["PASSLOCK_TENANCY_ID": "tenancy\u{0c}1"], "PASSLOCK_TENANCY_ID"),
                (["PASSLOCK_ENDPOINT": "\(emulator.endpoint)\n"], "PASSLOCK_ENDPOINT"),
                (["PASSLOCK_ENDPOINT": "file:///etc/passwd"], "PASSLOCK_ENDPOINT"),
            ] as [([String: String], String)] {
                let environment = right.merging(change) { _, new in new }
                let ending = try await host("everything-from-environment", emulator.endpoint, environment: environment)
                endsWell(ending)
                #expect(ending.output.contains(says), "\(change): \(ending)")
                #expect(ending.output.hasPrefix("user-1") || ending.output.hasPrefix("config: "), "\(ending)")
                #expect(!ending.output.contains("canary"), "\(ending)")
            }
        }
    }

    // Apple's platforms don't read these variables.
    #if os(Linux)
        @Test("trusted roots that can't be read are an error that names the variable")
        func environmentOfRoots() async throws {
            let server = try RudeServer(saying: "nonsense", readsHead: false)
            defer { server.stop() }
            for variables in [
                ["SSL_CERT_FILE": "/nonexistent"], ["SSL_CERT_FILE": "/"], ["SSL_CERT_DIR": "/dev/null"],
                ["SSL_CERT_FILE": "/etc/hostname", "SSL_CERT_DIR": "/nonexistent\n"],
            ] {
                let ending = try await host("environment", "https://localhost:\(server.port)", environment: variables)
                endsWell(ending)
                // Else the bundled roots would be trusted, and nobody told.
                #expect(ending.output.hasPrefix("config: SSL_CERT_"), "\(variables): \(ending)")
            }
        }
    #endif

    @Test("variables that are not UTF-8 end no process")
    func environmentWithoutUTF8() async throws {
        try await withEmulator { emulator in
            let ending = try await host("invalid-utf8", emulator.endpoint)
            endsWell(ending)
            let lines = ending.output.split(separator: "\n")
            #expect(lines.count == 2 && lines[0] == "user-1", "\(ending)")
        }
    }
}
