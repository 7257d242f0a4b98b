import Foundation
import PasslockTesting

/// What stays up, and answers lines on its input: `vectors`, for `just differential`, and `soak`, for `just soak`.
@main
enum Main {
    static func main() async throws {
        switch CommandLine.arguments.dropFirst().first {
        case "vectors": try await vectors()
        case "soak": try await Soak.run()
        default: throw Missing(what: "vectors or soak?")
        }
    }

    /// Answers each vector with what was seen of it.
    private static func vectors() async throws {
        let emulator = try await PasslockEmulator.start(tenancyID: "tenancy-1", apiKey: "key-canary-0123456789")
        defer { emulator.stop() }
        let client = try VectorClient(emulator)
        while let line = readLine() {
            let vector = Vector(fields: try JSON(parsing: Data(line.utf8)).members)
            tell(await answer(client, vector))
        }
    }

    private static func answer(_ client: VectorClient, _ vector: Vector) async -> JSON {
        do {
            let seen = try await client.observe(vector)
            return .object([
                "outcome": .object(seen.outcome), "message": .string(seen.message),
                "texts": .array(seen.texts.map(JSON.string)), "journal": .array(seen.journal.map(entry)),
                "known": .object(seen.known),
            ])
        } catch let error as EmulatorError {
            return .object(["broken": .string("\(error)")])
        } catch {
            // What is no PasslockError is no answer to any vector.
            return .object(["outcome": .object(["raised": .string("\(error)")])])
        }
    }

    private static func entry(_ entry: JournalEntry) -> JSON {
        .object([
            "method": .string(entry.method), "path": .string(entry.path), "body": .string(entry.body),
            "headers": .object(entry.headers.mapValues(JSON.string)), "atMillis": .number(entry.atMillis),
            "endedAtMillis": JSON(entry.endedAtMillis),
        ])
    }

    /// Writes a line, past all buffers.
    static func tell(_ what: JSON) {
        let text = (try? what.text) ?? "{}"
        FileHandle.standardOutput.write(Data("\(text)\n".utf8))
    }
}
