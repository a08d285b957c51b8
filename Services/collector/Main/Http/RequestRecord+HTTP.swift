import HTTPTypes
import Hummingbird
import WeirProtocol

extension RequestRecord {
    /// The record of a request that came over the collector's own HTTP socket. Its peer is a Unix socket's, which is
    /// trusted, so X-Forwarded-For names the client; a local program that sends none is 127.0.0.1.
    init(_ request: Request, eventID: EventID, at: Timestamp, status: Int = 200) {
        let target = request.uri
        self.init(
            eventID: eventID, at: at, method: request.method.rawValue, path: target.path, status: status, ip: "unix:")
        site = request.head.authority
        query = target.query
        forwardedFor = request.headers[.forwardedFor] ?? "127.0.0.1"
        userAgent = request.headers[.userAgent]
        acceptLanguage = request.headers[.acceptLanguage]
        referrer = request.headers[.referer]
        cookie = Self.sessionCookie(request.headers)
        var further: [String: String] = [:]
        for name in Self.consulted { further[name.canonicalName] = request.headers[name] }
        headers = further
    }

    /// The value of the session's cookie; the first one counts, as browsers send the most specific first.
    private static func sessionCookie(_ headers: HTTPFields) -> String? {
        for field in headers[values: .cookie] {
            for pair in field.split(separator: ";") {
                let trimmed = pair.drop { $0 == " " }
                guard trimmed.hasPrefix(SessionCookies.name + "=") else { continue }
                return String(trimmed.dropFirst(SessionCookies.name.utf8.count + 1))
            }
        }
        return nil
    }

    private static let consulted = ["dnt", "sec-gpc", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site"]
        .compactMap { HTTPField.Name($0) }
}

extension HTTPField.Name {
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
}
