import Foundation
import WeirProtocol

/// HTTP over a Unix socket, byte by byte, so that tests can also send what no client library would.
struct SocketHTTP: Sendable {
    /// An answer.
    struct Answer: Sendable {
        var status: Int
        /// Names in lower case.
        var headers: [String: String]
        var body: String

        var json: JSONValue? { try? JSONValue(parsing: body.utf8) }
        /// The stable word of a problem.
        var code: String? { json?["code"]?.stringValue }
    }

    /// A connection that could not be made, or an answer that is none.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// The socket's path.
    var path: String

    /// One request on a connection of its own.
    func send(
        _ method: String, _ target: String, headers: [String: String] = [:], body: Data? = nil
    ) throws -> Answer {
        var text = "\(method) \(target) HTTP/1.1\r\nConnection: close\r\n"
        let all = ["Host": "shop.example"].merging(headers) { $1 }
        for (name, value) in all.sorted(by: { $0.key < $1.key }) { text += "\(name): \(value)\r\n" }
        if let body, all["Content-Length"] == nil, all["Transfer-Encoding"] == nil {
            text += "Content-Length: \(body.count)\r\n"
        }
        return try exchange(Data((text + "\r\n").utf8) + (body ?? Data()))
    }

    /// A POST of JSON.
    func post(_ target: String, _ json: String, headers: [String: String] = [:]) throws -> Answer {
        try send(
            "POST", target, headers: ["Content-Type": "application/json"].merging(headers) { $1 },
            body: Data(json.utf8))
    }

    /// Sends bytes as they are, then ends the sending side if asked to, and reads until the server closes.
    func exchange(_ bytes: Data, endsEarly: Bool = false) throws -> Answer {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "socket: \(errno)") }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { throw Failure(description: "connect \(path): \(String(cString: strerror(errno)))") }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            // A server may refuse before it has read everything.
            guard count > 0 else { break }
            sent += count
        }
        if endsEarly { shutdown(descriptor, Int32(SHUT_WR)) }
        var received = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN {
                throw Failure(description: "not closed after: \(String(decoding: received.prefix(200), as: UTF8.self))")
            }
            guard count > 0 else { break }
            received.append(contentsOf: buffer[..<count])
        }
        return try Self.read(received)
    }

    /// What an answer's bytes say.
    static func read(_ bytes: Data) throws -> Answer {
        guard let end = bytes.range(of: Data("\r\n\r\n".utf8)) else {
            throw Failure(description: "no answer: \(String(decoding: bytes.prefix(200), as: UTF8.self))")
        }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else { throw Failure(description: lines[0]) }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            headers[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces)
        }
        return Answer(
            status: status, headers: headers, body: String(decoding: bytes[end.upperBound...], as: UTF8.self))
    }
}

extension Stack {
    /// The collector's HTTP socket.
    var collectorHTTP: SocketHTTP { SocketHTTP(path: directory.appendingPathComponent("collector.http.sock").path) }
}
