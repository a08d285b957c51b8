import Foundation
import Testing

@testable import Runtime

/// A log in a directory of its own, written to as a server and logrotate would.
private final class Log {
    let folder: String
    var path: String { folder + "/access.log" }

    init() throws {
        folder = NSTemporaryDirectory() + "weir-follow-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try write("")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func write(_ text: String, to name: String = "access.log") throws {
        let file = folder + "/" + name
        if !FileManager.default.fileExists(atPath: file) { try Data().write(to: URL(fileURLWithPath: file)) }
        let handle = try #require(FileHandle(forWritingAtPath: file))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    func rename(_ from: String = "access.log", to: String) throws {
        try FileManager.default.moveItem(atPath: folder + "/" + from, toPath: folder + "/" + to)
    }

    func truncate() throws {
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: 0)
        try handle.close()
    }
}

extension FollowedLog {
    /// Every line that is there at `now`.
    fileprivate func all(at now: Int64 = 0) throws -> [String] {
        var lines: [String] = []
        while let line = try self.line(now: now) {
            switch line {
            case .bytes(let bytes, _): lines.append(String(decoding: bytes, as: UTF8.self))
            case .tooLong(_, let length): lines.append("(\(length) bytes)")
            }
        }
        return lines
    }
}

@Suite struct FollowedLogTests {
    @Test("Lines come when they are whole")
    func growing() throws {
        let log = try Log()
        let follower = try FollowedLog(path: log.path, from: nil)
        #expect(try follower.all() == [])
        try log.write("one\ntw")
        #expect(try follower.all() == ["one"])
        #expect(follower.next.offset == 4)
        try log.write("o\n")
        #expect(try follower.all() == ["two"])
        #expect(follower.next.offset == 8)
    }

    @Test("After a rename the old file is read until it is quiet, then the new one")
    func renamed() throws {
        let log = try Log()
        try log.write("one\n")
        let follower = try FollowedLog(path: log.path, from: nil)
        #expect(try follower.all(at: 0) == ["one"])
        try log.rename(to: "access.log.1")
        #expect(try follower.all(at: 10) == [], "between rename and reopening there is no file")
        try log.write("late\n", to: "access.log.1")
        try log.write("new\n")
        #expect(try follower.all(at: 20) == ["late"])
        try log.write("later\n", to: "access.log.1")
        #expect(try follower.all(at: 20 + FollowedLog.grace - 1) == ["later"])
        #expect(try follower.all(at: 20 + 2 * FollowedLog.grace - 2) == [])
        #expect(try follower.all(at: 20 + 2 * FollowedLog.grace) == ["new"])
        #expect(follower.takeWarning() == nil)
    }

    @Test(
        "A truncated file begins anew, also when it has grown beyond the place already",
        arguments: ["x\n", "other\nlines\nthan before\n"])
    func truncated(text: String) throws {
        let log = try Log()
        try log.write("one\ntwo\n")
        let follower = try FollowedLog(path: log.path, from: nil)
        #expect(try follower.all() == ["one", "two"])
        try log.truncate()
        try log.write(text)
        #expect(try follower.all() == text.split(separator: "\n").map(String.init))
    }

    @Test("A follower goes on where an earlier one left off, from a whole line a little before")
    func resumed() throws {
        let log = try Log()
        let lines = (0..<40_000).map { "line \($0) \(String(repeating: "x", count: 50))" }
        try log.write(lines.joined(separator: "\n") + "\n")
        let first = try FollowedLog(path: log.path, from: nil)
        #expect(try first.all() == lines)
        try log.write("after\n")
        let again = try FollowedLog(path: log.path, from: first.next).all()
        #expect(again.last == "after" && again.dropLast().elementsEqual(lines.suffix(again.count - 1)))
        let bytes = again.dropLast().reduce(0) { $0 + $1.utf8.count + 1 }
        #expect(bytes > Int(FollowedLog.overlap) - 100 && bytes <= Int(FollowedLog.overlap))
    }

    @Test("A file that was rotated while nobody followed is finished first")
    func rotatedMeanwhile() throws {
        let log = try Log()
        try log.write("one\n")
        let first = try FollowedLog(path: log.path, from: nil)
        #expect(try first.all() == ["one"])
        try log.write("two\n")
        try log.rename(to: "access.log.1")
        try log.write("three\n")
        let second = try FollowedLog(path: log.path, from: first.next)
        #expect(try second.all(at: 0) == ["one", "two"])
        #expect(try second.all(at: FollowedLog.grace) == ["three"])
    }

    @Test("What is gone is said")
    func goneMeanwhile() throws {
        let log = try Log()
        try log.write("one\n")
        let first = try FollowedLog(path: log.path, from: nil)
        #expect(try first.all() == ["one"])
        // Kept under another folder, so that its inode is not given to the new file.
        let kept = log.folder + "/kept"
        try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: true)
        try log.rename(to: "kept/old.log")
        try log.write("two\n")
        let second = try FollowedLog(path: log.path, from: first.next)
        #expect(try second.all() == ["two"])
        #expect(second.takeWarning()?.contains("import the rotated file") == true)
        #expect(second.takeWarning() == nil)
    }

    @Test("A line over the limit is reported, however it arrives")
    func tooLong() throws {
        let log = try Log()
        let follower = try FollowedLog(path: log.path, from: nil, lineLimit: 100)
        try log.write(String(repeating: "a", count: 101) + "\nshort\n" + String(repeating: "b", count: 100) + "\n")
        #expect(try follower.all() == ["(101 bytes)", "short", String(repeating: "b", count: 100)])
        for _ in 0..<10 {
            try log.write(String(repeating: "c", count: 100_000))
            #expect(try follower.all() == [])
        }
        try log.write("\nend\n")
        #expect(try follower.all() == ["(1000000 bytes)", "end"])
        #expect(follower.next.offset == 102 + 6 + 101 + 1_000_001 + 4)
    }

    @Test("What cannot be followed is refused")
    func refusals() throws {
        let log = try Log()
        #expect(throws: LineSourceError.self) { try FollowedLog(path: log.folder, from: nil) }
        let pipe = log.folder + "/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        #expect(throws: LineSourceError.self) { try FollowedLog(path: pipe, from: nil) }
        #expect(throws: LineSourceError.self) { try FollowedLog(path: log.folder + "/none", from: nil) }
        let packed = log.folder + "/packed.gz"
        try Data([0x1F, 0x8B, 8, 0]).write(to: URL(fileURLWithPath: packed))
        let error = try #require(throws: LineSourceError.self) { try FollowedLog(path: packed, from: nil) }
        #expect(error.code == .unsupportedCompression)
    }
}
