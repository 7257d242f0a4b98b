#if os(macOS) || os(Linux)
    import Foundation
    import Passlock

    /// The Passlock API on this machine, for tests: the program `passlock emulate`, started, told what to do, and stopped.
    ///
    /// The program is found by the environment's `PASSLOCK_CLI`, then on the `PATH`.
    ///
    /// ```swift
    /// let emulator = try await PasslockEmulator.start()
    /// defer { emulator.stop() }
    /// let user = try await emulator.addUser(email: "ada@example.com")
    /// let token = try await emulator.issueToken(for: user.sub)
    /// let principal = try await PasslockClient(emulator.options).exchangeToken(token)
    /// ```
    public final class PasslockEmulator: Sendable {
        /// Where it listens: the client's setting `endpoint`.
        public let endpoint: String

        /// The tenancy that it serves.
        public let tenancyID: String

        /// The API key that it accepts.
        public let apiKey: String

        private let program: Program
        private let control: ControlChannel

        private init(_ program: Program, _ ready: Ready) throws {
            self.program = program
            endpoint = ready.endpoint
            tenancyID = ready.tenancyId
            apiKey = ready.apiKey
            control = try ControlChannel(url: ready.control)
        }

        deinit {
            program.stop()
        }

        /// Starts an emulator on a free port. It ends when it is stopped, when nobody holds it any more, and with this process.
        ///
        /// - Throws: an ``EmulatorError`` when the program is missing or does not start.
        public static func start(tenancyID: String? = nil, apiKey: String? = nil) async throws -> PasslockEmulator {
            var arguments = ["emulate", "--json", "--exit-with-stdin"]
            if let tenancyID { arguments += ["--tenancy-id", tenancyID] }
            if let apiKey { arguments += ["--api-key", apiKey] }
            let program = try Program(at: Program.find(in: ProcessInfo.processInfo.environment), arguments)
            let line = try await program.firstLine()
            return try PasslockEmulator(program, JSONDecoder().decode(Ready.self, from: line))
        }

        /// Settings with which a client reaches this emulator.
        public var options: PasslockOptions {
            PasslockOptions(tenancyID: tenancyID, apiKey: apiKey, endpoint: endpoint)
        }

        /// Adds a user. Without a `sub` it gets one.
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

        /// Issues a token, as a browser gets it after a login of this user.
        public func issueToken(
            for sub: String,
            authType: AuthType = .passkey,
            userVerified: Bool = true,
            livingSeconds: Int = 360,
            singleUse: Bool = false
        ) async throws -> String {
            let fields: [String: Any?] = [
                "sub": sub, "authType": authType.rawValue, "userVerified": userVerified, "ttlSeconds": livingSeconds,
                "singleUse": singleUse,
            ]
            let answer = try await post("tokens", json(fields))
            return try JSONDecoder().decode(TokenAnswer.self, from: answer).token
        }

        /// Makes the next requests go wrong.
        ///
        /// - Parameters:
        ///   - fault: what goes wrong.
        ///   - times: with how many requests.
        ///   - operation: only with requests of this operation.
        ///   - apply: whether the operation is carried out before.
        public func fault(
            _ fault: Fault,
            times: Int = 1,
            operation: PasslockError.Operation? = nil,
            apply: Bool = false
        ) async throws {
            let fields: [String: Any?] = [
                "fault": fault.fields, "times": times, "operation": operation?.rawValue, "apply": apply,
            ]
            try await post("faults", json(fields))
        }

        /// Ages the tokens that exist.
        public func advance(by duration: Duration) async throws {
            let (seconds, attoseconds) = duration.components
            try await post("clock", json(["advanceSeconds": Double(seconds) + Double(attoseconds) / 1e18]))
        }

        /// The requests to the API so far.
        public func journal() async throws -> [JournalEntry] {
            let journal = try await control.request("GET", "journal")
            return try JSONDecoder().decode([String: [JournalEntry]].self, from: journal)["requests"] ?? []
        }

        /// Makes everything as it was at the start.
        public func reset() async throws {
            try await post("reset", Data("{}".utf8))
        }

        /// Stops it. Stopping again does nothing.
        public func stop() {
            program.stop()
        }

        /// Tells the control API something, by the emulator's manual, and gives its answer.
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
