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
        } catch PasslockError.Kind.notFound {
            return .init(401, "this login has expired: please try again")
        } catch PasslockError.Kind.invalidInput {
            return .init(400, "invalid token")
        } catch PasslockError.Kind.claims {
            return .init(403, "this login is not for this site")
        } catch let error as PasslockError {
            // Not the user's fault. The text is for the log, and holds no secret.
            FileHandle.standardError.write(Data("login failed: \(error)\n".utf8))
            return .init(503, "please try again in a moment", retryAfter: error.retryAfter ?? .seconds(5))
        } catch {
            return .init(503, "this server is shutting down")
        }
    }
}
