import Foundation
import Sockets

/// A server that ends each connection by FIN and RST, right behind the one thing it says.
final class RudeServer: Sendable {
    private let listener: Socket

    var port: UInt16 { listener.port }

    /// With `readsHead`, it answers when a whole request has come; otherwise whatever has, such as a ClientHello.
    init(saying text: String, readsHead: Bool) throws {
        let listener = try Socket.listening()
        self.listener = listener
        Thread.detachNewThread {
            // Until the socket no longer listens.
            while let connection = try? listener.accepted() {
                connection.resetWhenClosed()
                guard let asked = try? readsHead ? connection.readHead() : connection.read(), !asked.isEmpty else {
                    continue
                }
                try? connection.write(Data(text.utf8))
            }
        }
    }

    /// Stops listening. Whoever holds on to this until then keeps the server.
    func stop() {
        listener.shutDown()
    }
}
