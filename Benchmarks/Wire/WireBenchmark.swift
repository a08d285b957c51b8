import WeirProtocol

/// Reads and writes hot messages through the jansson tree and directly, and prints medians and ratios.
@main
struct WireBenchmark {
    static func main() {
        let stopwatch = Stopwatch(rounds: 9, roundTime: .milliseconds(80))
        print("| message | bytes | by tree, ns | direct, ns | ratio | direct, per second |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for pair in pairs {
            let result = stopwatch.measure(pair)
            let ratio = Double(Int(result.tree / result.direct * 10)) / 10
            print(
                "| \(result.name) | \(result.size) | \(Int(result.tree)) | \(Int(result.direct)) | \(ratio)x |"
                    + " \(Int(1e9 / result.direct)) |")
        }
    }

    static var pairs: [Pair] {
        [
            reading("read throttle.check", Samples.check), reading("read request.record", Samples.record),
            reading("read session.evaluate", Samples.evidence), reading("read session.verdict", Samples.verdict),
            writing("write throttle.decision", Samples.decision), writing("write request.record", Samples.record),
            writing("write session.evaluate", Samples.evidence), writing("write session.verdict", Samples.verdict),
        ]
    }

    static func reading<Message: HotMessage & Hashable>(_ name: String, _ message: Message) -> Pair {
        let line = line(of: message)
        return Pair(
            name: name, size: line.count,
            tree: {
                guard let envelope = try? Envelope(line: line), (try? envelope.decode(Message.self)) != nil else {
                    return -1
                }
                return envelope.id?.utf8.count ?? 0
            },
            direct: {
                line.withUnsafeBytes { bytes in
                    guard HotType(peeking: bytes) == Message.hotType, let read = HotEnvelope<Message>(line: bytes)
                    else {
                        return -1
                    }
                    return read.id?.utf8.count ?? 0
                }
            })
    }

    static func writing<Message: HotMessage & Hashable>(_ name: String, _ message: Message) -> Pair {
        let envelope = HotEnvelope(id: "1234567", message)
        let output = Output()
        return Pair(
            name: name, size: line(of: message).count,
            tree: {
                let body = JSONValue(encoding: message)
                return Envelope(Message.hotType.messageType, id: "1234567", body: body).line.count
            },
            direct: {
                output.bytes.removeAll(keepingCapacity: true)
                envelope.append(to: &output.bytes)
                return output.bytes.count
            })
    }

    private static func line(of message: some HotMessage) -> [UInt8] {
        var bytes: [UInt8] = []
        HotEnvelope(id: "1234567", message).append(to: &bytes)
        return bytes.dropLast()
    }

    /// A connection's output, kept between answers as the server keeps it.
    private final class Output {
        var bytes: [UInt8] = []
    }
}
