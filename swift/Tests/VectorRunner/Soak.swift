import Foundation
import Passlock

/// A client for `just soak`: makes calls when it is told to, and reports the outcome of each. `crates/passlock-soak/README.md` says
/// what it reads and writes. It judges nothing.
actor Soak {
    private let setUp: JSON
    private let users: [JSON]
    private let atOnce: Int
    private var number = 0
    private var client: PasslockClient
    private var goes = false

    static func run() async throws {
        let soak = try Soak(setUp: JSON(parsing: Data((readLine() ?? "").utf8)))
        var underWay: Task<Void, Never>?
        while let line = await nextLine() {
            if line == "go" {
                underWay = await soak.go()
            } else {
                await soak.stop()
                await underWay?.value
                try await soak.reopen()
                // Started by scripts/swift-toolchain.
                Main.tell(.object(["resting": .bool(true), "inside": .bool(true)]))
            }
        }
    }

    /// Waits on a thread that may wait.
    private static func nextLine() async -> String? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: readLine()) }
        }
    }

    private init(setUp: JSON) throws {
        self.setUp = setUp
        users = setUp["users"]?.items ?? []
        atOnce = Int(try required(setUp["at_once"]?.number))
        client = try Soak.open(setUp)
    }

    private static func open(_ setUp: JSON) throws -> PasslockClient {
        var options = PasslockOptions()
        options.endpoint = setUp["endpoints"]?.items.randomElement()?.string
        for name in ["ca_certificates", "tenancy_id", "api_key", "timeout", "attempt_timeout", "connect_timeout"] {
            try options.set(name, required(setUp[name]))
        }
        return try PasslockClient(options)
    }

    private func go() -> Task<Void, Never> {
        goes = true
        return Task { [atOnce] in
            await withTaskGroup(of: Void.self) { group in
                for caller in 0..<atOnce { group.addTask { await self.calls(caller) } }
            }
        }
    }

    private func stop() {
        goes = false
    }

    private func reopen() throws {
        client.close()
        client = try Soak.open(setUp)
    }

    private func calls(_ caller: Int) async {
        while goes {
            if Int.random(in: 0..<300) == 0 {
                // Some are closed, and some are forgotten.
                if Bool.random() { client.close() }
                client = (try? Soak.open(setUp)) ?? client
            }
            await call(nextTask(caller))
        }
    }

    private func nextTask(_ caller: Int) -> [String: JSON] {
        let own = users.count / atOnce
        let user = users[caller * own + Int.random(in: 0..<own)]
        number += 1
        let (token, sub) = (user["token"] ?? .null, user["sub"] ?? .null)
        switch Int.random(in: 0..<10) {
        case 0..<4: return ["operation": .string("exchange_token"), "argument": token]
        case 4..<6: return ["operation": .string("get_user"), "argument": sub]
        case 6..<9:
            return ["operation": .string("update_user"), "argument": sub, "name": .string("name-\(number)")]
        default: return ["operation": .string("get_user"), "argument": .string("missing-\(number)")]
        }
    }

    private func call(_ task: [String: JSON]) async {
        let call = Task { [client] in await Soak.outcome(client, task) }
        var began = ContinuousClock.now
        if Int.random(in: 0..<10) == 0 {
            try? await Task.sleep(for: .milliseconds(Int.random(in: 0..<150)))
            began = .now
            call.cancel()
        }
        var told = task.merging(await call.value) { _, new in new }
        told["seconds"] = .number((ContinuousClock.now - began) / .seconds(1))
        Main.tell(.object(told))
    }

    private static func outcome(_ client: PasslockClient, _ task: [String: JSON]) async -> [String: JSON] {
        let (argument, name) = (task["argument"]?.string ?? "", task["name"]?.string)
        do {
            if task["operation"] == .string("exchange_token") {
                let principal = try await client.exchangeToken(argument)
                return ["ended": .string("ok"), "sub": .string(principal.sub), "token": .string(principal.token)]
            }
            let user =
                if let name {
                    try await client.updateUser(argument, with: UserUpdate(givenName: name))
                } else {
                    try await client.getUser(argument)
                }
            return ["ended": .string("ok"), "sub": .string(user.sub), "given_name": JSON(user.givenName)]
        } catch is CancellationError {
            return ["ended": .string("cancelled")]
        } catch let error as PasslockError where error.kind == .config && error.message.contains("closed") {
            return ["ended": .string("closed")]
        } catch let error as PasslockError {
            return ["ended": .string(error.kind.rawValue), "attempts": .number(Double(error.attempts))]
        } catch {
            return ["ended": .string("\(error)")]
        }
    }
}
