#if os(macOS) || os(Linux)
    import Foundation

    #if canImport(FoundationNetworking)
        import FoundationNetworking
    #endif

    /// The control API of an emulator.
    struct ControlChannel: Sendable {
        private let url: URL
        private let session: URLSession

        /// - Parameter url: as the emulator prints it.
        init?(url: String) {
            guard let url = URL(string: url), url.scheme == "http" else { return nil }
            self.url = url
            let configuration = URLSessionConfiguration.ephemeral
            // The emulator answers at once, and on this machine.
            configuration.timeoutIntervalForRequest = 10
            configuration.connectionProxyDictionary = [:]
            session = URLSession(configuration: configuration)
        }

        /// Sends a request, and returns the body of a response whose status is 200.
        func request(_ method: String, _ what: String, body: Data? = nil) async throws -> Data {
            var request = URLRequest(url: url.appendingPathComponent(what))
            request.httpMethod = method
            request.httpBody = body
            if body != nil { request.setValue("application/json", forHTTPHeaderField: "content-type") }
            let (answer, response): (Data, URLResponse)
            do {
                (answer, response) = try await session.data(for: request)
            } catch let error as URLError where error.code == .cancelled {
                throw CancellationError()
            } catch {
                throw EmulatorError("the emulator can't be reached: \(error.localizedDescription)\(Self.advice)")
            }
            guard let status = (response as? HTTPURLResponse)?.statusCode, status == 200 else {
                let why = String(decoding: answer, as: UTF8.self)
                throw EmulatorError("the emulator refused \(method) /\(what): \(why)\(Self.advice)")
            }
            return answer
        }

        /// On Linux, Foundation sends requests for this machine to a proxy too, and nothing but the environment changes that.
        private static var advice: String {
            #if os(Linux)
                let environment = ProcessInfo.processInfo.environment
                let proxies = ["http_proxy", "all_proxy", "ALL_PROXY"].filter { environment[$0]?.isEmpty == false }
                return proxies.first.map { "; \($0) is set: does no_proxy name 127.0.0.1?" } ?? ""
            #else
                return ""
            #endif
        }
    }
#endif
