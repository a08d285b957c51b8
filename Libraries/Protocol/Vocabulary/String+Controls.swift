extension String {
    /// Without control characters (U+0000…U+001F, U+007F…U+009F); tabs and line ends among them become a blank. Terminals
    /// obey them, PostgreSQL cannot store NUL, and two texts that look alike would be counted apart. Asked of every text
    /// of every request.
    public var withoutControls: String {
        guard holdsControls else { return self }
        var plain = UnicodeScalarView()
        for scalar in unicodeScalars {
            if !Self.isControl(scalar) {
                plain.append(scalar)
            } else if (0x09...0x0D).contains(scalar.value) || scalar.value == 0x85 {
                plain.append(" ")
            }
        }
        return String(plain)
    }

    /// Whether there is a control character in it.
    public var holdsControls: Bool {
        let isSuspect = utf8.withContiguousStorageIfAvailable { text in
            let bytes = UnsafeRawBufferPointer(text)
            var index = 0
            while bytes.count - index >= 8 {
                let stride = ByteStride(bytes, at: index)
                // 0xC2 begins those from U+0080 on, and a few others.
                if stride.below(0x20) | stride.equal(0x7F) | stride.equal(0xC2) != 0 { return true }
                index += 8
            }
            return bytes[index...].contains { $0 < 0x20 || $0 == 0x7F || $0 == 0xC2 }
        }
        return isSuspect != false && unicodeScalars.contains(where: Self.isControl)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }
}
