import Foundation
import Passlock

/// The process may hold few descriptors, and makes more calls at once than that.
@Sendable
func fewDescriptors(_ endpoint: String) async throws {
    var limit = rlimit(rlim_cur: 256, rlim_max: 256)
    #if canImport(Darwin)
        try expect(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit")
    #else
        try expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, "setrlimit")
    #endif
    let client = try HostileHost.client(of: endpoint)
    // None at all is an error that passes, for the first call too.
    let all = Array(sequence(first: open("/dev/null", O_RDONLY)) { $0 < 0 ? nil : open("/dev/null", O_RDONLY) })
    try expect(all.last == -1, "there is no limit")
    let first = try await succeeds(or: .config) { try await client.getUser("user-1") }
    all.dropLast().forEach { close($0) }
    try expect(!first, "a call without a descriptor succeeded")
    let succeeded = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<600 {
            group.addTask { try await succeeds(or: .connection) { try await client.getUser("user-1") } }
        }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    // There are not enough descriptors for all, and there are for some.
    try expect((1..<600).contains(succeeded), "\(succeeded) of 600 calls succeeded")
    // What the client keeps leaves enough to its host, and it goes on itself.
    let file = open("/dev/null", O_RDONLY)
    try expect(file >= 0, "the host can open no file: \(String(cString: strerror(errno)))")
    close(file)
    try expect(descriptors() < 200, "\(descriptors()) descriptors are open")
    try expect(try await succeeds { try await client.getUser("user-1") }, "no call after that")
}

/// Nobody has opened standard input, output and error, so the client's sockets may get their numbers.
@Sendable
func closedStreams(_ endpoint: String) async throws {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] { close(stream) }
    let client = try HostileHost.client(of: endpoint)
    let succeeded = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<16 { group.addTask { try await succeeds { try await client.getUser("user-1") } } }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    try expect(succeeded == 16, "\(succeeded) of 16 calls succeeded")
}

/// Calls are cancelled by the hundred, at any moment, again and again.
@Sendable
func storm(_ endpoint: String) async throws {
    // Swift's own descriptors are there after the first one.
    try await storm(endpoint, rounds: 1)
    let before = descriptors()
    try await storm(endpoint, rounds: 20)
    for _ in 0..<500 where descriptors() > before { try await Task.sleep(for: .milliseconds(10)) }
    try expect(descriptors() <= before, "\(before) descriptors were open, and \(descriptors()) are")
}

private func storm(_ endpoint: String, rounds: Int) async throws {
    let client = try HostileHost.client(of: endpoint)
    defer { client.close() }
    for round in 0..<rounds {
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let call = Task { try await client.getUser("user-1") }
                    try? await Task.sleep(for: .microseconds((round * 200 + index) % 97 * 100))
                    call.cancel()
                    _ = await call.result
                }
            }
        }
    }
    try expect(try await succeeds { try await client.getUser("user-1") }, "no call after that")
}
