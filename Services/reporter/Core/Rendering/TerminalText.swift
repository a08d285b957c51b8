/// What hostile text comes to on a terminal: harmless, and as wide as it will really be.
public enum TerminalText {
    /// Without everything that moves the cursor, changes colours, reverses the writing direction or takes no room:
    /// C0 and C1 controls, DEL, bidirectional and other format characters, line separators, surrogates, private use.
    public static func stripped(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where isHarmless(scalar) { kept.append(scalar) }
        return String(kept)
    }

    /// With each of those but the line's end in visible form, as in `\u009b`, which JSON reads as the same.
    public static func shown(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A || $0 == 0x0D }) { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isHarmless(scalar) || scalar == "\n" || scalar == "\r" {
                shown.unicodeScalars.append(scalar)
            } else {
                for unit in UTF16.encode(scalar)! {
                    let digits = String(unit, radix: 16)
                    shown += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return shown
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }

    /// The columns that text takes on a terminal; text is stripped beforehand.
    public static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + width($1) }
    }

    /// The columns of one character: 0 for a mark that stands alone, 2 for East Asian wide forms and emoji.
    static func width(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        if first.value < 0x300 { return 1 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        if character.unicodeScalars.contains(where: { $0.value == 0xFE0F }) || first.properties.isEmojiPresentation {
            return 2
        }
        return wide.contains { $0.contains(first.value) } ? 2 : 1
    }

    // East Asian Width W and F of Unicode 15, neighbouring blocks joined.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60,
        0xFFE0...0xFFE6, 0x16FE0...0x18D08, 0x1AFF0...0x1B2FB, 0x1F200...0x1F265, 0x20000...0x3FFFD,
    ]

    /// The longest beginning that fits `limit` columns, with an ellipsis where something was left out.
    public static func clipped(_ text: String, to limit: Int) -> String {
        guard width(text) > limit else { return text }
        guard limit > 0 else { return "" }
        var kept = ""
        var used = 0
        for character in text {
            let next = width(character)
            guard used + next <= limit - 1 else { break }
            kept.append(character)
            used += next
        }
        return kept + "…"
    }

    static func padded(_ text: String, to width: Int, right: Bool) -> String {
        let spaces = String(repeating: " ", count: max(0, width - Self.width(text)))
        return right ? spaces + text : text + spaces
    }
}
