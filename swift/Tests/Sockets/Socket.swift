import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Why a socket does not do what a test asks of it.
package struct SocketError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A TCP socket of this machine's loopback address. Its calls block. It closes when nothing refers to it any more.
package final class Socket: Sendable {
    private let descriptor: Int32

    private init(_ descriptor: Int32, or doing: String) throws {
        guard descriptor >= 0 else { throw SocketError("can't \(doing): \(String(cString: strerror(errno)))") }
        self.descriptor = descriptor
    }

    deinit {
        // Otherwise a thread that reads would go on doing so.
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
        _ = close(descriptor)
    }

    /// Listens on a free port.
    package static func listening() throws -> Socket {
        let socket = try make()
        try socket.withAddress(0, "bind a free port") { bind(socket.descriptor, $0, $1) }
        guard listen(socket.descriptor, 50) == 0 else { throw SocketError("can't listen") }
        return socket
    }

    /// Makes its end the rudest there is: FIN, and RST right behind it.
    package func resetWhenClosed() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    /// Its own port.
    package var port: UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Waits for somebody to connect to this listening socket.
    package func accepted() throws -> Socket {
        try Socket(accept(descriptor, nil, nil), or: "accept")
    }

    /// Ends it for all who use it: whoever waits to accept or read is woken.
    package func shutDown() {
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
    }

    package func write(_ data: Data) throws {
        var rest = data[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Self.quietly) }
            guard count > 0 else { throw SocketError("can't write: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
    }

    /// What has come, at least one byte; nothing when the other side has closed.
    package func read() throws -> Data {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw SocketError("can't read: \(String(cString: strerror(errno)))") }
        return Data(bytes[..<count])
    }

    /// What has come when it ends with an empty line, as a request without a body does; nothing when the other side has closed.
    package func readHead() throws -> Data {
        var head = Data()
        while !head.suffix(4).elementsEqual(Data("\r\n\r\n".utf8)) {
            let some = try read()
            if some.isEmpty { return Data() }
            head += some
        }
        return head
    }

    /// All that comes until the other side closes.
    package func readAll() throws -> Data {
        var all = Data()
        while case let some = try read(), !some.isEmpty { all += some }
        return all
    }

    private static func make() throws -> Socket {
        #if canImport(Glibc)
            let stream = Int32(SOCK_STREAM.rawValue)
        #else
            let stream = SOCK_STREAM
        #endif
        let made = try Socket(socket(AF_INET, stream, 0), or: "make a socket")
        // An emulator that is started at the same time must not inherit it.
        _ = fcntl(made.descriptor, F_SETFD, FD_CLOEXEC)
        #if canImport(Darwin)
            var on: Int32 = 1
            setsockopt(made.descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
        return made
    }

    /// A peer that has gone must not end the process by a signal.
    private static var quietly: Int32 {
        #if canImport(Darwin)
            0
        #else
            Int32(MSG_NOSIGNAL)
        #endif
    }

    private func withAddress(
        _ port: UInt16, _ doing: String, _ work: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                work($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw SocketError("can't \(doing): \(String(cString: strerror(errno)))") }
    }
}
