import Foundation
import Glibc
import PostgresSupport
import Testing
import WeirProtocol

/// `reporter.users`: the file's permissions let somebody in, and the kernel says who it is.
@Suite(.enabled(if: getuid() == 0, "only root can ask as somebody else"), .timeLimit(.minutes(2)))
struct ReporterUsersTests {
    @Test func whoIsNotNamedIsAnsweredByNeitherSocket() async throws {
        let stack = try await Stack()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: stack.directory.path)
        for (users, isServed) in [("root", false), ("root,nobody", true), ("", true)] {
            stack.environment["WEIR_REPORTER_USERS"] = users
            try await stack.start([.reporter])
            for socket in ["reporter.sock", "reporter.http.sock"] {
                chmod(stack.directory.appendingPathComponent(socket).path, 0o666)
            }
            let http = stack.directory.appendingPathComponent("reporter.http.sock").path
            let line = stack.directory.appendingPathComponent("reporter.sock").path
            let url = "http://weir/api/v1/reports/overview"
            let overHTTP = try await asNobody(["curl", "-s", "-w", "%{http_code}", "--unix-socket", http, url])
            #expect(overHTTP.hasSuffix(isServed ? "200" : "403"), "\(users): \(overHTTP)")
            #expect(overHTTP.contains("forbidden") == !isServed)
            let overLines = try await asNobody(["/usr/bin/python3", "-c", Self.asking, line])
            #expect(overLines.contains(#""report":"overview""#) == isServed, "\(users): \(overLines)")
            let program = stack.program("reporter", as: "nobody")
            let status = try await program.run(["status", "--json"]).output
            let state = try JSONValue(parsing: Array(status.utf8))["data"]?["services"]?.arrayValue?.last?["state"]
            #expect(state?.stringValue == (isServed ? "ok" : "refused"), "\(users): \(status)")
            let permissions = try JSONValue(parsing: Array(try await program.run(["whoami", "--json"]).output.utf8))
            let mayAsk = permissions["data"]?["sockets"]?.arrayValue?.last?["may_ask"]
            #expect(mayAsk?.boolValue == isServed, "\(users): \(permissions)")
            #expect(try SocketHTTP(path: http).send("GET", "/api/v1/reports/overview").status == 200)
            await stack.stop(.reporter)
        }
    }

    /// Asks the socket that is named; it may be closed before it is asked.
    private static let asking = """
        import socket, sys
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(10)
        line.connect(sys.argv[1])
        line.sendall(b'{"command":"analytics overview"}\\n')
        print(line.makefile().readline())
        """

    private func asNobody(_ words: [String]) async throws -> String {
        let program = URL(fileURLWithPath: "/usr/bin/setpriv")
        let arguments = ["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"] + words
        return String(decoding: try await Program.end(of: program, arguments).output, as: UTF8.self)
    }
}
