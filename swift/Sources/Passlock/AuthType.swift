/// How a user logged in. Values that this version does not know are kept as they are.
public struct AuthType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// With a passkey.
    public static let passkey = AuthType(rawValue: "passkey")

    /// With a link or code sent by email.
    public static let email = AuthType(rawValue: "email")

    /// With an Apple account.
    public static let apple = AuthType(rawValue: "apple")

    /// With a Google account.
    public static let google = AuthType(rawValue: "google")

    /// The API's name for it.
    public let rawValue: String

    /// Creates one from the API's name for it.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The API's name for it.
    public var description: String { rawValue }
}
