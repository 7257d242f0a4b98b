#if os(macOS) || os(Linux)
    import Dispatch
    import Foundation

    /// The emulator's process. It never outlives the object, and a program that turns out to be a different one is killed.
    final class Program: @unchecked Sendable {
        // Everything is set once and used by one caller at a time, except for stopping.
        private let process = Process()
        private let input = Pipe()
        private let output = Pipe()
        private let lock = NSLock()
        private var stopped = false
        private let path: String
        private var hasOwnGroup = false

        /// How long a program may take to report that it is ready.
        static let startLimit = Duration.seconds(10)

        /// The emulator's first line is much shorter.
        private static let longestLine = 64 * 1024

        static let howToGetIt =
            "build it in a checkout of the Passlock SDK with: cargo build -p passlock-cli, and set PASSLOCK_CLI to its path"

        init(at path: String, _ arguments: [String]) throws {
            self.path = path
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments
            process.standardInput = input
            process.standardOutput = output
            do {
                try process.run()
            } catch {
                // There is nothing to end.
                stopped = true
                throw EmulatorError("\(path) can't be started (\(error.localizedDescription)); \(Self.howToGetIt)")
            }
            hasOwnGroup = getpgid(process.processIdentifier) == process.processIdentifier
        }

        deinit {
            stop()
        }

        /// Where the program is.
        static func find(in environment: [String: String]) throws -> String {
            if let named = environment["PASSLOCK_CLI"], !named.isEmpty { return named }
            let folders = (environment["PATH"] ?? "").split(separator: ":")
            guard let found = folders.map({ "\($0)/passlock-cli" }).first(where: isProgram) else {
                throw EmulatorError(
                    "the program passlock-cli is neither named by PASSLOCK_CLI nor on the PATH; \(howToGetIt)")
            }
            return found
        }

        /// A folder is "executable" too.
        private static func isProgram(_ path: String) -> Bool {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
                && FileManager.default.isExecutableFile(atPath: path)
        }

        /// The first line that it prints, within a time limit.
        func firstLine(within limit: Duration = startLimit) async throws -> Data {
            try await withTaskCancellationHandler {
                try await onThread { [self] in try firstLine(before: .now + limit) }
            } onCancel: {
                kill()
            }
        }

        private func firstLine(before deadline: ContinuousClock.Instant) throws -> Data {
            var line = Data()
            // Polled rather than read: what never prints anything would keep a thread for ever.
            var descriptor = pollfd(
                fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
            while !line.contains(UInt8(ascii: "\n")) {
                guard ContinuousClock.now < deadline else {
                    throw EmulatorError("\(path) was not ready within \(Self.startLimit.components.seconds) seconds")
                }
                if poll(&descriptor, 1, 50) <= 0 { continue }
                let some = output.fileHandleForReading.availableData
                if some.isEmpty {
                    throw EmulatorError(
                        "\(path) ended\(status) before it was ready: its standard error says why. "
                            + "If it is not the Passlock SDK's program, \(Self.howToGetIt)")
                }
                line += some
                guard line.count < Self.longestLine else { throw stranger }
            }
            return line
        }

        /// The error for a program that is not the emulator.
        var stranger: EmulatorError {
            EmulatorError("\(path) is not the Passlock SDK's program; \(Self.howToGetIt)")
        }

        private var status: String {
            waitForExit(.seconds(1))
            return process.isRunning ? "" : " with status \(process.terminationStatus)"
        }

        /// Stops it gracefully. Stopping again does nothing.
        func stop() {
            lock.lock()
            defer { lock.unlock() }
            if stopped { return }
            stopped = true
            // It ends when its standard input does. But a program that was started meanwhile may hold that open.
            try? input.fileHandleForWriting.close()
            process.terminate()
            waitForExit(.seconds(5))
            if process.isRunning { killGroup() }
        }

        /// Ends it at once, and all that it has started.
        func kill() {
            lock.lock()
            defer { lock.unlock() }
            if stopped { return }
            stopped = true
            try? input.fileHandleForWriting.close()
            killGroup()
        }

        private func killGroup() {
            let id = process.processIdentifier
            // What it has started is in its process group, where Foundation makes one.
            _ = Foundation.kill(hasOwnGroup ? -id : id, SIGKILL)
            waitForExit(.seconds(5))
        }

        private func waitForExit(_ limit: Duration) {
            let deadline = ContinuousClock.now + limit
            while process.isRunning, ContinuousClock.now < deadline { Thread.sleep(forTimeInterval: 0.005) }
        }
    }

    /// Does something that blocks on a thread that may be blocked: those of Swift's tasks are few.
    private func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: work)) }
        }
    }
#endif
