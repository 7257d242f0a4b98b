import Foundation

/// The emulator could not be started, is not running, or refused a command.
public struct EmulatorError: Error, LocalizedError, CustomStringConvertible, Sendable {
    /// What is wrong, and what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// What is wrong, and what to do.
    public var errorDescription: String? { description }
}
