import Foundation
import Passlock
import PasslockTesting
import Testing

@testable import VectorRunner

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
            let client = try VectorClient(emulator)
            var failed = 0
            // One after another, since they share an emulator; and one test, since nobody reads a thousand lines.
            for vector in ours {
                do {
                    let problems = try await problems(of: vector, client)
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
    private func problems(of vector: Vector, _ client: VectorClient) async throws -> [String] {
        let (seen, defaults) = (try await client.observe(vector), client.defaults)
        let known = seen.known
        #expect(!seen.texts.contains { $0.contains("canary") }, "a secret is shown")
        var problems: [String] = []
        if let want = vector.fields["result"] {
            problems += differences(.object(["result": try expand(want, known)]), .object(seen.outcome), at: "outcome")
        } else {
            let own = try expand(try #require(vector.fields["error"]), known).members
            let error = try #require(seen.outcome["error"], "no error, but \(seen.outcome)")
            let message = plain(seen.message)
            for word in own["says"]?.items.compactMap(\.string) ?? [] where !message.contains(plain(word)) {
                problems.append("'\(message)' lacks '\(word)'")
            }
            if let quote = own["quotes"]?.string, !seen.message.contains(quote) {
                problems.append("'\(seen.message)' does not quote '\(quote)'")
            }
            let fields = own.filter { $0.key != "says" && $0.key != "quotes" }
            let want = (defaults["error"]?.members ?? [:]).merging(fields) { _, own in own }
            problems += differences(.object(want), error, at: "error")
        }
        let usual = try expand(defaults["headers"] ?? .null, known).members
        problems += try wire(try expand(vector.fields["wire"] ?? .array([]), known).items, usual, seen.journal)
        return problems
    }

    private func plain(_ text: String) -> String {
        text.lowercased().replacingOccurrences(of: "_", with: "")
    }

    private func wire(
        _ expected: [JSON], _ usual: [String: JSON], _ journal: [JournalEntry]
    ) throws -> [String] {
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
