import DetectorCore
import Foundation
import Testing
import WeirProtocol

/// A scenario is a folder under Tests/Fixtures/detection: `evidence.json`, as the collector would send it, and
/// `expected.json` with the class, the score and the signals. Behaviour is described there, not here.
@Suite("Detection scenarios") struct ScenarioTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/detection")

    static let names: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { !$0.hasPrefix(".") }
        .sorted()

    @Test("there are scenarios") func some() { #expect(Self.names.count >= 8) }

    @Test("a scenario comes out as described", arguments: names)
    func scenario(name: String) throws {
        func value(_ file: String) throws -> JSONValue {
            try JSONValue(parsing: try Data(contentsOf: Self.folder.appending(path: "\(name)/\(file)")))
        }
        let verdict = Judge().verdict(on: try value("evidence.json").decoded(as: SessionEvidence.self))
        let expected = try value("expected.json")
        #expect(verdict.verdictClass.rawValue == expected["class"]?.stringValue)
        #expect(Int64(verdict.score) == expected["score"]?.integerValue)
        #expect(verdict.signals.map(\.name) == expected["signals"]?.arrayValue?.compactMap(\.stringValue))
    }
}
