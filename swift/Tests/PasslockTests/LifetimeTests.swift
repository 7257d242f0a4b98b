import Foundation
import Passlock
import PasslockTesting
import Sockets
import Testing

/// Cancelling, closing, and use from many places at once.
@Suite("Lifetime")
struct LifetimeTests {
    @Test("cancelling a task ends its request")
    func cancelling() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            try await emulator.fault(.hang)
            let client = try emulator.client()
            let call = Task { try await client.getUser("user-1") }
            try await emulator.waitForRequest()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            #expect(try await emulator.endOfOnlyRequest().outcome == .clientClosed)
            #expect(try await client.getUser("user-1").givenName == "Ada")
        }
    }

    @Test("every operation can be cancelled", arguments: PasslockError.Operation.allCases)
    func cancellingOperations(operation: PasslockError.Operation) async throws {
        try await withEmulator { emulator in
            try await emulator.fault(.hang)
            let client = try emulator.client()
            let call = Task { try await client.carryOut(operation) }
            try await emulator.waitForRequest()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            #expect(try await emulator.endOfOnlyRequest().outcome == .clientClosed)
        }
    }

    @Test("warming up, and calls that return details, can be cancelled", arguments: 0..<4)
    func cancellingOthers(which: Int) async throws {
        try await withEmulator { emulator in
            try await emulator.fault(.hang)
            let client = try emulator.client()
            let call = Task {
                switch which {
                case 0: try await client.warmUp()
                case 1: _ = try await client.exchangeTokenWithInfo("token-1")
                case 2: _ = try await client.getUserWithInfo("user-1")
                default: _ = try await client.updateUserWithInfo("user-1", with: UserUpdate(givenName: "Ada"))
                }
            }
            try await emulator.waitForRequest()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            #expect(try await emulator.endOfOnlyRequest().outcome == .clientClosed)
        }
    }

    @Test("a failing sibling ends the request")
    func sibling() async throws {
        struct Sibling: Error {}
        try await withEmulator { emulator in
            try await emulator.fault(.hang)
            let client = try emulator.client()
            let ended = Task {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await #expect(throws: CancellationError.self) { try await client.getUser("user-1") }
                    }
                    group.addTask {
                        try await emulator.waitForRequest()
                        throw Sibling()
                    }
                    // The first error leaves the group, which cancels the others.
                    for try await _ in group {}
                }
            }
            await #expect(throws: Sibling.self) { try await ended.value }
            #expect(try await emulator.endOfOnlyRequest().outcome == .clientClosed)
        }
    }

    @Test("cancelling while waiting to try again ends the call")
    func cancellingAWait() async throws {
        try await withEmulator { emulator in
            try await emulator.fault(.status(503, headers: ["retry-after": "20"]), times: 3)
            let client = try emulator.client { $0.maxRetries = 2 }
            let call = Task { try await client.getUser("user-1") }
            #expect(try await emulator.endOfOnlyRequest().outcome == .faulted)
            let start = ContinuousClock.now
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            // Long before the wait is over.
            #expect(start.duration(to: .now) < .seconds(10))
        }
    }

    @Test("what is cancelled before it begins sends nothing")
    func cancelledBefore() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let client = try emulator.client()
            // There is a connection now, on which a request would be sent at once.
            _ = try await client.getUser("user-1")
            for _ in 0..<100 {
                let call = Task {
                    while !Task.isCancelled { await Task.yield() }
                    return try await client.getUser("user-1")
                }
                call.cancel()
                await #expect(throws: CancellationError.self) { try await call.value }
            }
            _ = try await client.getUser("user-1")
            #expect(try await emulator.journal().count == 2)
        }
    }

    @Test("calls that are cancelled at any moment leave nothing behind")
    func cancellingAtAnyMoment() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let client = try emulator.client()
            for round in 0..<200 {
                let call = Task { try await client.getUser("user-1") }
                try await Task.sleep(for: .microseconds(round * 10))
                call.cancel()
                do {
                    #expect(try await call.value.givenName == "Ada")
                } catch is CancellationError {
                    // Either is right.
                }
            }
            #expect(try await client.getUser("user-1").givenName == "Ada")
            try await eventually { try await emulator.journal().allSatisfy { $0.outcome != .pending } }
        }
    }

    @Test("64 calls at once")
    func manyCalls() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            try await emulator.fault(.delay(.milliseconds(1500)), times: 64)
            let client = try emulator.client()
            let names = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<64 { group.addTask { try await client.getUser("user-1").givenName } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(names == Array(repeating: "Ada", count: 64))
            // They were under way together, each on a connection of its own.
            #expect(try await Set(emulator.journal().map(\.connection)).count == 64)
        }
    }

    @Test("tasks and threads share a client, and connections are used again")
    func sharing() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let client = try emulator.client()
            let right = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await calls(of: client) } }
                for _ in 0..<8 { group.addTask { try await onThreadOfItsOwn { try await calls(of: client) } } }
                return try await group.reduce(0, +)
            }
            #expect(right == 400)
            // A task's next call may come before its last connection is back in the pool, so there may be some more.
            #expect(try await Set(emulator.journal().map(\.connection)).count < 100)
        }
    }

    @Test("2,000 calls in a row need one connection")
    func oneConnection() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let client = try emulator.client()
            for _ in 0..<2000 { _ = try await client.getUser("user-1") }
            let connections = try await emulator.journal().map(\.connection)
            #expect(connections.count == 2000 && Set(connections).count == 1)
        }
    }

    @Test("closing lets calls in flight finish and refuses later ones")
    func closing() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            try await emulator.fault(.delay(.milliseconds(500)))
            let client = try emulator.client()
            async let call = client.getUser("user-1")
            try await emulator.waitForRequest()
            client.close()
            client.close()
            let error = try await failure { try await client.getUser("user-1") }
            #expect(error.kind == .config && error.message == "client is closed")
            #expect(try await call.givenName == "Ada")
        }
    }

    @Test("closing frees sockets")
    func closingFreesSockets() async throws {
        let peer = try Peer()
        let client = try peer.client()
        #expect(try await failure { try await client.getUser("user-1") }.kind == .notFound)
        #expect(!peer.hasEnded)
        client.close()
        try await eventually { peer.hasEnded }
    }

    @Test("a client that nobody holds frees its sockets")
    func deinitFreesSockets() async throws {
        let peer = try Peer()
        var client: PasslockClient? = try peer.client()
        #expect(try await failure { try await client?.getUser("user-1") }.kind == .notFound)
        #expect(!peer.hasEnded)
        client = nil
        try await eventually { peer.hasEnded }
    }

    @Test("calls in flight outlive their client")
    func callsOutliveTheirClient() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            try await emulator.fault(.delay(.milliseconds(300)))
            let call = try { () throws in
                let client = try emulator.client()
                return Task { try await client.getUser("user-1") }
            }()
            #expect(try await call.value.givenName == "Ada")
        }
    }
}

/// 25 calls, and how many of them gave what they should.
private func calls(of client: PasslockClient) async throws -> Int {
    var right = 0
    for _ in 0..<25 where try await client.getUser("user-1").givenName == "Ada" { right += 1 }
    return right
}

/// Runs a task that is started, and waited for, on a thread that knows nothing of tasks.
private func onThreadOfItsOwn(_ work: @escaping @Sendable () async throws -> Int) async throws -> Int {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            let done = DispatchSemaphore(value: 0)
            Task {
                defer { done.signal() }
                do { continuation.resume(returning: try await work()) } catch { continuation.resume(throwing: error) }
            }
            done.wait()
        }
    }
}

/// A server that keeps its one connection open after its one answer, and sees when the client closes it.
private final class Peer: @unchecked Sendable {
    private let listener = Result { try Socket.listening() }
    private let lock = NSLock()
    private var ended = false

    init() throws {
        let listener = try listener.get()
        Thread.detachNewThread { [weak self] in
            guard let socket = try? listener.accepted() else { return }
            guard let request = try? socket.readHead(), !request.isEmpty else { return }
            try? socket.write(Data("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}".utf8))
            guard let rest = try? socket.readAll(), rest.isEmpty else { return }
            self?.end()
        }
    }

    var hasEnded: Bool { lock.withLock { ended } }

    private func end() {
        lock.withLock { ended = true }
    }

    func client() throws -> PasslockClient {
        let endpoint = try "http://127.0.0.1:\(listener.get().port)"
        return try PasslockClient(
            PasslockOptions(tenancyID: "tenancy-1", apiKey: key, endpoint: endpoint, maxRetries: 0))
    }
}
