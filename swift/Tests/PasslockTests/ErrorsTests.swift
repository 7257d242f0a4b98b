import Foundation
import Passlock
import PasslockNative
import PasslockTesting
import Sockets
import Testing

@Suite("Errors")
struct ErrorsTests {
    @Test("no code is lost on the way")
    func codesAgree() {
        let native = PasslockNative.codes()
        #expect(PasslockError.Kind.allCases.map(\.rawValue) == native.kinds)
        #expect(PasslockError.Kind.allCases.filter(\.isAPI).map(\.rawValue) == native.apiKinds)
        #expect(PasslockError.Operation.allCases.map(\.rawValue) == native.operations)
        #expect(PasslockError.Limit.allCases.map(\.rawValue) == native.limits)
        #expect(PasslockError.Claim.allCases.map(\.rawValue) == native.claims)
        #expect(PasslockError.Hint.allCases.map(\.rawValue) == native.hints)
    }

    @Test(
        "every status has its kind and its fields",
        arguments: [
            (401, PasslockError.Kind.unauthorized), (403, .forbidden), (404, .notFound), (429, .rateLimited),
            (400, .badRequest), (418, .badRequest), (500, .server), (503, .server), (302, .protocol),
        ])
    func statuses(status: Int, kind: PasslockError.Kind) async throws {
        try await withEmulator { emulator in
            let headers = ["x-request-id": "request-7", "retry-after": "3"]
            let body = #"{"_tag":"Odd","message":"m","detail":"more"}"#
            try await emulator.fault(.status(status, headers: headers, body: body))
            let error = try await failure { try await emulator.client().getUser("user-1") }
            #expect(error.kind == kind)
            #expect(error.status == status)
            #expect(error.operation == .getUser)
            #expect(error.requestID == "request-7")
            #expect(error.attempts == 1)
            if kind.isAPI { #expect(error.tag == "Odd" && error.detail == "more") }
            if status == 429 || status == 503 { #expect(error.retryAfter == .seconds(3) && error.isRetryable) }
        }
    }

    @Test(
        "every fault has its kind",
        arguments: [
            ("delay", Fault.delay(.milliseconds(100)), PasslockError.Kind?.none), ("hang", .hang, .timeout),
            ("stall", .stall, .timeout), ("stallHead", .stallHead, .timeout),
            ("drip", .drip(every: .milliseconds(100)), .timeout), ("reset", .reset, .connection),
            ("resetAfterHead", .resetAfterHead, .connection), ("truncate", .truncate, .connection),
            ("garbage", .garbage, .protocol), ("endless", .endless, .protocol),
            ("endlessHead", .endlessHead, .protocol),
            ("closeIdle", .closeIdle, nil), ("redirect", .redirect(to: "http://other.test/"), .protocol),
        ])
    func faults(name: String, fault: Fault, kind: PasslockError.Kind?) async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            try await emulator.fault(fault)
            // Without a retry every fault is seen; one that may pass unnoticed needs retries to do so.
            let client = try emulator.client {
                $0.attemptTimeout = .seconds(1)
                $0.maxRetries = kind == nil ? 2 : 0
            }
            if let kind {
                let error = try await failure { try await client.getUser("user-1") }
                #expect(error.kind == kind, "\(name)")
                if kind == .timeout { #expect(error.limit == .attemptTimeout) }
            } else {
                #expect(try await client.getUser("user-1").givenName == "Ada")
            }
            #expect(try await emulator.journal().first?.fault == name)
            // Whatever went wrong, the client goes on.
            #expect(try await client.getUser("user-1").givenName == "Ada")
        }
    }

    @Test("refused connections say so and keep the cause")
    func refused() async throws {
        let client = try PasslockClient(
            PasslockOptions(tenancyID: "t", apiKey: key, endpoint: "http://127.0.0.1:1", maxRetries: 1))
        let error = try await failure { try await client.getUser("user-1") }
        #expect(error.kind == .connection && error.attempts == 2 && error.isRetryable)
        #expect(error.cause?.lowercased().contains("refused") == true, "\(error.debugDescription)")
    }

    @Test("a gateway's 404 hints at the endpoint")
    func hint() async throws {
        try await withEmulator { emulator in
            try await emulator.fault(.status(404, body: #"{"message":"Not Found"}"#))
            let error = try await failure { try await emulator.client().getUser("u") }
            #expect(error.kind == .notFound && error.hint == .wrongEndpoint)
            let named = error.message.range(of: "https://[a-z0-9.-]+", options: .regularExpression)
            #expect(named.map { error.message[$0] } == Substring(PasslockOptions.v1Endpoint))
            try emulator.client { $0.endpoint = PasslockOptions.v1Endpoint }.close()
        }
    }

    @Test("an update that was accepted says so when reading back fails")
    func applied() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            try await emulator.configure(patchAnswer: .empty)
            try await emulator.fault(.status(500), operation: .getUser)
            let error = try await failure {
                try await emulator.client().updateUser("user-1", with: UserUpdate(givenName: "Augusta"))
            }
            #expect(error.kind == .server && error.isApplied && error.attempts == 2)
        }
    }

    @Test("a wait longer than a Duration can hold ends no process")
    func endlessWait() async throws {
        try await withEmulator { emulator in
            try await emulator.fault(.status(429, headers: ["retry-after": "18446744073709551615"]))
            let error = try await failure { try await emulator.client().getUser("u") }
            #expect(error.kind == .rateLimited)
            // Reading the parts is what would trap.
            if let wait = error.retryAfter { #expect(wait.components.seconds > 3600) }
        }
    }

    @Test("an error tells its message in every manner that Swift has")
    func texts() async throws {
        try await withEmulator { emulator in
            let error = try await failure { try await emulator.client().getUser("nobody") }
            let any: any Error = error
            #expect(any.localizedDescription == error.message)
            #expect("\(any)" == "not_found: \(error.message)")
            let debug = String(reflecting: any)
            #expect(debug.hasPrefix("not_found: \(error.message) ("))
            for part in ["operation: get_user", "status: 404", "tag: NotFound", "attempts: 1", "isRetryable: false"] {
                #expect(debug.contains(part), "\(debug)")
            }
        }
    }

    @Test("an error of an application's tests suggests what that of a call does")
    func suggested() {
        typealias Case = (error: PasslockError, status: Int, isLoginRefused: Bool)
        let cases: [Case] = [
            (PasslockError(kind: .notFound, message: "", operation: .exchangeToken), 401, true),
            (PasslockError(kind: .notFound, message: "", operation: .getUser), 404, false),
            (PasslockError(kind: .notFound, message: "", operation: .exchangeToken, hint: .wrongEndpoint), 500, false),
            (PasslockError(kind: .forbidden, message: "", operation: .exchangeToken, tag: "Disabled"), 403, true),
            (PasslockError(kind: .forbidden, message: "", operation: .exchangeToken), 500, false),
            (PasslockError(kind: .rateLimited, message: ""), 503, false),
            (PasslockError(kind: .notFound, message: "", suggestedStatus: 410), 410, false),
        ]
        for (error, status, isLoginRefused) in cases {
            #expect(error.suggestedStatus == status, "\(error.debugDescription)")
            #expect(error.isLoginRefused == isLoginRefused, "\(error.debugDescription)")
        }
    }

    @Test("an error is caught by its kind")
    func catching() async throws {
        try await withEmulator { emulator in
            do {
                _ = try await emulator.client().getUser("nobody")
                Issue.record("no error")
            } catch PasslockError.Kind.unauthorized {
                Issue.record("another kind's clause")
            } catch PasslockError.Kind.notFound {
                // As it should be.
            }
            #expect(!(PasslockError.Kind.notFound ~= CancellationError()))
        }
    }

    @Test("an invalid token is refused before it is sent")
    func invalidInput() async throws {
        try await withEmulator { emulator in
            let client = try emulator.client()
            for token in ["", ".", "..", "a\nb", String(repeating: "x", count: 4097)] {
                let error = try await failure { try await client.exchangeToken(token) }
                #expect(error.kind == .invalidInput && error.operation == .exchangeToken && !error.isRetryable)
            }
            #expect(try await emulator.journal().isEmpty)
        }
    }
}
