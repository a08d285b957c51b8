import WeirProtocol

/// Many ranges of addresses, asked in logarithmic time whether one of them holds an address.
public struct AddressRanges: Sendable, Hashable {
    private struct Span: Sendable, Hashable {
        var low: UInt128
        var high: UInt128
        var prefix: NetworkPrefix
    }

    private var v4: [Span]
    private var v6: [Span]

    /// The union of `prefixes`, in any order; a range inside another is covered by it.
    public init(_ prefixes: some Sequence<NetworkPrefix>) {
        v4 = []
        v6 = []
        for prefix in prefixes {
            let (low, width) = Self.place(prefix.address)
            let span = Span(
                low: low, high: low | ((UInt128(1) << UInt128(width - prefix.length)) &- 1), prefix: prefix)
            if width == 32 { v4.append(span) } else { v6.append(span) }
        }
        v4 = Self.outermost(v4)
        v6 = Self.outermost(v6)
    }

    /// How many ranges there are, those inside others left out.
    public var count: Int { v4.count + v6.count }

    /// The range that holds `address`.
    public func range(of address: IPAddress) -> NetworkPrefix? {
        let (place, width) = Self.place(address)
        let spans = width == 32 ? v4 : v6
        var (low, high) = (0, spans.count)
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].low <= place { low = middle + 1 } else { high = middle }
        }
        guard low > 0, spans[low - 1].high >= place else { return nil }
        return spans[low - 1].prefix
    }

    private static func place(_ address: IPAddress) -> (UInt128, width: Int) {
        switch address {
        case .v4(let bits): (UInt128(bits), 32)
        case .v6(let high, let low): (UInt128(high) << 64 | UInt128(low), 128)
        }
    }

    /// Prefixes either nest or are apart, so that after sorting one look back is enough.
    private static func outermost(_ spans: [Span]) -> [Span] {
        var kept: [Span] = []
        for span in spans.sorted(by: { ($0.low, $1.high) < ($1.low, $0.high) }) {
            if let last = kept.last, span.high <= last.high { continue }
            kept.append(span)
        }
        return kept
    }
}
