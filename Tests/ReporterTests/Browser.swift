import Foundation
import Glibc
import PostgresSupport
import Synchronization

/// A headless Chromium with one tab, spoken to over the two pipes of its remote debugging protocol.
final class Browser: Sendable {
    /// What the tab reported without being asked: a method and its parameters, as JSON text.
    struct Event: Sendable {
        var method: String
        var text: String
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private struct State {
        var waiting: [Int: CheckedContinuation<Data, any Error>] = [:]
        var next = 0
        var events: [Event] = []
        var hasEnded = false
    }

    static let program = "/usr/bin/chromium"
    static var isInstalled: Bool { access(program, X_OK) == 0 }

    private let process: pid_t
    private let input: Int32
    private let folder: URL
    private let state = Mutex(State())
    private let tab = Mutex("")

    /// Starts the browser and opens an empty tab of that size.
    static func open(width: Int, height: Int) async throws -> Browser {
        let browser = try Browser()
        let target = try await browser.send("Target.createTarget", ["url": "about:blank"])
        let attached = try await browser.send(
            "Target.attachToTarget", ["targetId": target["targetId"] as? String ?? "", "flatten": true])
        browser.tab.withLock { $0 = attached["sessionId"] as? String ?? "" }
        for domain in ["Page", "Runtime", "Log", "Network", "Accessibility"] {
            try await browser.send("\(domain).enable")
        }
        try await browser.resize(width: width, height: height)
        return browser
    }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("weir-browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var toBrowser: [Int32] = [0, 0]
        var fromBrowser: [Int32] = [0, 0]
        guard pipe(&toBrowser) == 0, pipe(&fromBrowser) == 0 else {
            throw Failure(description: "pipe: \(String(cString: strerror(errno)))")
        }
        for descriptor in toBrowser + fromBrowser { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        // The browser reads descriptor 3 and writes 4; duplicates out of the way, so that neither overwrites the other.
        let reading = fcntl(toBrowser[0], F_DUPFD_CLOEXEC, 20)
        let writing = fcntl(fromBrowser[1], F_DUPFD_CLOEXEC, 20)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, reading, 3)
        posix_spawn_file_actions_adddup2(&actions, writing, 4)
        Program.keepDescriptors(below: 5, &actions)
        let words = [
            Self.program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--no-first-run", "--remote-debugging-pipe", "--user-data-dir=\(folder.path)",
        ]
        let arguments = words.map { strdup($0) } + [nil]
        let variables = ProcessInfo.processInfo.environment.merging(["TZ": "UTC"]) { $1 }
        let environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + environment).forEach { free($0) } }
        var process = pid_t()
        let failure = posix_spawn(&process, Self.program, &actions, nil, arguments, environment)
        for descriptor in [toBrowser[0], fromBrowser[1], reading, writing] { close(descriptor) }
        guard failure == 0 else { throw Failure(description: String(cString: strerror(failure))) }
        (self.process, input) = (process, toBrowser[1])
        let output = fromBrowser[0]
        Thread.detachNewThread { [weak self] in Self.read(output) { self?.take($0) } }
    }

    deinit {
        kill(process, SIGKILL)
        close(input)
        waitpid(process, nil, 0)
        try? FileManager.default.removeItem(at: folder)
    }

    private static func read(_ descriptor: Int32, _ take: (Data?) -> Void) {
        var pending = Data()
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            pending.append(contentsOf: chunk[..<count])
            while let end = pending.firstIndex(of: 0) {
                take(Data(pending[pending.startIndex..<end]))
                pending = Data(pending[pending.index(after: end)...])
            }
        }
        close(descriptor)
        take(nil)
    }

    private func take(_ message: Data?) {
        guard let message else {
            let left = state.withLock { state in
                state.hasEnded = true
                defer { state.waiting = [:] }
                return Array(state.waiting.values)
            }
            left.forEach { $0.resume(throwing: Failure(description: "the browser ended")) }
            return
        }
        let fields = (try? JSONSerialization.jsonObject(with: message)) as? [String: Any] ?? [:]
        if let id = fields["id"] as? Int {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: message)
        } else if let method = fields["method"] as? String {
            state.withLock { $0.events.append(Event(method: method, text: String(decoding: message, as: UTF8.self))) }
        }
    }

    /// Sends a command of the protocol and returns its result.
    @discardableResult
    func send(_ method: String, _ parameters: [String: Any] = [:]) async throws -> [String: Any] {
        var command: [String: Any] = ["method": method, "params": parameters]
        let session = tab.withLock { $0 }
        if !session.isEmpty { command["sessionId"] = session }
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        command["id"] = id
        let line = try JSONSerialization.data(withJSONObject: command) + [0]
        let answer: Data = try await withCheckedThrowingContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.hasEnded { state.waiting[id] = continuation }
                return state.hasEnded
            }
            if isOver { return continuation.resume(throwing: Failure(description: "the browser ended")) }
            line.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = Glibc.write(input, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    guard count > 0 else { return }
                    rest = rest.dropFirst(count)
                }
            }
        }
        let fields = try JSONSerialization.jsonObject(with: answer) as? [String: Any] ?? [:]
        if let error = fields["error"] { throw Failure(description: "\(method): \(error)") }
        return fields["result"] as? [String: Any] ?? [:]
    }

    /// Makes the tab that large, in CSS pixels.
    func resize(width: Int, height: Int) async throws {
        try await send(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    }

    /// Prefers `dark` or `light`, and no motion.
    func prefer(_ scheme: String) async throws {
        let features = [
            ["name": "prefers-color-scheme", "value": scheme], ["name": "prefers-reduced-motion", "value": "reduce"],
        ]
        try await send("Emulation.setEmulatedMedia", ["features": features])
    }

    /// Opens an address and returns when the page says that it has drawn everything, or that it could not.
    @discardableResult
    func visit(_ address: String) async throws -> String {
        try await evaluate("window.isLeft = true", as: Bool.self)
        try await send("Page.navigate", ["url": address])
        let left = "left"
        while true {
            try Task.checkCancellation()
            // The browser may still ask the page before, or take it away while it is being asked.
            let state: String? = try? await evaluate(
                """
                window.isLeft ? "\(left)" : new Promise((resolve) => {
                  const look = () => {
                    const state = document.documentElement?.dataset.state;
                    if (state) resolve(state);
                  };
                  new MutationObserver(look).observe(document, { attributes: true, childList: true, subtree: true });
                  look();
                })
                """)
            if let state, state != left { return state }
            if state == nil, self.state.withLock({ $0.hasEnded }) { throw Failure(description: "the browser ended") }
        }
    }

    /// The value of an expression, awaited if it is a promise.
    @discardableResult
    func evaluate<Value>(_ expression: String, as type: Value.Type = Value.self) async throws -> Value {
        let answer = try await send(
            "Runtime.evaluate", ["expression": expression, "awaitPromise": true, "returnByValue": true])
        if let details = answer["exceptionDetails"] as? [String: Any] { throw Failure(description: "\(details)") }
        guard let value = (answer["result"] as? [String: Any])?["value"] as? Value else {
            throw Failure(description: "\(expression.prefix(80)): \(answer)")
        }
        return value
    }

    /// Presses and releases a key, by its DOM name, as in `ArrowRight`.
    func press(_ key: String) async throws {
        let codes = ["Tab": 9, "Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35]
        let code = codes[key] ?? 0
        var event: [String: Any] = [
            "key": key, "code": key, "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code,
        ]
        if key == "Enter" { event["text"] = "\r" }
        let type = key == "Enter" ? "keyDown" : "rawKeyDown"
        try await send("Input.dispatchKeyEvent", event.merging(["type": type]) { $1 })
        try await send("Input.dispatchKeyEvent", event.merging(["type": "keyUp"]) { $1 })
    }

    /// A picture of the tab as PNG.
    func screenshot() async throws -> Data {
        let answer = try await send("Page.captureScreenshot", ["format": "png"])
        return Data(base64Encoded: answer["data"] as? String ?? "") ?? Data()
    }

    /// What the tab reported so far, of that method.
    func events(_ method: String) -> [String] {
        state.withLock { $0.events.filter { $0.method == method }.map(\.text) }
    }
}
