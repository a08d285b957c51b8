import CollectorCore
import WeirProtocol

/// What the OpenAPI document says of a pair of routes that take events, one or a batch.
struct EngagementOperations {
    /// The schema of one event.
    let name: String

    var single: JSONObject {
        OpenAPI.operation(
            "post\(name)", "Records one event.", body: Self.body(OpenAPI.reference(name)),
            answers: [(201, "It is on disk, or was before.", Self.json(Self.receipt))] + [Self.untracked],
            problems: Self.problems)
    }

    var batch: JSONObject {
        let limit = Int64(PageEventForm.batchLimit)
        let request: JSONValue = [
            "type": "object", "required": ["events"],
            "properties": [
                "events": ["type": "array", "maxItems": .integer(limit), "items": OpenAPI.reference(name)]
            ],
        ]
        let answer: JSONValue = [
            "type": "object", "required": ["recorded", "events", "errors"],
            "properties": [
                "recorded": ["type": "integer", "description": "Events that are on disk now."],
                "events": ["type": "array", "items": Self.receipt],
                "errors": [
                    "type": "array",
                    "items": [
                        "type": "object", "required": ["index", "code", "detail"],
                        "properties": [
                            "index": ["type": "integer", "description": "Its place in events, from 0."],
                            "code": ["type": "string"], "field": ["type": "string"], "detail": ["type": "string"],
                        ],
                    ],
                ],
            ],
        ]
        return OpenAPI.operation(
            "post\(name)Batch", "Records up to \(limit) events; those that can be used are recorded.",
            body: Self.body(request),
            answers: [(200, "What was recorded, and what is wrong with the rest.", Self.json(answer))]
                + [Self.untracked], problems: Self.problems)
    }

    private static let receipt: JSONValue = [
        "type": "object", "required": ["id", "event_type"],
        "properties": ["id": ["type": "string", "format": "uuid"], "event_type": ["type": "string"]],
    ]

    private static let untracked: (Int, String, JSONValue?) = (
        204, "Nothing is recorded: the visitor asks not to be tracked, and collector.respect_dnt is on.", nil
    )

    private static let problems: KeyValuePairs<Int, String> = [
        400: "`bad_json`, `truncated`, `bad_address`, or `bad_request`: no JSON, or no client to count it for.",
        403: "`origin_not_allowed`: the page's origin is not configured.",
        413: "`too_large`: the body is over its limit.",
        415: "`unsupported_type`: not JSON in UTF-8, or compressed.",
        422:
            "`bad_event`: a field has the wrong type or range; `field` names it; or a batch was posted as one event. `event_id_time`: the id is of another day.",
        429: "`rate_limited`: see Retry-After.",
        503: "`overloaded` or `unavailable`: nothing can be taken at the moment; try again.",
    ]

    private static func json(_ schema: JSONValue) -> JSONValue { OpenAPI.content("application/json", schema) }

    private static func body(_ schema: JSONValue) -> JSONValue {
        .object(JSONObject(["application/json": ["schema": schema], "text/plain": ["schema": schema]]))
    }
}
