/// What a user would write by hand on another client: a struct for the principal.
public struct Principal: Decodable, Sendable {
    let iss: String
    let aud: String
    let sub: String
    let iat: Double
    let nbf: Double
    let exp: Double
    let jti: String
    let token: String
    let userVerified: Bool
    let authType: String
    let authId: String
    let givenName: String?
    let familyName: String?
    let email: String?
    let emailVerified: Bool?
}
