import Foundation
import Testing
import WeirProtocol

/// A real web server from Debian, configured by the files under examples as they are, except for where files lie and
/// which addresses are used.
final class GatewayServer {
    let process: RunningProduct
    let port: Int
    private let directory: URL

    static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("examples")

    static func isInstalled(_ program: String) -> Bool {
        ["/usr/sbin/", "/usr/bin/"].contains { FileManager.default.isExecutableFile(atPath: $0 + program) }
    }

    /// The log that the example writes.
    var log: URL { directory.appendingPathComponent("weir.log") }

    /// A site of the given files, with nothing of Weir's.
    static func site(for stack: Stack, pages: [String: String]) throws -> GatewayServer {
        let home = try folder(stack, "site")
        let port = try freePort()
        for (file, text) in pages { try Data(text.utf8).write(to: home.appendingPathComponent("html/\(file)")) }
        try Data(
            """
            events {}
            http {
                include /etc/nginx/mime.types;
                access_log off;
                keepalive_requests 100000;
                server { listen 127.0.0.1:\(port); root \(home.path)/html; }
            }
            """.utf8
        ).write(to: home.appendingPathComponent("nginx.conf"))
        return try nginx(home, port)
    }

    /// The example of nginx in front of a site.
    static func nginx(for stack: Stack, site: GatewayServer) throws -> GatewayServer {
        let home = try folder(stack, "nginx")
        let port = try freePort()
        for name in [
            "nginx.conf", "weir-http.conf", "weir-server.conf", "weir-protect.conf", "weir-collect-http.conf",
            "weir-collect-server.conf",
        ] {
            try place("nginx/\(name)", home, stack, port, site: site.port)
        }
        return try nginx(home, port)
    }

    private static func nginx(_ home: URL, _ port: Int) throws -> GatewayServer {
        try GatewayServer(
            home, port,
            [
                "/usr/sbin/nginx", "-p", home.path, "-c", home.appendingPathComponent("nginx.conf").path, "-e",
                "\(home.path)/error.log", "-g", "daemon off; pid \(home.path)/nginx.pid;",
            ])
    }

    /// The example of Caddy in front of a site.
    static func caddy(for stack: Stack, site: GatewayServer) throws -> GatewayServer {
        let home = try folder(stack, "caddy")
        let port = try freePort()
        return try GatewayServer(
            home, port,
            [
                "/usr/bin/caddy", "run", "--config", examples.appendingPathComponent("caddy/Caddyfile").path,
                "--adapter",
                "caddyfile",
            ],
            [
                "WEIR_CADDY_LISTEN": "127.0.0.1:\(port)", "WEIR_CADDY_ADMIN": "127.0.0.1:\(try freePort())",
                "WEIR_SITE": "127.0.0.1:\(site.port)",
                "WEIR_THROTTLE_HTTP": "unix/\(stack.directory.path)/throttle.http.sock",
                "WEIR_COLLECTOR_HTTP": "unix/\(stack.directory.path)/collector.http.sock",
                "WEIR_CADDY_LOG": "\(home.path)/weir.log",
            ])
    }

    /// The example of HAProxy in front of a site.
    static func haproxy(for stack: Stack, site: GatewayServer) throws -> GatewayServer {
        let home = try folder(stack, "haproxy")
        let port = try freePort()
        try place("haproxy/haproxy.cfg", home, stack, port, site: site.port)
        return try GatewayServer(
            home, port, ["/usr/sbin/haproxy", "-db", "-f", home.appendingPathComponent("haproxy.cfg").path])
    }

    private init(
        _ directory: URL, _ port: Int, _ command: [String], _ environment: [String: String] = [:]
    ) throws {
        self.directory = directory
        self.port = port
        process = try RunningProduct(
            command: command,
            environment: ["HOME": directory.path, "PATH": "/usr/sbin:/usr/bin:/bin"].merging(environment) { $1 },
            input: nil)
    }

    deinit { process.signal(SIGKILL) }

    /// Waits until it answers.
    func isUp() async throws {
        _ = try await eventually("the gateway answers", within: .seconds(20)) {
            if process.hasEnded { throw NeverHappened(what: process.errors, limit: .zero) }
            return try? await Self.get(port, "/up-\(UInt32.random(in: .min ... .max)).txt")
        }
    }

    func stop() async {
        process.signal(SIGTERM)
        _ = await process.end
    }

    /// One GET on a connection of its own; the status.
    @discardableResult
    static func get(_ port: Int, _ target: String, headers: [String: String] = [:]) async throws -> Int {
        var arguments = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(port)\(target)"]
        for (name, value) in headers { arguments += ["-H", "\(name): \(value)"] }
        let curl = try RunningProduct(
            command: ["/usr/bin/curl"] + arguments, environment: ["PATH": "/usr/bin:/bin"], input: nil)
        let status = await curl.end
        guard status == 0, let code = Int(curl.output) else {
            throw NeverHappened(what: "curl \(status): \(curl.errors)", limit: .zero)
        }
        return code
    }

    private static func folder(_ stack: Stack, _ name: String) throws -> URL {
        let home = stack.directory.appendingPathComponent(name)
        let html = home.appendingPathComponent("html")
        try FileManager.default.createDirectory(at: html, withIntermediateDirectories: true)
        // nginx's workers are www-data when root starts it; in production they are in the sockets' group.
        for file in try [stack.directory, home, html]
            + FileManager.default.contentsOfDirectory(at: stack.directory, includingPropertiesForKeys: nil)
        where !file.lastPathComponent.hasSuffix("spool") {
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: file.path)
        }
        return home
    }

    private static func place(_ file: String, _ home: URL, _ stack: Stack, _ port: Int, site: Int) throws {
        var text = try String(contentsOf: examples.appendingPathComponent(file), encoding: .utf8)
        for (from, to) in [
            ("/run/weir", stack.directory.path), ("/var/log/nginx", home.path),
            ("listen 8080", "listen 127.0.0.1:\(port)"), ("127.0.0.1:8000", "127.0.0.1:\(site)"),
            ("bind :8080", "bind 127.0.0.1:\(port)"), ("127.0.0.1:8081", "127.0.0.1:\(site)"),
        ] { text = text.replacingOccurrences(of: from, with: to) }
        let name = file.split(separator: "/").last.map(String.init) ?? file
        try Data(text.utf8).write(to: home.appendingPathComponent(name))
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw NeverHappened(what: "a free port", limit: .zero) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

extension GatewayServer {
    private static let agents = [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
            + "Mobile/15E148 Safari/604.1",
        "Googlebot/2.1 (+http://www.google.com/bot.html)", "curl/8.5.0", "python-requests/2.32",
        "Quote \\\"and\\\" backslash \\\\", "",
    ]

    /// A collector whose datagrams may wait by the hundred, as the shipped sysctl says; only root can arrange that.
    static func stackWithQueue() async throws -> Stack {
        let stack = try await Stack()
        if geteuid() == 0 {
            stack.wrappers["collector"] = [
                "/usr/bin/unshare", "-n", "/bin/sh", "-c",
                "echo 512 > /proc/sys/net/unix/max_dgram_qlen && exec \"$0\" \"$@\"",
            ]
        }
        return stack
    }

    /// Many requests with mixed agents by curl, eight at a time.
    static func load(_ port: Int, _ numbers: Range<Int>, in directory: URL) async throws {
        let curl = try startLoad(port, numbers, in: directory)
        let status = await curl.end
        #expect(status == 0, "\(curl.errors.suffix(300))")
    }

    /// The same while the test goes on.
    static func startLoad(_ port: Int, _ numbers: Range<Int>, in directory: URL) throws -> RunningProduct {
        var lines: [String] = []
        for number in numbers {
            if number > numbers.lowerBound { lines.append("next") }
            let agent = agents[number % agents.count]
            lines.append("url = \"http://127.0.0.1:\(port)/page-\(number % 97).html?n=\(number)&token=t\"")
            lines.append("user-agent = \"\(agent)\"")
            lines.append("header = \"Accept-Language: de-AT,de;q=0.\(number % 9)\"")
            lines.append("output = /dev/null")
        }
        let file = directory.appendingPathComponent("load-\(numbers.lowerBound)")
        try Data(lines.joined(separator: "\n").utf8).write(to: file)
        let curl = try RunningProduct(
            command: ["/usr/bin/curl", "-s", "--parallel", "--parallel-max", "8", "-K", file.path],
            environment: ["PATH": "/usr/bin:/bin"], input: nil)
        return curl
    }
}

extension Stack {
    /// How many datagrams the running collector has taken, once it has stored them and no more come.
    func datagramsAtRest() async throws -> Int {
        var (before, looks) = (-1, 0)
        return try await eventually("the collector rests", within: .seconds(120)) { [self] in
            let counters = try await status(of: .collector).counters
            let accepted = Int(try #require(counters["accepted_total"]))
            // Datagrams that wait in the kernel are taken within a few looks.
            looks = accepted == before && counters["spool_bytes"] == 0 ? looks + 1 : 0
            before = accepted
            return looks >= 10 ? accepted : nil
        }
    }
}
