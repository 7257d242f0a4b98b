#if os(macOS) || os(Linux)
    import Foundation

    /// The emulator's process.
    final class Program: @unchecked Sendable {
        // Everything is set once and used by one caller at a time, but for stopping.
        private let process = Process()
        private let input = Pipe()
        private let output = Pipe()
        private let lock = NSLock()
        private var stopped = false

        static let missing = """
            the program passlock, which is the emulator, is neither named by PASSLOCK_CLI nor on the PATH; build it in a \
            checkout of the Passlock SDK with: cargo build -p passlock-cli
            """

        init(at path: String, _ arguments: [String]) throws {
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments
            process.standardInput = input
            process.standardOutput = output
            do {
                try process.run()
            } catch {
                throw EmulatorError("\(Self.missing) (\(path): \(error.localizedDescription))")
            }
        }

        /// Where the program is.
        static func find(in environment: [String: String]) throws -> String {
            if let named = environment["PASSLOCK_CLI"], !named.isEmpty { return named }
            let folders = (environment["PATH"] ?? "").split(separator: ":")
            guard
                let found = folders.map({ "\($0)/passlock" })
                    .first(where: FileManager.default.isExecutableFile(atPath:))
            else { throw EmulatorError(missing) }
            return found
        }

        /// The first line that it prints.
        func firstLine() async throws -> Data {
            try await onThread { [self] in
                var line = Data()
                while !line.contains(UInt8(ascii: "\n")) {
                    let some = output.fileHandleForReading.availableData
                    if some.isEmpty {
                        process.waitUntilExit()
                        let status = process.terminationStatus
                        throw EmulatorError("passlock emulate ended with status \(status) before it was ready")
                    }
                    line += some
                }
                return line
            }
        }

        func stop() {
            lock.lock()
            defer { lock.unlock() }
            if stopped { return }
            stopped = true
            // It ends when its standard input does.
            try? input.fileHandleForWriting.close()
            let deadline = Date(timeIntervalSinceNow: 5)
            while process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.005) }
            if process.isRunning { process.terminate() }
        }
    }
#endif
