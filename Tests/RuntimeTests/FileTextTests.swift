import Foundation
import Testing

@testable import Runtime

@Suite struct FileTextTests {
    @Test(
        arguments: [
            ([], nil), (Array("a: é\n".utf8), nil), ([0xE9], "line 1 is not UTF-8"),
            (Array("a\n\nb: ".utf8) + [0xE9, 0x0A] + Array("c\n".utf8), "line 3 is not UTF-8"),
            // A character that is cut off by the line's end.
            ([0x61, 0x0A, 0xC3, 0x0A, 0xA9], "line 2 is not UTF-8"), ([0xFF, 0xFE, 0x61, 0x00], "line 1 is not UTF-8"),
        ] as [([UInt8], String?)])
    func textIsUTF8(bytes: [UInt8], reason: String?) throws {
        let path = NSTemporaryDirectory() + "weir-text-\(UUID().uuidString)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        do {
            #expect(Array(try FileText.read(path).utf8) == bytes)
            #expect(reason == nil)
        } catch { #expect(error.reason == reason && !error.denied && !error.missing) }
    }

    @Test func onlyAFileIsRead() throws {
        #expect(try FileText.read("/dev/null") == "")
        for path in [NSTemporaryDirectory(), "/nonexistent/weir"] {
            #expect(throws: FileText.ReadError.self) { try FileText.read(path) }
        }
    }
}
