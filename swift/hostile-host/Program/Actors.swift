import Foundation
import Passlock

/// An application whose every line runs on the main actor.
@Sendable
func mainActor(_ endpoint: String) async throws {
    try await Application(endpoint).run()
}

@MainActor
private final class Application {
    private let client: PasslockClient
    private var ticks = 0

    init(_ endpoint: String) throws {
        client = try HostileHost.client(of: endpoint)
    }

    func run() async throws {
        // A call leaves the main actor to others for as long as it takes, and comes back to it.
        let clock = Task {
            while !Task.isCancelled {
                ticks += 1
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        try expect(try await client.getUser("user-1").sub == "user-1", "another user")
        MainActor.assertIsolated()
        clock.cancel()
        try expect(ticks > 20, "the main actor came to run \(ticks) times during a call of half a second")

        // A call needs no main actor: it has ended by the time that a blocked one is free again.
        let call = Task.detached { [client] in
            let answer = try await client.getUser("user-1")
            return (answer, ContinuousClock.now)
        }
        usleep(1_500_000)
        let free = ContinuousClock.now
        let (user, ended) = try await call.value
        try expect(user.sub == "user-1" && ended < free, "a call waited for the main actor")

        // Calls that are started and cancelled here, where nothing else runs meanwhile.
        for _ in 0..<50 {
            let call = Task { try await client.getUser("user-1") }
            await Task.yield()
            call.cancel()
            if case .failure(let error) = await call.result {
                try expect(error is CancellationError, "\(error)")
            }
        }
        try expect(try await client.getUser("user-1").sub == "user-1", "another user")
    }
}
