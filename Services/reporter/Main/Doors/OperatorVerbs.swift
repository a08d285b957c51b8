import Glibc
import ReporterCore

/// Verbs that need the detector's rules or the throttle's policies, or change what the detector concluded. The reporter
/// neither judges nor writes, so it hands them over to the executable beside its own that does.
enum OperatorVerbs {
    private static let verbs = [
        ["bots", "reclassify"], ["bots", "flag"], ["bots", "unflag"], ["rules", "show"], ["rules", "diff"],
        ["anomalies", "set"], ["anomalies", "notify"], ["throttle", "replay"],
    ]

    /// The words to hand over when these arguments are one of the verbs; nil for reports.
    static func words(of arguments: [String]) -> [String]? {
        let words = Array(arguments.drop { $0 == "systemprompt" || $0 == "analytics" })
        return verbs.contains { words.starts(with: $0) } ? words : nil
    }

    /// Becomes the program that does it.
    static func handOver(_ words: [String], configuration: String?) throws(ReportError) -> Never {
        let isThrottle = words.first == "throttle"
        let program = directory + (isThrottle ? "/throttle" : "/detector")
        let arguments =
            (isThrottle ? [] : ["detector", "operator"]) + words + (configuration.map { ["--config", $0] } ?? [])
        var pointers = arguments.map { strdup($0) }
        pointers.append(nil)
        execv(program, pointers)
        throw ReportError(
            .unavailable, "Cannot run \(program): \(String(cString: strerror(errno))).",
            hint: "This verb is done by another executable, which belongs beside this one.")
    }

    /// Where this executable lies, whatever name it was called by.
    private static var directory: String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &path, path.count - 1)
        let text = String(decoding: path.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.lastIndex(of: "/").map { String(text[..<$0]) } ?? "."
    }
}
