import Foundation
import Passlock

/// A host process that is not kind to its libraries. The first argument says in what way, the second where the API is.
///
/// It exits with 0 when the client did what it promises, and says on standard error what it did not.
@main
struct HostileHost {
    static let manners: [String: @Sendable (String) async throws -> Void] = [
        "closed-streams": closedStreams,
        "environment": environment,
        "everything-from-environment": everythingFromEnvironment,
        "exit-in-flight": exitInFlight,
        "few-descriptors": fewDescriptors,
        "invalid-utf8": invalidUTF8,
        "main-actor": mainActor,
        "programs-in-flight": programsInFlight,
        "raised-signals": raisedSignals,
        "sigpipe": sigpipe,
        "storm": storm,
    ]

    static func main() async {
        let arguments = CommandLine.arguments
        do {
            guard arguments.count == 3, let manner = manners[arguments[1]] else { throw Broken("no such manner") }
            try await manner(arguments[2])
            exit(0)
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }
}

extension HostileHost {
    /// A client without retries, so that the first failure is seen.
    static func client(of endpoint: String) throws -> PasslockClient {
        try PasslockClient(
            PasslockOptions(
                tenancyID: "tenancy-1", apiKey: "key-canary-0123456789", endpoint: endpoint, maxRetries: 0))
    }
}

/// What the client did not keep.
struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    if !condition { throw Broken(what()) }
}

/// Whether a call went well; false for an error of this kind, and any other is thrown.
func succeeds(or kinds: PasslockError.Kind..., call: () async throws -> User) async throws -> Bool {
    do {
        return try await call().sub == "user-1"
    } catch let error as PasslockError where kinds.contains(error.kind) {
        return false
    }
}

/// Open descriptors of this process.
func descriptors() -> Int {
    (0..<4096).filter { fcntl($0, F_GETFD) >= 0 }.count
}
