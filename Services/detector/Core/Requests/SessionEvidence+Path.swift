import WeirProtocol

extension SessionEvidence.Request {
    /// The target up to its query. Looks at bytes: sessions have hundreds of requests.
    public var pathWithoutQuery: Substring { path.withoutQuery }
}

extension String {
    /// A request's target up to its query.
    public var withoutQuery: Substring { self[..<(utf8.firstIndex(of: UInt8(ascii: "?")) ?? utf8.endIndex)] }
}
