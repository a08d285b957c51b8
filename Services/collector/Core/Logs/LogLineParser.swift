import WeirProtocol

/// Reads access-log lines, one at a time. In `auto` it learns from the first line with a user agent that the log is
/// not in the common format, so that a line cut short later is told from a whole one.
///
/// What a client sent instead of HTTP (a TLS greeting on a plain port, nothing at all) is a request too when the server
/// answered it with an error: method `-`. Everything else that cannot be read is refused with a reason, never guessed.
public struct LogLineParser: Sendable {
    /// The longest line that is read, in bytes without the newline.
    public static let lineLimit = 64 * 1024

    /// The format asked for.
    public let format: LogFormat
    private var expectsAgent = false

    /// A parser for one log.
    public init(format: LogFormat = .auto) { self.format = format }

    /// Reads one line, given without its newline.
    public mutating func parse(_ line: UnsafeRawBufferPointer) -> Result<LogEntry, LogRefusal> {
        guard line.count <= Self.lineLimit else { return .failure(.tooLong) }
        guard let first = line.first(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != 0x0D })
        else {
            return .failure(.empty)
        }
        do {
            switch format {
            case .nginxJSON, .caddyJSON: return .success(try JSONLogLine.parse(line))
            case .auto where first == UInt8(ascii: "{"): return .success(try JSONLogLine.parse(line))
            default: break
            }
            var cursor = LogLineCursor(line)
            let shape: TextLogLine.Shape =
                switch format {
                case .common: .init(host: false, agent: .optional)
                case .vhostCombined: .init(host: true, agent: .required)
                case .combined: .init(host: false, agent: .required)
                default: .init(host: cursor.startsWithHost(), agent: expectsAgent ? .required : .optional)
                }
            let entry = try TextLogLine.parse(&cursor, shape)
            if cursor.sawAgent { expectsAgent = true }
            return .success(entry)
        } catch {
            return .failure(Self.isBinary(line) ? .binary : error)
        }
    }

    /// Control characters that no server writes: they are escaped in every format that we read.
    private static func isBinary(_ line: UnsafeRawBufferPointer) -> Bool {
        line.contains { $0 < 0x20 && $0 != UInt8(ascii: "\t") && $0 != 0x0D && $0 != 0x1B }
    }
}
