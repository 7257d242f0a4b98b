import Foundation
import Passlock
import PasslockTesting
import Testing

/// What an application can learn about its calls: `...WithInfo`, and an observer.
@Suite("Observability")
struct ObservabilityTests {
    @Test("a call can return its details beside its value")
    func info() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let token = try await emulator.issueToken(for: "user-1")
            let client: any PasslockOperations = try emulator.client()
            let exchange = try await client.exchangeTokenWithInfo(token)
            #expect(exchange.principal.sub == "user-1")
            try await emulator.fault(.status(503))
            let (user, info) = try await client.getUserWithInfo("user-1", maxRetries: 1)
            let change = try await client.updateUserWithInfo("user-1", with: UserUpdate(givenName: "Augusta"))
            #expect(user.givenName == "Ada" && change.user.givenName == "Augusta")
            let infos = [exchange.info, info, change.info]
            #expect(infos.map(\.attempts) == [1, 2, 1] && infos.map(\.status) == [200, 200, 200])
            #expect(Set(infos.compactMap(\.requestID)).count == 3)
            #expect(infos.allSatisfy { $0.elapsed > .zero && $0.elapsed < .seconds(30) })
            let error = try await failure { try await client.getUserWithInfo("nobody") }
            #expect(error.kind == .notFound && error.attempts == 1 && error.status == 404)
        }
    }

    @Test("an observer receives a report on a call and each of its attempts")
    func retried() async throws {
        try await withObserver { emulator, seen, client in
            try await emulator.addAda()
            try await emulator.fault(.status(503))
            let (before, start) = (Date(), ContinuousClock.now)
            _ = try await client.getUser("user-1", maxRetries: 1)
            let took = ContinuousClock.now - start
            let report = try #require(seen.only)
            #expect(report.operation == "get_user" && report.errorType == nil)
            #expect(report.info.attempts == 2 && report.info.status == 200 && report.info.requestID != nil)
            #expect("http://\(report.serverAddress ?? ""):\(report.serverPort ?? 0)" == emulator.endpoint)
            try #require(report.attempts.map(\.status) == [503, 200])
            let (first, second) = (report.attempts[0], report.attempts[1])
            #expect(report.attempts.map(\.errorType) == ["503", nil] && report.attempts.map(\.resendCount) == [0, 1])
            #expect(second.requestID == report.info.requestID && second.wait == nil)
            let wait = try #require(first.wait)
            #expect(first.begun <= first.ended && first.ended + wait <= second.begun && second.begun < second.ended)
            #expect(second.ended <= report.info.elapsed)
            #expect(before <= report.begun && report.info.elapsed <= took)
        }
    }

    @Test("its spans have OpenTelemetry's names, times and status")
    func spans() async throws {
        try await withObserver { emulator, seen, client in
            try await emulator.addAda()
            try await emulator.fault(.status(503))
            _ = try await client.getUser("user-1", maxRetries: 1)
            let report = try #require(seen.only)
            let (call, attempts) = (report.span, report.attemptSpans)
            let requestID = try #require(report.info.requestID)
            #expect(call.name == "get_user" && !call.isError)
            let about: [String: SpanReport.Value] = [
                "passlock.operation": .string("get_user"), "passlock.attempts": .int(2),
                "passlock.request_id": .string(requestID),
            ]
            #expect(call.attributes == about)
            let route = "/{tenancyId}/user/{sub}"
            let port = try #require(emulator.endpoint.split(separator: ":").last.flatMap { Int($0) })
            let common: [String: SpanReport.Value] = [
                "http.request.method": .string("GET"), "url.template": .string(route),
                "server.address": .string("127.0.0.1"), "server.port": .int(port),
            ]
            let own: [[String: SpanReport.Value]] = [
                ["http.response.status_code": .int(503), "error.type": .string("503")],
                ["http.response.status_code": .int(200), "http.request.resend_count": .int(1)],
            ]
            #expect(attempts.map(\.name) == ["GET \(route)", "GET \(route)"])
            #expect(attempts.map(\.attributes) == own.map { $0.merging(common) { own, _ in own } })
            #expect(attempts.map(\.isError) == [true, false])
            let times = [call.start] + attempts.flatMap { [$0.start, $0.end] } + [call.end]
            #expect(times == times.sorted() && Set(times).count > 2)
            let now = UInt64(Date().timeIntervalSince1970 * 1e9)
            #expect(call.start < call.end && call.end <= now && now - call.start < 30_000_000_000)
        }
    }

    @Test("a failed call is reported with its error")
    func failing() async throws {
        try await withObserver { emulator, seen, client in
            _ = try await failure { try await client.exchangeToken("unknown") }
            let refused = try #require(seen.only)
            #expect(refused.errorType == "not_found" && refused.info.status == 404 && refused.span.isError)
            #expect(refused.span.attributes["error.type"] == .string("not_found"))
            #expect(refused.attemptSpans.map(\.isError) == [true])
            seen.clear()
            // A call that sends nothing has no server either.
            _ = try await failure { try await client.getUser("") }
            _ = try await failure { try await client.getUser("user-1", maxRetries: 11) }
            client.close()
            _ = try await failure { try await client.warmUp() }
            #expect(seen.all.map(\.errorType) == ["invalid_input", "config", "config"])
            #expect(seen.all.map(\.operation) == ["get_user", "get_user", "warm_up"])
            #expect(seen.all.allSatisfy { $0.attempts.isEmpty && $0.serverAddress == nil && $0.serverPort == nil })
        }
    }

    @Test("a cancelled call is reported as cancelled, without its attempts")
    func cancelled() async throws {
        try await withObserver { emulator, seen, client in
            try await emulator.fault(.hang)
            let call = Task { try await client.getUserWithInfo("user-1") }
            try await emulator.waitForRequest()
            call.cancel()
            await #expect(throws: CancellationError.self) { _ = try await call.value }
            let report = try #require(seen.only)
            #expect(report.errorType == "cancelled" && report.span.isError && report.attemptSpans.isEmpty)
            #expect(report.info.elapsed > .zero && report.span.start < report.span.end)
            let expected: [String: SpanReport.Value] = [
                "passlock.operation": .string("get_user"), "error.type": .string("cancelled"),
            ]
            #expect(report.span.attributes == expected)
        }
    }

    @Test("an observer runs on the task that made the call, before the call returns")
    func callersTask() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let seen = Seen()
            let client = try emulator.client { options in
                options.observer = { _ in seen.add(span: Tracer.span) }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...8 {
                    group.addTask {
                        try await Tracer.$span.withValue("span-\(number)") { _ = try await client.getUser("user-1") }
                    }
                }
                try await group.waitForAll()
            }
            #expect(seen.spans.sorted() == (1...8).map { "span-\($0)" })
            try await Tracer.$span.withValue("outer") {
                try await client.warmUp()
                #expect(seen.spans.last == "outer")
            }
        }
    }

    @Test("an observer may use its client, and close it")
    func reentrance() async throws {
        try await withEmulator { emulator in
            try await emulator.addAda()
            let (held, seen) = (Held(), Seen())
            let client = try emulator.client { options in
                options.observer = { report in
                    seen.add(report)
                    held.client?.close()
                }
            }
            held.client = client
            #expect(try await client.getUser("user-1").givenName == "Ada")
            #expect(try await failure { try await client.getUser("user-1") }.message == "client is closed")
            #expect(seen.all.map(\.errorType) == [nil, "config"])
            held.client = nil
        }
    }

    @Test("no report and no span contains a secret or a user's data")
    func secrets() async throws {
        try await withEmulator { emulator in
            let seen = Seen()
            let client = try emulator.client { options in
                options.headers = ["x-gateway-key": "header-canary"]
                options.observer = { seen.add($0) }
            }
            try await emulator.addUser(email: "canary@example.com", sub: "user-canary", givenName: "Canary")
            let token = try await emulator.issueToken(for: "user-canary")
            #expect(try await client.exchangeToken(token).sub == "user-canary")
            #expect(try await client.getUser("user-canary").givenName == "Canary")
            _ = try await client.updateUser("user-canary", with: UserUpdate(familyName: "Canary"))
            let body = #"{"_tag":"BadRequest","message":"token-canary header-canary"}"#
            for fault in [Fault.status(400, body: body), .garbage, .reset, .redirect(to: "http://canary.test/")] {
                try await emulator.fault(fault)
                _ = try await failure { try await client.exchangeToken("token-canary") }
            }
            #expect(seen.all.count == 7)
            for report in seen.all {
                var text = "\(report) \(report.span) \(report.attemptSpans) \(String(reflecting: report))"
                dump(report, to: &text)
                dump(report.attemptSpans, to: &text)
                #expect(!text.lowercased().contains("canary") && !text.contains(token), "\(text)")
            }
        }
    }

    @Test("reports created in tests have spans too, whatever their times")
    func ownReports() {
        for date in [Date.distantPast, .distantFuture, Date(timeIntervalSince1970: .infinity)] {
            let report = CallReport(
                operation: "get_user", begun: date, info: CallInfo(elapsed: .seconds(Int64.max)),
                attempts: [AttemptReport(method: "GET", route: "/", begun: .zero, ended: .seconds(Int64.max))])
            #expect(report.span.start == 0 && report.attemptSpans[0].end == 0)
        }
        let begun = Date(timeIntervalSince1970: 1.5)
        let report = CallReport(operation: "warm_up", begun: begun, info: CallInfo(elapsed: .seconds(2)))
        #expect(report.span.start == 1_500_000_000 && report.span.end == 3_500_000_000)
    }

    /// Runs a test with a client that is observed.
    private func withObserver(
        _ work: (PasslockEmulator, Seen, PasslockClient) async throws -> Void
    ) async throws {
        try await withEmulator { emulator in
            let seen = Seen()
            try await work(emulator, seen, emulator.client { $0.observer = { seen.add($0) } })
        }
    }
}

/// As tracers keep their current span.
private enum Tracer {
    @TaskLocal static var span = "none"
}

private final class Held: @unchecked Sendable {
    private let lock = NSLock()
    private var held: PasslockClient?

    var client: PasslockClient? {
        get { lock.withLock { held } }
        set { lock.withLock { held = newValue } }
    }
}

/// What an observer received, in order.
private final class Seen: @unchecked Sendable {
    private let lock = NSLock()
    private var reports: [CallReport] = []
    private var current: [String] = []

    var all: [CallReport] { lock.withLock { reports } }

    var only: CallReport? { lock.withLock { reports.count == 1 ? reports[0] : nil } }

    var spans: [String] { lock.withLock { current } }

    func add(_ report: CallReport) {
        lock.withLock { reports.append(report) }
    }

    func add(span: String) {
        lock.withLock { current.append(span) }
    }

    func clear() {
        lock.withLock { reports = [] }
    }
}
