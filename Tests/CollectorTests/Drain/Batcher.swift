import CollectorCore
import Database
import Runtime
import WeirProtocol

@testable import collector

/// Places requests in a book and makes the batch that an import would.
struct Batcher {
    var book = SessionBook()
    var rows: SessionRows

    init(source: String = "live") throws {
        rows = SessionRows(traits: try SessionTraits(try Settings(file: nil, environment: [:])), source: source)
    }

    mutating func batch(_ requests: [IntakeRequest]) -> DrainBatch {
        var batch = DrainBatch()
        for request in requests {
            let placement = book.place(request)
            batch.add(request, kind: placement.kind, of: placement.sessionID, source: "live")
            batch.set(book[placement.sessionID]!, rows)
        }
        return batch
    }
}
