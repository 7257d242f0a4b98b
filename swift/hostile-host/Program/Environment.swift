import Foundation
import Passlock

/// The environment is whatever it is; the settings are all given.
@Sendable
func environment(_ endpoint: String) async throws {
    try await tell { try await HostileHost.client(of: endpoint).getUser("user-1") }
}

/// Everything comes from the environment.
@Sendable
func everythingFromEnvironment(_ endpoint: String) async throws {
    try await tell { try await PasslockClient(PasslockOptions(maxRetries: 0)).getUser("user-1") }
}

/// Variables that are not UTF-8, among them those that the client reads.
@Sendable
func invalidUTF8(_ endpoint: String) async throws {
    for name in ["PASSLOCK_TENANCY_ID", "PASSLOCK_API_KEY", "HTTPS_PROXY", "SSL_CERT_DIR", "OTHER"] {
        let value: [CChar] = [CChar(bitPattern: 0xff), CChar(bitPattern: 0xfe), 0x61, 0]
        setenv(name, value, 1)
    }
    setenv("PASSLOCK_ENDPOINT", endpoint, 1)
    try await tell { try await HostileHost.client(of: endpoint).getUser("user-1") }
    try await tell { try await PasslockClient(PasslockOptions(maxRetries: 0)).getUser("user-1") }
}

/// Prints what became of a call.
private func tell(_ call: () async throws -> User) async throws {
    do {
        print(try await call().sub)
    } catch let error as PasslockError {
        print(error.debugDescription)
    }
}
