import ReporterCore
import Runtime

/// Time zones from the system's files.
enum Zones {
    private static let directory = "/usr/share/zoneinfo"

    /// The zone of that IANA name; nil when there is none or the name is no plain name.
    @Sendable
    static func named(_ name: String) -> Zone? {
        let isPlain =
            name.utf8.count <= 64 && name.utf8.first.map(isLetter) == true
            && name.utf8.allSatisfy {
                isLetter($0) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "/")
                    || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
            }
        guard isPlain, let bytes = try? FileText.bytes("\(directory)/\(name)") else { return nil }
        return Zone(name: name, tzif: bytes)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
    }
}
