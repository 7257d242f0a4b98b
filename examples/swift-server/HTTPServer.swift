import Dispatch
import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A minimal HTTP server for the example: small requests, one per connection. Use a real one in production.
final class HTTPServer: Sendable {
    struct Request: Sendable {
        let method: String
        let path: String
        /// By their lower-case names.
        let headers: [String: String]
        let body: Data

        func cookie(_ name: String) -> String? {
            let pairs = headers["cookie"]?.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) } ?? []
            return pairs.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
        }
    }

    struct Response: Sendable {
        let status: Int
        var headers: [String: String] = [:]
        var body = Data()
    }

    let port: UInt16
    private let listener: Int32

    /// Listens on a port of this machine; 0 is a free one.
    init(port: UInt16) throws {
        #if canImport(Glibc)
            let stream = Int32(SOCK_STREAM.rawValue)
        #else
            let stream = SOCK_STREAM
        #endif
        listener = socket(AF_INET, stream, 0)
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (listener, length) = (listener, size)
        let listens = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 50) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard listens else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        self.port = UInt16(bigEndian: address.sin_port)
    }

    /// Serves until the process ends.
    func serve(_ answer: @escaping @Sendable (Request) async -> Response) async throws {
        while true {
            let connection = try await Self.onThread { [listener] in accept(listener, nil, nil) }
            guard connection >= 0 else {
                // Perhaps there is no free descriptor until another connection has ended.
                try await Task.sleep(for: .milliseconds(50))
                continue
            }
            #if canImport(Darwin)
                var on: Int32 = 1
                setsockopt(connection, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
            #endif
            Task {
                defer { close(connection) }
                guard let request = try await Self.onThread({ Self.read(connection) }) else { return }
                let response = await answer(request)
                try await Self.onThread { Self.write(response, to: connection) }
            }
        }
    }

    /// Reads a request; nil if it is invalid or too large.
    private static func read(_ connection: Int32) -> Request? {
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var all = Data()
        var chunk = [UInt8](repeating: 0, count: 4096)
        while all.count < 16384 {
            if let request = parse(all) { return request }
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            all += chunk[..<count]
        }
        return nil
    }

    private static func parse(_ all: Data) -> Request? {
        guard let end = all.range(of: Data("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: all[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let start = lines[0].split(separator: " ")
        guard start.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...]
            headers[line[..<colon].lowercased()] = value.trimmingCharacters(in: .whitespaces)
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        let body = all[end.upperBound...]
        guard length >= 0, body.count >= length else { return nil }
        return Request(
            method: String(start[0]), path: String(start[1]), headers: headers, body: Data(body.prefix(length))
        )
    }

    private static func write(_ response: Response, to connection: Int32) {
        let length = response.status == 204 ? [:] : ["content-length": "\(response.body.count)"]
        let headers = response.headers.merging(length) { own, _ in own }.map { "\($0): \($1)\r\n" }.joined()
        let head = "HTTP/1.1 \(response.status) \r\n\(headers)connection: close\r\n\r\n"
        // A browser that has gone must not end the server.
        #if canImport(Darwin)
            let quietly: Int32 = 0
        #else
            let quietly = Int32(MSG_NOSIGNAL)
        #endif
        var rest = (Data(head.utf8) + response.body)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, quietly) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Blocking work must not occupy the few threads on which tasks run.
    private static func onThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: work()) }
        }
    }
}
