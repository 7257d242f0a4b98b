import Foundation

/// A user who has just logged in, as asserted by Passlock.
///
/// ``token`` and ``jti`` are credentials: descriptions and mirrors hide them; only the properties themselves return them. A
/// principal is not `Codable`, so that no credential reaches a browser by accident, and none is decoded from anything but
/// Passlock's response.
public struct Principal: Hashable, Sendable {
    /// Issuer.
    public let iss: String

    /// Audience: the tenancy id that the principal is for.
    public let aud: String

    /// The user's id.
    public let sub: String

    /// Issued at.
    public let iat: Date

    /// Not valid before.
    public let nbf: Date

    /// Expires at.
    public let exp: Date

    /// The token's id: a credential.
    public let jti: String

    /// The token: a credential.
    public let token: String

    /// Whether the authenticator verified the user, by PIN or biometrics.
    public let userVerified: Bool

    /// How the user logged in.
    public let authType: AuthType

    /// The authenticator's id.
    public let authID: String

    /// Given name.
    public let givenName: String?

    /// Family name.
    public let familyName: String?

    /// Email address.
    public let email: String?

    /// Whether the email address is verified; nil if the API does not say.
    public let emailVerified: Bool?

    /// Creates a principal, for use in tests.
    public init(
        iss: String,
        aud: String,
        sub: String,
        iat: Date,
        nbf: Date,
        exp: Date,
        jti: String,
        token: String,
        userVerified: Bool,
        authType: AuthType,
        authID: String,
        givenName: String? = nil,
        familyName: String? = nil,
        email: String? = nil,
        emailVerified: Bool? = nil
    ) {
        self.iss = iss
        self.aud = aud
        self.sub = sub
        self.iat = iat
        self.nbf = nbf
        self.exp = exp
        self.jti = jti
        self.token = token
        self.userVerified = userVerified
        self.authType = authType
        self.authID = authID
        self.givenName = givenName
        self.familyName = familyName
        self.email = email
        self.emailVerified = emailVerified
    }
}

/// All but the credentials.
extension Principal: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// All properties but the credentials.
    public var description: String {
        let parts = shown.map { name, value in "\(name): \(value ?? "nil")" }
        return "Principal(\(parts.joined(separator: ", ")))"
    }

    /// All properties but the credentials.
    public var debugDescription: String { description }

    /// All properties but the credentials.
    public var customMirror: Mirror {
        Mirror(self, children: shown.map { (label: $0, value: $1 as Any) }, displayStyle: .struct)
    }

    private var shown: [(String, Any?)] {
        [
            ("iss", iss), ("aud", aud), ("sub", sub), ("iat", iat), ("nbf", nbf), ("exp", exp), ("jti", "[redacted]"),
            ("token", "[redacted]"), ("userVerified", userVerified), ("authType", authType), ("authID", authID),
            ("givenName", givenName), ("familyName", familyName), ("email", email), ("emailVerified", emailVerified),
        ]
    }
}
