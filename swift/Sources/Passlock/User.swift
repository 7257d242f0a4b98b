/// A user as the service knows it. As JSON it has the API's own names.
public struct User: Hashable, Sendable, Codable {
    /// The user's id.
    public let sub: String

    /// Email address: the passkey's user name on the device, so it can't be changed.
    public let email: String

    /// Given name.
    public let givenName: String?

    /// Family name.
    public let familyName: String?

    /// Whether the user has shown to own the email address; false where the API does not say.
    public let emailVerified: Bool

    /// A user of your own making, for tests of what becomes of one.
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

/// What to change of a user. Nil leaves a field as it is; an empty string is sent as one.
///
/// The email address can't be changed: it is the passkey's user name on the user's device. An update without any field is
/// refused. It is not `Decodable`: what a browser sends must not say by itself that an address is verified.
public struct UserUpdate: Hashable, Sendable {
    /// Given name.
    public let givenName: String?

    /// Family name.
    public let familyName: String?

    /// Whether the user has shown to own the email address.
    public let emailVerified: Bool?

    /// What is named is changed.
    public init(givenName: String? = nil, familyName: String? = nil, emailVerified: Bool? = nil) {
        self.givenName = givenName
        self.familyName = familyName
        self.emailVerified = emailVerified
    }
}
