import CollectorCore
import Database
import Runtime
import WeirProtocol

@testable import collector

/// Places requests in a book and makes the batch that an import would.
struct Batcher {
    var book = SessionBook()
    var rows: SessionRows
    let form: CopyWriter.Form

    init(source: String = "live", _ form: CopyWriter.Form = .text) throws {
        self.form = form
        rows = SessionRows(traits: try SessionTraits(try Settings(file: nil, environment: [:])), source: source)
    }

    mutating func batch(_ requests: [IntakeRequest]) -> DrainBatch {
        var batch = DrainBatch(form)
        for request in requests {
            let placement = book.place(request)
            batch.add(request, kind: placement.kind, of: placement.sessionID, source: "live")
            batch.set(book[placement.sessionID]!, rows)
        }
        return batch
    }
}
