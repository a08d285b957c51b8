import Foundation

/// An access log made for a test: its counts are known because the test made it.
struct AccessLog {
    /// Lines without their newlines.
    var lines: [String] = []

    /// `visitors` people, each with a browser and an address of its own, who read `pages` pages three seconds apart and
    /// fetch one picture with each.
    static func people(_ visitors: Int, pages: Int) -> AccessLog {
        var lines: [(moment: Int, text: String)] = []
        for visitor in 0..<visitors {
            let address = "198.18.\(visitor / 250 % 250).\(visitor % 250 + 1)"
            let agent =
                "Mozilla/5.0 (X11; Linux x86_64; rv:\(100 + visitor / 62_500).0) Gecko/20100101 Firefox/140.\(visitor % 7)"
            for page in 0..<pages {
                let moment = visitor * 2 + page * 3
                for path in ["/page-\((visitor * 7 + page * 13) % 90)", "/pictures/\(page).png"] {
                    lines.append((moment, line(address, at: moment, path, agent: agent)))
                }
            }
        }
        return AccessLog(lines: lines.enumerated().sorted { ($0.1.moment, $0.0) < ($1.1.moment, $1.0) }.map(\.1.text))
    }

    /// One line in combined format, `second` seconds after 10:00 on 5 March 2026.
    static func line(_ address: String, at second: Int, _ path: String, status: Int = 200, agent: String) -> String {
        let (hour, minute, rest) = (10 + second / 3600, second / 60 % 60, second % 60)
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        precondition(hour < 24, "the log would need a second day")
        let time = "05/Mar/2026:\(two(hour)):\(two(minute)):\(two(rest)) +0000"
        return "\(address) - - [\(time)] \"GET \(path) HTTP/1.1\" \(status) 512 \"-\" \"\(agent)\""
    }

    /// Writes it into `directory` and returns its path.
    func write(to directory: URL, named name: String = "access.log") throws -> String {
        let file = directory.appendingPathComponent(name)
        try (lines.joined(separator: "\n") + "\n").write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }
}
