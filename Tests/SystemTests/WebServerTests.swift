import Foundation
import PostgresSupport
import Testing
import WeirProtocol

/// The real nginx and Caddy with the files of `examples/`, asking a real throttle.
@Suite(.serialized, .timeLimit(.minutes(3))) struct WebServerTests {
    /// Five requests, and then none for an hour.
    private static let policies = """
        {"version":1,"policies":[{"name":"default","limits":[{"requests":1,"per_seconds":3600,"capacity":5}]}]}
        """

    private static var examples: URL { TestCluster.packageRoot.appendingPathComponent("examples") }

    private func throttled() async throws -> Stack {
        let stack = try await Stack()
        let file = stack.directory.appendingPathComponent("policies.json")
        try Data(Self.policies.utf8).write(to: file)
        stack.environment["WEIR_THROTTLE_POLICY"] = file.path
        try await stack.start([.throttle])
        return stack
    }

    private func launch(_ stack: Stack, _ command: [String], _ environment: [String: String] = [:]) throws
        -> RunningProduct
    {
        var all = ProcessInfo.processInfo.environment
        all["HOME"] = stack.directory.path
        return try RunningProduct(command: command, environment: all.merging(environment) { $1 }, input: nil)
    }

    /// The site on one socket, nginx with the example's files in front of it on another. Only the address of the
    /// throttle differs from the example.
    private func nginx(_ stack: Stack) throws -> RunningProduct {
        let folder = stack.directory.path
        let example = Self.examples.appendingPathComponent("nginx").path
        let user = geteuid() == 0 ? "user root;" : ""
        let shared = try String(contentsOfFile: "\(example)/weir-http.conf", encoding: .utf8)
            .replacingOccurrences(of: "/run/weir", with: folder)
        let configuration = """
            daemon off; \(user) pid \(folder)/nginx.pid; error_log \(folder)/nginx.log;
            events {}
            http {
                access_log off;
                client_body_temp_path \(folder)/t1; proxy_temp_path \(folder)/t2; fastcgi_temp_path \(folder)/t3;
                uwsgi_temp_path \(folder)/t4; scgi_temp_path \(folder)/t5;
                \(shared)
                server {
                    listen unix:\(folder)/site.sock;
                    location / { return 200 "$request_method $request_uri"; }
                    location /forbidden { return 403 "by the site"; }
                    location /broken { return 502 "by the site"; }
                }
                server {
                    listen unix:\(folder)/front.sock;
                    set_real_ip_from unix:; real_ip_header X-Test-Client;
                    include \(example)/weir-server.conf;
                    location / { include \(example)/weir-protect.conf; proxy_pass http://unix:\(folder)/site.sock:; }
                }
            }
            """
        try Data(configuration.utf8).write(to: stack.directory.appendingPathComponent("nginx.conf"))
        return try launch(stack, ["/usr/sbin/nginx", "-p", folder, "-c", "\(folder)/nginx.conf"])
    }

    @Test(.needsProgram("/usr/sbin/nginx")) func nginxAsksBeforeItForwards() async throws {
        let stack = try await throttled()
        let server = try nginx(stack)
        defer { server.signal(SIGQUIT) }
        try await refusesAndLetsThrough(stack, .unix(stack.directory.appendingPathComponent("front.sock").path))
        // What the site itself answers is left alone.
        let front = Place.unix(stack.directory.appendingPathComponent("front.sock").path)
        #expect(try await ask(front, "/forbidden", client: "203.0.113.9").body == "by the site")
        #expect(try await ask(front, "/broken", client: "203.0.113.9").status == 502)
        await stack.stopAll()
    }

    @Test(.needsProgram("/usr/sbin/nginx")) func theExampleForNginxIsWhole() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weir-nginx-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("logs"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = Self.examples.appendingPathComponent("nginx/nginx.conf").path
        let outcome = try await Product(name: "nginx", location: "/usr/sbin/nginx").run([
            "-t", "-q", "-p", folder.path, "-c", file, "-g", "pid \(folder.path)/pid; error_log stderr;",
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    /// A site that says what it was asked, with the example's Caddyfile in front of it.
    private func caddy(_ stack: Stack) throws -> (front: Place, programs: [RunningProduct]) {
        let (site, front, admin) = (try Port.free(), try Port.free(), try Port.free())
        let file = stack.directory.appendingPathComponent("site.caddy")
        try Data(
            """
            {
                admin off
                auto_https off
            }
            http://:\(site) {
                respond /forbidden "by the site" 403
                respond /broken "by the site" 502
                respond "{method} {uri} {http.request.body}"
            }
            """.utf8
        ).write(to: file)
        let command = { (config: String) in ["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", config] }
        let programs = [
            try launch(stack, command(file.path)),
            try launch(
                stack, command(Self.examples.appendingPathComponent("caddy/Caddyfile").path),
                [
                    "WEIR_THROTTLE_HTTP": "unix/\(stack.directory.path)/throttle.http.sock",
                    "WEIR_SITE": "127.0.0.1:\(site)", "WEIR_CADDY_LISTEN": ":\(front)",
                    "WEIR_CADDY_ADMIN": "127.0.0.1:\(admin)", "WEIR_CADDY_LOG": "\(stack.directory.path)/caddy.log",
                ]),
        ]
        return (.port(front), programs)
    }

    @Test(.needsProgram("/usr/bin/caddy")) func caddyAsksBeforeItForwards() async throws {
        let stack = try await throttled()
        let (front, programs) = try caddy(stack)
        defer { for program in programs { program.signal(SIGTERM) } }
        try await refusesAndLetsThrough(stack, front)
        // What the site itself answers is left alone.
        let forbidden = try await ask(front, "/forbidden", client: "203.0.113.9")
        #expect(forbidden.status == 403)
        #expect(forbidden.body == "by the site")
        let broken = try await ask(front, "/broken", client: "203.0.113.9")
        #expect(broken.status == 502)
        #expect(broken.body == "by the site")
        await stack.stopAll()
    }

    /// A throttle that takes the question and does not answer within 5 ms holds up nobody, and no question goes to
    /// the site twice.
    @Test(.needsProgram("/usr/bin/caddy")) func caddyLetsThroughWhatTheThrottleIsTooSlowFor() async throws {
        let stack = try await throttled()
        let (front, programs) = try caddy(stack)
        defer { for program in programs { program.signal(SIGTERM) } }
        _ = try await eventually("Caddy answers", within: .seconds(20)) {
            try? await ask(front, "/", client: "203.0.113.1").status == 200 ? true : nil
        }
        let process = try #require(stack.process(of: .throttle))
        try await halt(process)
        for number in 0..<20 {
            let answer = try await ask(
                front, "/page?n=\(number)", client: "203.0.113.7", method: "POST", body: "x=\(number)")
            #expect(answer.status == 200)
            #expect(answer.body == "POST /page?n=\(number) x=\(number)")
            #expect(answer.headers["x-throttle-level"] == "bypassed")
        }
        kill(process, SIGCONT)
        _ = try await eventually("the throttle is asked again", within: .seconds(20)) {
            let answer = try await ask(front, "/", client: "203.0.113.10")
            return answer.headers["x-throttle-level"] == "normal" ? true : nil
        }
        // The site being away is no reason to ask it again without the throttle. On a busy machine a question may take
        // more than its 5 ms, and the site is asked without an answer then.
        programs[0].signal(SIGTERM)
        _ = await programs[0].end
        _ = try await eventually("the site's absence is told as it is", within: .seconds(20)) {
            try await ask(front, "/", client: "203.0.113.11").status == 502 ? true : nil
        }
        await stack.stopAll()
    }

    /// 200 with the fields of the limit, then 429 as the visitor is to see it, and 200 once the throttle is gone. The
    /// machine may be so busy that an answer takes more than 5 ms; such a request goes through, though it may have been
    /// counted, so the next one is another visitor's.
    private func refusesAndLetsThrough(_ stack: Stack, _ front: Place) async throws {
        _ = try await eventually("the web server answers", within: .seconds(20)) {
            try? await ask(front, "/", client: "203.0.113.1").status == 200 ? true : nil
        }
        var visitors = 10
        let (visitor, first) = try await eventually("a request is asked about", within: .seconds(20)) {
            visitors += 1
            let visitor = "203.0.\(113 + visitors / 256).\(visitors % 256)"
            let answer = try await ask(front, "/page?a=b", client: visitor)
            #expect(answer.status == 200)
            return answer.headers["x-throttle-level"] == "normal" ? (visitor, answer) : nil
        }
        #expect(first.headers["ratelimit"]?.hasPrefix("\"default\";r=") == true, "\(first.headers)")
        #expect(first.headers["ratelimit-policy"]?.hasPrefix("\"default\";q=5;w=") == true, "\(first.headers)")
        let refused = try await eventually("a request is refused", within: .seconds(30)) {
            let answer = try await ask(front, "/page?a=b", client: visitor)
            return answer.status == 429 ? answer : nil
        }
        #expect(refused.status == 429)
        #expect(Int(refused.headers["retry-after"] ?? "").map { $0 >= 1 } == true, "\(refused.headers)")
        #expect(refused.headers["content-type"] == "application/problem+json")
        let problem = try JSONValue(parsing: Array(refused.body.utf8))
        #expect(problem["status"] == 429)
        #expect(problem["title"]?.stringValue == "Too many requests")
        // Somebody else is not kept out by it.
        #expect(try await ask(front, "/", client: "203.0.113.8").status == 200)

        await stack.kill(.throttle)
        for _ in 0..<20 {
            let answer = try await ask(front, "/page", client: "203.0.113.7")
            #expect(answer.status == 200)
            #expect(answer.headers["x-throttle-level"] ?? "" != "normal")
        }
        // A post arrives once, and with its method.
        let posted = try await ask(front, "/page", client: "203.0.113.7", method: "POST", body: "x=1")
        #expect(posted.status == 200)
        #expect(posted.body == "POST /page" || posted.body == "POST /page x=1")
        try await stack.start([.throttle])
        _ = try await eventually("the throttle is asked again", within: .seconds(20)) {
            let answer = try await ask(front, "/", client: "203.0.113.10")
            return answer.headers["x-throttle-level"] == "normal" ? true : nil
        }
    }

    private func ask(
        _ place: Place, _ path: String, client: String, method: String = "GET", body: String = ""
    ) async throws -> HTTPReply {
        let head = """
            \(method) \(path) HTTP/1.1\r\nHost: example.org\r\nX-Test-Client: \(client)\r\nUser-Agent: test/\(client)\r\n\
            X-Forwarded-For: \(client)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)
            """
        return try await HTTPReply.to(head, at: place)
    }
}

/// Where a web server listens.
enum Place: Sendable {
    case unix(String)
    case port(UInt16)
}

/// TCP ports of this machine.
enum Port {
    /// One that nobody listened on a moment ago.
    static func free() throws -> UInt16 {
        let (descriptor, port) = try Loopback.bind(listening: false)
        close(descriptor)
        return port
    }
}

/// An HTTP/1.1 answer, read to the end of its connection.
struct HTTPReply: Sendable {
    var status = 0
    var headers: [String: String] = [:]
    var body = ""

    struct Unreadable: Error {
        var text: String
    }

    /// Sends a request that asks to close the connection.
    static func to(_ request: String, at place: Place) async throws -> HTTPReply {
        let text = try await withCheckedThrowingContinuation { (done: CheckedContinuation<String, any Error>) in
            Thread.detachNewThread { done.resume(with: Result { try exchange(request, place) }) }
        }
        guard let end = text.range(of: "\r\n\r\n") else { throw Unreadable(text: text) }
        var lines = text[..<end.lowerBound].components(separatedBy: "\r\n")[...]
        var reply = HTTPReply()
        reply.status = Int(lines.removeFirst().split(separator: " ").dropFirst().first ?? "") ?? 0
        for line in lines {
            let pair = line.split(separator: ":", maxSplits: 1)
            if pair.count == 2 { reply.headers[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces) }
        }
        reply.body = String(text[end.upperBound...])
        return reply
    }

    private static func exchange(_ request: String, _ place: Place) throws -> String {
        let descriptor: Int32
        switch place {
        case .unix(let path):
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let connected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard connected == 0 else {
                close(descriptor)
                throw Unreadable(text: "cannot connect: \(errno)")
            }
        case .port(let port): descriptor = try Loopback.connect(port: port)
        }
        defer { close(descriptor) }
        let bytes = Array(request.utf8)
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Unreadable(text: "cannot send: \(errno)")
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            answer.append(contentsOf: chunk[..<count])
        }
        return String(decoding: answer, as: UTF8.self)
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips where a program of Debian's is not installed; in CI it must be.
    static func needsProgram(_ path: String) -> Self {
        .enabled(
            if: ProcessInfo.processInfo.environment["CI"] == "true"
                || FileManager.default.isExecutableFile(atPath: path),
            "\(path) is not here: scripts/install-packages --tests")
    }
}
