import CollectorCore
import HTTPTransport
import HTTPTypes
import Hummingbird
import NIOCore
import Runtime
import Synchronization
import WeirProtocol

/// What pages report: POST /api/v1/engagement and /api/v1/events, one at a time or in batches.
///
/// Bodies are JSON under any of the names that browsers send it by: `navigator.sendBeacon` says text/plain. The visitor
/// and the session come from the cookie and the connection, never from the body.
struct EngagementRoutes: RoutePart {
    private let door: RecordDoor
    private let origins: PageOrigins
    private let addresses: ClientAddressRule
    private let respectsDoNotTrack: Bool
    private let pace: Pace

    private final class Pace: Sendable {
        let clients: Mutex<AddressPace>
        init(_ pace: AddressPace) { clients = Mutex(pace) }
    }

    init(_ settings: Settings, door: RecordDoor, addresses: ClientAddressRule) {
        self.door = door
        self.addresses = addresses
        origins = PageOrigins(origins: settings[.pageOrigins], hosts: settings[.siteHosts])
        respectsDoNotTrack = settings[.respectsDoNotTrack]
        pace = Pace(AddressPace(perSecond: settings[.pagePostsPerSecond], burst: settings[.pagePostBurst]))
    }

    var routes: [Route] {
        posts(.engagement, .engagement, "Engagement") + posts(.event, .events, "Event")
    }

    private func posts(_ form: PageEventForm, _ tables: RecordDoor.BeaconTables, _ name: String) -> [Route] {
        let path = form.route
        let operation = EngagementOperations(name: name)
        return [
            Route(.post, path, operation: operation.single) { request, _ in
                try await answer(request) { carrier, token, value in
                    let event = try read { () throws(PageEventRefusal) in try form.event(value, now: carrier.at) }
                    let receipt = try take([event], tables, carrier, token)
                    let id = receipt.ids[0].description
                    return (
                        ["id": .string(id), "event_type": .string(event.type)], .created, receipt
                    )
                }
            },
            Route(.options, path) { request, _ in try preflight(request) },
            Route(.post, path + "/batch", operation: operation.batch) { request, _ in
                try await answer(request) { carrier, token, value in
                    let items = try read { () throws(PageEventRefusal) in try form.batch(value, now: carrier.at) }
                    let events = items.compactMap { try? $0.get() }
                    let errors = Self.errors(of: items)
                    guard !events.isEmpty else {
                        guard items.isEmpty else {
                            throw Problem(
                                .unprocessableContent, "bad_event", "None of the events can be used.",
                                members: JSONObject(["errors": .array(errors)]))
                        }
                        return (Self.recorded([], [], errors), .ok, nil)
                    }
                    let receipt = try take(events, tables, carrier, token)
                    return (Self.recorded(receipt.ids, events, errors), .ok, receipt)
                }
            },
            Route(.options, path + "/batch") { request, _ in try preflight(request) },
        ]
    }

    var schemas: JSONObject {
        JSONObject(["Engagement": PageEventForm.engagement.schema, "Event": PageEventForm.event.schema])
    }

    /// What every post goes through, whatever it carries.
    private func answer(
        _ request: Request,
        _ act: (RequestRecord, SessionToken?, JSONValue) throws -> (
            body: JSONValue, status: HTTPResponse.Status, receipt: RecordDoor.BeaconReceipt?
        )
    ) async throws -> Response {
        var headers = try crossOriginHeaders(request)
        do {
            let now = Timestamp(milliseconds: WallClock.milliseconds)
            var carrier = RequestRecord(request, eventID: RecordDoor.freshID(at: now), at: now)
            if case .allowed(let origin) = standing(of: request) { carrier.site = PageOrigins.host(of: origin) }
            try keepPace(carrier, now)
            try checkType(request)
            let body = try await request.wholeBody(upTo: PageEventForm.bodyLimit)
            let value: JSONValue
            do throws(JSONSyntaxError) { value = try JSONValue(parsing: body.readableBytesView) } catch {
                throw Problem(.badRequest, "bad_json", "The body is not JSON: \(error.description).")
            }
            if respectsDoNotTrack, carrier.headers?["dnt"] == "1" || carrier.headers?["sec-gpc"] == "1" {
                door.refuse("do_not_track")
                return Response(status: .noContent, headers: headers)
            }
            var token: SessionToken?
            if let cookie = carrier.cookie { token = await door.cookies.verify(cached: cookie, now: now) }
            let outcome = try act(carrier, token, value)
            if let receipt = outcome.receipt { headers[.setCookie] = await door.cookie(for: receipt.session) }
            return .json(outcome.body, status: outcome.status, headers: headers)
        } catch var problem as Problem {
            // A page of another origin may read why it was refused, too.
            problem.headers.append(contentsOf: headers)
            throw problem
        }
    }

    private func standing(of request: Request) -> PageOrigins.Standing {
        origins.standing(origin: request.headers[.origin], host: request.head.authority)
    }

    private func crossOriginHeaders(_ request: Request) throws -> HTTPFields {
        switch standing(of: request) {
        case .own: return [:]
        case .allowed(let origin):
            return [.accessControlAllowOrigin: origin, .accessControlAllowCredentials: "true", .vary: "Origin"]
        case .refused:
            door.refuse("origin")
            throw Problem(
                .forbidden, "origin_not_allowed",
                "Pages of this origin may not post here; name it in collector.http.origins.")
        }
    }

    private func preflight(_ request: Request) throws -> Response {
        var headers = try crossOriginHeaders(request)
        headers[.allow] = "OPTIONS, POST"
        if headers[.accessControlAllowOrigin] != nil {
            headers[.accessControlAllowMethods] = "POST"
            headers[.accessControlAllowHeaders] = "content-type"
            headers[.accessControlMaxAge] = "600"
        }
        return Response(status: .noContent, headers: headers)
    }

    private func keepPace(_ carrier: RequestRecord, _ now: Timestamp) throws(Problem) {
        guard let client = addresses.client(peer: carrier.ip, forwardedFor: carrier.forwardedFor) else {
            door.refuse(RecordRefusal.badAddress.rawValue)
            throw Problem(
                .badRequest, "bad_address", "X-Forwarded-For names no address; the proxy in front must set it.")
        }
        guard let wait = pace.clients.withLock({ $0.take(client, now: now) }) else { return }
        door.refuse("rate")
        throw Problem(
            .tooManyRequests, "rate_limited", "Too many posts from this client; send events in batches.",
            retryAfter: Int((wait + 999) / 1000))
    }

    private func checkType(_ request: Request) throws(Problem) {
        let type = (request.headers[.contentType] ?? "").lowercased().split(separator: ";").map {
            $0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed().map(String.init).joined()
        }
        let isJSON = type.first == "application/json" || type.first == "text/plain"
        let isUTF8 = type.dropFirst().allSatisfy { parameter in
            !parameter.hasPrefix("charset=") || ["utf-8", "utf8", "\"utf-8\""].contains(parameter.dropFirst(8))
        }
        let encoding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
        guard isJSON, isUTF8, encoding == "identity" else {
            door.refuse("content_type")
            throw Problem(
                .unsupportedMediaType, "unsupported_type",
                "Send JSON in UTF-8 as application/json or text/plain, not compressed.")
        }
    }

    private func read<Value>(_ body: () throws(PageEventRefusal) -> Value) throws(Problem) -> Value {
        do throws(PageEventRefusal) { return try body() } catch {
            door.refuse(error.code)
            var members = JSONObject()
            if let field = error.field { members["field"] = .string(field) }
            throw Problem(.unprocessableContent, error.code, error.sentence + ".", members: members)
        }
    }

    private func take(
        _ events: [PageEvent], _ tables: RecordDoor.BeaconTables, _ carrier: RequestRecord, _ token: SessionToken?
    ) throws(Problem) -> RecordDoor.BeaconReceipt {
        do throws(WireError) { return try door.take(events, for: tables, carrier: carrier, token: token) } catch {
            throw switch error.code {
            case .overloaded, .unavailable:
                Problem(.serviceUnavailable, error.code.rawValue, error.message + ".", retryAfter: 5)
            default: Problem(.badRequest, "bad_request", error.message + ".")
            }
        }
    }

    private static func recorded(_ ids: [EventID], _ events: [PageEvent], _ errors: [JSONValue]) -> JSONValue {
        var object = JSONObject(["recorded": .integer(Int64(ids.count))])
        object["events"] = .array(
            zip(ids, events).map { ["id": .string($0.description), "event_type": .string($1.type)] })
        object["errors"] = .array(errors)
        return .object(object)
    }

    private static func errors(of items: [Result<PageEvent, PageEventRefusal>]) -> [JSONValue] {
        items.enumerated().compactMap { index, item in
            guard case .failure(let refusal) = item else { return nil }
            var object = JSONObject(["index": .integer(Int64(index)), "code": .string(refusal.code)])
            object["field"] = refusal.field.map { .string($0) }
            object["detail"] = .string(refusal.sentence)
            return .object(object)
        }
    }
}
