import Foundation
import Passlock
import PasslockTesting
import Sockets
import Testing

/// The contract as data: `tests/vectors/README.md` says how to read it.
@Suite("Vectors")
struct VectorsTests {
    @Test("every vector that Swift can say")
    func everyVector() async throws {
        let all = try Vector.all()
        let (ours, others) = (all.filter(\.isOurs), all.filter { !$0.isOurs })
        print("vectors of other languages, left out:", others.map(\.name).joined(separator: ", "))
        #expect(ours.count > 1000)
        try await withEmulator { emulator in
            let silent = try Socket.listening()
            var failed = 0
            // One after the other, since they share an emulator; and one test, since nobody reads a thousand lines.
            for vector in ours {
                do {
                    let problems = try await problems(of: vector, emulator, silent: silent.port)
                    if problems.isEmpty { continue }
                    Issue.record("\(vector.name): \(problems.joined(separator: "\n"))")
                } catch {
                    Issue.record(error, "\(vector.name)")
                }
                failed += 1
            }
            print("vectors: \(ours.count - failed) passed, \(failed) failed")
        }
    }

    /// Runs a vector, and says what is not as it says.
    private func problems(of vector: Vector, _ emulator: PasslockEmulator, silent: UInt16) async throws -> [String] {
        let defaults = try Vector.read("defaults.json")
        try await emulator.reset()
        var known: [String: JSON] = [
            "endpoint": .string(emulator.endpoint),
            "port": .string(String(emulator.endpoint.split(separator: ":").last ?? "")),
            "user_agent": .string("passlock-swift/\(try workspaceVersion())"),
            "refused": .number(Double(try Socket.listening().port)),
            "silent": .number(Double(silent)),
        ]
        for step in vector.fields["server"]?.items ?? [] {
            for (what, body) in try expand(step, known).members {
                let answer = try JSON(parsing: await emulator.post(what, Data(body.text.utf8)))
                if what == "tokens" { known.merge(answer.members) { _, new in new } }
            }
        }
        var (result, failed): (JSON?, PasslockError?) = (nil, nil)
        do {
            result = try await run(vector, defaults, known)
        } catch let error as PasslockError {
            failed = error
            hidden("\(error) \(error.localizedDescription)", error)
        }
        var problems: [String] = []
        if let want = vector.fields["result"] {
            let got = try result ?? described(#require(failed))
            problems += differences(try expand(want, known), got, at: "result")
        } else {
            let own = try expand(try #require(vector.fields["error"]), known).members
            let error = try #require(failed, "no error, but \(String(describing: result))")
            let message = plain(error.message)
            for word in own["says"]?.items.compactMap(\.string) ?? [] where !message.contains(plain(word)) {
                problems.append("'\(message)' lacks '\(word)'")
            }
            if let quote = own["quotes"]?.string, !error.message.contains(quote) {
                problems.append("'\(error.message)' does not quote '\(quote)'")
            }
            let fields = own.filter { $0.key != "says" && $0.key != "quotes" }
            let want = (defaults["error"]?.members ?? [:]).merging(fields) { _, own in own }
            problems += differences(.object(want), described(error), at: "error")
        }
        let usual = try expand(defaults["headers"] ?? .null, known).members
        problems += try await wire(try expand(vector.fields["wire"] ?? .array([]), known).items, usual, emulator)
        return problems
    }

    private func run(_ vector: Vector, _ defaults: JSON, _ known: [String: JSON]) async throws -> JSON {
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

    private func call(_ client: PasslockClient, _ call: JSON) async throws -> JSON {
        let options = call["options"]?.members ?? [:]
        let timeout = try options["timeout"].map(seconds)
        switch call["operation"]?.string {
        case "exchange_token":
            let principal = try await client.exchangeToken(
                try #require(call["token"]?.string), timeout: timeout, issuer: options["issuer"]?.string,
                requireUserVerified: options["require_user_verified"]?.bool,
                authTypes: options["auth_types"].map(authTypes))
            hidden("\(principal)", principal)
            return described(principal)
        case "get_user":
            let user = try await client.getUser(try #require(call["sub"]?.string), timeout: timeout)
            hidden("\(user)", user)
            return described(user)
        case "update_user":
            let update = UserUpdate(
                givenName: call["update"]?["given_name"]?.string, familyName: call["update"]?["family_name"]?.string,
                emailVerified: call["update"]?["email_verified"]?.bool)
            return described(
                try await client.updateUser(try #require(call["sub"]?.string), with: update, timeout: timeout))
        default:
            hidden("\(client)", client)
            return .object([:])
        }
    }

    private func hidden(_ text: String, _ value: Any) {
        var all = "\(text) \(String(reflecting: value))"
        dump(value, to: &all)
        #expect(!all.contains("canary"), "a secret is shown")
    }

    private func plain(_ text: String) -> String {
        text.lowercased().replacingOccurrences(of: "_", with: "")
    }

    private func wire(
        _ expected: [JSON], _ usual: [String: JSON], _ emulator: PasslockEmulator
    ) async throws -> [String] {
        let journal = try await emulator.journal()
        guard journal.count == expected.count else {
            return ["\(journal.count) requests were seen, not \(expected.count)"]
        }
        return try zip(expected, journal).enumerated().flatMap { index, pair in
            let (want, got) = pair
            let headers = usual.merging(want["headers"]?.members ?? [:]) { _, own in own }
            let seen: JSON = .object([
                "method": .string(got.method), "path": .string(got.path),
                "body": got.body.isEmpty ? .null : try JSON(parsing: Data(got.body.utf8)),
                "headers": .object(Dictionary(uniqueKeysWithValues: headers.keys.map { ($0, JSON(got.headers[$0])) })),
            ])
            let wanted: JSON = .object([
                "method": want["method"] ?? .null, "path": want["path"] ?? .null, "body": want["body"] ?? .null,
                "headers": .object(headers),
            ])
            let before = index == 0 ? got.atMillis : journal[index - 1].endedAtMillis ?? .infinity
            let gap = (got.atMillis - before) / 1000
            let tooSoon = gap < want["gap"]?.number ?? 0 ? ["request \(index): the gap is \(gap) s"] : []
            return differences(wanted, seen, at: "request \(index)") + tooSoon
        }
    }
}
