import HTTPTypes
public import Hummingbird
import NIOCore
public import WeirProtocol

/// Puts Weir around the routes of a Hummingbird application: asks the throttle before each request, tells the collector
/// afterwards, and gives new visitors the session's cookie.
///
/// Analytics never holds up a visitor: without an answer within the client's deadlines the request goes through, and the
/// answer goes out without a cookie. An error that a route throws is recorded with its status and thrown on. Put it
/// first, so that what other middleware refuses is counted, too.
public struct AnalyticsMiddleware<Context: RequestContext>: RouterMiddleware {
    /// Finds something about a request.
    public typealias Finder<Value> = @Sendable (Request, Context) -> Value

    private let client: GatewayClient
    private let trustedProxies: [NetworkPrefix]
    private let peer: Finder<String>
    private let userID: Finder<String?>

    /// - Parameters:
    ///   - client: the connection to throttle and collector.
    ///   - trustedProxies: one's own proxies, whose X-Forwarded-For is believed; the same as collector.trusted_proxies.
    ///   - peer: the address of the connection's other end, or `unix:`.
    ///   - userID: the registered user, where the application knows one.
    public init(
        client: GatewayClient, trustedProxies: [NetworkPrefix] = [], peer: @escaping Finder<String>,
        userID: @escaping Finder<String?> = { _, _ in nil }
    ) {
        self.client = client
        self.trustedProxies = trustedProxies
        self.peer = peer
        self.userID = userID
    }

    /// Asks, answers, records.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let began = ContinuousClock.now
        let at = GatewayClient.now
        let peer = peer(request, context)
        let user = userID(request, context)
        let decision = await client.check(
            ThrottleCheck(
                ip: ForwardedFor.client(peer: peer, header: request.headers[.forwardedFor], trusted: trustedProxies),
                userAgent: request.headers[.userAgent], acceptLanguage: request.headers[.acceptLanguage],
                method: request.method.rawValue, path: request.uri.path, user: user))
        var response: Response
        do {
            response = decision.allow ? try await next(request, context) : Self.refusal(decision)
        } catch {
            let status = (error as? any HTTPResponseError)?.status.code ?? 500
            _ = await client.record(record(request, at, began, peer, user, decision.level, status, nil))
            throw error
        }
        response.headers[.throttleLevel] = decision.level.name
        let receipt = await client.record(
            record(request, at, began, peer, user, decision.level, response.status.code, response))
        if let cookie = receipt?.setCookie {
            response.headers.append(HTTPField(name: .setCookie, value: cookie))
        }
        return response
    }

    private func record(
        _ request: Request, _ at: Timestamp, _ began: ContinuousClock.Instant, _ peer: String, _ user: String?,
        _ level: ThrottleLevel, _ status: Int, _ response: Response?
    ) -> RequestRecord {
        var random = SystemRandomNumberGenerator()
        var record = RequestRecord(
            eventID: EventID(at: at, entropy: (random.next(), random.next())), at: at,
            method: request.method.rawValue, path: request.uri.path, status: status, ip: peer)
        record.site = request.head.authority
        record.query = request.uri.query
        record.durationMs = (ContinuousClock.now - began) / .milliseconds(1)
        record.bytes = response?.body.contentLength.map { Int64($0) }
        record.forwardedFor = request.headers[.forwardedFor]
        record.userAgent = request.headers[.userAgent]
        record.acceptLanguage = request.headers[.acceptLanguage]
        record.referrer = request.headers[.referer]
        record.contentType = response?.headers[.contentType]
        record.cookie = request.cookies[GatewayClient.cookieName]?.value
        record.userID = user
        record.level = level
        var headers: [String: String] = [:]
        for name in HTTPField.Name.consulted { headers[name.canonicalName] = request.headers[name] }
        record.headers = headers.isEmpty ? nil : headers
        return record
    }

    private static func refusal(_ decision: ThrottleDecision) -> Response {
        var headers: HTTPFields = [.contentType: "application/problem+json", .cacheControl: "no-store"]
        headers[.retryAfter] = decision.retryAfter.map { String($0) }
        headers[.throttleReference] = decision.reference
        var problem = JSONObject([
            "type": "about:blank", "title": "Too Many Requests", "status": 429, "code": "throttled",
            "detail": "Requests come faster than this site serves them to one client; try again later.",
        ])
        problem["reference"] = decision.reference.map { .string($0) }
        return Response(
            status: .tooManyRequests, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: JSONValue.object(problem).text + "\n")))
    }
}

extension AnalyticsMiddleware where Context: RemoteAddressRequestContext {
    /// For applications whose context knows the connection's other end.
    public init(
        client: GatewayClient, trustedProxies: [NetworkPrefix] = [],
        userID: @escaping Finder<String?> = { _, _ in nil }
    ) {
        self.init(
            client: client, trustedProxies: trustedProxies, peer: { $1.remoteAddress?.ipAddress ?? "unix:" },
            userID: userID)
    }
}

/// Whom a chain of proxies speaks for.
enum ForwardedFor {
    /// The address nearest to us that is not a proxy of ours; the peer's own when it is none.
    static func client(peer: String, header: String?, trusted: [NetworkPrefix]) -> String {
        func isTrusted(_ text: String) -> Bool {
            if text == "unix:" { return true }
            guard let address = IPAddress(text) else { return false }
            return trusted.contains { $0.contains(address) }
        }
        guard isTrusted(peer), let header else { return peer }
        var found = peer
        for entry in header.split(separator: ",").reversed().prefix(32) {
            let text = String(entry.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            guard IPAddress(text) != nil else { break }
            found = text
            if !isTrusted(text) { break }
        }
        return found
    }
}

extension HTTPField.Name {
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let throttleLevel = HTTPField.Name("X-Throttle-Level")!
    static let throttleReference = HTTPField.Name("X-Throttle-Reference")!
    /// What helps to tell navigations from what pages do by themselves, and people from programs.
    static let consulted = [
        "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-purpose", "purpose", "sec-ch-ua",
        "sec-ch-ua-mobile", "sec-ch-ua-platform", "accept", "accept-encoding", "dnt", "sec-gpc",
    ].compactMap { HTTPField.Name($0) }
}
