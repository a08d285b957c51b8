/// `GET /path?query HTTP/1.1`, as logged.
enum RequestLine {
    /// The method, the target's path and its query. Targets may contain blanks: old servers logged them as sent.
    static func parse(
        _ cursor: LogLineCursor, _ range: Range<Int>, status: Int
    ) throws(LogRefusal) -> (method: String, path: String, query: String?) {
        let line = cursor.line
        guard let method = methodEnd(line, range) else {
            // Nothing that HTTP knows was sent; the server's error answer makes it a request all the same.
            guard status >= 400 else { throw .badRequestLine }
            let sent = String(decoding: cursor.bytes(range).prefix(256).filter { $0 != 0 }, as: UTF8.self)
            return ("-", sent.isEmpty ? "-" : sent, nil)
        }
        var target = method + 1..<range.upperBound
        if let end = protocolStart(line, target) { target = target.lowerBound..<end }
        while let last = target.last, line[last] == UInt8(ascii: " ") { target = target.lowerBound..<last }
        while let first = target.first, line[first] == UInt8(ascii: " ") { target = first + 1..<target.upperBound }
        guard !target.isEmpty else {
            guard status >= 400 else { throw .badRequestLine }
            return ("-", cursor.unescaped(range), nil)
        }
        let mark = line[target].firstIndex(of: UInt8(ascii: "?"))
        let path = cursor.unescaped(target.lowerBound..<(mark ?? target.upperBound))
        return (
            cursor.unescaped(range.lowerBound..<method), path,
            mark.map { cursor.unescaped($0 + 1..<target.upperBound) }
        )
    }

    /// Splits a target that needs no unescaping.
    static func split(_ target: String) -> (path: String, query: String?) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            return (target.isEmpty ? "/" : target, nil)
        }
        return (String(target[..<mark]), String(target[target.utf8.index(after: mark)...]))
    }

    /// The blank after a method: letters, digits, `-` and `_`, starting with a letter, at most 32.
    private static func methodEnd(_ line: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound, index - range.lowerBound <= 32 {
            switch line[index] {
            case UInt8(ascii: " "): return index > range.lowerBound ? index : nil
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): break
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                if index == range.lowerBound { return nil }
            default: return nil
            }
            index += 1
        }
        return nil
    }

    /// The blank before a closing `HTTP/…`; a request of HTTP/0.9 has none.
    private static func protocolStart(_ line: UnsafeRawBufferPointer, _ target: Range<Int>) -> Int? {
        var blank = target.upperBound - 1
        while blank >= target.lowerBound, line[blank] != UInt8(ascii: " ") { blank -= 1 }
        let word = blank + 1
        guard target.upperBound - word >= 5 else { return nil }
        let isHTTP =
            line[word] | 0x20 == 0x68 && line[word + 1] | 0x20 == 0x74 && line[word + 2] | 0x20 == 0x74
            && line[word + 3] | 0x20 == 0x70 && line[word + 4] == UInt8(ascii: "/")
        guard isHTTP else { return nil }
        // `GET http://host` without a version also ends in a word that starts so.
        return word + 5 < target.upperBound && line[word + 5] == UInt8(ascii: "/") ? nil : max(blank, target.lowerBound)
    }
}
