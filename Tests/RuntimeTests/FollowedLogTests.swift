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

    @Test("Files that had the name between two readings are read, in their order", arguments: [true, false])
    func renamedAgainAndAgain(isFollowed: Bool) throws {
        let log = try Log()
        try log.write("zero\n")
        try log.rename(to: "access.log.2")
        try log.write("one\n")
        let first = try FollowedLog(path: log.path, from: nil)
        #expect(try first.all(at: 0) == ["one"])
        try log.write("two\n")
        try log.rename("access.log.2", to: "access.log.5")
        try log.rename(to: "access.log.4")
        try log.write("three\n")
        try log.rename(to: "access.log.3")
        try log.write("four\n")
        try log.rename(to: "access.log.2")
        try log.write("five\n")
        // One that goes on, and one that takes up its place.
        let follower = isFollowed ? first : try FollowedLog(path: log.path, from: first.next)
        var lines: [String] = []
        for turn: Int64 in 0..<4 { lines += try follower.all(at: turn * FollowedLog.grace) }
        // Nothing tells an earlier reader's own file from those before it that were made in the same tick.
        #expect(lines.filter { $0 != "zero" } == (isFollowed ? [] : ["one"]) + ["two", "three", "four", "five"])
        #expect(!isFollowed || !lines.contains("zero"))
        #expect(follower.takeWarning() == nil)
        try log.write("six\n")
        #expect(try follower.all(at: 4 * FollowedLog.grace) == ["six"])
    }

    @Test("A follower that is stopped between two files goes on with the next")
    func stoppedBetween() throws {
        let log = try Log()
        try log.write("one\n")
        let first = try FollowedLog(path: log.path, from: nil)
        #expect(try first.all(at: 0) == ["one"])
        for (index, name) in ["two\n", "three\n", "four\n"].enumerated() {
            try log.rename(to: "access-2026-11-2\(index).log")
            try log.write(name)
        }
        #expect(try first.all(at: 0) == [])
        #expect(try first.all(at: FollowedLog.grace) == ["two"])
        let second = try FollowedLog(path: log.path, from: first.next)
        var lines: [String] = []
        for turn: Int64 in 0..<5 { lines += try second.all(at: turn * FollowedLog.grace) }
        #expect(lines.suffix(3) == ["two", "three", "four"])
    }

    @Test("A file in between that cannot be told or read is named, whatever its time; the log's own packed one is not")
    func namedWhatIsUnread() throws {
        let log = try Log()
        try log.write("one\n")
        let follower = try FollowedLog(path: log.path, from: nil)
        #expect(try follower.all(at: 0) == ["one"])
        try log.rename(to: "access.log.3")
        try log.write("two\n")
        try log.rename(to: "access.log.old")
        try Data([0x1F, 0x8B, 8, 0]).write(to: URL(fileURLWithPath: log.path))
        try log.rename(to: "access.log.1")
        try log.write("three\n", to: "access.log.9.gz")
        try log.write("four\n")
        var written = stat()
        try #require(stat(log.folder + "/access.log.3", &written) == 0)
        for name in ["access.log.old", "access.log.1", "access.log.9.gz"] {
            var times = [written.st_mtim, written.st_mtim]
            try #require(utimensat(AT_FDCWD, log.folder + "/" + name, &times, 0) == 0)
        }
        #expect(try follower.all(at: 0) == [])
        #expect(try follower.all(at: FollowedLog.grace) == ["four"])
        let warning = try #require(follower.takeWarning())
        #expect(warning.hasSuffix("import \(log.path).1 \(log.path).old"), "\(warning)")
    }

    @Test("A log whose name a pipe takes ends the following")
    func replacedByAPipe() throws {
        let log = try Log()
        try log.write("one\n")
        let follower = try FollowedLog(path: log.path, from: nil)
        #expect(try follower.all(at: 0) == ["one"])
        try log.rename(to: "access.log.1")
        try #require(mkfifo(log.path, 0o600) == 0)
        #expect(try follower.all(at: 0) == [])
        let error = #expect(throws: LineSourceError.self) { try follower.all(at: FollowedLog.grace) }
        #expect(error?.exitCode == 4)
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
