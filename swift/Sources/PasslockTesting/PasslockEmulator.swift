#if os(macOS) || os(Linux)
    import Foundation
    import Passlock

    /// The Passlock API on this machine, for tests: the program `passlock-cli emulate` in its own process.
    ///
    /// The program is the one that the `PASSLOCK_CLI` environment variable names, or else the one on the `PATH`.
    ///
    /// ```swift
    /// let emulator = try await PasslockEmulator.start()
    /// defer { emulator.stop() }
    /// let user = try await emulator.addUser(email: "ada@example.com")
    /// let token = try await emulator.issueToken(for: user.sub)
    /// let principal = try await PasslockClient(emulator.options).exchangeToken(token)
    /// ```
    public final class PasslockEmulator: Sendable {
        /// Where it listens: the client's `endpoint` setting.
        public let endpoint: String

        /// The tenancy that it serves.
        public let tenancyID: String

        /// The API key that it accepts.
        public let apiKey: String

        private let program: Program
        private let control: ControlChannel

        private init(_ program: Program, _ control: ControlChannel, _ ready: Ready) {
            self.program = program
            self.control = control
            endpoint = ready.endpoint
            tenancyID = ready.tenancyId
            apiKey = ready.apiKey
        }

        deinit {
            program.stop()
        }

        /// Starts an emulator on a free port. It runs until it is stopped, nothing refers to it any more, or this process
        /// ends.
        ///
        /// - Throws: an ``EmulatorError`` if the program is missing, is not ready within 10 seconds, or is a different program
        ///   of that name.
        public static func start(tenancyID: String? = nil, apiKey: String? = nil) async throws -> PasslockEmulator {
            try await start(Program.find(in: ProcessInfo.processInfo.environment), tenancyID: tenancyID, apiKey: apiKey)
        }

        static func start(
            _ path: String, tenancyID: String? = nil, apiKey: String? = nil
        ) async throws -> PasslockEmulator {
            var arguments = ["emulate", "--json", "--exit-with-stdin"]
            if let tenancyID { arguments += ["--tenancy-id", tenancyID] }
            if let apiKey { arguments += ["--api-key", apiKey] }
            let program = try Program(at: path, arguments)
            do {
                return try await meet(program)
            } catch {
                program.kill()
                throw Task.isCancelled ? CancellationError() : error
            }
        }

        /// Waits until the program is ready, and makes sure that it is an emulator.
        private static func meet(_ program: Program) async throws -> PasslockEmulator {
            let line = try await program.firstLine()
            guard let ready = try? JSONDecoder().decode(Ready.self, from: line),
                let control = ControlChannel(url: ready.control)
            else { throw program.stranger }
            let answer: Data
            do {
                answer = try await control.request("GET", "health")
            } catch let error as EmulatorError {
                throw EmulatorError("\(program.stranger) (\(error))")
            }
            guard let health = try? JSONDecoder().decode(Health.self, from: answer) else { throw program.stranger }
            guard health.protocol == 1 else {
                throw EmulatorError(
                    "the emulator has a different version (\(health.version)): "
                        + "install the version that matches this package")
            }
            return PasslockEmulator(program, control, ready)
        }

        /// Settings with which a client reaches this emulator.
        public var options: PasslockOptions {
            PasslockOptions(tenancyID: tenancyID, apiKey: apiKey, endpoint: endpoint)
        }

        /// Adds a user. If `sub` is omitted, one is generated. No two users share an email address or a `sub`.
        @discardableResult
        public func addUser(
            email: String,
            sub: String? = nil,
            givenName: String? = nil,
            familyName: String? = nil,
            emailVerified: Bool = false
        ) async throws -> User {
            let fields: [String: Any?] = [
                "email": email, "sub": sub, "givenName": givenName, "familyName": familyName,
                "emailVerified": emailVerified,
            ]
            let answer = try await post("users", json(fields))
            return try JSONDecoder().decode(UserAnswer.self, from: answer).user
        }

        /// Issues a token, as a browser gets it after this user logs in. It expires after `ttlSeconds`.
        public func issueToken(
            for sub: String,
            authType: AuthType = .passkey,
            userVerified: Bool = true,
            ttlSeconds: Int = 360,
            singleUse: Bool = false
        ) async throws -> String {
            let fields: [String: Any?] = [
                "sub": sub, "authType": authType.rawValue, "userVerified": userVerified, "ttlSeconds": ttlSeconds,
                "singleUse": singleUse,
            ]
            let answer = try await post("tokens", json(fields))
            return try JSONDecoder().decode(TokenAnswer.self, from: answer).token
        }

        /// Injects a fault into the next requests.
        ///
        /// - Parameters:
        ///   - fault: the fault.
        ///   - times: how many requests it applies to.
        ///   - operation: the only operation it applies to.
        ///   - apply: whether the operation is carried out before the fault.
        ///   - method: the only method it applies to.
        public func fault(
            _ fault: Fault,
            times: Int = 1,
            operation: PasslockError.Operation? = nil,
            apply: Bool = false,
            method: String? = nil
        ) async throws {
            let fields: [String: Any?] = [
                "fault": fault.fields, "times": times, "operation": operation?.rawValue, "apply": apply,
                "method": method,
            ]
            try await post("faults", json(fields))
        }

        /// Sets how the emulator behaves where Passlock's documentation leaves it open. Arguments that are nil change nothing.
        ///
        /// - Parameters:
        ///   - patchAnswer: the form of the response to a successful update.
        ///   - legacyFields: whether a principal has the fields that only Passlock's own clients need.
        public func configure(patchAnswer: PatchAnswer? = nil, legacyFields: Bool? = nil) async throws {
            let fields: [String: Any?] = ["patchAnswer": patchAnswer?.rawValue, "legacyFields": legacyFields]
            try await post("behaviour", json(fields))
        }

        /// The form of the response to a successful update.
        public enum PatchAnswer: String, Sendable {
            /// The user, in an object under `user`.
            case wrapped
            /// The user.
            case bare
            /// Nothing.
            case empty
        }

        /// Ages the existing tokens.
        public func advance(by duration: Duration) async throws {
            let (seconds, attoseconds) = duration.components
            try await post("clock", json(["advanceSeconds": Double(seconds) + Double(attoseconds) / 1e18]))
        }

        /// The last 10,000 requests to the API, oldest first.
        public func journal() async throws -> [JournalEntry] {
            let journal = try await control.request("GET", "journal")
            return try JSONDecoder().decode([String: [JournalEntry]].self, from: journal)["requests"] ?? []
        }

        /// Resets everything to its initial state.
        public func reset() async throws {
            try await post("reset", Data("{}".utf8))
        }

        /// Stops it. Stopping again does nothing.
        public func stop() {
            program.stop()
        }

        /// Sends a command from the emulator's manual to the control API, and returns the response.
        @discardableResult
        package func post(_ what: String, _ body: Data) async throws -> Data {
            try await control.request("POST", what, body: body)
        }
    }

    /// The line that the emulator prints when it listens.
    private struct Ready: Decodable {
        let endpoint: String
        let tenancyId: String
        let apiKey: String
        let control: String
    }

    /// Which emulator responds.
    private struct Health: Decodable {
        let version: String
        let `protocol`: Int
    }

    private struct UserAnswer: Decodable {
        let user: User
    }

    private struct TokenAnswer: Decodable {
        let token: String
    }

    /// Fields as JSON, without those that are nil.
    private func json(_ fields: [String: Any?]) throws -> Data {
        try JSONSerialization.data(withJSONObject: fields.compactMapValues { $0 })
    }
#endif
