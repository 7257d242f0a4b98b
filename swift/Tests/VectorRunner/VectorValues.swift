import Foundation
import Passlock

/// One vector: `tests/vectors/README.md` says what is in it.
struct Vector: Sendable {
    let fields: [String: JSON]

    var name: String { fields["name"]?.string ?? "a vector without a name" }

    /// Whether Swift can say it.
    var isOurs: Bool {
        fields["only"].map { ($0["languages"]?.items ?? []).contains(.string("swift")) } ?? true
    }

    static func read(_ file: String) throws -> JSON {
        try JSON(parsing: Data(contentsOf: checkout.appendingPathComponent("tests/vectors/\(file)")))
    }

    static func all() throws -> [Vector] {
        let folder = checkout.appendingPathComponent("tests/vectors").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().filter {
            $0.hasSuffix(".json") && !$0.hasSuffix(".schema.json") && $0 != "defaults.json"
        }
        return try files.flatMap { try read($0)["vectors"]?.items ?? [] }.map { Vector(fields: $0.members) }
    }
}

/// What differs between what a vector wants and what was seen.
func differences(_ want: JSON, _ got: JSON, at path: String) -> [String] {
    if want == .string("${any}"), let string = got.string, !string.isEmpty { return [] }
    if let least = want["$at_least"]?.number, let number = got.number, number >= least { return [] }
    switch (want, got) {
    case (.number(let want), .number(let got)) where abs(want - got) < 0.0005:
        return []
    case (.object(let want), .object(let got)):
        return Set(want.keys).union(got.keys).sorted().flatMap { key in
            guard let want = want[key], let got = got[key] else { return ["\(path).\(key) is on one side only"] }
            return differences(want, got, at: "\(path).\(key)")
        }
    case (.array(let want), .array(let got)) where want.count == got.count:
        return want.indices.flatMap { differences(want[$0], got[$0], at: "\(path)[\($0)]") }
    case _ where want == got:
        return []
    default:
        return ["\(path): \(got) instead of \(want)"]
    }
}

/// Replaces placeholders, however deeply they are nested.
func expand(_ value: JSON, _ known: [String: JSON]) throws -> JSON {
    switch value {
    case .string(let text):
        return try expand(text, known)
    case .array(let items):
        return .array(try items.map { try expand($0, known) })
    case .object(let members) where members.count == 1:
        if let parts = members["$concat"] {
            return .string(try expand(parts, known).items.map(concatenated).joined())
        }
        if let value = members["$json"] { return .string(try expand(value, known).text) }
        if let units = members["$utf16"] {
            return .string(String(decoding: units.items.compactMap(\.number).map { UInt16($0) }, as: UTF16.self))
        }
        return .object(try members.mapValues { try expand($0, known) })
    case .object(let members):
        return .object(try members.mapValues { try expand($0, known) })
    default:
        return value
    }
}

private func expand(_ text: String, _ known: [String: JSON]) throws -> JSON {
    let placeholder = try Regex<(Substring, Substring, Substring?)>(#"\$\{(\w+)([+-]\d+)?\}"#)
    if let whole = try placeholder.wholeMatch(in: text)?.output, whole.1 == "exp", let exp = known["exp"]?.number {
        return .number(exp + (whole.2.flatMap { Double($0) } ?? 0))
    }
    return .string(
        text.replacing(placeholder) { match in
            let (whole, name, shift) = match.output
            guard shift == nil, let value = known[String(name)] else { return String(whole) }
            return word(value)
        })
}

/// A part, or a pair of a part and how often.
private func concatenated(_ part: JSON) -> String {
    guard case .array(let pair) = part, let times = pair.last?.number else { return word(part) }
    return String(repeating: word(pair[0]), count: Int(times))
}

private func word(_ value: JSON) -> String {
    value.string ?? value.number.map { String(Int($0)) } ?? ""
}

/// What a vector must have, and has not.
struct Missing: Error {
    let what: String
}

func required<Value>(_ value: Value?, _ what: String = "a vector lacks something") throws -> Value {
    guard let value else { throw Missing(what: what) }
    return value
}

func seconds(_ value: JSON) throws -> Duration {
    .seconds(try required(value.number))
}

private func flag(_ value: JSON) throws -> Bool {
    try required(value.bool)
}

func authTypes(_ value: JSON) -> [AuthType] {
    value.items.compactMap(\.string).map(AuthType.init(rawValue:))
}

extension PasslockOptions {
    /// Sets one by the name that a vector has for it.
    mutating func set(_ name: String, _ value: JSON) throws {
        let plain = name.replacingOccurrences(of: "_", with: "")
        switch Self.settings.first(where: { $0.name.lowercased() == plain })?.path {
        case let path as WritableKeyPath<PasslockOptions, String?>: self[keyPath: path] = try required(value.string)
        case let path as WritableKeyPath<PasslockOptions, Bool?>: self[keyPath: path] = try flag(value)
        case let path as WritableKeyPath<PasslockOptions, Duration?>: self[keyPath: path] = try seconds(value)
        case let path as WritableKeyPath<PasslockOptions, Int?>: self[keyPath: path] = Int(try required(value.number))
        case nil where name == "ca_certificates": caCertificates = Data(try required(value.string).utf8)
        case nil where name == "headers": headers = try value.members.mapValues { try required($0.string) }
        case nil where name == "auth_types": authTypes = VectorRunner.authTypes(value)
        default: throw Missing(what: "no such setting: \(name)")
        }
    }
}

/// What a vector calls the fields.
func described(_ principal: Principal) -> JSON {
    .object([
        "iss": .string(principal.iss), "aud": .string(principal.aud), "sub": .string(principal.sub),
        "iat": .number(principal.iat.timeIntervalSince1970), "nbf": .number(principal.nbf.timeIntervalSince1970),
        "exp": .number(principal.exp.timeIntervalSince1970), "jti": .string(principal.jti),
        "token": .string(principal.token), "user_verified": .bool(principal.userVerified),
        "auth_type": .string(principal.authType.rawValue), "auth_id": .string(principal.authID),
        "given_name": JSON(principal.givenName), "family_name": JSON(principal.familyName),
        "email": JSON(principal.email), "email_verified": JSON(principal.emailVerified),
    ])
}

func described(_ user: User) -> JSON {
    .object([
        "sub": .string(user.sub), "email": .string(user.email), "given_name": JSON(user.givenName),
        "family_name": JSON(user.familyName), "email_verified": .bool(user.emailVerified),
    ])
}

func described(_ error: PasslockError) -> JSON {
    .object([
        "kind": .string(error.kind.rawValue), "operation": JSON(error.operation?.rawValue),
        "status": JSON(error.status.map(Double.init)), "tag": JSON(error.tag), "detail": JSON(error.detail),
        "request_id": JSON(error.requestID), "retry_after": JSON(error.retryAfter.map { $0 / .seconds(1) }),
        "attempts": .number(Double(error.attempts)), "retryable": .bool(error.isRetryable),
        "limit": JSON(error.limit?.rawValue), "claim": JSON(error.claim?.rawValue), "hint": JSON(error.hint?.rawValue),
        "applied": .bool(error.isApplied), "suggested_status": .number(Double(error.suggestedStatus)),
        "is_login_refused": .bool(error.isLoginRefused),
    ])
}
