import Foundation
import Passlock

/// An application whose users log in with passkeys, without a web framework. Settings come from the environment: see
/// examples/README.md, which also shows Vapor and Hummingbird.
@main
struct Login: Sendable {
    let passlock: any PasslockOperations
    let settings: Settings
    let sessions = Sessions()

    static func main() async throws {
        let settings = Settings(ProcessInfo.processInfo.environment)
        // One for all requests. Missing settings are an error here, not at the first login.
        let passlock = try PasslockClient(PasslockOptions(timeout: .seconds(10)))
        let server = try HTTPServer(port: settings.port)
        FileHandle.standardOutput.write(Data("http://127.0.0.1:\(server.port)\n".utf8))
        try await server.serve(Login(passlock: passlock, settings: settings).answer)
    }

    @Sendable
    func answer(_ request: HTTPServer.Request) async -> HTTPServer.Response {
        var response: HTTPServer.Response
        do {
            // Only this application's own page may change anything: other pages' requests carry its cookie too.
            let isOwn = request.method == "GET" || request.headers["origin"] == settings.origin
            response = isOwn ? try await route(request) : .init(status: 403)
        } catch let error as PasslockError {
            // The log gets the whole error, which never contains a token or the key; the browser learns what it can do.
            FileHandle.standardError.write(Data("login failed: \(error)\n".utf8))
            response = .init(status: error.suggestedStatus)
            if error.suggestedStatus == 503 {
                let wait = (error.retryAfter ?? .seconds(5)).components
                response.headers["retry-after"] = "\(wait.seconds + (wait.attoseconds > 0 ? 1 : 0))"
            }
        } catch is DecodingError {
            response = .init(status: 400)
        } catch {
            FileHandle.standardError.write(Data("request failed: \(error)\n".utf8))
            response = .init(status: 500)
        }
        response.headers["content-security-policy"] = settings.policy
        return response
    }

    private func route(_ request: HTTPServer.Request) async throws -> HTTPServer.Response {
        let session = request.cookie(settings.cookie)
        switch (request.method, request.path) {
        case ("GET", "/"): return try page("index.html", "text/html; charset=utf-8")
        case ("GET", "/page.js"): return try page("page.js", "text/javascript; charset=utf-8")
        case ("GET", "/page.css"): return try page("page.css", "text/css; charset=utf-8")
        case ("GET", "/config"):
            return try json(["endpoint": settings.endpoint, "tenancyId": settings.tenancyID])
        case ("POST", "/login"):
            let body = try JSONDecoder().decode(Token.self, from: request.body)
            let principal = try await passlock.exchangeToken(body.token)
            let id = await sessions.begin(for: principal.sub, ending: session)
            return .init(status: 204, headers: ["set-cookie": settings.setCookie(id)])
        case ("POST", "/logout"):
            await sessions.end(session)
            return .init(status: 204, headers: ["set-cookie": settings.setCookie("") + "; Max-Age=0"])
        case ("GET", "/me"):
            guard let sub = await sessions.sub(of: session) else { return .init(status: 401) }
            return try json(Me(try await passlock.getUser(sub)))
        case ("PATCH", "/me"):
            guard let sub = await sessions.sub(of: session) else { return .init(status: 401) }
            let name = try JSONDecoder().decode(Name.self, from: request.body)
            let update = UserUpdate(givenName: name.givenName, familyName: name.familyName)
            return try json(Me(try await passlock.updateUser(sub, with: update)))
        default: return .init(status: 404)
        }
    }

    private func page(_ name: String, _ type: String) throws -> HTTPServer.Response {
        let file = try Data(contentsOf: URL(fileURLWithPath: "../page/\(name)"))
        return .init(status: 200, headers: ["content-type": type], body: file)
    }

    private func json(_ value: some Encodable) throws -> HTTPServer.Response {
        .init(status: 200, headers: ["content-type": "application/json"], body: try JSONEncoder().encode(value))
    }
}

struct Token: Decodable {
    let token: String
}

struct Name: Decodable {
    let givenName, familyName: String
}

struct Me: Encodable {
    let sub, email: String
    let givenName, familyName: String?

    init(_ user: User) {
        (sub, email, givenName, familyName) = (user.sub, user.email, user.givenName, user.familyName)
    }
}

/// Who is logged in. With several processes, this would be a table in a database.
actor Sessions {
    private var subs: [String: String] = [:]

    func begin(for sub: String, ending before: String?) -> String {
        end(before)
        // A UUID is made of the system's random numbers.
        let id = UUID().uuidString
        subs[id] = sub
        return id
    }

    func sub(of id: String?) -> String? {
        id.flatMap { subs[$0] }
    }

    func end(_ id: String?) {
        if let id { subs[id] = nil }
    }
}

struct Settings: Sendable {
    let port: UInt16
    let origin, endpoint, tenancyID: String

    init(_ environment: [String: String]) {
        port = environment["PORT"].flatMap { UInt16($0) } ?? 3000
        origin = environment["ORIGIN"] ?? "http://localhost:\(port)"
        endpoint = environment["PASSLOCK_ENDPOINT"] ?? "https://api.passlock.dev"
        tenancyID = environment["PASSLOCK_TENANCY_ID"] ?? ""
    }

    var isSecure: Bool { origin.hasPrefix("https://") }

    var cookie: String { isSecure ? "__Host-session" : "session" }

    func setCookie(_ id: String) -> String {
        "\(cookie)=\(id); Path=/; HttpOnly; SameSite=Strict\(isSecure ? "; Secure" : "")"
    }

    var policy: String {
        "default-src 'self'; script-src 'self' \(endpoint); connect-src 'self' \(endpoint); "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }
}
