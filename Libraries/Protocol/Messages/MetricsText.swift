/// What services say of themselves as Prometheus text, version 0.0.4: `weir_<service>_<counter>`, and `weir_up`,
/// `weir_healthy`, `weir_info` and `weir_uptime_seconds` with the service as a label.
public enum MetricsText {
    /// The text's media type.
    public static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// One process.
    public struct Source: Sendable {
        /// collector, detector, throttle or reporter.
        public var service: String
        /// Tells the processes of one service apart, as the 2 of detector-2; nil where there is only one.
        public var instance: String?
        /// Its account of itself; nil when it does not answer.
        public var status: ServiceStatus?

        /// A process.
        public init(service: String, instance: String? = nil, status: ServiceStatus?) {
            (self.service, self.instance, self.status) = (service, instance, status)
        }
    }

    /// A process's own text.
    public static func text(of status: ServiceStatus) -> String {
        text(of: [Source(service: status.service, status: status)])
    }

    /// The text of several, each family of samples once.
    public static func text(of sources: [Source]) -> String {
        var families = Families()
        for source in sources {
            let instance = source.instance.map { [("instance", $0)] } ?? []
            let labels = [("service", source.service)] + instance
            families.add("weir_up", .gauge, "weir_up", labels, source.status == nil ? 0 : 1)
            guard let status = source.status else { continue }
            families.add("weir_healthy", .gauge, "weir_healthy", labels, status.state == "ok" ? 1 : 0)
            families.add("weir_info", .gauge, "weir_info", labels + [("version", status.version)], 1)
            families.add(
                "weir_uptime_seconds", .gauge, "weir_uptime_seconds", labels, Double(status.uptimeMs) / 1000)
            for (counter, value) in status.counters {
                // A histogram's buckets carry their bound, as in report_seconds_bucket{le="0.1"}.
                let name = counter.prefix { $0 != "{" }
                let bound = counter.dropFirst(name.count + #"{le=""#.count).dropLast(#""}"#.count)
                let (family, kind) = family(of: String(name), among: status.counters)
                let prefix = "weir_\(source.service)_"
                families.add(
                    prefix + family, kind, prefix + name, instance + (bound.isEmpty ? [] : [("le", String(bound))]),
                    value)
            }
        }
        return families.text
    }

    private enum Kind: String { case counter, gauge, histogram }

    private static func family(of name: String, among counters: [String: Double]) -> (String, Kind) {
        for ending in ["_bucket", "_sum", "_count"] where name.hasSuffix(ending) {
            let base = String(name.dropLast(ending.count))
            if counters[base + #"_bucket{le="+Inf"}"#] != nil { return (base, .histogram) }
        }
        return (name, name.hasSuffix("_total") ? .counter : .gauge)
    }

    /// Samples by what they belong to: the format wants each family's together, and a histogram's bounds in order.
    private struct Families {
        private var samples: [String: (kind: Kind, lines: [(order: String, bound: Double, text: String)])] = [:]

        mutating func add(
            _ family: String, _ kind: Kind, _ name: String, _ labels: [(name: String, value: String)], _ value: Double
        ) {
            let listed = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            let text = "\(name)\(listed.isEmpty ? "" : "{\(listed)}") \(Self.number(value))\n"
            let others = labels.filter { $0.name != "le" }.map(\.value).joined(separator: "\u{1}")
            let bound = labels.first { $0.name == "le" }.map { Double($0.value) ?? .infinity } ?? 0
            samples[family, default: (kind, [])].lines.append(("\(others)\u{1}\(name)", bound, text))
        }

        var text: String {
            samples.sorted { $0.key < $1.key }.map { family, found in
                "# TYPE \(family) \(found.kind.rawValue)\n"
                    + found.lines.sorted { ($0.order, $0.bound) < ($1.order, $1.bound) }.map(\.text).joined()
            }.joined()
        }

        private static func number(_ value: Double) -> String {
            Int64(exactly: value).map(String.init) ?? "\(value)"
        }

        private static func escaped(_ text: String) -> String {
            text.reduce(into: "") { sum, character in
                switch character {
                case "\\": sum += #"\\"#
                case "\"": sum += #"\""#
                case "\n": sum += #"\n"#
                default: sum.append(character)
                }
            }
        }
    }
}
