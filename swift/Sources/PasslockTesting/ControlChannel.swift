import Dispatch
import Foundation

/// HTTP to the control API of an emulator, by a plain socket: Foundation's own client would be one more module to link on
/// Linux, and sends what is meant for this machine to a proxy if the environment names one.
struct ControlChannel: Sendable {
    private let port: UInt16
    private let path: String

    /// - Parameter url: of a loopback host, as the emulator prints it.
    init(url: String) throws {
        guard let url = URLComponents(string: url), let port = url.port.flatMap(UInt16.init(exactly:)) else {
            throw EmulatorError("the emulator said no address")
        }
        self.port = port
        self.path = url.path
    }

    /// Sends a request, and gives the body of an answer whose status is 200.
    func request(_ method: String, _ what: String, body: Data? = nil) async throws -> Data {
        var request = Data(
            "\(method) \(path)/\(what) HTTP/1.1\r\nhost: 127.0.0.1:\(port)\r\nconnection: close\r\n".utf8)
        if let body {
            request += Data("content-type: application/json\r\ncontent-length: \(body.count)\r\n\r\n".utf8) + body
        } else {
            request += Data("\r\n".utf8)
        }
        let (whole, port) = (request, port)
        let answer = try await onThread {
            let socket = try Socket.connect(to: port)
            try socket.write(whole)
            return try socket.readAll()
        }
        return try Self.body(of: answer, asked: what)
    }

    private static func body(of answer: Data, asked what: String) throws -> Data {
        guard let end = answer.range(of: Data("\r\n\r\n".utf8)) else {
            throw EmulatorError("the emulator ended its answer to /\(what) too early")
        }
        let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
        let body = answer[end.upperBound...]
        guard head.hasPrefix("HTTP/1.1 200 ") else {
            throw EmulatorError("the emulator refuses /\(what): \(String(decoding: body, as: UTF8.self))")
        }
        return Data(body)
    }
}

/// Does something that blocks on a thread that may be blocked: those of Swift's tasks are few.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result(catching: work)) }
    }
}
