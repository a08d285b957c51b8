import Glibc
import ReporterCore
import Runtime
import WeirProtocol

/// Where an export's rows go: a file or standard output, as CSV or JSON lines, in pieces of 64 KiB.
final class RowOutput: @unchecked Sendable {
    // One task writes; `export` hands the rows over one after the other.
    private let descriptor: Int32
    private let path: String?
    private let file: ExportFile.Pending?
    private let isJSON: Bool
    /// Whether the rows are shown to somebody as they come.
    let isTerminal: Bool
    private var pending: [UInt8] = []
    private var failure: Int32 = 0

    /// - Throws: `ReportError` when the file cannot be made.
    init(_ options: OutputOptions) throws(ReportError) {
        isJSON = options.format == .json
        path = options.exportPath
        if let path {
            let begun = try ExportFile.begin(path, mayReplace: options.mayReplace)
            (file, descriptor) = (begun, begun.descriptor)
        } else {
            (file, descriptor) = (nil, STDOUT_FILENO)
        }
        isTerminal = path == nil && isatty(STDOUT_FILENO) == 1
    }

    /// Writes one row; false when nobody takes more.
    func write(_ row: ReportStore.Row) -> Bool {
        if row.isFirst {
            if !isJSON { pending += row.csvHeader.utf8 }
        } else {
            let text = isJSON ? row.json + "\n" : row.csvLine
            pending += (isTerminal ? TerminalText.shown(text) : text).utf8
        }
        return pending.count < 65_536 || flush()
    }

    /// Writes what is left.
    /// - Throws: `ReportError` when something could not be written.
    func close() throws(ReportError) {
        _ = flush()
        if path == nil, failure != 0, failure != EPIPE { FileHandleText.cannotWriteStandardOutput(failure) }
        if let path {
            guard failure == 0 else {
                discard()
                throw ExportFile.unwritable(path, failure)
            }
            try file?.keep()
            Terminal.write("Wrote \(path).\n", to: STDERR_FILENO)
        }
    }

    /// Leaves nothing of a file that is not whole.
    func discard() { file?.discard() }

    private func flush() -> Bool {
        var rest = pending[...]
        pending = []
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                failure = errno
                return false
            }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

extension ReportStore.Row {
    var csvHeader: String { CSVRecord.text(of: columns.map(JSONValue.string)) }

    var csvLine: String {
        let fields = try? JSONValue(parsing: json.utf8)
        return CSVRecord.text(of: columns.map { fields?[$0] ?? .null })
    }
}
