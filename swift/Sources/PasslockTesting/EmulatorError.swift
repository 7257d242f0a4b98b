import Foundation

/// Why an emulator can't be started, or does not do what it is told.
public struct EmulatorError: Error, LocalizedError, CustomStringConvertible, Sendable {
    /// What is wrong, and what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// What is wrong, and what to do.
    public var errorDescription: String? { description }
}
