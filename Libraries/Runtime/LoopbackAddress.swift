/// A TCP address that only this machine reaches: `127.0.0.1:8017`, `[::1]:8017` or `localhost:8017`.
public struct LoopbackAddress: Hashable, Sendable {
    /// `127.0.0.1` to `127.255.255.255`, or `::1`.
    public let host: String
    /// 0...65535; 0 lets the kernel choose.
    public let port: Int

    /// Reads `host:port`; nil for anything else, and for an address that other machines reach.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let name = text[..<colon]
        self.port = Int(port)
        switch name {
        case "localhost": host = "127.0.0.1"
        case "[::1]": host = "::1"
        default:
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 4, parts[0] == "127", parts.allSatisfy({ UInt8($0) != nil }) else { return nil }
            host = String(name)
        }
    }
}
