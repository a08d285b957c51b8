import Foundation
import Testing
import WeirProtocol

@testable import reporter

/// Which services are asked how they are, by the files in the folder of their sockets.
@Suite struct ServiceSocketsTests {
    @Test func aDetectorThatHasStoppedIsMissed() async throws {
        let directory = NSTemporaryDirectory() + "weir-sockets-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let sockets = ServiceSockets(directory: directory)
        func states() async -> [String] {
            await sockets.status().map { "\($0["service"]?.stringValue ?? "?") \($0["state"]?.stringValue ?? "?")" }
        }
        #expect(await states() == ["throttle away", "collector away", "detector-1 away", "reporter away"])

        // A socket that nobody listens at is what a crash leaves.
        for name in ["detector-1.lock", "detector-1.sock", "detector-2.lock", "detector-10.lock", "other-3.lock"] {
            #expect(FileManager.default.createFile(atPath: "\(directory)/\(name)", contents: nil))
        }
        #expect(
            await states() == [
                "throttle away", "collector away", "detector-1 away", "detector-2 stopped", "detector-10 stopped",
                "reporter away",
            ])
        let note = await sockets.status()[3]["note"]?.stringValue
        #expect(note?.contains("rm \(directory)/detector-2.lock") == true)
        #expect(
            MetricsText.text(of: await sockets.metrics()).contains(#"weir_up{service="detector",instance="2"} 0"#))

        try FileManager.default.removeItem(atPath: directory + "/detector-2.lock")
        #expect(await states().count == 5)
    }
}
