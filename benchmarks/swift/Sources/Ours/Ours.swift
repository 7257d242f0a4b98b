import Measure
import Passlock

/// passlock.
@main
enum Ours {
    static func main() async throws {
        let arguments = Arguments()
        let client = try PasslockClient(
            PasslockOptions(tenancyID: tenancy, apiKey: key, endpoint: arguments.endpoint))
        try await run(arguments) { _ = try await client.exchangeToken(token) }
    }
}
