import NIOCore
import WeirProtocol

extension MessageTable {
    /// Works on one line; what can be answered now is appended to `output`, what is answered later asks for a responder.
    func take(
        _ line: UnsafeRawBufferPointer, from peer: PeerCredentials?, _ output: inout [UInt8],
        _ makeResponder: () -> Responder
    ) {
        if let hotPath, hotPath(line, &output, makeResponder) != .declined { return }
        takeUsualWay(line, from: peer, &output, makeResponder)
    }

    /// The same, of a line that the hot path has declined.
    func takeUsualWay(
        _ line: UnsafeRawBufferPointer, from peer: PeerCredentials?, _ output: inout [UInt8],
        _ makeResponder: () -> Responder
    ) {
        let value: JSONValue
        do throws(JSONSyntaxError) { value = try JSONValue(parsing: line) } catch {
            Self.append(Envelope(.error, body: JSONValue(encoding: WireError(.badJSON, error.description))), &output)
            return
        }
        if let bareLine, value["type"] == nil, case .object = value {
            let responder = makeResponder()
            let work = Task {
                var line = await bareLine(value, peer).serialized()
                line.append(UInt8(ascii: "\n"))
                responder.send(line)
            }
            if endsWithClient { responder.end(work) }
            return
        }
        let envelope: Envelope
        do throws(WireError) { envelope = try Envelope(value) } catch {
            let id = value["id"]?.stringValue.flatMap { $0.utf8.count <= Envelope.idLimit ? $0 : nil }
            Self.append(Envelope(.error, re: id, body: JSONValue(encoding: error)), &output)
            return
        }
        carryOut(envelope, from: peer, &output, makeResponder)
    }

    private func carryOut(
        _ envelope: Envelope, from peer: PeerCredentials?, _ output: inout [UInt8], _ makeResponder: () -> Responder
    ) {
        if envelope.type == .hello {
            Self.append(greeting(to: envelope), &output)
            return
        }
        switch entries[envelope.type] {
        case nil:
            Self.append(envelope.reply(WireError(.unknownType, "\(envelope.type) is not answered here")), &output)
        case .immediate(let handler)?:
            do throws(WireError) {
                let reply = try handler(envelope, peer)
                Self.append(envelope.reply(reply.type, reply.body), &output)
            } catch { Self.append(envelope.reply(error), &output) }
        case .concurrent(let handler)?:
            let responder = makeResponder()
            let work = Task {
                let answer: Envelope?
                do throws(WireError) {
                    let reply = try await handler(envelope, peer)
                    answer = envelope.reply(reply.type, reply.body)
                } catch { answer = envelope.reply(error) }
                responder.send(answer?.line ?? [])
            }
            if endsWithClient { responder.end(work) }
        }
    }

    private func greeting(to envelope: Envelope) -> Envelope {
        do throws(WireError) {
            let hello = try envelope.decode(Hello.self)
            guard hello.versions.contains(Envelope.version) else {
                throw WireError(.unsupportedVersion, "version \(Envelope.version) is spoken here")
            }
            return Envelope(.hello, re: envelope.id, body: JSONValue(encoding: Hello(service: service)))
        } catch { return Envelope(.error, re: envelope.id, body: JSONValue(encoding: error)) }
    }

    private static func append(_ envelope: Envelope?, _ output: inout [UInt8]) {
        if let envelope { output.append(contentsOf: envelope.line) }
    }
}

/// Answers one request later, from any thread, exactly once.
public struct Responder: Sendable {
    enum Target: Sendable {
        case channel(NIOLoopBound<LineConnection>, any EventLoop, number: Int)
        case direct(DirectMailbox, DirectMailbox.Address)
    }

    let target: Target

    /// Sends the line (newline included); empty for a message that has no answer.
    public func send(_ line: [UInt8]) {
        switch target {
        case .channel(let connection, let eventLoop, let number):
            // Never at once: who answers while the line is still being taken would find the connection amid its work.
            eventLoop.execute { connection.value.complete(line, of: number) }
        case .direct(let mailbox, let address): mailbox.put(line, for: address)
        }
    }

    /// Cancels the work when the client goes before it is answered. On the connection's thread.
    func end(_ work: Task<Void, Never>) {
        if case .channel(let connection, _, let number) = target { connection.value.own(work, of: number) }
    }
}
