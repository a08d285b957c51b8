import Foundation
import Testing
import WeirProtocol

/// The golden lines of Tests/Fixtures/wire, and what each type's body should read as.
enum WireFixtures {
    /// A line that must be refused.
    struct BadLine: CustomTestStringConvertible {
        let code: String
        let why: String
        let bytes: [UInt8]
        var testDescription: String { "\(code): \(why)" }
    }

    static let good: [[UInt8]] = lines("good.ndjson").map(Array.init)

    static let bad: [BadLine] = lines("bad.ndjson").map { line in
        let fields = try! JSONSerialization.jsonObject(with: Data(line)) as! [String: String]
        let bytes = fields["line"].map { Array($0.utf8) } ?? unhex(fields["hex"]!)
        return BadLine(code: fields["code"]!, why: fields["why"]!, bytes: bytes)
    }

    /// The message that each type's body is.
    static var messages: [MessageType: any (Codable & Hashable).Type] {
        [
            .hello: Hello.self, .error: WireError.self, .status: ServiceStatus.self,
            .throttleCheck: ThrottleCheck.self, .throttlePeek: ThrottleCheck.self,
            .throttleDecision: ThrottleDecision.self, .verdictReport: VerdictReport.self,
            .requestRecord: RequestRecord.self, .requestRecorded: RequestRecorded.self,
            .sessionEvaluate: SessionEvidence.self, .sessionVerdict: SessionVerdict.self,
            .sessionsEvaluate: EvidenceList.self, .sessionsVerdicts: VerdictList.self,
            .throttleOverride: ThrottleOverride.self, .throttleWhy: ThrottleWhy.self,
            .throttleHistory: ThrottleHistory.self, .throttleState: ThrottleState.self,
            .usageRecord: UsageRecord.self, .eventRecord: EventRecord.self, .recorded: Recorded.self,
        ]
    }

    /// Reads a line all the way to its message.
    static func read(_ line: [UInt8]) throws(WireError) {
        func decode<Message: Codable>(_ type: Message.Type, _ envelope: Envelope) throws(WireError) {
            _ = try envelope.decode(type)
        }
        let envelope = try Envelope(line: line)
        if let message = messages[envelope.type] { try decode(message, envelope) }
    }

    /// The written contract.
    static let contract = try! String(
        contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Libraries/Protocol/PROTOCOL.md"), encoding: .utf8)

    static func lines(_ name: String) -> [Substring.UTF8View] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/wire")
        let text = try! String(contentsOf: folder.appending(path: name), encoding: .utf8)
        return text.split(separator: "\n").map(\.utf8)
    }

    private static func unhex(_ text: String) -> [UInt8] {
        let digits = text.map { UInt8($0.hexDigitValue!) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
