/// A user's record. Its JSON has the API's field names.
public struct User: Hashable, Sendable, Codable {
    /// The user's id.
    public let sub: String

    /// Email address: the passkey's user name on the device, so it can't be changed.
    public let email: String

    /// Given name.
    public let givenName: String?

    /// Family name.
    public let familyName: String?

    /// Whether the email address is verified; false if the API does not say.
    public let emailVerified: Bool

    /// Creates a user, for use in tests.
    public init(
        sub: String,
        email: String,
        givenName: String? = nil,
        familyName: String? = nil,
        emailVerified: Bool = false
    ) {
        self.sub = sub
        self.email = email
        self.givenName = givenName
        self.familyName = familyName
        self.emailVerified = emailVerified
    }
}

/// The changes to a user. Nil leaves a field unchanged; an empty string is sent as such.
///
/// The email address can't be changed: it is the passkey's user name on the user's device. An update with no fields is
/// refused. It is not `Decodable`: a browser must not be able to declare an address verified.
public struct UserUpdate: Hashable, Sendable {
    /// Given name.
    public let givenName: String?

    /// Family name.
    public let familyName: String?

    /// Whether the email address is verified.
    public let emailVerified: Bool?

    /// Creates an update of the fields that are given.
    public init(givenName: String? = nil, familyName: String? = nil, emailVerified: Bool? = nil) {
        self.givenName = givenName
        self.familyName = familyName
        self.emailVerified = emailVerified
    }
}

extension UserUpdate {
    /// The changes as they cross.
    var fields: [String: String] {
        texts(["givenName": givenName, "familyName": familyName, "emailVerified": emailVerified])
    }
}
