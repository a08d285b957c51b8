/// A key that a live view knows.
public enum LiveKey: Hashable, Sendable {
    case up, down, pageUp, pageDown, home, end
    case enter, escape, backspace
    /// Ctrl-C.
    case interrupt
    /// Ctrl-Z.
    case suspend
    /// Ctrl-L.
    case redraw
    /// A printable ASCII character.
    case character(Character)
}

/// Makes keys of the bytes that a terminal sends. Sequences that it does not know come to nothing, however long.
public struct LiveKeyReader: Sendable {
    private enum State {
        case ground
        case escape
        /// Inside `ESC [` or `ESC O`, with what came so far.
        case sequence([UInt8])
    }

    private var state = State.ground

    /// A reader at the beginning of a sequence.
    public init() {}

    /// The keys that the bytes amount to. An ESC at their end is the key itself: a terminal sends a sequence in one piece.
    public mutating func read(_ bytes: some Collection<UInt8>) -> [LiveKey] {
        var keys: [LiveKey] = []
        for byte in bytes {
            switch state {
            case .ground: read(byte, into: &keys)
            case .escape:
                if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") {
                    state = .sequence([])
                } else {
                    keys.append(.escape)
                    state = .ground
                    read(byte, into: &keys)
                }
            case .sequence(let before):
                if (0x40...0x7E).contains(byte) {
                    if let key = Self.key(before, byte) { keys.append(key) }
                    state = .ground
                } else if !(0x20...0x3F).contains(byte) {
                    // No part of a sequence: it ended early.
                    state = .ground
                    read(byte, into: &keys)
                } else {
                    state = .sequence(before.count < 8 ? before + [byte] : before)
                }
            }
        }
        if case .escape = state {
            keys.append(.escape)
            state = .ground
        }
        return keys
    }

    private mutating func read(_ byte: UInt8, into keys: inout [LiveKey]) {
        switch byte {
        case 0x1B: state = .escape
        case 0x03: keys.append(.interrupt)
        case 0x1A: keys.append(.suspend)
        case 0x0C: keys.append(.redraw)
        case 0x0D, 0x0A: keys.append(.enter)
        case 0x08, 0x7F: keys.append(.backspace)
        case 0x20..<0x7F: keys.append(.character(Character(Unicode.Scalar(byte))))
        default: break
        }
    }

    private static func key(_ parameters: [UInt8], _ final: UInt8) -> LiveKey? {
        switch (final, parameters) {
        case (UInt8(ascii: "A"), _): .up
        case (UInt8(ascii: "B"), _): .down
        case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), [UInt8(ascii: "1")]): .home
        case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), [UInt8(ascii: "4")]): .end
        case (UInt8(ascii: "~"), [UInt8(ascii: "5")]): .pageUp
        case (UInt8(ascii: "~"), [UInt8(ascii: "6")]): .pageDown
        default: nil
        }
    }
}
