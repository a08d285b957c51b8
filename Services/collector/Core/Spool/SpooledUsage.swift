public import WeirProtocol

/// A usage record or an application event as the spool holds it: the message's body, since what becomes of it depends
/// on what is stored about the same thing already.
public enum SpooledUsage: Sendable, Equatable {
    case usage(UsageRecord)
    case event(EventRecord)

    /// Payloads of this form begin with these bytes; a spool of another release is not misread.
    private static let form: UInt8 = 16
    private enum Part: UInt8 {
        case usage = 1
        case event = 2
    }

    /// The payload of a spool record.
    public var payload: [UInt8] {
        switch self {
        case .usage(let record): [Self.form, Part.usage.rawValue] + JSONValue(encoding: record).serialized()
        case .event(let record): [Self.form, Part.event.rawValue] + JSONValue(encoding: record).serialized()
        }
    }

    /// Reads a payload; nil when it is not of this form.
    public init?(payload: [UInt8]) {
        guard payload.count > 2, payload[0] == Self.form, let part = Part(rawValue: payload[1]),
            let body = try? JSONValue(parsing: payload[2...], depthLimit: 64)
        else { return nil }
        switch part {
        case .usage:
            guard let record = try? body.decoded(as: UsageRecord.self) else { return nil }
            self = .usage(record)
        case .event:
            guard let record = try? body.decoded(as: EventRecord.self) else { return nil }
            self = .event(record)
        }
    }
}
