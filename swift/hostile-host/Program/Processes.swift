import Foundation
import Passlock

/// The host starts other programs while calls are in flight: none inherits a connection, and the calls go on.
@Sendable
func programsInFlight(_ endpoint: String) async throws {
    let client = try HostileHost.client(of: endpoint)
    #if os(Linux)
        // Whoever started this process may have left it some.
        let before = try inheritedSockets()
    #endif
    try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<32 { group.addTask { try await succeeds { try await client.getUser("user-1") } } }
        // The service takes its time, so that all of them wait by now.
        try await Task.sleep(for: .milliseconds(300))
        // First, since Foundation leaves sockets of its own open to whatever is started later.
        #if os(Linux)
            let inherited = try inheritedSockets().subtracting(before)
            try expect(inherited.isEmpty, "another program inherits \(inherited)")
        #endif
        for _ in 0..<5 {
            let program = Process()
            program.executableURL = URL(fileURLWithPath: "/bin/sh")
            program.arguments = ["-c", "exit 0"]
            try program.run()
            while program.isRunning { try await Task.sleep(for: .milliseconds(5)) }
            try expect(program.terminationStatus == 0, "the program failed")
        }
        for try await succeeded in group { try expect(succeeded, "another user") }
    }
}

#if os(Linux)
    /// The sockets that a program finds open which is started the plain way, which closes nothing.
    private func inheritedSockets() throws -> Set<Substring> {
        var (id, actions) = (pid_t(), posix_spawn_file_actions_t())
        let pipe = Pipe()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, pipe.fileHandleForWriting.fileDescriptor, STDOUT_FILENO)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var arguments = ["/bin/ls", "-l", "/proc/self/fd"].map { (argument: String) in strdup(argument) } + [nil]
        defer { arguments.forEach { free($0) } }
        try expect(posix_spawn(&id, "/bin/ls", &actions, nil, &arguments, environ) == 0, "posix_spawn")
        try pipe.fileHandleForWriting.close()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        let listed = String(decoding: output, as: UTF8.self)
        // Otherwise nothing was looked at.
        try expect(status == 0 && listed.contains("pipe:"), "ls failed: \(listed)")
        return Set(
            listed.split(separator: "\n").filter { $0.contains("socket:") }.compactMap { $0.split(separator: " ").last }
        )
    }
#endif

/// The process ends while calls are in flight.
@Sendable
func exitInFlight(_ endpoint: String) async throws {
    let client = try HostileHost.client(of: endpoint)
    for _ in 0..<32 { Task { try await client.getUser("user-1") } }
    try await Task.sleep(for: .milliseconds(Int.random(in: 0..<50)))
}
