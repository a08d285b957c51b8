import Foundation
import WeirProtocol

/// A real headless Chromium, driven over its debugging pipe: opens pages, moves, clicks, types, and shows other tabs.
final class Chromium {
    /// What a page or the browser answered that was not expected.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// A tab.
    struct Tab {
        fileprivate var target: String
        fileprivate var session: String
    }

    static let program = "/usr/bin/chromium"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    private let process: RunningProduct
    private let directory: URL
    private let input: FileHandle
    private let output: FileHandle
    private var received = Data()
    private var count = 0

    init() throws {
        let directory = URL(fileURLWithPath: "/tmp/weir-chromium-\(UInt32.random(in: .min ... .max))")
        self.directory = directory
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        // Descriptors 3 and 4 are the pipe; opened for reading and writing, so that neither side waits for the other.
        func pipe(_ name: String) throws -> FileHandle {
            let path = directory.appendingPathComponent(name).path
            guard mkfifo(path, 0o600) == 0 else { throw Failure(description: "mkfifo \(path): \(errno)") }
            let descriptor = Foundation.open(path, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { throw Failure(description: "open \(path): \(errno)") }
            return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        }
        input = try pipe("in")
        output = try pipe("out")
        process = try RunningProduct(
            command: [
                "/bin/sh", "-c",
                """
                exec \(Self.program) --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
                --disable-background-networking --remote-debugging-pipe --user-data-dir=\(directory.path)/profile \
                about:blank 3<\(directory.path)/in 4>\(directory.path)/out
                """,
            ], environment: ProcessInfo.processInfo.environment, input: nil)
    }

    deinit {
        process.signal(SIGKILL)
        try? FileManager.default.removeItem(at: directory)
    }

    /// Ends the browser as a person would, and waits for it.
    func close() async throws {
        _ = try call("Browser.close")
        _ = await process.end
    }

    /// Opens a page in a tab of its own. `window.later(ms)` puts the page's clock forward.
    func open(_ url: String) throws -> Tab {
        let target = try call("Target.createTarget", ["url": "about:blank"])["targetId"]?.stringValue ?? ""
        let session =
            try call("Target.attachToTarget", ["targetId": .string(target), "flatten": true])["sessionId"]?.stringValue
        let tab = Tab(target: target, session: session ?? "")
        _ = try call("Page.enable", [:], tab)
        _ = try call(
            "Page.addScriptToEvaluateOnNewDocument",
            [
                "source": """
                (() => { const real = performance.now.bind(performance); let ahead = 0;
                performance.now = () => real() + ahead; window.later = ms => { ahead += ms; }; })();
                """
            ], tab)
        _ = try call("Page.navigate", ["url": .string(url)], tab)
        return tab
    }

    /// Brings a tab to the front, which hides the others.
    func show(_ tab: Tab) throws { _ = try call("Target.activateTarget", ["targetId": .string(tab.target)]) }

    /// The value of an expression, awaited if it is a promise.
    @discardableResult
    func evaluate(_ expression: String, in tab: Tab) throws -> JSONValue {
        let answer = try call(
            "Runtime.evaluate", ["expression": .string(expression), "awaitPromise": true, "returnByValue": true], tab)
        guard answer["exceptionDetails"] == nil else { throw Failure(description: answer.text) }
        return answer["result"]?["value"] ?? .null
    }

    /// Waits for an expression to become true.
    func until(_ expression: String, in tab: Tab) async throws {
        _ = try await eventually(expression, within: .seconds(20)) {
            try evaluate("Boolean(\(expression))", in: tab) == true ? true : nil
        }
    }

    /// Scrolls to a share of the page's length, and returns when the page has seen it.
    func scroll(to share: Double, in tab: Tab) throws {
        try evaluate(
            """
            new Promise(done => { later(200); scrollTo(0, (document.documentElement.scrollHeight - innerHeight) * \(share));
            requestAnimationFrame(() => requestAnimationFrame(done)); })
            """, in: tab)
    }

    /// Moves the pointer to an element.
    func point(at selector: String, in tab: Tab) throws {
        let place = try evaluate(
            """
            (() => { const box = document.querySelector('\(selector)').getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2]; })()
            """, in: tab)
        guard let numbers = place.arrayValue?.compactMap(\.doubleValue), numbers.count == 2 else {
            throw Failure(description: "\(selector): \(place)")
        }
        pointer = (numbers[0], numbers[1])
        try mouse("mouseMoved", tab)
    }

    /// Presses and lets go at the pointer.
    func click(times: Int = 1, in tab: Tab) throws {
        for _ in 0..<times {
            try mouse("mousePressed", tab)
            try mouse("mouseReleased", tab)
        }
    }

    /// Types one key.
    func type(_ key: String, in tab: Tab) throws {
        for kind in ["keyDown", "keyUp"] {
            _ = try call(
                "Input.dispatchKeyEvent", ["type": .string(kind), "key": .string(key), "text": .string(key)], tab)
        }
    }

    private var pointer = (0.0, 0.0)

    private func mouse(_ kind: String, _ tab: Tab) throws {
        var event = JSONObject(["type": .string(kind), "x": .number(pointer.0), "y": .number(pointer.1)])
        if kind != "mouseMoved" {
            event["button"] = "left"
            event["clickCount"] = 1
        }
        _ = try call("Input.dispatchMouseEvent", .object(event), tab)
    }

    private func call(_ method: String, _ parameters: JSONValue = [:], _ tab: Tab? = nil) throws -> JSONValue {
        count += 1
        var message = JSONObject(["id": .integer(Int64(count)), "method": .string(method), "params": parameters])
        message["sessionId"] = tab.map { .string($0.session) }
        try input.write(contentsOf: Data(JSONValue.object(message).serialized() + [0]))
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            while let end = received.firstIndex(of: 0) {
                let answer = try JSONValue(parsing: Array(received[..<end]), depthLimit: 200)
                received = Data(received[received.index(after: end)...])
                guard answer["id"]?.integerValue == Int64(count) else { continue }
                if let error = answer["error"] { throw Failure(description: "\(method): \(error.text)") }
                return answer["result"] ?? .null
            }
            var waiting = pollfd(fd: output.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 1000) >= 0, ContinuousClock.now < deadline, !process.hasEnded else {
                throw Failure(description: "\(method): no answer; \(process.errors.suffix(1000))")
            }
            if waiting.revents & Int16(POLLIN) != 0 { received.append(output.availableData) }
        }
    }
}
