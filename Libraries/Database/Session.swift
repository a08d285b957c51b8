import CLibPQ
import Glibc

/// One connection of libpq in non-blocking mode, so that every wait has an end. Used on the connection's thread only;
/// the lock is for `cancel()`, which comes from elsewhere.
final class Session: @unchecked Sendable {
    private let handle: OpaquePointer
    private let target: String
    private let cancellation: Cancellation

    /// How long a cancelled statement may take to say so before the connection is given up.
    private static let cancelGrace = Duration.seconds(2)
    /// How often a statement that runs looks whether it was cancelled, in milliseconds.
    private static let lookEvery: Int64 = 250

    init(connectingTo target: ConnectionTarget, _ cancellation: Cancellation) throws(DatabaseError) {
        var words: [UnsafeMutablePointer<CChar>?] = []
        var values: [UnsafeMutablePointer<CChar>?] = []
        for (word, value) in target.parameters {
            words.append(strdup(word))
            values.append(strdup(value))
        }
        defer { (words + values).forEach { free($0) } }
        let connected = (words + [nil]).withUnsafeBufferPointer { words in
            (values + [nil]).withUnsafeBufferPointer { values in
                words.withMemoryRebound(to: UnsafePointer<CChar>?.self) { words in
                    values.withMemoryRebound(to: UnsafePointer<CChar>?.self) { values in
                        PQconnectdbParams(words.baseAddress!, values.baseAddress!, 0)
                    }
                }
            }
        }
        guard let connected else {
            throw DatabaseError(sqlstate: "53200", message: "out of memory", target: target.description)
        }
        guard PQstatus(connected) == CONNECTION_OK else {
            let message = String(cString: PQerrorMessage(connected)).trimmed
            PQfinish(connected)
            throw DatabaseError(
                sqlstate: Self.code(ofConnectionFailure: message), message: message, target: target.description)
        }
        handle = connected
        self.target = target.description
        self.cancellation = cancellation
        PQsetNoticeReceiver(handle, { _, _ in }, nil)  // else libpq prints notices on our stderr
        PQsetnonblocking(handle, 1)
    }

    deinit { PQfinish(handle) }

    /// False after the connection broke.
    var isAlive: Bool { PQstatus(handle) == CONNECTION_OK }

    /// False also when the server has ended the connection since the last statement; asks the server nothing. Between
    /// statements only.
    func isStillThere() -> Bool {
        // What comes then is a notice, or the word that it is over with the end behind it.
        for _ in 0..<2 where isAlive {
            var entry = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 0) > 0, PQconsumeInput(handle) == 1 else { break }
            PQisBusy(handle)
        }
        return isAlive
    }

    /// Whether a transaction is open, sound or failed.
    var isInTransaction: Bool { PQtransactionStatus(handle) != PQTRANS_IDLE }

    /// What another thread may use to stop the running statement.
    func makeCanceller() -> Canceller? { PQgetCancel(handle).map { Canceller($0) } }

    /// Runs one statement with bound values.
    func run(_ sql: String, _ values: [Value], until deadline: Deadline) throws(DatabaseError) -> QueryResult {
        var bytes: [UInt8] = []
        var starts: [Int?] = []
        for value in values {
            let start = bytes.count
            guard value.write(to: &bytes) else {
                starts.append(nil)
                continue
            }
            guard !bytes[start...].contains(0) else {
                throw DatabaseError(
                    sqlstate: "22021", message: "parameter $\(starts.count + 1) holds a NUL character", target: target)
            }
            bytes.append(0)
            starts.append(start)
        }
        let sent = bytes.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = starts.map { start in start.flatMap { base?.advanced(by: $0) } }
            return PQsendQueryParams(handle, sql, Int32(values.count), nil, pointers, nil, nil, 0)
        }
        guard sent == 1 else { throw connectionError() }
        return try finish(until: deadline)
    }

    /// Runs several statements without values; the last answer is returned.
    func run(script: String, until deadline: Deadline) throws(DatabaseError) -> QueryResult {
        guard PQsendQuery(handle, script) == 1 else { throw connectionError() }
        return try finish(until: deadline)
    }

    /// Runs a `COPY … FROM STDIN` over `rows`, with what its form has before and behind them.
    func copyIn(
        _ sql: String, _ rows: [UInt8], between header: [UInt8] = [], and trailer: [UInt8] = [],
        until deadline: Deadline
    ) throws(DatabaseError) -> QueryResult {
        guard PQsendQuery(handle, sql) == 1 else { throw connectionError() }
        try flush(until: deadline)
        guard let first = try nextResult(until: deadline) else { throw connectionError() }
        guard first.status == PGRES_COPY_IN else {
            while try nextResult(until: deadline) != nil {}
            throw error(of: first)
                ?? DatabaseError(sqlstate: "42601", message: "not a COPY … FROM STDIN", target: target)
        }
        if try put(header, until: deadline), try put(rows, until: deadline) {
            _ = try put(trailer, until: deadline)
        }
        if PQputCopyEnd(handle, nil) != -1 { try flush(until: deadline) }
        return try finish(until: deadline)
    }

    /// Sends data of a COPY; false when the server has refused a row already, and says so when it is asked for the result.
    private func put(_ data: [UInt8], until deadline: Deadline) throws(DatabaseError) -> Bool {
        let chunk = 1 << 16
        var start = 0
        while start < data.count {
            let count = min(chunk, data.count - start)
            let put = data.withUnsafeBytes { buffer in
                PQputCopyData(
                    handle, buffer.baseAddress!.advanced(by: start).assumingMemoryBound(to: CChar.self), Int32(count))
            }
            // 0: libpq's own buffer is full.
            if put == -1 { return false }
            if put == 1 { start += count }
            try flush(until: deadline)
        }
        return true
    }

    /// Takes every result of the statement sent; the first error is thrown, else the last result returned.
    private func finish(until deadline: Deadline) throws(DatabaseError) -> QueryResult {
        try flush(until: deadline)
        var last: QueryResult?
        var failure: DatabaseError?
        while let result = try nextResult(until: deadline) {
            switch result.status {
            case PGRES_COPY_IN:
                PQputCopyEnd(handle, "no data was meant to be sent")
                try flush(until: deadline)
            case PGRES_COPY_OUT, PGRES_COPY_BOTH:
                // Nobody reads that stream here; ending the statement is the only way out of it.
                cancellation.repeat()
                var row: UnsafeMutablePointer<CChar>?
                while true {
                    let length = PQgetCopyData(handle, &row, 1)
                    if length > 0 { PQfreemem(row) } else if length == 0 { try wait(until: deadline) } else { break }
                }
                failure =
                    failure ?? DatabaseError(sqlstate: "42601", message: "COPY … TO is not read here", target: target)
            default:
                if failure == nil { failure = error(of: result) }
                last = result
            }
            if !isAlive { break }
        }
        if let failure { throw failure }
        guard let last else { throw connectionError() }
        return last
    }

    private func nextResult(until deadline: Deadline) throws(DatabaseError) -> QueryResult? {
        while PQisBusy(handle) == 1 { try wait(until: deadline) }
        return PQgetResult(handle).map(QueryResult.init)
    }

    private func flush(until deadline: Deadline) throws(DatabaseError) {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1: try wait(until: deadline, forWriting: true)
            default: throw connectionError()
            }
        }
    }

    /// Waits for the socket. When the time is over the statement is cancelled and the wait goes on for its answer; when
    /// that does not come either, the connection is cut. What its caller has cancelled meanwhile is cancelled again: the
    /// first time it may have come before the server had begun, and is lost then.
    private func wait(until deadline: Deadline, forWriting: Bool = false) throws(DatabaseError) {
        while true {
            let patience = deadline.isCancelled ? deadline.end + Self.cancelGrace : deadline.end
            let left = ContinuousClock.now.duration(to: patience)
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            var entry = pollfd(
                fd: PQsocket(handle), events: Int16(POLLIN) | (forWriting ? Int16(POLLOUT) : 0), revents: 0)
            guard entry.fd >= 0 else { throw connectionError() }
            let ready = poll(&entry, 1, Int32(clamping: min(max(0, milliseconds + 1), Self.lookEvery)))
            if ready > 0 {
                if entry.revents & Int16(truncatingIfNeeded: POLLIN | POLLERR | POLLHUP) != 0 {
                    guard PQconsumeInput(handle) == 1 else { throw connectionError() }
                }
                return
            }
            if ready < 0 {
                guard errno == EINTR else { throw connectionError() }
            } else if ContinuousClock.now < patience {
                if cancellation.isAsked { cancellation.repeat() }
            } else if !deadline.isCancelled {
                deadline.isCancelled = true
                cancellation.repeat()
            } else {
                shutdown(PQsocket(handle), Int32(SHUT_RDWR))
                PQconsumeInput(handle)
                throw DatabaseError(
                    sqlstate: "08006", message: "the server did not answer within \(deadline.allowed)", target: target)
            }
        }
    }

    private func error(of result: QueryResult) -> DatabaseError? {
        switch result.status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY, PGRES_COPY_IN, PGRES_COPY_OUT:
            return nil
        default: break
        }
        guard isAlive || result.field(DiagnosticField.sqlstate) != nil else { return connectionError() }
        let message =
            result.field(DiagnosticField.message) ?? String(cString: PQresultErrorMessage(result.pointer)).trimmed
        return DatabaseError(
            sqlstate: result.field(DiagnosticField.sqlstate) ?? (isAlive ? "XX000" : "08006"), message: message,
            detail: result.field(DiagnosticField.detail), constraint: result.field(DiagnosticField.constraint),
            target: target)
    }

    private func connectionError() -> DatabaseError {
        let said = String(cString: PQerrorMessage(handle)).trimmed
        return DatabaseError(
            sqlstate: isAlive ? "XX000" : "08006", message: said.isEmpty ? "the connection was lost" : said,
            target: target)
    }

    /// libpq keeps the code of a refused connection to itself; the server's words tell the two cases apart that no
    /// waiting will mend.
    private static func code(ofConnectionFailure message: String) -> String {
        if message.contains("starting up") || message.contains("shutting down") { return "57P03" }
        if message.contains("too many clients") || message.contains("connection slots") { return "53300" }
        for words in [
            "authentication failed", "no pg_hba.conf entry", "no password supplied", "not permitted to log in",
        ]
        where message.contains(words) { return "28000" }
        if message.contains("does not exist") { return message.contains("role \"") ? "28000" : "3D000" }
        if message.contains("permission denied for database") { return "42501" }
        return "08001"
    }
}

/// The letters libpq's macros stand for, which Swift does not import.
private enum DiagnosticField {
    static let sqlstate = Int32(UInt8(ascii: "C"))
    static let message = Int32(UInt8(ascii: "M"))
    static let detail = Int32(UInt8(ascii: "D"))
    static let constraint = Int32(UInt8(ascii: "n"))
}

/// When a statement's time is over, and whether it was told.
final class Deadline {
    let allowed: Duration
    let end: ContinuousClock.Instant
    var isCancelled = false

    init(_ allowed: Duration) {
        self.allowed = allowed
        end = .now + allowed
    }
}
