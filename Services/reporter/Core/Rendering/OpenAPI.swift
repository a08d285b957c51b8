import WeirProtocol

/// The HTTP door described in OpenAPI 3.1, out of the catalogue that it answers from.
public struct OpenAPI: Sendable {
    private let reports: [ReportDefinition]
    private let version: String

    /// A description of that catalogue at that release.
    public init(catalogue: Catalogue = .all, version: String) {
        (reports, self.version) = (catalogue.reports.filter { !$0.isStreamed }, version)
    }

    /// The document.
    public var document: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Weir reports", "version": .string(version),
                "description": """
                Every report of the analytics command. Answers are the same objects as --json prints; they only \
                read. Over the Unix socket the file's permissions decide who asks, over TCP a bearer token.
                """,
            ],
            "servers": [["url": "/"]],
            "security": [[:], ["bearer": []]],
            "paths": .object(paths),
            "components": [
                "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
                "schemas": .object(schemas),
                "responses": .object(Self.failures),
            ],
        ]
    }

    private var schemas: JSONObject {
        var schemas = JSONObject()
        schemas["Error"] = Self.errorSchema
        for report in reports { schemas[report.id] = dataSchema(report) }
        return schemas
    }

    private var paths: JSONObject {
        var paths = JSONObject()
        for report in reports { paths[Self.path(of: report)] = ["get": operation(report)] }
        paths["/api/v1/command"] = ["post": Self.command]
        paths["/api/v1/openapi.json"] = [
            "get": [
                "operationId": "openapi", "summary": "This document.",
                "responses": Self.responses(
                    JSONObject(["200": ["description": "This document.", "content": ["application/json": [:]]]])),
            ]
        ]
        paths["/metrics"] = [
            "get": [
                "operationId": "metrics", "summary": "The reporter's own counters as Prometheus text.",
                "responses": Self.responses(
                    JSONObject(["200": ["description": "Counters.", "content": ["text/plain": [:]]]])),
            ]
        ]
        return paths
    }

    /// Where a report is found: its argument is the last segment.
    static func path(of report: ReportDefinition) -> String {
        "/api/v1/reports/" + report.words.joined(separator: "/") + (report.argument.map { "/{\($0.name)}" } ?? "")
    }

    private func operation(_ report: ReportDefinition) -> JSONValue {
        var parameters: [JSONValue] = []
        if let argument = report.argument {
            parameters.append([
                "name": .string(argument.name), "in": "path", "required": true,
                "description": .string(argument.help), "schema": ["type": "string"],
            ])
        }
        // What is about the terminal or writes files has no meaning here; CSV is asked for by `format`.
        let elsewhere = Set(Flag.output + [.noRefresh, .refresh, .html])
        for flag in report.allFlags where !elsewhere.contains(flag) { parameters.append(Self.parameter(flag)) }
        parameters.append([
            "name": "format", "in": "query", "description": "the form of the answer",
            "schema": ["type": "string", "enum": ["json", "csv"], "default": "json"],
        ])
        parameters.append([
            "name": "If-None-Match", "in": "header", "description": "the ETag of an answer that is already known",
            "schema": ["type": "string"],
        ])
        var responses = JSONObject()
        responses["200"] = [
            "description": .string("\(report.summary.prefix(1).uppercased())\(report.summary.dropFirst())."),
            "headers": ["ETag": ["schema": ["type": "string"]]],
            "content": [
                "application/json": ["schema": envelope(report)], "text/csv": ["schema": ["type": "string"]],
            ],
        ]
        return [
            "operationId": .string(report.id), "summary": .string(report.title), "parameters": .array(parameters),
            "responses": Self.responses(responses, Self.failures.fields.map(\.name)),
        ]
    }

    private static func parameter(_ flag: Flag) -> JSONValue {
        let schema: JSONValue =
            switch flag.value {
            case .none: ["type": "boolean"]
            case .text: ["type": "string", "maxLength": 1024]
            case .choice(let words): ["type": "string", "enum": .array(words.map(JSONValue.string))]
            case .count(let range):
                [
                    "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
                    "maximum": .integer(Int64(range.upperBound)),
                ]
            }
        return [
            "name": .string(String(flag.name.map { $0 == "-" ? "_" : $0 })), "in": "query",
            "description": .string(flag.help), "schema": schema,
        ]
    }

    private func envelope(_ report: ReportDefinition) -> JSONValue {
        let data: JSONValue = ["$ref": .string("#/components/schemas/\(report.id)")]
        var properties = JSONObject()
        properties["report"] = ["const": .string(report.id)]
        properties["version"] = ["const": 1]
        for name in ["from", "to"] { properties[name] = ["type": "string", "format": "date-time"] }
        properties["timezone"] = ["type": "string"]
        properties["population"] = [
            "type": "string", "enum": .array(Population.allCases.map { .string($0.rawValue) }),
        ]
        properties["filters"] = ["type": "object", "additionalProperties": ["type": "string"]]
        properties["data"] = data
        properties["hint"] = ["type": "string"]
        properties["stored"] = [
            "type": "object", "description": "When all that is stored begins and ends, where the window shows nothing.",
            "required": ["from", "to"],
            "properties": [
                "from": ["type": "string", "format": "date-time"], "to": ["type": "string", "format": "date-time"],
            ],
        ]
        if report.isComparable {
            properties["previous"] = [
                "type": "object", "required": ["from", "to", "data"],
                "properties": [
                    "from": ["type": "string", "format": "date-time"], "to": ["type": "string", "format": "date-time"],
                    "data": data,
                ],
            ]
        }
        return [
            "type": "object",
            "required": ["report", "version", "from", "to", "timezone", "population", "filters", "data"],
            "properties": .object(properties),
        ]
    }

    private func dataSchema(_ report: ReportDefinition) -> JSONValue {
        var tree = Branch()
        for section in report.sections {
            switch section {
            case .facts(_, let facts):
                for fact in facts {
                    // What is of now has no value before, where this is also the schema of the window before.
                    tree.insert(
                        Self.schema(fact.format), isRequired: !fact.isOfNow,
                        at: fact.path.split(separator: ".").map(String.init)[...])
                }
            case .rows(let rows):
                var properties = JSONObject()
                for column in rows.columns { properties[column.key] = Self.schema(column.format) }
                tree.insert(
                    [
                        "type": "array",
                        "items": [
                            "type": "object", "required": .array(rows.columns.map { .string($0.key) }),
                            "properties": .object(properties),
                        ],
                    ], at: [rows.path][...])
            }
        }
        return tree.schema
    }

    private static func schema(_ format: CellFormat) -> JSONValue {
        switch format {
        case .text: ["type": ["string", "number", "null"]]
        case .count: ["type": ["integer", "null"]]
        case .ordinal: ["type": ["integer", "null"], "description": "from 0"]
        case .decimal, .percent, .change, .seconds: ["type": ["number", "null"]]
        case .milliseconds: ["type": ["number", "null"], "description": "milliseconds"]
        case .microdollars: ["type": ["number", "null"], "description": "millionths of a US dollar"]
        case .instant: ["type": ["string", "null"], "format": "date-time"]
        case .yesNo: ["type": ["boolean", "null"]]
        }
    }

    /// An object of a schema under construction: the dotted paths of facts become objects in each other.
    private struct Branch {
        private var leaves = JSONObject()
        private var optional: Set<String> = []
        private var branches: [(name: String, branch: Branch)] = []

        mutating func insert(_ schema: JSONValue, isRequired: Bool = true, at path: ArraySlice<String>) {
            guard let first = path.first else { return }
            guard path.count > 1 else {
                leaves[first] = schema
                if !isRequired { optional.insert(first) }
                return
            }
            if let index = branches.firstIndex(where: { $0.name == first }) {
                branches[index].branch.insert(schema, isRequired: isRequired, at: path.dropFirst())
            } else {
                var branch = Branch()
                branch.insert(schema, isRequired: isRequired, at: path.dropFirst())
                branches.append((first, branch))
            }
        }

        var schema: JSONValue {
            var properties = leaves
            for (name, branch) in branches { properties[name] = branch.schema }
            return [
                "type": "object",
                "required": .array(
                    properties.fields.filter { !optional.contains($0.name) }.map { .string($0.name) }),
                "properties": .object(properties),
            ]
        }
    }

    private static let errorSchema: JSONValue = [
        "type": "object", "required": ["error"],
        "properties": [
            "error": [
                "type": "object", "required": ["code", "message", "hint"],
                "properties": [
                    "code": ["type": "string", "enum": .array(ReportError.Code.allCases.map { .string($0.rawValue) })],
                    "message": ["type": "string"], "hint": ["type": ["string", "null"]],
                ],
            ]
        ],
    ]

    /// The content of what the socket itself answers before any route is asked.
    private static let problem: JSONValue = [
        "schema": [
            "type": "object", "required": ["status", "code", "detail"],
            "properties": [
                "status": ["type": "integer"], "code": ["type": "string"], "detail": ["type": "string"],
            ],
        ]
    ]

    /// Answers of an operation's own, and of `statuses` those that are described once; any request may get these.
    private static func responses(
        _ own: JSONObject, _ statuses: [String] = ["400", "401", "408", "431", "501"]
    ) -> JSONValue {
        var all = own
        for status in statuses { all[status] = ["$ref": .string("#/components/responses/\(status)")] }
        return .object(all)
    }

    /// The answers besides 200, by their status.
    private static let failures: JSONObject = {
        var failures = JSONObject()
        failures["304"] = ["description": "The answer is the one that If-None-Match names."]
        failures["400"] = [
            "description": """
            The question is wrong; the message says how. As problem+json: `not_http`, the bytes are not a request of \
            HTTP/1.1.
            """,
            "content": [
                "application/json": ["schema": ["$ref": "#/components/schemas/Error"]],
                "application/problem+json": problem,
            ],
        ]
        for (status, description) in [
            ("401", "This port wants a token."),
            ("404", "No such report, or nothing of that name in the window."),
            ("503", "The database is away, or refuses what the report needs."),
            ("504", "The question took longer than it may."),
        ] {
            failures[status] = [
                "description": .string(description),
                "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Error"]]],
            ]
        }
        for (status, description) in [
            ("408", "`request_timeout`: the body did not come in time."),
            (
                "431",
                "`head_too_large`: the path or a header, or all of them, are over the limits; the detail names them."
            ),
            ("501", "`transfer_encoding`: the body has a transfer coding other than chunked."),
        ] {
            failures[status] = ["description": .string(description), "content": ["application/problem+json": problem]]
        }
        return failures
    }()

    private static let command: JSONValue = [
        "operationId": "command", "summary": "Any command, as on a command line.",
        "requestBody": [
            "required": true,
            "content": [
                "application/json": [
                    "schema": [
                        "type": "object", "required": ["command"],
                        "properties": ["command": ["type": "string", "maxLength": 4096]],
                    ],
                    "example": ["command": "analytics overview --since 24h"],
                ]
            ],
        ],
        "responses": responses(
            JSONObject([
                "200": [
                    "description": "The report's answer, as its own path gives it.",
                    "content": ["application/json": [:]],
                ],
                "403": ["description": "The command changes data, which this door never does."],
            ]), ["400", "401", "404", "408", "431", "501", "503", "504"]),
    ]
}
