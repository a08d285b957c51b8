import CollectorCore
import Database
import WeirProtocol

/// Sessions as rows for COPY, in the order of `Staging.sessionColumns`.
struct SessionRows: Sendable {
    private let traits: SessionTraits
    private let source: String

    init(traits: SessionTraits, source: String) {
        self.traits = traits
        self.source = source
    }

    /// The row of a session as it stands, in text form.
    func row(of session: LiveSession) -> [UInt8] {
        var rows = CopyWriter(capacity: 1024)
        append(session, to: &rows)
        return rows.bytes
    }

    /// Appends the row of a session as it stands.
    func append(_ session: LiveSession, to rows: inout CopyWriter) {
        let entry = session.entry
        let visitor = traits.visitor(entry)
        rows.append(session.id)
        rows.append(session.key.site)
        rows.append(source)
        rows.append(session.userID)
        rows.append(session.exitPage)
        rows.append(int4: session.level?.rawValue ?? 0)

        rows.append(entry.fingerprint)
        rows.append(entry.address)
        rows.append(session.networkPrefix.description)
        rows.append(entry.userAgent)
        rows.append(visitor.locale)
        rows.append(visitor.deviceType)
        rows.append(visitor.browser)
        rows.append(visitor.browserVersion)
        rows.append(visitor.os)
        rows.append(visitor.osVersion)
        rows.append(visitor.country)
        rows.append(visitor.region)
        rows.append(visitor.city)

        let origin = traits.origin(entry)
        rows.append(origin.source)
        rows.append(entry.referrer)
        rows.append(entry.referrerHost)
        rows.append(origin.searchTerms)
        rows.append(session.entryIsPage ? entry.path : nil)
        rows.append(session.entryIsPage ? entry.url : nil)
        rows.append(entry.campaign.source)
        rows.append(entry.campaign.medium)
        rows.append(entry.campaign.campaign)
        rows.append(entry.campaign.content)
        rows.append(entry.campaign.term)
        rows.endRow()
    }
}
