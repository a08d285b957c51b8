import NIOCore
import Runtime

/// Where a Redis or Valkey server is: `unix:/path`, `unix:/path?db=1`, or `redis://[user:password@]host[:port][/db]`.
struct RedisAddress: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        case unix(String)
        case host(String, Int)
    }

    let place: Place
    var user: String?
    var password: String?
    var database = 0

    /// - Throws: `Failure` with what is wrong with the text; a password in it is not repeated.
    init(_ text: String) throws(Failure) {
        let wrong = Failure(
            .configuration, "throttle.store is neither memory nor a Redis server",
            hint: "write unix:/run/redis/redis.sock or redis://[user:password@]host[:port][/database]")
        if text.hasPrefix("unix:") {
            let parts = text.dropFirst(5).split(separator: "?", maxSplits: 1)
            guard let path = parts.first, path.hasPrefix("/"), path.utf8.count <= 107 else { throw wrong }
            place = .unix(String(path))
            if parts.count == 2 {
                guard parts[1].hasPrefix("db="), let number = Self.database(parts[1].dropFirst(3)) else { throw wrong }
                database = number
            }
            return
        }
        guard text.hasPrefix("redis://") else { throw wrong }
        var rest = text.dropFirst(8)
        if let at = rest.lastIndex(of: "@") {
            let pair = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { throw wrong }
            if !pair[0].isEmpty { user = String(pair[0]) }
            password = String(pair[1])
            rest = rest[rest.index(after: at)...]
        }
        let parts = rest.split(separator: "/", maxSplits: 1)
        guard let server = parts.first else { throw wrong }
        if parts.count == 2 {
            guard let number = Self.database(parts[1]) else { throw wrong }
            database = number
        }
        // An IPv6 address stands in brackets.
        let end = server.first == "[" ? server.firstIndex(of: "]") : nil
        let host = end.map { server[server.index(after: server.startIndex)..<$0] } ?? server.prefix { $0 != ":" }
        let behind = server[(end.map { server.index(after: $0) } ?? host.endIndex)...]
        var port = 6379
        if !behind.isEmpty {
            guard behind.first == ":", let number = Int(behind.dropFirst()), (1...65_535).contains(number) else {
                throw wrong
            }
            port = number
        }
        guard !host.isEmpty else { throw wrong }
        place = .host(String(host), port)
    }

    private static func database(_ text: Substring) -> Int? {
        guard let number = Int(text), (0..<1024).contains(number) else { return nil }
        return number
    }

    /// What must be said before anything else.
    var greeting: [[String]] {
        var commands: [[String]] = []
        if let password { commands.append(["AUTH"] + (user.map { [$0] } ?? []) + [password]) }
        if database != 0 { commands.append(["SELECT", "\(database)"]) }
        return commands
    }
}

extension RedisAddress: CustomStringConvertible {
    /// Without the password.
    var description: String {
        switch place {
        case .unix(let path): "unix:\(path)"
        case .host(let name, let port): "redis://\(name):\(port)"
        }
    }
}
