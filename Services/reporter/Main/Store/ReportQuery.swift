import ReporterCore
import WeirProtocol

/// How the store answers one report: statements, and where their rows go in `data`. All run in one snapshot.
struct ReportQuery: Sendable {
    enum Part: Sendable {
        /// A field that needs no database.
        case value(String, JSONValue)
        /// The only row's columns become fields.
        case fields(SQL)
        /// The only row becomes an object of that name.
        case object(String, SQL)
        /// The rows become an array of that name.
        case rows(String, SQL)
        /// The same, of a statement whose last columns are about all rows together, those that its limit cuts included:
        /// they become fields, which are as given here where there is no row.
        case totalled(String, SQL, KeyValuePairs<String, JSONValue>)
        /// Rows with a `bucket` column become one element a bucket; those without a row are zero in every column named.
        case trend(SQL, zero: [String])
        /// No row means that what was asked about is not there.
        case existing(SQL, String)
    }

    let parts: @Sendable (Question) -> [Part]

    init(_ parts: @escaping @Sendable (Question) -> [Part]) { self.parts = parts }

    /// The queries of all reports that the database answers, by the report's id.
    static let all: [String: ReportQuery] = [
        traffic, sessions, content, costs, agents, tools, requests, conversations, engagement, detection, throttling,
        operations, paths,
    ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }
}
