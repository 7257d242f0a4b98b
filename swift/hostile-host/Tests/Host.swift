import Foundation
import PasslockTesting
import Testing

/// How a host process ended, and what it said.
struct Ending: CustomStringConvertible {
    let signal: Int32?
    let status: Int32
    let output: String
    let errors: String

    var description: String {
        let end = signal.map { "ended by signal \($0)" } ?? "ended with status \(status)"
        return "\(end); said: \(output)\(errors)"
    }
}

/// Runs a host process in one of its manners, until it ends; it is killed after a minute.
func host(_ manner: String, _ endpoint: String, environment: [String: String] = [:]) async throws -> Ending {
    let process = Process()
    process.executableURL = try built("HostileHost")
    process.arguments = [manner, endpoint]
    // Swift's own libraries may be where only this names them.
    let inherited = ProcessInfo.processInfo.environment.filter { $0.key == "LD_LIBRARY_PATH" }
    process.environment = environment.merging(inherited) { own, _ in own }
    let (output, errors) = (try Capture(), try Capture())
    process.standardOutput = output.file
    process.standardError = errors.file
    try process.run()
    let deadline = ContinuousClock.now + .seconds(60)
    while process.isRunning {
        if ContinuousClock.now > deadline {
            kill(process.processIdentifier, SIGKILL)
            Issue.record("\(manner): it hangs")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
    let wasSignalled = process.terminationReason == .uncaughtSignal
    return try Ending(
        signal: wasSignalled ? process.terminationStatus : nil,
        status: process.terminationStatus, output: output.text(), errors: errors.text())
}

/// Checks that a host ended well.
func endsWell(_ ending: Ending, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
        ending.signal == nil && ending.status == 0 && ending.errors.isEmpty, "\(ending)", sourceLocation: sourceLocation
    )
}

/// Runs a test with an emulator that has a user.
func withEmulator(_ work: (PasslockEmulator) async throws -> Void) async throws {
    let emulator = try await PasslockEmulator.start(tenancyID: "tenancy-1", apiKey: "key-canary-0123456789")
    defer { emulator.stop() }
    try await emulator.addUser(email: "ada@example.com", sub: "user-1")
    try await work(emulator)
}

/// A file that takes what a process prints: nobody need read it meanwhile.
private final class Capture {
    let file: FileHandle
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("passlock-\(UUID())").path

    init() throws {
        try #require(FileManager.default.createFile(atPath: path, contents: nil))
        file = try #require(FileHandle(forUpdatingAtPath: path))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func text() throws -> String {
        try String(decoding: Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }
}

/// A program of the package is next to its tests.
private func built(_ name: String) throws -> URL {
    let tests = try #require(CommandLine.arguments.first { $0.contains("PackageTests.xctest") })
    let bundle = try #require(tests.range(of: "/[^/]*PackageTests.xctest.*$", options: .regularExpression))
    return URL(fileURLWithPath: String(tests[..<bundle.lowerBound])).appendingPathComponent(name)
}
