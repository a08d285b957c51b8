import DetectorCore
import Foundation
import Testing

@Suite("Probing requests") struct RequestClassifierTests {
    let classifier = RequestClassifier.builtIn

    @Test(
        "what looks for weaknesses is found, behind any encoding",
        arguments: [
            ("/.env", ProbeFamily.dotfile), ("/app/.git/config", .dotfile), ("/%2eenv", .dotfile),
            ("/%252eenv", .dotfile),
            ("/wp-login.php", .cms), ("/blog/WP-ADMIN/", .cms), ("/phpMyAdmin/", .admin), ("/admin", .admin),
            ("/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", .shell), ("/a/../../etc/passwd", .traversal),
            ("/a/%c0%ae%c0%ae/x", .traversal), ("/a\\..\\b", .traversal), ("/?f=..%2f..%2fetc%2fpasswd", .traversal),
            ("/?q=1%27%20OR%20%271", .injection), ("/?q=union+select+1", .injection), ("/?x=%3Cscript%3E", .injection),
            ("/?x=${jndi:ldap://a}", .injection), ("/x%00.png", .injection), ("/backup.zip", .backup),
            ("/db.sql", .backup),
            ("/config.json", .config), ("/docker-compose.yml", .config), ("/old/page.asp", .script),
            ("\u{16}\u{3}\u{1}", .method),
        ])
    func probes(target: String, family: ProbeFamily) {
        #expect(classifier.probe(method: "GET", target: target, status: 404)?.family == family)
    }

    @Test(
        "pages, files and searches of honest sites are left alone",
        arguments: [
            "/", "/index.html", "/.well-known/acme-challenge/x", "/blog/config-management-2024",
            "/files/tool/config.xml",
            "/images/backup-strategy.png", "/?q=how+to+select+a+union", "/scripts/site.js", "/demo.html?iframe=true",
            "/login", "/download/v1.2.tar.gz", "/a..b", "/search?q=50%25+off", "/admins-guide", "*",
        ])
    func honest(target: String) {
        #expect(classifier.probe(method: "GET", target: target, status: 404) == nil)
    }

    @Test("what the site serves is no probe, unless nothing honest asks for it")
    func served() {
        for target in ["/admin", "/wp-login.php", "/config.json", "/old/page.asp"] {
            #expect(classifier.probe(method: "GET", target: target, status: 200) == nil, "\(target)")
        }
        for target in ["/.git/config", "/?f=../../etc/passwd"] {
            #expect(classifier.probe(method: "GET", target: target, status: 200) != nil, "\(target)")
        }
    }

    @Test("methods that browsers never use")
    func methods() {
        #expect(classifier.probe(method: "TRACE", target: "/", status: 200)?.family == .method)
        #expect(classifier.probe(method: "\u{16}", target: "/", status: 400)?.family == .method)
        for method in ["GET", "POST", "HEAD", "PUT", "OPTIONS", "PROPFIND"] {
            #expect(classifier.probe(method: method, target: "/a", status: 200) == nil)
        }
    }

    @Test(
        "restricted files are found, a real site's paths are not", .enabled(if: SharedData.isThere, SharedData.skipped))
    func lists() async throws {
        struct Line: Decodable { var path: String }
        func flagged(_ file: String) async throws -> (Int, Int) {
            let lines = try await SharedData.text(file).split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
            let found = lines.filter { classifier.probe(method: "GET", target: $0.path, status: 404) != nil }
            return (found.count, lines.count)
        }
        let restricted = try await flagged("attack-paths/crs-restricted-files.jsonl")
        #expect(restricted.1 > 500 && Double(restricted.0) >= 0.95 * Double(restricted.1))
        #expect(try await flagged("attack-paths/benign-elastic.jsonl").0 == 0)
    }

    @Test("scanners' agents are found", .enabled(if: SharedData.isThere, SharedData.skipped))
    func scannerAgents() async throws {
        struct Line: Decodable { var ua_token: String }
        for row in try await SharedData.text("attack-paths/crs-scanner-uas.jsonl").split(separator: "\n") {
            let token = try JSONDecoder().decode(Line.self, from: Data(row.utf8)).ua_token
            #expect(UserAgentClassifier.builtIn.classify(token).isScanner, "\(token)")
        }
    }
}
