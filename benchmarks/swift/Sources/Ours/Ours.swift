import Foundation
import Measure
import Passlock

/// passlock.
@main
enum Ours {
    static func main() async throws {
        let arguments = Arguments()
        var options = PasslockOptions(tenancyID: tenancy, apiKey: key, endpoint: arguments.endpoint)
        options.caCertificates = try arguments.ca.map { try Data(contentsOf: URL(filePath: $0)) }
        let client = try PasslockClient(options)
        try await run(arguments, openAhead: { try await client.warmUp() }) {
            _ = try await client.exchangeToken(token)
        }
    }
}
