public import WeirProtocol

extension PageEventForm {
    /// The form as a JSON schema, made of the same limits that are checked.
    public var schema: JSONValue {
        var fields = JSONObject([
            "id": [
                "type": ["string", "null"], "format": "uuid",
                "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$",
                "description": "A UUID of version 7, whose time is within 24 hours; a repeat is stored once.",
            ],
            "page_url": Self.text(
                FieldLimits.path, "The page, as a URL or as a path.", isOptional: self == .engagement),
            "content_id": Self.text(Self.contentLimit, "The page's name in the content catalogue."),
            "referrer": Self.text(FieldLimits.referrer, "The page before."),
            "events": ["type": "null", "description": .string("Of a batch, which goes to \(route)/batch.")],
            "reading_pattern": Self.text(Self.typeLimit, "Not looked at: the server decides."),
        ])
        let type = Self.text(
            Self.typeLimit, "page_exit, page_view, link_click, scroll, conversion, or a word of yours.",
            isOptional: self == .engagement, least: 1)
        fields["event_type"] = type
        let data: JSONValue = [
            "type": ["object", "null"], "description": .string("Anything else, at most \(Self.dataLimit) bytes."),
        ]
        switch self {
        case .engagement:
            fields["event_data"] = data
            for measure in EngagementMetrics.measures { fields[measure.name] = measure.schema }
            return ["type": "object", "properties": .object(fields)]
        case .event:
            fields["slug"] = Self.text(Self.contentLimit, "The page's last segment.")
            fields["data"] = data
            return [
                "type": "object", "required": ["event_type", "page_url"], "properties": .object(fields),
            ]
        }
    }

    private static func text(
        _ limit: Int, _ purpose: String, isOptional: Bool = true, least: Int = 0
    ) -> JSONValue {
        var schema = JSONObject([
            "type": isOptional ? ["string", "null"] : "string", "maxLength": .integer(Int64(limit)),
            // The limit counts bytes.
            "description": .string(purpose),
        ])
        if least > 0 {
            schema["minLength"] = .integer(Int64(least))
            // Something is left when control characters are taken out.
            schema["pattern"] = "[^\\u0000-\\u0008\\u000E-\\u001F\\u007F-\\u0084\\u0086-\\u009F]"
        }
        return .object(schema)
    }
}

extension EngagementMetrics.Measure {
    var schema: JSONValue {
        switch place {
        case .count(_, let limit):
            [
                "type": ["integer", "null"], "minimum": 0, "maximum": .integer(Int64(limit)),
                "description": .string(purpose),
            ]
        case .number(_, let limit):
            ["type": ["number", "null"], "minimum": 0, "maximum": .number(limit), "description": .string(purpose)]
        case .flag: ["type": ["boolean", "null"], "description": .string(purpose)]
        }
    }
}
