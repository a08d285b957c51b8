import CollectorCore
import Crypto
import Database
import WeirProtocol

/// Events as rows for COPY, in the order of `Staging.eventColumns`.
enum EventRows {
    static func append(
        _ request: IntakeRequest, kind: RequestKind, session: SessionID, source: String, to rows: inout CopyWriter
    ) {
        let (type, category) = classify(kind, request.status)
        rows.append(dayOfMilliseconds: request.eventID.timestamp.milliseconds)
        rows.append(uuid: request.eventID.high, request.eventID.low)
        rows.append(timestampMilliseconds: request.at.milliseconds)
        rows.append(request.site)
        rows.append(session)
        rows.append(request.userID)
        rows.append(type)
        rows.append(category)
        rows.append(request.status < 400 ? "info" : request.status < 500 ? "warning" : "error")
        rows.append(request.method)
        rows.append(request.path)
        rows.append(request.query)
        rows.append(int2: request.status)
        rows.append(kind.rawValue)
        rows.append(real: request.durationMs)
        rows.append(int8: request.bytes)
        rows.append(request.referrer)
        rows.append(request.referrerHost)
        rows.append(request.address)
        rows.append(int2: request.level?.rawValue)
        rows.append(source)
        rows.append(jsonb: request.headers.isEmpty ? nil : headers(request.headers))
        rows.endRow()
    }

    /// The source that stands in a row in text form: its last column but one.
    static func source(of row: [UInt8]) -> ArraySlice<UInt8> {
        let tab = UInt8(ascii: "\t")
        guard let end = row.lastIndex(of: tab) else { return [] }
        let start = row[..<end].lastIndex(of: tab).map { $0 + 1 } ?? 0
        return row[start..<end]
    }

    /// The words of the original system: by kind, and missing pages apart.
    private static func classify(_ kind: RequestKind, _ status: Int) -> (type: String, category: String) {
        if status == 404, kind != .asset { return ("not_found", "error") }
        return switch kind {
        case .document: ("page_view", "content")
        case .asset: ("asset_request", "static")
        case .api, .background: ("http_request", "api")
        }
    }

    private static func headers(_ headers: [String: String]) -> String {
        var object = JSONObject()
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { object[name] = .string(value) }
        return JSONValue.object(JSONObject(["headers": .object(object)])).text
    }
}

extension CopyWriter {
    /// A session's name.
    mutating func append(_ session: SessionID) { session.withUTF8 { append(utf8: $0) } }

    /// An address, for a column of type inet.
    mutating func append(_ address: IPAddress) {
        switch address {
        case .v4(let bits): append(inet4: bits)
        case .v6(let high, let low): append(inet6: high, low)
        }
    }
}

/// Verdicts as rows for COPY, in the order of `Staging.verdictColumns`.
enum VerdictRows {
    static func copyText(_ verdicts: some Sequence<SessionVerdict>) -> [UInt8] {
        var rows = CopyWriter(capacity: 4096)
        for verdict in verdicts {
            rows.append(verdict.sessionID)
            append(verdict, to: &rows)
            rows.endRow()
        }
        return rows.bytes
    }

    /// The fields but for the session's id; without a verdict, those of a session that nobody has judged.
    static func append(_ verdict: SessionVerdict?, to rows: inout CopyWriter) {
        rows.append(verdict?.verdictID)
        rows.append((verdict?.verdictClass ?? .undecided).rawValue)
        rows.append(int4: verdict?.score ?? 0)
        rows.append(verdict?.isBot ?? false)
        rows.append(verdict?.isScanner ?? false)
        rows.append(verdict?.isBehavioralBot ?? false)
        if let verdict, verdict.isBehavioralBot {
            rows.append(verdict.signals.filter { $0.points > 0 }.map(\.name).joined(separator: ", "))
        } else {
            rows.appendNull()
        }
        rows.append(verdict?.botName)
        rows.append(verdict?.botCategory)
        if let verdict, verdict.isBot || verdict.isScanner, let first = verdict.signals.first {
            rows.append(reason(first))
        } else {
            rows.appendNull()
        }
        rows.append(verdict?.ruleSet)
        rows.append(int4: verdict?.judgedCount ?? 0)
    }

    private static func reason(_ signal: Signal) -> String {
        switch signal.observed {
        case .text(let text): "\(signal.name): \(text)"
        case .number(let number): "\(signal.name): \(number)"
        }
    }
}

/// Names of pages in the content catalogue.
enum PageName {
    /// The same page has the same id wherever it is seen first.
    static func id(site: String, path: String) -> String {
        var hash = SHA256()
        hash.update(data: Array("\(site)\n\(path)".utf8))
        let digits = hash.finalize().prefix(12).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        return "page_" + digits.joined()
    }

    /// The last segment of the path; the whole path where there is none.
    static func slug(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
