import Foundation
import FoundationNetworking
import Measure

/// Foundation's URLSession: one session for all calls, which keeps neither answers nor cookies.
@main
enum ByURLSession {
    static func main() async throws {
        let arguments = Arguments()
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = timeout
        configuration.timeoutIntervalForResource = timeout
        configuration.httpMaximumConnectionsPerHost = pool
        // A call that is answered without the server would not be one.
        configuration.urlCache = nil
        let session = URLSession(configuration: configuration)
        let decoder = JSONDecoder()
        let url = URL(string: arguments.url)!
        try await run(arguments) {
            var request = URLRequest(url: url)
            request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization")
            request.setValue("application/json", forHTTPHeaderField: "Accept")
            let (body, response) = try await session.data(for: request)
            guard let status = (response as? HTTPURLResponse)?.statusCode, status == 200 else {
                throw URLError(.badServerResponse)
            }
            _ = try decoder.decode(Principal.self, from: body)
        }
    }
}
