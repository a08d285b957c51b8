extension ThrottleDecision {
    /// Appends the reply to a request, newline included: the line that `HotEnvelope` writes, in one piece.
    ///
    /// `id` and `trace` are as a `CheckLine` has them, so that they need no escapes.
    public func appendLine(re id: CheckLine.Word, trace: CheckLine.Word?, to bytes: inout [UInt8]) {
        guard policy.utf8.count <= 64, reference?.utf8.count ?? 0 <= 64 else {
            appendByFields(id, trace, &bytes)
            return
        }
        var isPlain = true
        // At most 256 bytes of names, two labels, two words, five numbers.
        withUnsafeTemporaryAllocation(byteCount: 256 + 2 * Envelope.idLimit + 2 * 64 + 5 * 20, alignment: 1) { room in
            var line = Pen(room)
            line.write(#"{"v":1,"type":"throttle.decision","re":""#)
            line.write(id)
            if let trace {
                line.write(#"","trace":""#)
                line.write(trace)
            }
            if allow {
                line.write(#"","body":{"allow":true,"level":""#)
            } else {
                line.write(#"","body":{"allow":false,"level":""#)
            }
            switch level {
            case .normal: line.write("normal")
            case .warning: line.write("warning")
            case .severe: line.write("severe")
            case .blocked: line.write("blocked")
            }
            line.write(#"","limit":"#)
            line.write(Int64(limit))
            line.write(#","remaining":"#)
            line.write(Int64(remaining))
            line.write(#","reset_ms":"#)
            line.write(reset)
            if let retryAfter {
                line.write(#","retry_after":"#)
                line.write(Int64(retryAfter))
            }
            if let reference {
                line.write(#","reference":""#)
                line.write(reference)
                line.write("\"")
            }
            if shadow { line.write(#","shadow":true,"policy":""#) } else { line.write(#","shadow":false,"policy":""#) }
            isPlain = line.write(plain: policy)
            line.write("\"}}\n")
            if isPlain { bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: room[..<line.count])) }
        }
        if !isPlain { appendByFields(id, trace, &bytes) }
    }

    private func appendByFields(_ id: CheckLine.Word, _ trace: CheckLine.Word?, _ bytes: inout [UInt8]) {
        let text = { (word: CheckLine.Word) in String(decoding: word, as: UTF8.self) }
        HotEnvelope(re: text(id), trace: trace.map(text), self).append(to: &bytes)
    }
}

/// Writes into room that is known to suffice.
private struct Pen {
    private let room: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ room: UnsafeMutableRawBufferPointer) { self.room = room }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= room.count - count)
        guard let start = bytes.baseAddress else { return }
        (room.baseAddress! + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    @inline(__always)
    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    /// False for a text that needs escapes.
    @inline(__always)
    mutating func write(plain text: String) -> Bool {
        precondition(text.utf8.count <= room.count - count)
        for byte in text.utf8 {
            guard byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte != 0x7F else {
                return false
            }
            room[count] = byte
            count += 1
        }
        return true
    }

    @inline(__always)
    mutating func write(_ number: Int64) {
        if number < 0 { write("-") }
        var rest = number.magnitude
        var digits = 1
        var ceiling: UInt64 = 10
        while digits < 19, rest >= ceiling {
            digits += 1
            ceiling *= 10
        }
        precondition(digits <= room.count - count)
        var place = count + digits
        count = place
        repeat {
            place -= 1
            room[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
    }
}
