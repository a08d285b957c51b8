import CollectorCore
import HTTPTransport
import HTTPTypes
import Hummingbird
import Runtime
import WeirProtocol

/// GET /r/{code}: leads to a campaign link's target and notes the click. A click that cannot be noted is led on all the
/// same.
struct LinkRoutes: RoutePart {
    let book: LinkBook
    let door: RecordDoor
    let respectsDoNotTrack: Bool

    var schemas: JSONObject { JSONObject() }

    var routes: [Route] {
        [
            Route(
                .get, "/r/{code}",
                operation: OpenAPI.operation(
                    "followLink", "Leads to the target of a campaign link.",
                    parameters: [
                        [
                            "name": "code", "in": "path", "required": true,
                            "schema": ["type": "string", "maxLength": 64],
                        ]
                    ],
                    answers: [(307, "The target, in Location.", nil)],
                    problems: [
                        404: "`not_found`: there is no such link.", 410: "`gone`: it has ended or is switched off.",
                        503: "`unavailable`: the database is away, and this link has not been asked for lately.",
                    ])
            ) { request, _ in try await follow(request) }
        ]
    }

    private func follow(_ request: Request) async throws -> Response {
        let code = request.uri.path.split(separator: "/").last.map(String.init) ?? ""
        let link: CampaignLink
        switch await book.link(code) {
        case .link(let found): link = found
        case .none: throw Problem(.notFound, "not_found", "There is no such link.")
        case .unavailable:
            throw Problem(.serviceUnavailable, "unavailable", "The link cannot be looked up now.", retryAfter: 5)
        }
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        guard let destination = link.destination(now: now) else {
            throw Problem(.gone, "gone", "This link has ended.")
        }
        var headers: HTTPFields = [.location: destination, .cacheControl: "no-store"]
        if let cookie = await note(link, request, now) { headers[.setCookie] = cookie }
        return Response(status: .temporaryRedirect, headers: headers)
    }

    /// Notes the click; a Set-Cookie value for whoever is owed one. What was only fetched ahead is no click.
    private func note(_ link: CampaignLink, _ request: Request, _ now: Timestamp) async -> String? {
        var carrier = RequestRecord(request, eventID: RecordDoor.freshID(at: now), at: now, status: 307)
        let purposes = [request.headers[.secPurpose], request.headers[.purpose]]
        guard !purposes.contains(where: { $0?.contains("prefetch") == true }) else { return nil }
        if respectsDoNotTrack, carrier.headers?["dnt"] == "1" || carrier.headers?["sec-gpc"] == "1" {
            door.refuse("do_not_track")
            return nil
        }
        carrier.query = nil
        var token: SessionToken?
        if let cookie = carrier.cookie { token = await door.cookies.verify(cached: cookie, now: now) }
        guard let receipt = try? door.take(click: link, carrier: carrier, token: token) else { return nil }
        return await door.cookie(for: receipt)
    }
}

extension HTTPField.Name {
    fileprivate static let secPurpose = HTTPField.Name("Sec-Purpose")!
    fileprivate static let purpose = HTTPField.Name("Purpose")!
}
