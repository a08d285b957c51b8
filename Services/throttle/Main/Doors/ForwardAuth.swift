import ThrottleCore
import WeirProtocol

/// An answer over HTTP.
struct HTTPAnswer: Hashable, Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body = ""

    static func == (left: HTTPAnswer, right: HTTPAnswer) -> Bool {
        left.status == right.status && left.body == right.body
            && left.headers.elementsEqual(right.headers) { $0.name == $1.name && $0.value == $1.value }
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(status)
        hasher.combine(body)
    }
}

/// What a web server asks before it forwards a request, and what it shows to whom it must refuse.
///
/// The web server's word is trusted, since only it reaches the socket: the client's address is the last of
/// X-Forwarded-For that is not in `trusted`, or X-Real-IP where that header has none.
struct ForwardAuth: Sendable {
    let engine: ThrottleEngine
    let trusted: [NetworkPrefix]
    /// The server that several throttles share; nil where memory alone decides.
    var link: RedisLink?

    /// Answers a request for the doors's own target by its headers, found case-insensitively and joined with commas.
    func answer(_ method: String, _ target: String, _ header: (String) -> String?) -> HTTPAnswer {
        switch question(method, target, header) {
        case .answered(let answer): return answer
        case .asks(let check, let asTooMany):
            return answer(Result { () throws(WireError) in try engine.check(check) }, asTooMany)
        }
    }

    /// The same; `reply` is called once, at once unless the shared server is asked.
    func answer(
        _ method: String, _ target: String, _ header: (String) -> String?,
        _ reply: @escaping @Sendable (HTTPAnswer) -> Void
    ) {
        guard let link else { return reply(answer(method, target, header)) }
        switch question(method, target, header) {
        case .answered(let answer): reply(answer)
        case .asks(let check, let asTooMany):
            engine.check(check, through: link) { reply(answer($0, asTooMany)) }
        }
    }

    /// What must be asked for a request, or its answer when nothing must.
    private enum Asked {
        case answered(HTTPAnswer)
        case asks(ThrottleCheck, asTooMany: Bool)
    }

    private func question(_ method: String, _ target: String, _ header: (String) -> String?) -> Asked {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count > 1 ? Self.fields(parts[1]) : [:]
        guard method == "GET" || method == "HEAD" else {
            return .answered(HTTPAnswer(status: 405, headers: [("Allow", "GET, HEAD")]))
        }
        switch parts[0] {
        case "/check": return check(query, header)
        case "/denied": return .answered(denied(query["reference"], header))
        default: return .answered(HTTPAnswer(status: 404))
        }
    }

    // MARK: /check

    private func check(_ query: [String: String], _ header: (String) -> String?) -> Asked {
        guard let ip = clientAddress(header) else {
            // The web server would refuse everybody on any other status, and nobody has done anything.
            return .answered(bypass("no client address: the web server must set X-Forwarded-For"))
        }
        var check = ThrottleCheck(
            ip: ip, userAgent: header("user-agent"), acceptLanguage: header("accept-language"),
            method: header("x-forwarded-method") ?? header("x-original-method"),
            path: header("x-forwarded-uri") ?? header("x-original-uri"),
            policy: query["policy"])
        if let cost = query["cost"] {
            // The web server would make a failure of any answer that refuses it, and letting the request go for nothing
            // would let everybody go.
            check.cost = Int(cost)
            if check.cost == nil || check.rangeProblem != nil {
                engine.noteUnusableCost()
                check.cost = 1
            }
        }
        return .asks(check, asTooMany: query["style"] == "429")
    }

    private func answer(_ result: Result<ThrottleDecision, WireError>, _ asTooMany: Bool) -> HTTPAnswer {
        switch result {
        case .success(let decision): answer(decision, asTooMany: asTooMany)
        case .failure(let error): bypass(error.message)
        }
    }

    private func bypass(_ why: String) -> HTTPAnswer {
        HTTPAnswer(status: 204, headers: [("X-Throttle-Bypass", why)])
    }

    private func answer(_ decision: ThrottleDecision, asTooMany: Bool) -> HTTPAnswer {
        var headers = [("X-Throttle-Level", decision.level.name)]
        if let fields = engine.fields(for: decision) {
            headers.append(("RateLimit-Policy", fields.policy))
            headers.append(("RateLimit", fields.limit))
        }
        if let reference = decision.reference { headers.append(("X-Throttle-Reference", reference)) }
        if decision.shadow { headers.append(("X-Throttle-Shadow", "denied")) }
        guard !decision.allow else { return HTTPAnswer(status: 204, headers: headers) }
        if let wait = decision.retryAfter { headers.append(("Retry-After", "\(wait)")) }
        headers.append(("Cache-Control", "no-store"))
        headers.append(("Content-Type", "application/problem+json"))
        let status = asTooMany ? 429 : 403
        let problem = Problem(
            status: status, reference: decision.reference, level: decision.level, policy: decision.policy,
            wait: decision.retryAfter)
        return HTTPAnswer(status: status, headers: headers, body: problem.json)
    }

    private func clientAddress(_ header: (String) -> String?) -> String? {
        header("x-forwarded-for").flatMap(lastForwarded)
            ?? header("x-real-ip").map { String(Self.bareAddress($0[...])) }
    }

    /// The last entry that is not a proxy of ours; nil when the header has no address at its end.
    private func lastForwarded(_ forwarded: String) -> String? {
        var last: String?
        for entry in forwarded.split(separator: ",").reversed() {
            let text = Self.bareAddress(entry)
            guard let address = IPAddress(text) else { return last }
            last = String(text)
            if !trusted.contains(where: { $0.contains(address) }) { return last }
        }
        return last
    }

    /// Without blanks, brackets, port and zone, which means something on one machine only.
    private static func bareAddress(_ entry: Substring) -> Substring {
        withoutPort(entry).prefix { $0 != "%" }
    }

    private static func withoutPort(_ entry: Substring) -> Substring {
        var text = entry.drop { $0 == " " || $0 == "\t" }
        while let end = text.last, end == " " || end == "\t" { text.removeLast() }
        if text.first == "[" { return text.dropFirst().prefix { $0 != "]" } }
        if text.contains("."), let colon = text.firstIndex(of: ":"), !text[..<colon].isEmpty,
            !text[text.index(after: colon)...].contains(":")
        {
            return text[..<colon]
        }
        return text
    }

    // MARK: /denied

    private func denied(_ reference: String?, _ header: (String) -> String?) -> HTTPAnswer {
        let found = reference.flatMap { engine.history($0) }
        let now = ThrottleEngine.now.wall
        let wait = found.map { $0.retryAt.map { max(1, Int((max(0, $0 - now) + 999) / 1000)) } } ?? 30
        let problem = Problem(
            reference: found?.reference, level: found?.level ?? .normal, policy: found?.policy, wait: wait)
        var headers = [("Cache-Control", "no-store")]
        if let wait { headers.append(("Retry-After", "\(wait)")) }
        if let found {
            headers.append(("X-Throttle-Level", found.level.name))
            headers.append(("X-Throttle-Reference", found.reference))
        }
        let wantsPage = header("accept")?.contains("text/html") == true
        headers.append(("Content-Type", wantsPage ? "text/html; charset=utf-8" : "application/problem+json"))
        return HTTPAnswer(status: 429, headers: headers, body: wantsPage ? problem.page : problem.json)
    }

    private static func fields(_ query: Substring) -> [String: String] {
        var fields: [String: String] = [:]
        for field in query.split(separator: "&").prefix(16) {
            let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { fields[String(pair[0])] = String(pair[1]) }
        }
        return fields
    }
}
