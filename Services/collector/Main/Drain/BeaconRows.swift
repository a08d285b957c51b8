import CollectorCore
import Database
import WeirProtocol

/// What pages report, in COPY's text form.
struct BeaconRows {
    let request: IntakeRequest
    let session: SessionID
    let userID: String?
    let visitor: SessionTraits.Visitor
    let now: Timestamp

    /// Rows of one kind and one day.
    struct Group {
        let kind: SpooledRecord.Kind
        let session: SessionID
        let day: Int64
        var rows: [[UInt8]] = []

        var count: Int { rows.count }

        /// The rows as spool records: one, unless they are too large for one.
        func parts(sessionRow: [UInt8]) -> [SpooledRecord] {
            let limit = SpoolFraming.payloadLimit - sessionRow.count - 1024
            var parts: [SpooledRecord] = []
            var part: [UInt8] = []
            for row in rows {
                if part.count + row.count > limit, !part.isEmpty {
                    parts.append(record(part, sessionRow))
                    part = []
                }
                part.append(contentsOf: row)
            }
            parts.append(record(part, sessionRow))
            return parts
        }

        private func record(_ row: [UInt8], _ sessionRow: [UInt8]) -> SpooledRecord {
            SpooledRecord(kind: kind, session: session, day: day, row: row, sessionRow: sessionRow)
        }
    }

    /// The rows of events in the tables that they are for.
    func records(_ events: [(EventID, PageEvent)], _ tables: RecordDoor.BeaconTables) -> [Group] {
        var groups: [Group] = []
        var writer = CopyWriter(capacity: 1024)
        func add(_ kind: SpooledRecord.Kind, _ id: EventID) {
            let day = id.timestamp.day.number
            if let index = groups.firstIndex(where: { $0.kind == kind && $0.day == day }) {
                groups[index].rows.append(writer.bytes)
            } else {
                groups.append(Group(kind: kind, session: session, day: day, rows: [writer.bytes]))
            }
            writer.removeAll()
        }
        for (id, event) in events {
            if tables == .events {
                appendEvent(id, event, to: &writer)
                add(.clientEvent, id)
            }
            if tables == .engagement || event.isReading {
                appendEngagement(id, event, to: &writer)
                add(.engagement, id)
            }
        }
        return groups
    }

    /// When it happened by its identity, but never in the future.
    private func moment(_ id: EventID) -> Int64 { min(id.timestamp.milliseconds, now.milliseconds) }

    /// In the order of `Staging.engagementColumns`.
    private func appendEngagement(_ id: EventID, _ event: PageEvent, to rows: inout CopyWriter) {
        let metrics = event.metrics
        rows.append(dayOfMilliseconds: id.timestamp.milliseconds)
        rows.append(uuid: id.high, id.low)
        rows.append(request.site)
        rows.append(session)
        rows.append(userID)
        rows.append(event.pageURL)
        rows.append(event.path)
        rows.append(event.contentID)
        rows.append(event.type)
        rows.append(metrics.timeOnPageMs ?? 0)
        rows.append(metrics.timeToFirstInteractionMs)
        rows.append(metrics.timeToFirstScrollMs)
        rows.append(metrics.maxScrollDepth ?? 0)
        rows.append(metrics.scrollVelocityAvg)
        rows.append(metrics.scrollDirectionChanges)
        rows.append(metrics.clickCount ?? 0)
        rows.append(metrics.mouseMoveDistancePx)
        rows.append(metrics.keyboardEvents)
        rows.append(metrics.copyEvents)
        rows.append(metrics.focusTimeMs ?? 0)
        rows.append(metrics.blurCount ?? 0)
        rows.append(metrics.tabSwitches ?? 0)
        rows.append(metrics.visibleTimeMs ?? 0)
        rows.append(metrics.hiddenTimeMs ?? 0)
        rows.append(metrics.isRageClick ?? false)
        rows.append(metrics.isDeadClick ?? false)
        rows.append(event.readingPattern?.rawValue)
        rows.append(request.fingerprint)
        rows.append(request.address.description)
        rows.append(visitor.country)
        rows.append(visitor.deviceType)
        rows.append(event.referrer)
        rows.append(event.data.map { JSONValue.object($0).text })
        rows.append(timestampMilliseconds: moment(id))
        rows.endRow()
    }

    /// In the order of `Staging.eventColumns`; what only requests have is null.
    private func appendEvent(_ id: EventID, _ event: PageEvent, to rows: inout CopyWriter) {
        var data = event.data ?? JSONObject()
        data["page_url"] = .string(event.pageURL)
        if let content = event.contentID { data["content_id"] = .string(content) }
        rows.append(dayOfMilliseconds: id.timestamp.milliseconds)
        rows.append(uuid: id.high, id.low)
        rows.append(timestampMilliseconds: moment(id))
        rows.append(request.site)
        rows.append(session)
        rows.append(userID)
        rows.append(event.type)
        rows.append(event.category)
        rows.append("info")
        rows.appendNull()
        rows.append(event.path)
        for _ in 0..<5 { rows.appendNull() }
        rows.append(event.referrer)
        rows.append(event.referrer.flatMap { ReferrerURL.host(of: $0) })
        rows.append(request.address.description)
        rows.appendNull()
        rows.append("live")
        rows.append(JSONValue.object(data).text)
        rows.endRow()
    }
}
