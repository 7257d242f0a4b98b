import Foundation
import Passlock

/// A login endpoint without a web framework: the browser posts its token to `/login`, and is told who has logged in.
///
/// In Vapor or Hummingbird the body of a route is what ``answer(_:)`` is here.
@main
struct Login: Sendable {
    let passlock: any PasslockOperations

    /// Listens on the port that is the first argument, 8080 without one.
    static func main() async throws {
        // PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are set in the environment.
        let login = Login(passlock: try PasslockClient())
        let server = try HTTPServer(port: CommandLine.arguments.dropFirst().first.flatMap(UInt16.init) ?? 8080)
        FileHandle.standardOutput.write(Data("http://127.0.0.1:\(server.port)/login\n".utf8))
        try await server.serve(login.answer)
    }

    @Sendable
    func answer(_ request: HTTPServer.Request) async -> HTTPServer.Response {
        guard request.path == "/login" else { return .init(404, "not found") }
        guard request.method == "POST" else { return .init(405, "POST a token") }
        do {
            let principal = try await passlock.exchangeToken(request.body)
            // Here an application starts a session of its own for `principal.sub`.
            return .init(200, "\(principal.sub) has logged in by \(principal.authType)")
        } catch let error as PasslockError {
            // The text is for the log, and holds no secret. The browser isn't told which check failed.
            FileHandle.standardError.write(Data("login failed: \(error)\n".utf8))
            let text = error.isLoginRefused ? "log in again" : "logging in does not work now"
            let wait = error.suggestedStatus == 503 ? error.retryAfter : nil
            return .init(error.suggestedStatus, text, retryAfter: wait)
        } catch {
            return .init(503, "this server is shutting down")
        }
    }
}
