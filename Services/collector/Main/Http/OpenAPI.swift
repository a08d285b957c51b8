import Runtime
import WeirProtocol

/// Pieces of the OpenAPI 3.1 document at /openapi.json.
enum OpenAPI {
    /// The whole document.
    static func document(paths: JSONObject, schemas: [JSONObject]) -> JSONValue {
        var all = JSONObject(["Problem": problemSchema])
        for part in schemas { for (name, schema) in part.fields { all[name] = schema } }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Weir collector", "version": .string(Release.version),
                "description": "Engagement, events and links of a site, counted exactly once.",
            ],
            "paths": .object(paths),
            "components": [
                "schemas": .object(all),
                "responses": .object(doorRefusals),
            ],
        ]
    }

    /// What the socket itself answers before any route is asked.
    private static let doorRefusals: JSONObject = {
        var responses = JSONObject()
        for (status, description) in [
            ("400", notHTTP), ("408", "`request_timeout`: the body did not come in time."),
            ("431", "`head_too_large`: the path or a header, or all of them, are over the limits."),
            ("501", "`transfer_encoding`: the body has a transfer coding other than chunked."),
        ] { responses[status] = problem(description) }
        return responses
    }()

    private static let notHTTP = "`not_http`: the bytes are not a request of HTTP/1.1."

    private static func problem(_ description: String) -> JSONValue {
        [
            "description": .string(description),
            "content": content("application/problem+json", reference("Problem")),
        ]
    }

    /// An operation object.
    /// - Parameters:
    ///   - name: its operationId.
    ///   - parameters: OpenAPI parameter objects.
    ///   - body: the content of the request's body by media type; nil when there is none.
    ///   - answers: status, description and content of each answer that is not a problem.
    ///   - problems: the codes that problem+json answers may carry, by status.
    static func operation(
        _ name: String, _ summary: String, parameters: [JSONValue] = [], body: JSONValue? = nil,
        answers: [(Int, String, JSONValue?)], problems: KeyValuePairs<Int, String> = [:]
    ) -> JSONObject {
        var object = JSONObject(["operationId": .string(name), "summary": .string(summary)])
        if !parameters.isEmpty { object["parameters"] = .array(parameters) }
        if let body { object["requestBody"] = ["required": true, "content": body] }
        var responses = JSONObject()
        for (status, description, content) in answers {
            var answer = JSONObject(["description": .string(description)])
            answer["content"] = content
            responses[String(status)] = .object(answer)
        }
        for (status, description) in problems {
            responses[String(status)] = problem(status == 400 ? "\(description) \(notHTTP)" : description)
        }
        for (status, _) in doorRefusals.fields where responses[status] == nil {
            responses[status] = ["$ref": .string("#/components/responses/\(status)")]
        }
        object["responses"] = .object(responses)
        return object
    }

    /// A content object of one media type.
    static func content(_ type: String, _ schema: JSONValue) -> JSONValue {
        .object(JSONObject([type: ["schema": schema]]))
    }

    /// A reference to a schema of the document.
    static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    private static let problemSchema: JSONValue = [
        "type": "object",
        "description": "Why a request was not carried out (RFC 9457).",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": [
            "type": ["type": "string"], "title": ["type": "string"], "status": ["type": "integer"],
            "code": ["type": "string", "description": "A stable word for programs."],
            "detail": ["type": "string", "description": "A sentence that says what to do."],
        ],
    ]
}
