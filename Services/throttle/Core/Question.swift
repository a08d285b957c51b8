public import WeirProtocol

/// A check's words where they lie, so that asking copies nothing. It points into the caller's bytes and must not
/// outlive them.
public struct Question {
    /// The client's address; nil when the text was none.
    public var address: IPAddress?
    /// The client's fingerprint.
    public var fingerprint: UnsafeRawBufferPointer
    /// The session, only when the gateway has verified its token.
    public var session: UnsafeRawBufferPointer?
    /// The registered user.
    public var user: UnsafeRawBufferPointer?
    /// The method; GET when absent.
    public var method: UnsafeRawBufferPointer?
    /// The path, with or without its query; `/` when absent.
    public var path: UnsafeRawBufferPointer?
    /// Tokens; 0 asks without charging.
    public var cost = 1
    /// A policy by name, instead of the first that matches.
    public var policy: UnsafeRawBufferPointer?

    /// A question about one request.
    public init(address: IPAddress?, fingerprint: UnsafeRawBufferPointer) {
        self.address = address
        self.fingerprint = fingerprint
    }

    /// A check that is still in its line. `fingerprint` is the check's own or made from its headers.
    @inline(__always)
    public init(_ line: CheckLine, fingerprint: UnsafeRawBufferPointer) {
        address = IPAddress(utf8: line.ip)
        self.fingerprint = fingerprint
        (session, user, method) = (line.session, line.user, line.method)
        (path, cost, policy) = (line.path, line.cost, line.policy)
    }

    /// The path without its query.
    var barePath: UnsafeRawBufferPointer {
        guard let path else { return Self.root }
        guard let query = LineFramer.first(UInt8(ascii: "?"), in: path) else { return path }
        return UnsafeRawBufferPointer(rebasing: path[..<query])
    }

    private static let rootText: StaticString = "/"
    private static var root: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: rootText.utf8Start, count: rootText.utf8CodeUnitCount)
    }
}

extension ThrottleCheck {
    /// Asks `body` with the words laid out in memory for as long as it runs. `fingerprint` is the check's own or made
    /// from its headers.
    public func withQuestion<Result>(fingerprint: String, _ body: (Question) -> Result) -> Result {
        var bytes: [UInt8] = []
        var ranges: [Range<Int>?] = []
        for word in [fingerprint, session, user, method, path, policy] {
            guard let word else {
                ranges.append(nil)
                continue
            }
            let start = bytes.count
            bytes.append(contentsOf: word.utf8)
            ranges.append(start..<bytes.count)
        }
        return bytes.withUnsafeBytes { bytes in
            let words = ranges.map { range in range.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) } }
            var question = Question(address: IPAddress(ip), fingerprint: words[0]!)
            (question.session, question.user, question.method) = (words[1], words[2], words[3])
            (question.path, question.policy, question.cost) = (words[4], words[5], cost ?? 1)
            return body(question)
        }
    }
}

/// Whether two stretches of bytes are equal.
@inline(__always)
func isSame(_ left: UnsafeRawBufferPointer, _ right: String) -> Bool {
    left.count == right.utf8.count && left.elementsEqual(right.utf8)
}
