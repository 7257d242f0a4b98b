import Foundation
import Passlock
import PasslockTesting
import Sockets

/// What was seen of a vector.
struct Observation {
    /// `result`, or `error`.
    let outcome: [String: JSON]
    let message: String
    /// Everything that people are shown.
    let texts: [String]
    let journal: [JournalEntry]
    /// What placeholders stand for.
    let known: [String: JSON]
}

/// Runs vectors against an emulator: `tests/vectors/README.md` says how.
struct VectorClient {
    let emulator: PasslockEmulator
    let silent: Socket
    let defaults: JSON

    init(_ emulator: PasslockEmulator) throws {
        self.emulator = emulator
        silent = try Socket.listening()
        defaults = try Vector.read("defaults.json")
    }

    /// Tells the emulator what the vector says, and makes the client and the call.
    func observe(_ vector: Vector) async throws -> Observation {
        let known = try await prepare(vector)
        do {
            let (value, shown) = try await run(vector, known)
            return try await observation(["result": value], "", [shown], known)
        } catch let error as PasslockError {
            let shown = everythingShown("\(error) \(error.localizedDescription)", error)
            return try await observation(["error": described(error)], error.message, [shown], known)
        }
    }

    private func observation(
        _ outcome: [String: JSON], _ message: String, _ texts: [String], _ known: [String: JSON]
    ) async throws -> Observation {
        let journal = try await emulator.journal()
        return Observation(outcome: outcome, message: message, texts: texts, journal: journal, known: known)
    }

    private func prepare(_ vector: Vector) async throws -> [String: JSON] {
        try await emulator.reset()
        var known: [String: JSON] = [
            "endpoint": .string(emulator.endpoint),
            "port": .string(String(emulator.endpoint.split(separator: ":").last ?? "")),
            "user_agent": .string("passlock-swift/\(try workspaceVersion())"),
            "silent": .number(Double(silent.port)),
        ]
        for step in vector.fields["server"]?.items ?? [] {
            for (what, body) in try expand(step, known).members {
                let answer = try JSON(parsing: await emulator.post(what, Data(body.text.utf8)))
                if what == "tokens" { known.merge(answer.members) { _, new in new } }
            }
        }
        return known
    }

    private func run(_ vector: Vector, _ known: [String: JSON]) async throws -> (JSON, shown: String) {
        var options = PasslockOptions()
        let own = vector.fields["settings"]?.members ?? [:]
        let settings = (defaults["settings"]?.members ?? [:]).merging(own) { _, own in own }
        for (name, value) in settings where value != .null { try options.set(name, expand(value, known)) }
        let environment = try expand(vector.fields["environment"] ?? .object([:]), known).members
        options.environment = environment.compactMapValues(\.string)
        let now = vector.fields["now"] ?? defaults["now"]
        options.now = now?.number.map(Date.init(timeIntervalSince1970:))
        let client = try PasslockClient(options)
        defer { client.close() }
        return try await call(client, try expand(vector.fields["call"] ?? .null, known))
    }

    private func call(_ client: PasslockClient, _ call: JSON) async throws -> (JSON, shown: String) {
        let options = call["options"]?.members ?? [:]
        let timeout = try options["timeout"].map(seconds)
        let maxRetries = options["max_retries"]?.number.map { Int($0) }
        switch call["operation"]?.string {
        case "exchange_token":
            let principal = try await client.exchangeToken(
                try required(call["token"]?.string), timeout: timeout, issuer: options["issuer"]?.string,
                requireUserVerified: options["require_user_verified"]?.bool,
                authTypes: options["auth_types"].map(authTypes), maxRetries: maxRetries)
            return (described(principal), everythingShown("\(principal)", principal))
        case "get_user":
            let sub = try required(call["sub"]?.string)
            let user = try await client.getUser(sub, timeout: timeout, maxRetries: maxRetries)
            return (described(user), everythingShown("\(user)", user))
        case "update_user":
            let update = UserUpdate(
                givenName: call["update"]?["given_name"]?.string, familyName: call["update"]?["family_name"]?.string,
                emailVerified: call["update"]?["email_verified"]?.bool)
            let user = try await client.updateUser(
                try required(call["sub"]?.string), with: update, timeout: timeout, maxRetries: maxRetries)
            return (described(user), everythingShown("\(user)", user))
        case "warm_up":
            try await client.warmUp(timeout: timeout, maxRetries: maxRetries)
            return (.object([:]), everythingShown("\(client)", client))
        default:
            return (.object([:]), everythingShown("\(client)", client))
        }
    }
}

/// All that Swift says of a value, unasked.
private func everythingShown(_ text: String, _ value: Any) -> String {
    var all = "\(text) \(String(reflecting: value))"
    dump(value, to: &all)
    return all
}

let checkout = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The version of the workspace, of which the package's is one.
func workspaceVersion() throws -> String {
    let manifest = try String(contentsOf: checkout.appendingPathComponent("Cargo.toml"), encoding: .utf8)
    let table = try required(manifest.range(of: "[workspace.package]"))
    let version = try required(manifest[table.upperBound...].range(of: "version = \""))
    return String(manifest[version.upperBound...].prefix { $0 != "\"" })
}
